// `bertlet tokenize`: what the tokenizer makes of a text.
import { defineCommand } from './arguments.js';
import { textsFrom } from './input.js';
import { openTokenizer } from './open-model.js';
import { columnsOf, pad, visible } from './text.js';

export default defineCommand({
  name: 'tokenize',
  summary: 'show the tokens of a text: pieces, ids, places',
  usage: ['bertlet tokenize [OPTIONS] TEXT...', 'bertlet tokenize [OPTIONS] --file FILE'],
  about:
    'A table for reading: place, id, start and end in the text (in UTF-16 units, as JavaScript ' +
    'counts), piece, and the part of the text that it stands for. With --json one line for each text.',
  options: {
    file: { short: 'f', value: 'FILE', help: 'one text per line; "-" is standard input' },
    model: {
      short: 'm',
      value: 'DIR',
      help: 'a folder with tokenizer.json or vocab.txt (default: the embedded model)',
    },
    pair: { value: 'TEXT', help: 'a second text for the same input' },
    'no-special': { help: 'without [CLS] and [SEP]' },
    'max-length': { value: 'N', number: [1, Infinity], help: 'cut to N tokens' },
    json: { help: 'JSON lines: {"tokens", "ids", "offsets", "typeIds", "specialTokensMask"}' },
  },
  examples: [
    'bertlet tokenize "unbelievable!"',
    'bertlet tokenize --json "Zürich" | jq .ids',
    'bertlet tokenize "is it raining?" --pair "the street is wet"',
  ],

  async run({ values, positionals, output, signal }) {
    const chunks = textsFrom({ command: 'tokenize', positionals, file: values.file, signal });
    const options = encodeOptions(values);
    const tokenizer = await openTokenizer(values, signal);
    try {
      let isFirst = true;
      for await (const { texts } of chunks) {
        for (const text of texts) {
          const encoding = tokenizer.encode(text, options);
          if (values.json) {
            await output.line(JSON.stringify(asPlainData(encoding)));
            continue;
          }
          if (!isFirst) await output.line('');
          isFirst = false;
          await output.line(table(encoding, text, values.pair));
        }
        await output.flush();
      }
    } finally {
      await tokenizer.dispose?.();
    }
  },
});

/**
 * @import { EncodeOptions, Encoding } from '../index.d.ts'
 */

/**
 * @param {{ noSpecial?: boolean, pair?: string, maxLength?: number }} values
 * @returns {EncodeOptions}
 */
function encodeOptions(values) {
  /** @type {EncodeOptions} */
  const options = { addSpecialTokens: !values.noSpecial };
  if (values.pair !== undefined) options.pair = values.pair;
  if (values.maxLength !== undefined) {
    options.truncation = true;
    options.maxLength = values.maxLength;
  }
  return options;
}

/** @param {Encoding} encoding */
function asPlainData(encoding) {
  return {
    tokens: encoding.tokens,
    ids: Array.from(encoding.ids),
    offsets: encoding.offsets,
    typeIds: Array.from(encoding.typeIds),
    specialTokensMask: Array.from(encoding.specialTokensMask),
  };
}

/** @param {Encoding} encoding @param {string} text @param {string} [pair] */
function table(encoding, text, pair) {
  const rows = [['#', 'id', 'start', 'end', 'piece', 'text']];
  encoding.tokens.forEach((token, at) => {
    const [start, end] = encoding.offsets[at];
    const isSpecial = encoding.specialTokensMask[at] === 1 && start === end;
    const source = pair !== undefined && encoding.typeIds[at] === 1 ? pair : text;
    rows.push([
      String(at),
      String(encoding.ids[at]),
      isSpecial ? '' : String(start),
      isSpecial ? '' : String(end),
      visible(token),
      isSpecial ? '' : visible(source.slice(start, end)),
    ]);
  });
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column]))));
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column], column < 4))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
