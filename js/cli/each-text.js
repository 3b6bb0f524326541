// The way of commands that make some lines of each text: read, compute, print, in order.
import { textsFrom } from './input.js';
import { openModel } from './open-model.js';
import { Progress } from './output.js';
import { formatCount } from './text.js';

/** Options of these commands. */
export const textOptions = {
  file: { short: 'f', value: 'FILE', help: 'one text per line; "-" is standard input' },
};

/** Long texts are read in windows, so that nothing is left out. */
export const lengthOption = {
  'max-length': {
    value: 'N',
    number: [1, Infinity],
    help: 'read long texts N tokens at a time (default: as many as the model takes)',
  },
};

/** @param {{ maxLength?: number }} values @param {AbortSignal} signal */
export const inWindows = ({ maxLength }, signal) => ({ signal, maxLength, longText: 'window' });

/**
 * @template T
 * @param {Parameters<import('./arguments.js').Command['run']>[0]} line the command line
 * @param {{
 *   command: string,
 *   label: string,
 *   call(model: import('../model.js').Model, texts: string[], first: number): Promise<T[]>,
 *   print(result: T, text: string): string[],
 *   apart?: boolean,
 * }} how `label`: of the progress bar; `first`: how many texts came before these; `print`: the
 *   lines of one text; `apart`: an empty line stands between the lines of two texts
 */
export async function eachText({ values, positionals, output, signal }, how) {
  const chunks = textsFrom({ command: how.command, positionals, file: values.file, signal });
  const model = await openModel(values, signal);
  const progress = new Progress(how.label);
  let count = 0;
  try {
    for await (const { texts, done, total } of chunks) {
      const results = await how.call(model, texts, count);
      for (const [at, result] of results.entries()) {
        if (how.apart && count + at > 0) await output.line('');
        for (const line of how.print(result, texts[at])) await output.line(line);
      }
      // Whoever writes line by line waits for the answers.
      await output.flush();
      count += texts.length;
      // On a terminal the results themselves show how far it is.
      if (!output.isTerminal) progress.update(done, total, `${formatCount(count)} texts`);
    }
  } finally {
    progress.clear();
    await model.dispose();
  }
}
