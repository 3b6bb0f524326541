// Options of transformers.js under our names. What bertlet has not is refused by name, unless its
// value changes nothing.
import { BertletError } from '../shared/errors.js';
import { badArgument } from '../shared/inputs.js';
import { foreignNames } from '../shared/option-names.js';
import { readOptions } from '../shared/options.js';
import { show } from '../shared/show.js';

/**
 * @import { LoadOptions, LoadProgress } from '../index.d.ts'
 * @import { OptionsOf } from '../shared/option-names.js'
 *
 * @typedef {LoadProgress & { status: 'progress' | 'ready', progress: number }} TheirProgress
 */

/** Options about files and runtimes that bertlet has not, and their values that change nothing. */
const withoutEffect = {
  config: [null],
  cache_dir: [null],
  local_files_only: [null, false, true], // nothing comes from a hub
  revision: [null, 'main'],
  device: [null, 'auto', 'wasm', 'cpu'],
  subfolder: [null, '', 'onnx'],
  model_file_name: [null, 'model'],
  use_external_data_format: [null, false],
  session_options: [null],
};

/**
 * Those of pipeline() as load() takes them.
 * @param {unknown} given null is nothing, as there
 * @param {(event: LoadProgress) => TheirProgress} describe an event of ours as one of theirs
 * @returns {LoadOptions}
 */
export function readPipelineOptions(given, describe) {
  const options = readOptions(given ?? {}, 'pipeline');
  const { progress_callback: tell, onProgress, dtype, ...others } = options;
  const rest = /** @type {Record<string, unknown>} */ (others);
  for (const [name, harmless] of Object.entries(withoutEffect)) {
    const { [name]: value = null } = rest;
    delete rest[name];
    if (harmless.some((choice) => choice === value)) continue;
    const choices = harmless.filter((choice) => choice !== null && choice !== '');
    const instead = choices.length > 0 ? ` (or ${choices.join(', ')})` : '';
    const sentence = `pipeline: ${name} ${show(value)} is not supported; leave it out${instead}.`;
    throw new BertletError('UNSUPPORTED', sentence);
  }
  /** @param {LoadProgress} event */
  const tellBoth = (event) => {
    tell?.(describe(event));
    onProgress?.(event);
  };
  return {
    .../** @type {Omit<LoadOptions, 'dtype' | 'onProgress'>} */ (rest),
    dtype: dtype === 'q8' ? 'int8' : dtype,
    onProgress: tell ? tellBoth : onProgress,
  };
}

/**
 * The call of a model behind each pipeline.
 * @typedef {{
 *   'text-classification': 'classify',
 *   'fill-mask': 'fillMask',
 *   'token-classification': 'tagTokens',
 *   'question-answering': 'answer',
 *   'zero-shot-classification': 'zeroShot',
 * }} CallOf
 */

/**
 * Those of a pipeline's call as the model's call takes them.
 * @param {unknown} given null is nothing, as there
 * @param {Task} task
 * @returns {OptionsOf[CallOf[Task]]} under our names
 * @template {keyof CallOf} Task
 */
export function readTaskOptions(given, task) {
  /** @type {Record<string, unknown>} */
  const options = {};
  /** @type {Record<string, string>} by our names, what they were called */
  const named = {};
  for (const [name, value] of Object.entries(readOptions(given ?? {}, task))) {
    const own = foreignNames[name] ?? name;
    if (Object.hasOwn(options, own)) {
      throw badArgument(`${named[own]} and ${name} are one option: choose one of them.`);
    }
    options[own] = value;
    named[own] = name;
  }
  return /** @type {OptionsOf[CallOf[Task]]} */ (options);
}
