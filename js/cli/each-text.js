// The way of commands that make some lines of each text: read, compute, print, in order.
import { textsFrom } from './input.js';
import { openModel } from './open-model.js';
import { Progress } from './output.js';
import { formatCount } from './text.js';

/** @import { Model, WindowOptions } from '../index.d.ts' */

/** Options of these commands. */
export const textOptions = /** @type {const} */ ({
  file: { short: 'f', value: 'FILE', help: 'one text per line; "-" is standard input' },
});

/** Long texts are read in windows, so that nothing is left out. */
export const lengthOption = /** @type {const} */ ({
  'max-length': {
    value: 'N',
    number: [1, Infinity],
    help: 'read long texts N tokens at a time (default: as many as the model takes)',
  },
});

/**
 * @param {{ maxLength?: number }} values
 * @param {AbortSignal} signal
 * @returns {WindowOptions}
 */
export const inWindows = ({ maxLength }, signal) => ({ signal, maxLength, longText: 'window' });

/**
 * The line of such a command.
 * @typedef {import('./arguments.js').Line<typeof textOptions
 *   & typeof import('./open-model.js').modelOptions>} TextLine
 */

/**
 * Reads texts some at a time, and lets each lot be answered before the next is read.
 * @param {TextLine} line
 * @param {{
 *   command: string,
 *   label: string,
 *   answer(model: Model, texts: string[], first: number): Promise<void>,
 * }} how `label`: of the progress bar; `first`: how many texts came before these; `answer`
 *   writes to the output
 */
export async function eachLot({ values, positionals, output, signal }, { command, label, answer }) {
  const chunks = textsFrom({ command, positionals, file: values.file, signal });
  const model = await openModel(values, signal);
  const progress = new Progress(label);
  let count = 0;
  try {
    for await (const { texts, done, total } of chunks) {
      await answer(model, texts, count);
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

/**
 * @template T
 * @param {TextLine} line
 * @param {{
 *   command: string,
 *   label: string,
 *   call(model: Model, texts: string[], first: number): Promise<T[]>,
 *   print(result: T, text: string): string[],
 *   apart?: boolean,
 * }} how as eachLot; `print`: the lines of one text; `apart`: an empty line stands between the
 *   lines of two texts
 */
export function eachText(line, { command, label, call, print, apart }) {
  const { output } = line;
  return eachLot(line, {
    command,
    label,
    async answer(model, texts, first) {
      const results = await call(model, texts, first);
      for (const [at, result] of results.entries()) {
        if (apart && first + at > 0) await output.line('');
        for (const printed of print(result, texts[at])) await output.line(printed);
      }
    },
  });
}
