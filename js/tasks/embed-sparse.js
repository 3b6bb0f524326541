// Sparse vectors, as SPLADE makes them of what a masked-LM head says of each token.
import { prepareText, readPrompt } from './embed.js';
import { readCount, readInputs } from '../shared/inputs.js';

/**
 * @import { EmbedSparseOptions, SparseWeight } from '../index.d.ts'
 * @import { Session } from '../session/session.js'
 */

/** Texts whose logits, a row of the vocabulary's length for each token, are held at a time. */
const textsAtOnce = 4;

/**
 * @param {Session} session
 * @param {unknown} x a text, a pair, or an array of these
 * @param {EmbedSparseOptions} [options]
 * @returns {Promise<SparseWeight[] | SparseWeight[][]>}
 */
export async function embedSparse(session, x, options = {}) {
  const { inputs, isArray } = readInputs(x);
  const head = session.findHead('embedSparse', 'masked-lm');
  const { sparse } = session.settings.pooling;
  if (sparse.fault) throw sparse.fault;
  const topK = readCount('topK', options.topK, Infinity);
  const prompt = readPrompt(session, options.prompt);
  const texts = inputs.map((input) => prepareText(session, input, prompt));
  const { onProgress, ...others } = options;
  /** @type {SparseWeight[][]} */
  const results = [];
  while (results.length < texts.length) {
    const firstIndex = results.length;
    const some = texts.slice(firstIndex, firstIndex + textsAtOnce);
    const { outputs, tokens, windows } = await session.run(some, others, {
      heads: [head],
      firstIndex,
    });
    for (const { first, count } of windows) {
      const weights = weightsOf(outputs, tokens, head, first, count, sparse);
      results.push(heaviest(weights, topK, session));
    }
    if (texts.length > 1) onProgress?.({ done: results.length, total: texts.length });
  }
  return isArray ? results : results[0];
}

/**
 * Of each token of the vocabulary the most, or the sum, of log(1 + max(0, logit)) over all tokens
 * of a text (SPLADE: arxiv.org/abs/2109.10086, formula 6).
 * @param {import('../engine/interface.js').RunOutput[]} outputs
 * @param {ArrayLike<number>} tokens of each window
 * @param {string} head
 * @param {number} first window of the text
 * @param {number} count of its windows
 * @param {import('../folder/sparse-settings.js').SparseSettings} settings
 */
function weightsOf(outputs, tokens, head, first, count, { sums, twice }) {
  const width = outputs[first].heads[head].length / tokens[first];
  const weights = new Float32Array(width);
  for (let window = first; window < first + count; window++) {
    const logits = outputs[window].heads[head];
    for (let i = 0; i < logits.length; i++) {
      if (!(logits[i] > 0)) continue;
      const once = Math.log1p(logits[i]);
      const weight = twice ? Math.log1p(once) : once;
      const id = i % width;
      weights[id] = sums ? weights[id] + weight : Math.max(weights[id], weight);
    }
  }
  return weights;
}

/**
 * @param {Float32Array} weights by token id
 * @param {number} topK
 * @param {Session} session
 * @returns {SparseWeight[]} those that are not 0, heaviest first
 */
function heaviest(weights, topK, { tokenizer }) {
  const ids = [...weights.keys()].filter((id) => weights[id] > 0);
  ids.sort((a, b) => weights[b] - weights[a] || a - b);
  return ids.slice(0, topK).map((tokenId) => ({
    token: tokenizer.idToToken(tokenId) ?? '',
    tokenId,
    weight: weights[tokenId],
  }));
}
