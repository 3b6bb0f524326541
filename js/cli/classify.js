// `bertlet classify`: the best label of each text.
import { defineCommand, UsageError } from './arguments.js';
import { eachText, inWindows, lengthOption, textOptions } from './each-text.js';
import { modelOptions } from './open-model.js';
import { oneLine } from './text.js';

export default defineCommand({
  name: 'classify',
  summary: 'give texts a label: the one the model knows, or one of yours',
  usage: ['bertlet classify [OPTIONS] TEXT...', 'bertlet classify [OPTIONS] --file FILE'],
  about:
    'Prints score, tab, label, tab, text for each text or line; of long texts the mean of their ' +
    'parts. Without --labels the model needs a head for sequence classification. With --labels ' +
    'it may be any: one trained for inference (NLI) decides what follows from the text, another ' +
    'one by how near label and text are in meaning.',
  options: {
    ...textOptions,
    labels: { short: 'l', value: 'A,B,…', help: 'labels of your own, with commas between them' },
    template: {
      value: 'TEXT',
      help: 'what is said of a text with {} for the label (default: "This example is {}.")',
    },
    'multi-label': { help: 'each label by itself; else the scores of all make 1' },
    pair: { value: 'TEXT', help: 'a second text beside each' },
    top: { short: 'n', value: 'N', number: [1, Infinity], help: 'the best N labels (default: 1)' },
    json: { help: 'JSON lines: {"text", "labels": [{"label", "score"}]}, all labels' },
    ...lengthOption,
    ...modelOptions,
  },
  examples: [
    'bertlet classify "I love it"',
    'bertlet classify --labels sport,politics,cooking --file headlines.txt',
    'bertlet classify -m ./my-classifier --json -f mails.txt | jq .labels[0]',
  ],

  async run(line) {
    const { values, signal } = line;
    const labels = readLabels(values);
    const options = { ...inWindows(values, signal), multiLabel: values.multiLabel };
    const most = values.top ?? (values.json ? undefined : 1);
    await eachText(line, {
      command: 'classify',
      label: 'Classifying',
      async call(model, texts) {
        if (labels) {
          const how = { ...options, hypothesisTemplate: values.template };
          const results = await model.zeroShot(texts, labels, how);
          return results.map((result) => pairUp(result).slice(0, most));
        }
        const inputs =
          values.pair === undefined ? texts : texts.map((text) => ({ text, pair: values.pair }));
        return model.classify(inputs, { ...options, topK: most });
      },
      print: (found, text) =>
        values.json
          ? [JSON.stringify({ text, labels: found })]
          : found.map(
              ({ label, score }) => `${score.toFixed(6)}\t${oneLine(label)}\t${oneLine(text)}`,
            ),
    });
  },
});

/** @param {import('../index.d.ts').ZeroShotResult} result */
const pairUp = ({ labels, scores }) => labels.map((label, i) => ({ label, score: scores[i] }));

/** @param {{ labels?: string, template?: string, pair?: string }} values */
function readLabels({ labels, template, pair }) {
  if (labels === undefined) {
    if (template !== undefined) throw new UsageError('--template goes with --labels', 'classify');
    return undefined;
  }
  if (pair !== undefined) throw new UsageError('--pair does not go with --labels', 'classify');
  if (template !== undefined && !template.includes('{}')) {
    throw new UsageError('--template has no {} where the label goes', 'classify');
  }
  const names = labels.split(',').map((name) => name.trim());
  if (names.includes(''))
    throw new UsageError(`--labels has an empty one: "${labels}"`, 'classify');
  return names;
}
