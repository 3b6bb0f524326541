import { BertletError } from '../errors.js';
import {
  badArgument,
  readChoice,
  readCount,
  readFlag,
  readInputs,
  readText,
  refuseOptions,
} from '../inputs.js';
import { cutDimensions, normalizeRows, toPrecision } from '../vectors.js';
import { vectorOfWindows } from '../windows.js';

/**
 * See index.d.ts.
 * @param {import('../session.js').Session} session
 */
export async function embed(session, x, options = {}) {
  const { inputs, isArray } = readInputs(x);
  const how = readEmbedOptions(session, options);
  if (how.pooling === 'none') refuseForMatrices(options);
  const texts = inputs.map((input) => prepareText(session, input, how.prompt));
  const { width } = session;
  if (how.pooling === 'none') {
    const { outputs } = await session.run(texts, options, {});
    const results = outputs.map(({ lastHiddenState: data }) => {
      if (options.normalize) normalizeRows(data, width);
      return matrix(data, width);
    });
    return isArray ? results : results[0];
  }
  const normalizeAll = how.normalize && how.dimensions === width;
  const inWindows = options.longText === 'window';
  const { vectors, windows } = await session.run(texts, options, {
    pooling: how.pooling,
    normalize: normalizeAll && !inWindows,
  });
  const vectorOf = (i) => vectors.slice(i * width, (i + 1) * width);
  const results = windows.map((part) => {
    const vector = inWindows ? vectorOfWindows(part, vectorOf, normalizeAll) : vectorOf(part.first);
    return toPrecision(cutDimensions(vector, how.dimensions, how.normalize), how.precision);
  });
  return isArray ? results : results[0];
}

function refuseForMatrices({ longText, precision, ...options }) {
  if (longText === 'window') {
    throw badArgument('Windows have no one matrix: with pooling "none" choose another longText.');
  }
  const beside = { ...options, precision: precision === 'float32' ? undefined : precision };
  refuseOptions(beside, ['dimensions', 'precision'], 'does not go with pooling "none"');
}

/** Row-major numbers with so many columns. */
export function matrix(data, columns) {
  return { data, shape: [data.length / columns, columns] };
}

function readEmbedOptions(session, options) {
  const { pooling: folder } = session.settings;
  if (folder.unsupported && options.pooling === undefined) {
    throw new BertletError('UNSUPPORTED', folder.unsupported);
  }
  return {
    pooling: readChoice('pooling', options.pooling ?? folder.mode, ['mean', 'cls', 'max', 'none']),
    normalize: readFlag('normalize', options.normalize, folder.normalize),
    dimensions: readDimensions(session, options.dimensions),
    precision: readChoice('precision', options.precision ?? 'float32', [
      'float32',
      'int8',
      'binary',
    ]),
    prompt: readPrompt(session, options.prompt),
  };
}

function readDimensions({ width }, dimensions) {
  const wanted = readCount('dimensions', dimensions, width);
  if (wanted > width) {
    throw badArgument(`dimensions is ${wanted}, but the model's vectors have ${width}.`);
  }
  return wanted;
}

/** A prompt of the folder by its name, else the words themselves. */
export function readPrompt({ settings: { prompts } }, prompt) {
  if (prompt === undefined || prompt === null) return prompts.byDefault;
  const words = readText('prompt', prompt);
  return Object.hasOwn(prompts.named, words) ? prompts.named[words] : words;
}

/** A text as the folder wants it. */
export function prepareText({ settings: { lowercase } }, { text, pair }, prompt) {
  const change = (words) => (lowercase ? words.toLowerCase() : words);
  return { text: change(prompt + text), pair: pair === undefined ? pair : change(pair) };
}
