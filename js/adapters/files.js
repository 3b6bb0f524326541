// What is said when something in an adapter's files is wrong, or more than is known here.
import { badModel, BertletError } from '../shared/errors.js';
import { adapterConfigFile, adapterWeightsFile } from '../source/file-names.js';

export { adapterConfigFile, adapterWeightsFile };

/** @param {string} what is wrong, as the sentence goes on after the file's name */
export const badSetting = (what) => badModel(adapterConfigFile, what);

/** @param {string} what the adapter has @param {string} [advice] what to do */
export function unsupportedAdapter(what, advice) {
  const known = 'supported: LoRA of linear layers, biases, and modules_to_save';
  return new BertletError('UNSUPPORTED', `The adapter has ${what}; ${advice ?? known}.`);
}
