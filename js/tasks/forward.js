import { badArgument, readFlag, readInputs, readOneOrMany } from '../shared/inputs.js';
import { show } from '../shared/show.js';
import { encodeText } from '../session/windows.js';
import { matrix } from './embed.js';
import { addLosses, readLabels } from './loss.js';

/**
 * @import { RunOutput } from '../engine/interface.js'
 * @import { Encoding, Floats, ForwardOptions, ForwardResult, Matrix } from '../index.d.ts'
 * @import { Session } from '../session/session.js'
 */

/** Heads whose values are `logits`: the first that there is. */
const logitHeads = [
  'sequence-classification',
  'multiple-choice',
  'token-classification',
  'question-answering',
  'replaced-token-detection',
  'masked-lm',
  'next-sentence-prediction',
];

/**
 * @param {Session} session
 * @param {unknown} x a text, a pair, or an array of these
 * @param {ForwardOptions} [options]
 * @returns {Promise<ForwardResult | ForwardResult[]>}
 */
export async function forward(session, x, options = {}) {
  const { inputs, isArray } = readInputs(x);
  const length = session.readLength(options);
  if (length.longText === 'window') {
    throw badArgument('forward has no windows: choose longText "truncate" or "error".');
  }
  const { config } = session.settings;
  const kept = {
    hiddenStates: readLayers('hiddenStates', options.hiddenStates, config.layers + 1),
    attentions: readLayers('attentions', options.attentions, config.layers),
  };
  const { heads: present, hasPooler } = session.inUse;
  const heads = readFlag('logits', options.logits, true) ? chooseHeads(present) : [];
  const labels = readLabels(options, heads, inputs.length, isArray);
  const texts = inputs.map((input, i) => encodeText(session.tokenizer, input, length, i));
  const { outputs, head } = await session.runEncoded(texts, options, {
    hiddenStates: kept.hiddenStates && distinct(kept.hiddenStates),
    attentions: kept.attentions && distinct(kept.attentions),
    heads: [...heads, ...(hasPooler ? ['pooler'] : [])],
  });
  const results = outputs.map((output, i) =>
    describe(session, texts[i].encodings[0], output, kept, heads),
  );
  if (labels) addLosses(results, labels, heads[0], head.problemType);
  return isArray ? results : results[0];
}

/**
 * The head with the logits; beside a masked LM, as after pre-training, also the other one.
 * @param {string[]} present
 */
function chooseHeads(present) {
  const [main, ...others] = logitHeads.filter((name) => present.includes(name));
  return [main, ...(main === 'masked-lm' ? others : [])].filter(Boolean);
}

/** @param {number[]} layers */
const distinct = (layers) => [...new Set(layers)].sort((a, b) => a - b);

/**
 * true: all; a list of numbers: those, negative ones counted from the end.
 * @param {string} name of the option
 * @param {unknown} value
 * @param {number} count of layers
 * @returns {number[] | undefined}
 */
function readLayers(name, value, count) {
  if (value === undefined || value === null || value === false) return undefined;
  if (value === true) return Array.from({ length: count }, (_, i) => i);
  return readOneOrMany(value, (layer) => {
    if (typeof layer === 'number' && Number.isInteger(layer)) {
      const index = layer < 0 ? layer + count : layer;
      if (index >= 0 && index < count) return index;
    }
    throw badArgument(
      `${name} has ${show(layer)}; it is true or numbers from ${-count} to ${count - 1}.`,
    );
  }).inputs;
}

/**
 * @param {Session} session
 * @param {Encoding} encoding
 * @param {RunOutput} output
 * @param {{ hiddenStates?: number[], attentions?: number[] }} kept layers, as they were asked for
 * @param {string[]} heads those with logits
 * @returns {ForwardResult}
 */
function describe(session, encoding, output, kept, heads) {
  const { length: tokens } = encoding.ids;
  const { attention_heads: attentionHeads } = session.settings.config;
  const { pooler } = output.heads;
  /** @param {number[]} layers @param {Floats[]} data of each, once @param {number[]} shape */
  const blocks = (layers, data, shape) => {
    const order = distinct(layers);
    return layers.map((layer) => ({ data: data[order.indexOf(layer)], shape }));
  };
  return {
    lastHiddenState: matrix(/** @type {Floats} */ (output.lastHiddenState), session.width),
    ...(pooler && { pooled: { data: pooler, shape: [session.width] } }),
    ...(kept.hiddenStates && {
      hiddenStates: blocks(kept.hiddenStates, output.hiddenStates ?? [], [tokens, session.width]),
    }),
    ...(kept.attentions && {
      attentions: blocks(kept.attentions, output.attentions ?? [], [
        attentionHeads,
        tokens,
        tokens,
      ]),
    }),
    ...logitsOf(output.heads, heads, tokens),
    tokens: encoding.tokens,
    ids: encoding.ids,
    offsets: encoding.offsets,
  };
}

/**
 * The heads' values under the names that transformers' outputs have.
 * @param {Record<string, Floats>} values
 * @param {string[]} heads
 * @param {number} tokens
 * @returns {Partial<Record<LogitName, Matrix>>}
 *
 * @typedef {'logits' | 'seqRelationshipLogits' | 'startLogits' | 'endLogits'} LogitName
 */
function logitsOf(values, [main, second], tokens) {
  if (main === undefined) return {};
  const data = values[main];
  if (main === 'question-answering') {
    /** @param {0 | 1} offset */
    const column = (offset) => data.filter((_, i) => i % 2 === offset);
    return {
      startLogits: { data: column(0), shape: [tokens] },
      endLogits: { data: column(1), shape: [tokens] },
    };
  }
  const perToken = main === 'masked-lm' || main === 'token-classification';
  if (main === 'replaced-token-detection') return { logits: { data, shape: [tokens] } };
  return {
    logits: perToken ? matrix(data, data.length / tokens) : { data, shape: [data.length] },
    ...(second && {
      seqRelationshipLogits: { data: values[second], shape: [values[second].length] },
    }),
  };
}
