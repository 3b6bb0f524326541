import {
  badArgument,
  readChoice,
  readCount,
  readFlag,
  readInputs,
  readText,
  refuseOptions,
} from '../shared/inputs.js';
import { tokenizerInfo } from '../tokenizer/tokenizer.js';
import { cutDimensions, normalizeRows, toPrecision } from '../shared/vectors.js';
import { vectorOfWindows } from '../session/windows.js';

/**
 * @import { EmbedOptions, Embedding, Floats, Matrix, Pooling } from '../index.d.ts'
 * @import { TextOrPair } from '../shared/inputs.js'
 * @import { Session } from '../session/session.js'
 * @import { Tokenizer } from '../tokenizer/tokenizer.js'
 */

/**
 * @param {Session} session
 * @param {unknown} x a text, a pair, or an array of these
 * @param {EmbedOptions} [options]
 * @returns {Promise<AnyEmbedding | AnyEmbedding[]>}
 *
 * @typedef {Embedding<Pooling, EmbedOptions['precision']>} AnyEmbedding
 */
export async function embed(session, x, options = {}) {
  const { inputs, isArray } = readInputs(x);
  const how = readEmbedOptions(session, options);
  if (how.pooling === 'none') refuseForMatrices(options);
  const texts = inputs.map((input) => prepareText(session, input, how.prompt));
  const { width } = session;
  if (how.pooling === 'none') {
    const { outputs } = await session.run(texts, options, {});
    const results = outputs.map(({ lastHiddenState }) => {
      const data = /** @type {Floats} */ (lastHiddenState);
      if (options.normalize) normalizeRows(data, width);
      return matrix(data, width);
    });
    return isArray ? results : results[0];
  }
  const isCut = how.dimensions < width;
  // What the folder cuts keeps its length, as in sentence-transformers.
  const normalizeAll = how.normalize && !(isCut && how.restores);
  const inWindows = options.longText === 'window';
  const { vectors, windows } = await session.run(texts, options, {
    pooling: how.pooling,
    leftOut: countLeftOut(session, how.prompt, options),
    normalize: normalizeAll && !inWindows,
  });
  /** @param {number} i of the engine's inputs */
  const vectorOf = (i) => vectors.slice(i * width, (i + 1) * width);
  const results = windows.map((part) => {
    const vector = inWindows ? vectorOfWindows(part, vectorOf, normalizeAll) : vectorOf(part.first);
    const cut = cutDimensions(vector, how.dimensions, how.normalize && how.restores);
    return toPrecision(cut, how.precision);
  });
  return isArray ? results : results[0];
}

/** @param {EmbedOptions} options */
function refuseForMatrices({ longText, precision, ...options }) {
  if (longText === 'window') {
    throw badArgument('Windows have no one matrix: with pooling "none" choose another longText.');
  }
  const beside = { ...options, precision: precision === 'float32' ? undefined : precision };
  refuseOptions(beside, ['dimensions', 'precision'], 'does not go with pooling "none"');
}

/**
 * Row-major numbers with so many columns.
 * @param {Floats} data
 * @param {number} columns
 * @returns {Matrix}
 */
export function matrix(data, columns) {
  return { data, shape: [data.length / columns, columns] };
}

/** @param {Session} session @param {EmbedOptions} options */
function readEmbedOptions(session, options) {
  const { pooling: folder, transformer, sentence } = session.settings;
  // Whoever names a pooling asks for that, whatever the folder says.
  const fault = options.pooling === undefined && (folder.fault ?? transformer.fault);
  if (fault) throw fault;
  return {
    pooling: readChoice('pooling', options.pooling ?? folder.mode, ['mean', 'cls', 'max', 'none']),
    normalize: readFlag('normalize', options.normalize, folder.normalize),
    dimensions: readDimensions(session, options),
    /** Whether what is cut has length 1 again. */
    restores: (options.dimensions ?? options.normalize ?? undefined) !== undefined,
    precision: readChoice('precision', options.precision ?? 'float32', [
      'float32',
      'int8',
      'binary',
    ]),
    // The prompts of a cross-encoder are not for vectors.
    prompt: readPrompt(session, options.prompt ?? (sentence.isOther ? '' : undefined)),
  };
}

/** @param {Session} session @param {EmbedOptions} options */
function readDimensions({ width, settings: { sentence } }, { dimensions, pooling }) {
  const wanted = readCount('dimensions', dimensions, undefined);
  if (wanted !== undefined && wanted > width) {
    throw badArgument(`dimensions is ${wanted}, but the model's vectors have ${width}.`);
  }
  if (wanted === undefined && pooling !== 'none' && sentence.dimensionsFault) {
    throw sentence.dimensionsFault;
  }
  return wanted ?? Math.min(sentence.dimensions ?? width, width);
}

/**
 * The tokens of the prompt, where the folder leaves them out of the vectors.
 * @param {Session} session
 * @param {string} prompt
 * @param {EmbedOptions} options
 */
function countLeftOut(session, prompt, options) {
  const { settings, tokenizer } = session;
  if (settings.pooling.includePrompt || prompt === '') return 0;
  if (options.longText === 'window') {
    throw badArgument('The folder leaves the prompt out of vectors: choose another longText.');
  }
  const { text } = prepareText(session, { text: '' }, prompt);
  const maxLength = session.readMaxLength(options);
  const { ids } = tokenizer.encode(text, { truncation: 'longest_first', maxLength });
  const special = specialTokensOf(tokenizer).map((token) => tokenizer.tokenToId(token));
  // As sentence-transformers counts them, with those before it and without the one after it.
  return ids.length - (special.includes(ids.at(-1)) ? 1 : 0);
}

/**
 * A prompt of the folder by its name, else the words themselves.
 * @param {Session} session
 * @param {unknown} prompt
 * @returns {string}
 */
export function readPrompt({ settings: { sentence } }, prompt) {
  if (prompt === undefined || prompt === null) {
    if (sentence.promptFault) throw sentence.promptFault;
    return sentence.prompt;
  }
  const words = readText('prompt', prompt);
  if (!sentence.prompts.has(words)) return words;
  const named = sentence.prompts.get(words);
  if (named !== undefined) return named;
  throw badArgument(`The folder's prompt "${words}" is no text: give the words themselves.`);
}

/**
 * A text as the folder wants it.
 * @param {Session} session
 * @param {TextOrPair} input
 * @param {string} prompt
 * @returns {TextOrPair}
 */
export function prepareText({ settings: { transformer }, tokenizer }, { text, pair }, prompt) {
  /** @param {string} words */
  const change = (words) => (transformer.lowercase ? toLowerCase(words, tokenizer) : words);
  return { text: change(prompt + text), pair: pair === undefined ? pair : change(pair) };
}

/** @param {Tokenizer} tokenizer */
const specialTokensOf = (tokenizer) => Object.values(tokenizerInfo(tokenizer).specialTokens);

/**
 * Letter by letter, as a normalizer does it, which never sees a special token.
 * @param {string} text
 * @param {Tokenizer} tokenizer
 */
function toLowerCase(text, tokenizer) {
  const special = specialTokensOf(tokenizer).filter((token) => text.includes(token));
  /** @param {string} part */
  const lower = (part) => Array.from(part, (letter) => letter.toLowerCase()).join('');
  if (special.length === 0) return lower(text);
  const quoted = special.map((token) => token.replace(/[^\p{L}\p{N}\s]/gu, '\\$&'));
  const parts = text.split(new RegExp(`(${quoted.join('|')})`, 'u'));
  return parts.map((part, i) => (i % 2 === 0 ? lower(part) : part)).join('');
}
