import { labelsOf } from '../weights/heads.js';
import { badArgument, readChoice, readInputs, readTexts } from '../shared/inputs.js';
import { countAdded, encodeText, usualStride } from '../session/windows.js';
import { aggregations, countCharacters, findEntities, mergeOverlapping } from './entities.js';
import { softmax } from './scores.js';
import { tokenizerInfo } from '../tokenizer/tokenizer.js';

/**
 * @import { Encoding, Entity, TagTokensOptions } from '../index.d.ts'
 * @import { Tokenizer } from '../tokenizer/tokenizer.js'
 * @import { TaggedToken } from './entities.js'
 */

/**
 * @param {import('../session/session.js').Session} session
 * @param {unknown} x a text, or an array of them
 * @param {TagTokensOptions} [options]
 * @returns {Promise<Entity[] | Entity[][]>}
 */
export async function tagTokens(session, x, options = {}) {
  const { inputs, isArray } = readInputs(x);
  const length = session.readLength(options);
  const aggregation = readChoice('aggregation', options.aggregation ?? 'none', aggregations);
  const ignored = readTexts('ignoreLabels', options.ignoreLabels ?? ['O']);
  if (inputs.some(({ pair }) => pair !== undefined)) {
    throw badArgument('tagTokens takes texts, not pairs: start and end are places in one text.');
  }
  const head = session.findHead('tagTokens', 'token-classification');
  const { tokenizer } = session;
  /** @param {Encoding} whole */
  const strideOf = (whole) => usualStride(length.maxLength, countAdded(whole));
  const texts = inputs.map((input, i) => encodeText(tokenizer, input, length, i, strideOf));
  const run = await session.runEncoded(texts, options, { heads: [head] }, rowsOf);
  /** @param {string[]} words */
  const join = (words) => tokenizer.joinTokens(words);
  const results = run.windows.map(({ first }, i) => {
    const { encodings, stride } = texts[i];
    let skipped = 0; // tokens of the text before the window
    const entities = encodings.flatMap((encoding, window) => {
      const logits = run.outputs[first + window].heads[head];
      const labels = labelsOf(run.head, logits.length / rowsOf(encoding).length);
      const tokens = tagged(tokenizer, inputs[i].text, encoding, logits, labels.length, skipped);
      skipped += tokens.length - stride;
      return findEntities(tokens, aggregation, labels, join).filter(
        ({ entity }) => !ignored.includes(entity),
      );
    });
    return encodings.length > 1 ? mergeOverlapping(entities, inputs[i].text) : entities;
  });
  return isArray ? results : results[0];
}

/**
 * Rows of the text's own tokens; of one without any the first, since a run computes some row.
 * @param {Encoding} encoding
 */
function rowsOf({ specialTokensMask }) {
  const rows = [...specialTokensMask.keys()].filter((row) => specialTokensMask[row] === 0);
  return rows.length > 0 ? rows : [0];
}

/**
 * @param {Tokenizer} tokenizer
 * @param {string} text
 * @param {Encoding} encoding
 * @param {Float32Array} logits by row
 * @param {number} width how many labels there are
 * @param {number} skipped tokens of the text before the window
 * @returns {TaggedToken[]}
 */
function tagged(tokenizer, text, encoding, logits, width, skipped) {
  const { ids, offsets, specialTokensMask } = encoding;
  const rows = rowsOf(encoding).filter((row) => specialTokensMask[row] === 0);
  const hasPrefix = tokenizerInfo(tokenizer).subwordPrefix;
  /**
   * Whether a token belongs to the word before it, as the pipeline tells: by the prefix that its
   * text has not; without prefixes, by the spaces around its begin.
   * @param {string} word @param {string} own @param {number} start
   */
  const goesOn = (word, own, start) =>
    hasPrefix
      ? countCharacters(word) !== countCharacters(own)
      : start > 0 && !text.slice(start - 1, start + 1).includes(' ');
  return rows.map((row, i) => {
    const [start, end] = offsets[row];
    const own = text.slice(start, end);
    const isUnknown = ids[row] === tokenizer.unkTokenId;
    const word = isUnknown ? own : (tokenizer.idToToken(ids[row]) ?? '');
    return {
      word,
      scores: softmax(logits.subarray(i * width, (i + 1) * width)),
      start,
      end,
      index: row + skipped,
      isSubword: !isUnknown && goesOn(word, own, start),
    };
  });
}
