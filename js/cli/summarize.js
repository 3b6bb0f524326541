// `bertlet summarize`: the sentences that say most of a text.
import { defineCommand } from './arguments.js';
import { textFrom } from './input.js';
import { modelOptions, openModel } from './open-model.js';
import { Progress } from './output.js';
import { oneLine } from './text.js';

export default defineCommand({
  name: 'summarize',
  summary: 'pick the sentences that say most of a text',
  usage: [
    'bertlet summarize [OPTIONS] TEXT',
    'bertlet summarize [OPTIONS] --file FILE',
    'bertlet summarize [OPTIONS] -',
  ],
  about:
    'Prints sentences of the text as they stand in it, in their order, one a line: those near to ' +
    'all that is said and not near to each other. Nothing is written anew.',
  options: {
    file: { short: 'f', value: 'FILE', help: 'the text is all of FILE; "-" is standard input' },
    sentences: {
      short: 'n',
      value: 'N',
      number: [1, Infinity],
      help: 'how many sentences (default: 3)',
    },
    language: {
      value: 'TAG',
      help: 'whose rules divide sentences, e.g. de or pt-BR (default: en)',
    },
    json: { help: 'one object: {"summary", "sentences": [{"text", "score", "start", "end"}]}' },
    ...modelOptions,
  },
  examples: [
    'bertlet summarize --file report.txt',
    'pdftotext paper.pdf - | bertlet summarize - --sentences 5',
  ],

  async run({ values, positionals, output, signal }) {
    const text = await textFrom({ command: 'summarize', positionals, file: values.file, signal });
    const model = await openModel(values, signal);
    const progress = new Progress('Reading');
    try {
      const result = await model.summarize(text, {
        signal,
        sentences: values.sentences,
        language: values.language,
        longText: 'window',
        onProgress: ({ done, total }) => progress.update(done, total),
      });
      progress.clear();
      if (values.json) await output.line(JSON.stringify(result));
      else for (const sentence of result.sentences) await output.line(oneLine(sentence.text));
    } finally {
      progress.clear();
      await model.dispose();
    }
  },
});
