// `bertlet attention`: a picture of what tokens attend to.
import { writeFileSync } from 'node:fs';
import { attentionHeadSvg, attentionOverviewSvg } from '../drawing/attention-svg.js';
import { defineCommand, InputError, UsageError } from './arguments.js';
import { textFrom } from './input.js';
import { modelOptions, openModel } from './open-model.js';
import { say } from './output.js';
import { formatBytes, formatCount } from './text.js';

export default defineCommand({
  name: 'attention',
  summary: 'draw what the tokens of a text attend to, as SVG',
  usage: ['bertlet attention [OPTIONS] TEXT', 'bertlet attention [OPTIONS] --file FILE'],
  about:
    'Without --layer and --head: a small map of each head of each layer. With one of them: only ' +
    'those maps. With both: that head, with a line from each token to those it attends to.',
  options: {
    file: { short: 'f', value: 'FILE', help: 'the text is all of FILE; "-" is standard input' },
    pair: { value: 'TEXT', help: 'a second text for the same input' },
    layer: { short: 'l', value: 'N', number: [0, Infinity], help: 'counted from 0' },
    head: { value: 'N', number: [0, Infinity], help: 'counted from 0' },
    form: {
      value: 'FORM',
      choices: ['lines', 'matrix'],
      help: 'of one head: lines, or matrix for a table of shades (default: lines)',
    },
    token: {
      value: 'N',
      number: [0, Infinity],
      help: 'of one head: only the lines of token N (bertlet tokenize shows their numbers)',
    },
    out: {
      short: 'o',
      value: 'FILE',
      help: 'write the picture to FILE (default: standard output)',
    },
    'max-length': { value: 'N', number: [1, Infinity], help: 'cut the text to N tokens' },
    ...modelOptions,
  },
  examples: [
    'bertlet attention "The bank was closed." > heads.svg',
    'bertlet attention "The bank was closed." --layer 2 --head 5 --out head.svg',
  ],

  async run({ values, positionals, output, signal }) {
    checkForm(values);
    const text = await textFrom({ command: 'attention', positionals, file: values.file, signal });
    const model = await openModel(values, signal);
    try {
      const { layers, attentionHeads } = model.info;
      checkNumber('layer', values.layer, layers, 'layers');
      checkNumber('head', values.head, attentionHeads, 'heads');
      const { tokens, attentions } = await model.forward(
        { text, pair: values.pair },
        {
          attentions: values.layer ?? true,
          logits: false,
          maxLength: values.maxLength,
          signal,
          onUsage: sayTruncated,
        },
      );
      checkNumber('token', values.token, tokens.length, 'tokens');
      const svg = draw(tokens, attentions, values);
      if (values.out === undefined) return await output.write(svg);
      writeFileSync(values.out, svg);
      await output.line(`wrote ${values.out}: ${formatBytes(Buffer.byteLength(svg))}`);
    } finally {
      await model.dispose();
    }
  },
});

/**
 * @import { Matrix } from '../index.d.ts'
 *
 * @typedef {{ layer?: number, head?: number, form?: 'lines' | 'matrix', token?: number }} Shown
 *   what the options choose
 */

/** @param {Shown} shown @returns {shown is Shown & { layer: number, head: number }} */
const showsOneHead = (shown) => shown.layer !== undefined && shown.head !== undefined;

/** @param {Shown} shown */
function checkForm(shown) {
  const option = shown.form !== undefined ? 'form' : 'token';
  if (shown[option] !== undefined && !showsOneHead(shown)) {
    throw new UsageError(`--${option} goes with --layer and --head`, 'attention');
  }
  if (shown.form === 'matrix' && shown.token !== undefined) {
    throw new UsageError('--token goes with --form lines', 'attention');
  }
}

/**
 * @param {string} name of the option
 * @param {number | undefined} value
 * @param {number} count
 * @param {string} things there are so many of
 */
function checkNumber(name, value, count, things) {
  if (value === undefined || value < count) return;
  throw new InputError(
    `--${name} is ${value}, but there are ${count} ${things}: 0 to ${count - 1}`,
  );
}

/** @param {string[]} tokens @param {Matrix[]} attentions @param {Shown} shown */
function draw(tokens, attentions, shown) {
  if (showsOneHead(shown)) {
    const { layer, head, form, token } = shown;
    const [attention] = attentions;
    return attentionHeadSvg({ tokens, attention, layer, head, form, token });
  }
  const { layer, head } = shown;
  const layers = layer === undefined ? undefined : [layer];
  const heads = head === undefined ? undefined : [head];
  return attentionOverviewSvg({ tokens, attentions, layers, heads });
}

/** @param {import('../index.d.ts').Usage} usage */
function sayTruncated({ tokens, truncated }) {
  if (truncated === 0) return;
  const [shown, whole] = [tokens, tokens + truncated].map(formatCount);
  say(`bertlet: the picture shows ${shown} of the text's ${whole} tokens`);
}
