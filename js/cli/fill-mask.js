// `bertlet fill-mask`: words for a gap.
import { defineCommand, InputError } from './arguments.js';
import { eachText, inWindows, lengthOption, textOptions } from './each-text.js';
import { modelOptions } from './open-model.js';
import { oneLine } from './text.js';

export default defineCommand({
  name: 'fill-mask',
  summary: 'say which words could stand where a text has [MASK]',
  usage: ['bertlet fill-mask [OPTIONS] TEXT...', 'bertlet fill-mask [OPTIONS] --file FILE'],
  about:
    'Prints score, tab, word, tab, the text with it, the best first. Of several masks each is ' +
    'filled by itself, in order; an empty line stands between two masks or texts. The model ' +
    'needs a head for masked language modelling (masked-lm).',
  options: {
    ...textOptions,
    top: { short: 'n', value: 'N', number: [1, Infinity], help: 'the best N words (default: 5)' },
    targets: {
      short: 't',
      value: 'A,B,…',
      help: 'only these words, with commas between them, each one token of the model',
    },
    json: {
      help: 'JSON lines: {"text", "masks": [[{"token", "tokenId", "score", "sequence"}]]}',
    },
    ...lengthOption,
    ...modelOptions,
  },
  examples: [
    'bertlet fill-mask "Paris is the [MASK] of France."',
    'bertlet fill-mask --targets good,bad "The food was [MASK]."',
    'bertlet fill-mask --model ./my-model --json --file gaps.txt',
  ],

  async run(line) {
    const { values, positionals, signal } = line;
    const options = {
      ...inWindows(values, signal),
      topK: values.top,
      targets: values.targets?.split(',').map((word) => word.trim()),
    };
    const isFile = values.file !== undefined || positionals[0] === '-';
    await eachText(line, {
      command: 'fill-mask',
      label: 'Filling',
      apart: !values.json,
      async call(model, texts, first) {
        checkMasks(model.tokenizer, texts, (at) => `${isFile ? 'line' : 'text'} ${first + at + 1}`);
        /** @type {FilledMasks[]} */
        const results = await model.fillMask(texts, options);
        return results.map((found) => (isOfSeveral(found) ? found : [found]));
      },
      print: (masks, text) =>
        values.json ? [JSON.stringify({ text, masks })] : masks.flatMap(linesOfMask),
    });
  },
});

/** @import { FilledMask, FilledMasks, Tokenizer } from '../index.d.ts' */

/** @param {FilledMasks} found @returns {found is FilledMask[][]} */
const isOfSeveral = (found) => Array.isArray(found[0]);

/** @param {FilledMask[]} found @param {number} mask which one of the text */
const linesOfMask = (found, mask) => [
  ...(mask > 0 ? [''] : []),
  ...found.map(
    ({ score, token, sequence }) => `${score.toFixed(6)}\t${oneLine(token)}\t${oneLine(sequence)}`,
  ),
];

/**
 * The library would say the same, but counts texts from the last ones it was given.
 * @param {Tokenizer} tokenizer
 * @param {string[]} texts
 * @param {(at: number) => string} nameOf
 */
function checkMasks(tokenizer, texts, nameOf) {
  const { maskToken, maskTokenId } = tokenizer;
  if (maskTokenId === null) return;
  const without = texts.findIndex((text) => !tokenizer.encode(text).ids.includes(maskTokenId));
  if (without < 0) return;
  throw new InputError(
    `${nameOf(without)} has no mask: write ${maskToken} where a word is missing`,
  );
}
