// Options of transformers.js under our names. What bertlet has not is refused by name, unless its
// value changes nothing.
import { BertletError } from './errors.js';
import { badArgument } from './inputs.js';
import { foreignNames } from './option-names.js';
import { readOptions } from './options.js';
import { show } from './show.js';

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
 * @param {(event: object) => object} describe an event of ours as one of theirs
 */
export function readPipelineOptions(given, describe) {
  const options = readOptions(given ?? {}, 'pipeline');
  const { progress_callback: tell, onProgress, dtype, ...others } = options;
  for (const [name, harmless] of Object.entries(withoutEffect)) {
    const { [name]: value = null } = others;
    delete others[name];
    if (harmless.includes(value)) continue;
    const choices = harmless.filter((choice) => choice !== null && choice !== '');
    const instead = choices.length > 0 ? ` (or ${choices.join(', ')})` : '';
    const sentence = `pipeline: ${name} ${show(value)} is not supported; leave it out${instead}.`;
    throw new BertletError('UNSUPPORTED', sentence);
  }
  const tellBoth = (event) => {
    tell(describe(event));
    onProgress?.(event);
  };
  return {
    ...others,
    dtype: dtype === 'q8' ? 'int8' : dtype,
    onProgress: tell ? tellBoth : onProgress,
  };
}

/**
 * Those of a pipeline's call as the model's call takes them.
 * @param {unknown} given null is nothing, as there
 * @param {keyof typeof import('./option-names.js').optionNames} task
 */
export function readTaskOptions(given, task) {
  const options = {};
  const named = {};
  for (const [name, value] of Object.entries(readOptions(given ?? {}, task))) {
    const own = foreignNames[name] ?? name;
    if (Object.hasOwn(options, own)) {
      throw badArgument(`${named[own]} and ${name} are one option: choose one of them.`);
    }
    options[own] = value;
    named[own] = name;
  }
  return options;
}
