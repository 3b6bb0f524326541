// Tags of tokens to entities, as transformers' TokenClassificationPipeline joins them.

/** @import { Entity, TagTokensOptions } from '../index.d.ts' */

/**
 * How tokens become entities.
 * @typedef {NonNullable<TagTokensOptions['aggregation']>} Aggregation
 *
 * @type {Aggregation[]}
 */
export const aggregations = ['none', 'simple', 'first', 'average', 'max'];

/**
 * A token with what the model says of it.
 * @typedef {{ word: string, scores: Float64Array, start: number, end: number, index: number,
 *   isSubword: boolean }} TaggedToken
 *   `scores` by label; `isSubword`: it goes on with the word before
 *
 * Makes a text of tokens.
 * @typedef {(words: string[]) => string} Join
 */

/**
 * @param {TaggedToken[]} tokens of one window, in order
 * @param {Aggregation} aggregation
 * @param {string[]} labels
 * @param {Join} join
 * @returns {Entity[]}
 */
export function findEntities(tokens, aggregation, labels, join) {
  const byToken = aggregation === 'none' || aggregation === 'simple';
  const tagged = byToken
    ? tokens.map(({ scores, isSubword, ...token }) => ({ ...bestLabel(scores, labels), ...token }))
    : groupBy(tokens, (token) => token.isSubword).map((word) =>
        tagWord(word, aggregation, labels, join),
      );
  if (aggregation === 'none') return tagged;
  /** @param {Entity} one @param {Entity} before */
  const goesOn = ({ entity }, before) =>
    !entity.startsWith('B-') && tagOf(entity) === tagOf(before.entity);
  return groupBy(tagged, goesOn).map((group) => ({
    entity: group[0].entity.slice(group[0].entity.indexOf('-') + 1),
    score: mean(group.map(({ score }) => score)),
    ...spanOf(group, join),
  }));
}

/**
 * Neighbours in one list each.
 * @param {T[]} items
 * @param {(item: T, before: T) => boolean} goesOn
 * @template T
 */
function groupBy(items, goesOn) {
  /** @type {T[][]} */
  const groups = [];
  items.forEach((item, i) => {
    if (i > 0 && goesOn(item, items[i - 1])) groups[groups.length - 1].push(item);
    else groups.push([item]);
  });
  return groups;
}

/**
 * A word's tokens are of one entity: the first one's, the surest one's, or that of their mean.
 * @param {TaggedToken[]} word
 * @param {Aggregation} aggregation
 * @param {string[]} labels
 * @param {Join} join
 * @returns {Entity}
 */
function tagWord(word, aggregation, labels, join) {
  /** @type {Float64Array | number[]} */
  let scores = word[0].scores;
  if (aggregation === 'max') {
    const surest = word.reduce((best, token) =>
      largest(token.scores) > largest(best.scores) ? token : best,
    );
    scores = surest.scores;
  } else if (aggregation === 'average') {
    scores = labels.map((_, label) => mean(word.map((token) => token.scores[label])));
  }
  return { ...bestLabel(scores, labels), ...spanOf(word, join) };
}

/** The label without what says whether an entity begins. @param {string} label */
const tagOf = (label) => label.replace(/^[BI]-/, '');

/** @param {Float64Array | number[]} scores @returns {number} */
const largest = (scores) => {
  let most = -Infinity;
  for (const score of scores) most = Math.max(most, score);
  return most;
};
/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param {Float64Array | number[]} scores @param {string[]} labels */
function bestLabel(scores, labels) {
  const score = largest(scores);
  return { entity: labels[scores.indexOf(score)], score };
}

/** @param {{ word: string, start: number, end: number }[]} parts @param {Join} join */
function spanOf(parts, join) {
  return {
    word: join(parts.map(({ word }) => word)),
    start: parts[0].start,
    end: parts[parts.length - 1].end,
  };
}

/** Characters as Python counts them: code points. @param {string} text */
export const countCharacters = (text) => [...text].length;

/**
 * Entities of windows that share tokens: of two that overlap the longer stays, of two as long
 * the better.
 * @param {Entity[]} entities
 * @param {string} text
 * @returns {Entity[]} by where they begin
 */
export function mergeOverlapping(entities, text) {
  /** @type {Entity[]} */
  const merged = [];
  /** @type {Entity | undefined} */
  let last;
  /** @param {Entity} entity */
  const lengthOf = ({ start, end }) => countCharacters(text.slice(start, end));
  for (const entity of entities.sort((a, b) => a.start - b.start)) {
    if (!last || entity.start >= last.end) {
      if (last) merged.push(last);
      last = entity;
      continue;
    }
    const longer = lengthOf(entity) - lengthOf(last);
    if (longer > 0 || (longer === 0 && entity.score > last.score)) last = entity;
  }
  return last ? [...merged, last] : merged;
}
