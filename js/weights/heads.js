// Which heads a model has: config.json says what its architecture is, its tensors what is there.
import { architectureOf, readFlag, readSize } from './fields.js';
import { BertletError } from '../shared/errors.js';
import { isRecord } from '../shared/kind.js';
import { show } from '../shared/show.js';

/**
 * Heads with a classifier: how the architecture's name ends, which rows it reads, and how many
 * outputs it has whatever id2label says.
 * @type {Record<string, { architecture: string, pooled: boolean, outputs?: number }>}
 */
const classifiers = {
  'sequence-classification': { architecture: 'ForSequenceClassification', pooled: true },
  'multiple-choice': { architecture: 'ForMultipleChoice', pooled: true, outputs: 1 },
  'token-classification': { architecture: 'ForTokenClassification', pooled: false },
  'question-answering': { architecture: 'ForQuestionAnswering', pooled: false, outputs: 2 },
  'replaced-token-detection': { architecture: 'ElectraForPreTraining', pooled: false, outputs: 1 },
};

/** In the order in which they are looked for. */
const guesses = [
  'question-answering',
  'replaced-token-detection',
  'sequence-classification',
  'token-classification',
];

/**
 * @typedef {import('../shared/json.js').JsonObject} Json
 *
 * What config.json says of heads.
 * @typedef {{ classifier?: string, tied: boolean, labelCount?: number, labels?: string[],
 *   labelFault?: string, problemType?: string, scoreFunction?: string }} HeadConfig
 *   `classifier`: which head a classifier's tensors are, where the architecture says so;
 *   `tied`: the masked LM decodes by the word embeddings; `labelCount`: how many outputs a
 *   classifier is said to have; `labels`: their names by number, where given; `labelFault`: what
 *   is wrong with them, the error of a model that has a classifier; `scoreFunction`: of a
 *   cross-encoder, where sentence-transformers wrote one: one of tasks/scores.js, else torch's name
 *
 * @param {Json} json config.json
 * @param {{ exact?: Json, file?: string, sentence?: Json }} [more] `exact`: as
 *   parseExactly gives it; its name; config_sentence_transformers.json
 * @returns {HeadConfig}
 * @throws BAD_MODEL
 */
export function readHeadConfig(json, { exact = json, file, sentence = {} } = {}) {
  const architecture = architectureOf(json);
  const own = /** @type {Json | null | undefined} */ (json.sentence_transformers);
  const [classifier] =
    Object.entries(classifiers).find(([, kind]) => architecture.endsWith(kind.architecture)) ?? [];
  return {
    classifier,
    tied: readFlag(json, 'tie_word_embeddings', true, file),
    ...readOutputs(json, readSize({ json, exact }, 'num_labels', file), file),
    scoreFunction:
      (sentence.model_type === 'CrossEncoder' && readScoreFunction(sentence.activation_fn)) ||
      readScoreFunction(own?.activation_fn ?? json.sbert_ce_default_activation_function),
  };
}

/**
 * What a cross-encoder's scores go through; undefined where sentence-transformers takes its usual
 * one, as it does unless a class of torch is named.
 * @param {unknown} path e.g. "torch.nn.modules.linear.Identity"
 */
function readScoreFunction(path) {
  if (typeof path !== 'string' || !path.startsWith('torch.')) return undefined;
  const name = path.slice(path.lastIndexOf('.') + 1);
  return (
    new Map([
      ['Identity', 'none'],
      ['Sigmoid', 'sigmoid'],
    ]).get(name) ?? name
  );
}

/**
 * What a classifier's outputs are.
 * @param {Json} json
 * @param {number | undefined} count
 * @param {string} [file]
 * @returns {Pick<HeadConfig, 'problemType' | 'labelCount' | 'labels' | 'labelFault'>}
 */
function readOutputs(json, count, file = 'config.json') {
  const { problem_type: type = null } = json;
  if (type === null || typeof type === 'string') {
    return { problemType: type ?? undefined, ...readLabels(json, count, file) };
  }
  return { labelFault: `${file} gives problem_type as ${show(type)}.` };
}

/**
 * Names by number. Where num_labels is another number of them, it counts, as in transformers, and
 * the outputs have no names.
 * @param {Json} json
 * @param {number | undefined} count
 * @param {string} file
 * @returns {Pick<HeadConfig, 'labelCount' | 'labels' | 'labelFault'>}
 */
function readLabels({ id2label }, count, file) {
  if (id2label === undefined || id2label === null) return { labelCount: count };
  const named = isRecord(id2label) ? Object.entries(id2label) : [];
  const names = new Map(
    named.map(([key, name]) => [/^\d+$/.test(key) ? Number(key) : key, nameOf(name)]),
  );
  const labels = Array.from(named, (_, i) => names.get(i));
  if (count !== undefined && count !== labels.length) return { labelCount: count };
  if (labels.length > 0 && labels.every((name) => name !== undefined))
    return { labelCount: labels.length, labels };
  return { labelFault: `${file} has an id2label that does not name the labels 0, 1, 2, ….` };
}

/** People also have numbers for names. @param {unknown} name */
const nameOf = (name) =>
  ['string', 'number', 'boolean'].includes(typeof name) ? String(name) : undefined;

/**
 * Names of a classifier's outputs; transformers calls those without one LABEL_0, LABEL_1, …
 * @param {HeadConfig} head
 * @param {number} count of outputs
 * @returns {string[]}
 */
export const labelsOf = ({ labels }, count) =>
  labels ?? Array.from({ length: count }, (_, i) => `LABEL_${i}`);

/**
 * What a model has beside embeddings and layers.
 * @typedef {{
 *   parts: Set<string>,
 *   heads: Record<string, string>,
 *   labels: number,
 *   isNeeded: (tensor: import('./tensor-names.js').Tensor) => boolean,
 *   headActivation?: string,
 * }} Heads
 *   `parts`: by the ends of the core's BL_PART constants; `heads`: name → end of its BL_HEAD
 *   constant; `labels`: outputs of the classifier, or 0; `isNeeded`: whether a tensor is one of
 *   the model's; `headActivation`: of the classifier's own dense layer, undefined: the layers'
 *
 * @typedef {Map<string, { roleName: string, part?: string, shape: number[] }>} Present
 *   the tensors of the files, by name (ours); shape: empty where another file says it
 *
 * @param {Present} present
 * @param {import('./families/families.js').Family} family
 * @param {HeadConfig} config
 * @returns {Heads}
 * @throws BAD_MODEL
 */
export function findHeads(present, family, config) {
  const parts = new Set([...present.values()].flatMap(({ part }) => part ?? []));
  // Its weight must be there exactly where config.json doesn't tie it.
  if (config.tied || !parts.has('MASKED_LM')) parts.delete('DECODER');
  else parts.add('DECODER');
  /** @type {Record<string, string>} */
  const heads = {};
  if (parts.has('MASKED_LM')) heads['masked-lm'] = 'MASKED_LM';
  if (parts.has('NEXT_SENTENCE')) heads['next-sentence-prediction'] = 'NEXT_SENTENCE';

  const kind = findClassifier(present, family, config, parts);
  const { output = '', dense, activation } = (kind && family.heads[kind]) || {};
  const shape = present.get(`${output}.weight`)?.shape;
  parts.delete('CLASSIFIER');
  parts.delete('HEAD_DENSE');
  let labels = 0;
  if (kind && shape) {
    const { pooled, outputs: fixed } = classifiers[kind];
    if (fixed === undefined && config.labelFault) {
      throw new BertletError('BAD_MODEL', config.labelFault);
    }
    labels = fixed ?? config.labelCount ?? shape[0] ?? 2;
    heads[kind] = dense ? 'DENSE_CLASSIFIER' : pooled ? 'POOLED_CLASSIFIER' : 'ROW_CLASSIFIER';
    parts.add('CLASSIFIER');
    if (dense) parts.add('HEAD_DENSE');
    else if (pooled) parts.add('POOLER');
  }
  if (parts.has('NEXT_SENTENCE')) parts.add('POOLER');
  return {
    parts,
    heads,
    labels,
    headActivation: activation,
    isNeeded: ({ name, part }) => {
      if (part === 'CLASSIFIER' && moduleOf(name) !== output) return false;
      if (part === 'HEAD_DENSE' && moduleOf(name) !== dense) return false;
      return part === undefined || parts.has(part);
    },
  };
}

/** @param {string} name of a tensor */
const moduleOf = (name) => name.slice(0, name.lastIndexOf('.'));

/**
 * The masked LM's bias has two names. Where both stand there, that of a decoder of its own is not
 * the shared one.
 * @param {Set<string>} names of tensors, as the files have them
 * @param {import('./families/families.js').Family} family
 * @param {Heads} heads
 * @returns {string | undefined} the one that nothing needs
 */
export function ignoredBias(names, { decoderBiases: { own, shared } }, { parts }) {
  if (own === shared || !names.has(own) || !names.has(shared)) return undefined;
  return parts.has('DECODER') ? shared : own;
}

/**
 * Without an architecture the first head whose tensors are there; what has no pooler classifies
 * tokens.
 * @param {Present} present
 * @param {import('./families/families.js').Family} family
 * @param {HeadConfig} config
 * @param {Set<string>} parts
 * @returns {string | undefined}
 */
function findClassifier(present, family, config, parts) {
  if (config.classifier) return config.classifier;
  return guesses.find((kind) => {
    const { output, dense } = family.heads[kind] ?? {};
    if (!present.has(`${output}.weight`)) return false;
    if (dense) return present.has(`${dense}.weight`);
    return !classifiers[kind].pooled || parts.has('POOLER');
  });
}
