// What the small files of a Hugging Face folder say, beside weights and vocabulary.
import { inOrder } from './errors.js';
import { checkObject } from './kind.js';
import { readConfig, readConfigJson } from './config.js';

/** @param {import('./source.js').Source} source */
export async function readFolder(source) {
  const [config, transformer = {}, sentence = {}, pooling] = await inOrder([
    readConfigJson(source),
    readOptional(source, 'sentence_bert_config.json'),
    readOptional(source, 'config_sentence_transformers.json'),
    readPooling(source),
  ]);
  return {
    config: readConfig(config, sentence),
    maxSeqLength: transformer.max_seq_length,
    lowercase: transformer.do_lower_case === true,
    prompts: readPrompts(sentence),
    pooling,
  };
}

async function readOptional(source, name) {
  const json = await source.readJson(name, { optional: true });
  return json === undefined ? json : checkObject(name, json);
}

/**
 * The folder's own limit, but never more than there are positions.
 * @param {Awaited<ReturnType<typeof readFolder>>} folder
 * @param {{ modelMaxLength?: number }} tokenizerInfo
 */
export function chooseMaxLength({ maxSeqLength, config }, tokenizerInfo) {
  const limits = [maxSeqLength, tokenizerInfo.modelMaxLength];
  const limit = limits.find((value) => Number.isInteger(value) && value >= 2);
  return Math.min(limit ?? config.max_positions, config.max_positions);
}

function readPrompts({ prompts, default_prompt_name: name }) {
  const named = Object.fromEntries(
    Object.entries(prompts ?? {}).filter(([, words]) => typeof words === 'string'),
  );
  return { named, byDefault: named[name] ?? '' };
}

/**
 * Pooling as sentence-transformers stores it: modules.json lists the stages, the
 * Pooling stage has a folder of its own. Without them: mean, to length 1.
 * @returns {Promise<{ mode: string, normalize: boolean, unsupported?: string }>}
 */
async function readPooling(source) {
  const modules = await source.readJson('modules.json', { optional: true });
  if (!Array.isArray(modules)) {
    const pooling = await readOptional(source, '1_Pooling/config.json');
    return { mode: 'mean', normalize: true, ...(pooling && readPoolingConfig(pooling)) };
  }
  const stages = modules.map((stage) => String(stage?.type).split('.').pop());
  const unknown = stages.find((type) => !['Transformer', 'Pooling', 'Normalize'].includes(type));
  const path = modules[stages.indexOf('Pooling')]?.path;
  if (path) source.checkPin(`${path}/config.json`);
  const pooling = path && (await readOptional(source, `${path}/config.json`));
  return {
    mode: 'mean',
    ...(pooling && readPoolingConfig(pooling)),
    normalize: stages.includes('Normalize'),
    ...(unknown && refuse(unknown)),
  };
}

const poolingFlags = {
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_cls_token: 'cls',
  pooling_mode_max_tokens: 'max',
};

/** @param {Record<string, unknown>} json of the Pooling stage */
function readPoolingConfig(json) {
  const flags = Object.keys(json).filter((key) => /^pooling_mode_/.test(key) && json[key] === true);
  const modes = json.pooling_mode
    ? [json.pooling_mode]
    : flags.map((key) => poolingFlags[key] ?? key);
  const [mode = 'mean', second] = modes;
  if (second === undefined && Object.values(poolingFlags).includes(mode)) return { mode };
  return { mode: 'mean', ...refuse(modes.join(' + ')) };
}

/** What embed() says unless the caller names a pooling. */
function refuse(what) {
  return { unsupported: `The folder's ${what} is not supported: name a pooling (mean, cls, max).` };
}
