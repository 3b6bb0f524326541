// `bertlet attention`: a picture of what tokens attend to.
import { writeFileSync } from 'node:fs';
import { attentionHeadSvg, attentionOverviewSvg } from '../attention-svg.js';
import { InputError, UsageError } from './arguments.js';
import { textFrom } from './input.js';
import { modelOptions, openModel } from './open-model.js';
import { say } from './output.js';
import { formatBytes, formatCount } from './text.js';

/** @type {import('./arguments.js').Command} */
export default {
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
};

const showsOneHead = ({ layer, head }) => layer !== undefined && head !== undefined;

function checkForm(values) {
  const option = ['form', 'token'].find((name) => values[name] !== undefined);
  if (option !== undefined && !showsOneHead(values)) {
    throw new UsageError(`--${option} goes with --layer and --head`, 'attention');
  }
  if (values.form === 'matrix' && values.token !== undefined) {
    throw new UsageError('--token goes with --form lines', 'attention');
  }
}

function checkNumber(name, value, count, things) {
  if (value === undefined || value < count) return;
  throw new InputError(
    `--${name} is ${value}, but there are ${count} ${things}: 0 to ${count - 1}`,
  );
}

function draw(tokens, attentions, { layer, head, form, token }) {
  if (showsOneHead({ layer, head })) {
    const [attention] = attentions;
    return attentionHeadSvg({ tokens, attention, layer, head, form, token });
  }
  const layers = layer === undefined ? undefined : [layer];
  const heads = head === undefined ? undefined : [head];
  return attentionOverviewSvg({ tokens, attentions, layers, heads });
}

function sayTruncated({ tokens, truncated }) {
  if (truncated === 0) return;
  const [shown, whole] = [tokens, tokens + truncated].map(formatCount);
  say(`bertlet: the picture shows ${shown} of the text's ${whole} tokens`);
}
