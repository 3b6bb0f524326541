// How sentence-transformers makes a sparse vector: the SpladePooling of modules.json.
import { badModel, BertletError, isBertletError } from '../shared/errors.js';
import { isFileName } from '../source/file-names.js';
import { checkObject, isRecord } from '../shared/kind.js';
import { show } from '../shared/show.js';

/**
 * `sums`: over tokens, else the most of them; `twice`: the logarithm is taken again; `fault`: the
 * error of a call that makes sparse vectors.
 * @typedef {{ sums: boolean, twice: boolean, fault?: BertletError }} SparseSettings
 */

const usual = { sums: false, twice: false };
const known = {
  pooling_strategy: ['max', 'sum'],
  activation_function: ['relu', 'log1p_relu'],
};
/** Widths, which the model's own is taken for. */
const widths = ['embedding_dimension', 'word_embedding_dimension'];

/**
 * @param {import('../source/source.js').Source} source
 * @param {unknown} modules the content of modules.json
 * @returns {Promise<SparseSettings>}
 */
export async function readSparseSettings(source, modules) {
  const stages = Array.isArray(modules) ? modules.filter(isRecord) : [];
  const stage = stages.find(({ type }) => /\bSpladePooling$/.test(String(type)));
  if (!stage) return usual;
  const file = `${String(stage.path).replace(/\/+$/, '')}/config.json`;
  if (!isFileName(file)) return usual;
  const json = await source.readJson(file, { optional: true });
  try {
    return json === undefined ? usual : readPooling(file, json);
  } catch (fault) {
    if (isBertletError(fault)) return { ...usual, fault };
    throw fault;
  }
}

/** @param {string} file @param {unknown} given @returns {SparseSettings} */
function readPooling(file, given) {
  const json = checkObject(file, given);
  for (const key of Object.keys(json)) {
    if (!(key in known) && !widths.includes(key)) {
      throw new BertletError('UNSUPPORTED', `The key ${show(key)} in ${file} is not supported.`);
    }
  }
  const { pooling_strategy: strategy = 'max', activation_function: activation = 'relu' } = json;
  if (!known.pooling_strategy.includes(String(strategy))) {
    throw badModel(file, `gives pooling_strategy as ${show(strategy)}, not as "max" or "sum"`);
  }
  if (!known.activation_function.includes(String(activation))) {
    throw badModel(file, `gives activation_function as ${show(activation)}, which is none of its`);
  }
  return { sums: strategy === 'sum', twice: activation === 'log1p_relu' };
}
