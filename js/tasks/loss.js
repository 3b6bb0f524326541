// What labels cost a head, as transformers' Bert classes compute it for a batch of one.
import { BertletError } from '../shared/errors.js';
import { badArgument, copyList, readList } from '../shared/inputs.js';
import { isList, show } from '../shared/show.js';

/** @import { ForwardOptions, ForwardResult, Labels, Matrix } from '../index.d.ts' */

/** A row with this label does not count. */
const ignored = -100;

/** @type {(keyof Labels)[]} */
const labelOptions = ['labels', 'nextSentenceLabel', 'startPositions', 'endPositions'];

/**
 * The options with labels that a model takes, by the head that gives its logits.
 * @type {Record<string, (keyof Labels)[]>}
 */
const namesByHead = {
  'question-answering': ['startPositions', 'endPositions'],
  'masked-lm': ['labels', 'nextSentenceLabel'],
};

/**
 * The labels of each input, undefined where a call has none.
 * @typedef {{ [name in keyof Labels]: Label }} InputLabels
 *
 * What should be a number, or a list of them: the head looks.
 * @typedef {unknown} Label
 *
 * @param {ForwardOptions} options of the call
 * @param {string[]} heads the model's, the one with the `logits` first
 * @param {number} count of inputs
 * @param {boolean} isArray whether they came as an array: then labels do too
 * @returns {InputLabels[] | undefined}
 */
export function readLabels(options, [main, second], count, isArray) {
  const given = labelOptions.filter((name) => (options[name] ?? null) !== null);
  if (given.length === 0) return undefined;
  if (!main) throw new BertletError('NO_HEAD', `${given[0]}: this model has no head with logits.`);
  const names = main === 'masked-lm' && !second ? undefined : namesByHead[main];
  const taken = names ?? ['labels'];
  const wrong = given.find((name) => !taken.includes(name));
  if (wrong) throw badArgument(`${wrong}: a ${main} head takes ${taken.join(' and ')}.`);
  if (main === 'question-answering' && given.length === 1) {
    throw badArgument('startPositions and endPositions go together.');
  }
  // One number says which of the choices is right.
  const isShared = !isArray || main === 'multiple-choice';
  const columns = given.map((name) => {
    if (isShared) return Array.from({ length: count }, () => readLabel(name, options[name]));
    const labels = readList(name, options[name], (label) => readLabel(name, label));
    if (labels.length === count) return labels;
    throw badArgument(`${name} is not an array with an entry for each of the ${count} inputs.`);
  });
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(given.map((name, column) => [name, columns[column][i]])),
  );
}

/**
 * One input's label: a number, or a copy of a list of them. What it is worth, the head says.
 * @param {string} name of the option
 * @param {unknown} label
 * @returns {Label}
 */
function readLabel(name, label) {
  if (typeof label !== 'object' || label === null) return label;
  return copyList(name, /** @type {ArrayLike<unknown>} */ (label), (item) => {
    if (typeof item === 'number') return item;
    throw badArgument(`${name} has ${show(item)}, which is no number.`);
  });
}

/**
 * Puts a `loss` into each result of forward().
 * @param {ForwardResult[]} results
 * @param {InputLabels[]} labels
 * @param {string} main the head with the `logits`
 * @param {string} [problemType] of config.json
 */
export function addLosses(results, labels, main, problemType) {
  const choices = main === 'multiple-choice' && results.map(({ logits }) => valuesOf(logits)[0]);
  results.forEach((result, i) => {
    result.loss = choices
      ? crossEntropy(choices, [labels[i].labels])
      : lossOf(result, main, labels[i], problemType);
  });
}

/** What a head gave, which readLabels has made sure of. @param {Matrix | undefined} logits */
const valuesOf = (logits) => /** @type {Matrix} */ (logits).data;

/**
 * @param {ForwardResult} result
 * @param {string} main
 * @param {InputLabels} labels
 * @param {string} [problemType]
 */
function lossOf(result, main, labels, problemType) {
  if (main === 'question-answering') {
    const { startLogits, endLogits } = result;
    const start = positionLoss('startPositions', valuesOf(startLogits), labels.startPositions);
    return (start + positionLoss('endPositions', valuesOf(endLogits), labels.endPositions)) / 2;
  }
  const data = valuesOf(result.logits);
  if (main === 'sequence-classification') return sequenceLoss(data, labels.labels, problemType);
  if (main === 'next-sentence-prediction') return crossEntropy(data, [labels.labels]);
  let loss = 0;
  if ('labels' in labels) {
    const { labels: list } = labels;
    const tokens = result.ids.length;
    if (!isList(list) || list.length !== tokens) {
      throw badArgument(`labels must have a number for each of the ${tokens} tokens.`);
    }
    loss += crossEntropy(data, list);
  }
  if ('nextSentenceLabel' in labels) {
    loss += crossEntropy(valuesOf(result.seqRelationshipLogits), [labels.nextSentenceLabel]);
  }
  return loss;
}

/**
 * Without a problem type the labels tell, as there.
 * @param {Float32Array} logits
 * @param {Label} labels
 * @param {string} [problemType]
 */
function sequenceLoss(logits, labels, problemType) {
  const usual = isList(labels) ? 'multi_label_classification' : 'single_label_classification';
  const problem = problemType ?? (logits.length === 1 ? 'regression' : usual);
  if (problem === 'single_label_classification') return crossEntropy(logits, [labels]);
  const targets = isList(labels) ? labels : [labels];
  if (targets.length !== logits.length || !targets.every(isFiniteNumber)) {
    throw badArgument(`labels must have ${logits.length} numbers, one for each label.`);
  }
  const cost = problem === 'regression' ? squaredError : binaryCrossEntropy;
  return targets.reduce((sum, y, i) => sum + cost(logits[i], y), 0) / targets.length;
}

/** @param {unknown} value @returns {value is number} */
const isFiniteNumber = (value) => Number.isFinite(value);
/** @param {unknown} value @returns {value is number} */
const isWhole = (value) => Number.isInteger(value);

/** @param {number} x @param {number} y */
const squaredError = (x, y) => (x - y) ** 2;
/** @param {number} x @param {number} y */
const binaryCrossEntropy = (x, y) => Math.max(x, 0) - x * y + Math.log1p(Math.exp(-Math.abs(x)));

/**
 * A position beyond the text is ignored, which leaves nothing: NaN, as there.
 * @param {string} name of the option
 * @param {Float32Array} logits
 * @param {Label} position
 */
function positionLoss(name, logits, position) {
  if (!isWhole(position)) throw badArgument(`${name} has ${show(position)}, which is no token.`);
  const index = Math.max(position, 0);
  return crossEntropy(logits, [index < logits.length ? index : ignored]);
}

/**
 * The mean over rows whose label counts of -log softmax(row)[label].
 * @param {ArrayLike<number>} logits [labels.length][n]
 * @param {Label[]} labels
 */
function crossEntropy(logits, labels) {
  const width = logits.length / labels.length;
  let sum = 0;
  let rows = 0;
  labels.forEach((label, row) => {
    if (label === ignored) return;
    if (!isWhole(label) || label < 0 || label >= width) {
      throw badArgument(`A label is ${show(label)}; it is a whole number from 0 to ${width - 1}.`);
    }
    /** @param {number} k */
    const at = (k) => logits[row * width + k];
    let largest = -Infinity;
    for (let k = 0; k < width; k++) largest = Math.max(largest, at(k));
    let total = 0;
    for (let k = 0; k < width; k++) total += Math.exp(at(k) - largest);
    sum += Math.log(total) + largest - at(label);
    rows++;
  });
  return sum / rows;
}
