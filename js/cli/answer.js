// `bertlet answer`: where a text answers a question.
import { defineCommand, InputError, UsageError } from './arguments.js';
import { lengthOption } from './each-text.js';
import { wholeFile } from './input.js';
import { modelOptions, openModel } from './open-model.js';
import { oneLine } from './text.js';

export default defineCommand({
  name: 'answer',
  summary: 'find the words of a text that answer a question',
  usage: [
    'bertlet answer [OPTIONS] QUESTION TEXT',
    'bertlet answer [OPTIONS] QUESTION... --file FILE',
  ],
  about:
    'Prints score, tab, answer, the best first; an empty line stands between the answers to two ' +
    'questions. The text, or the whole file, may be of any length; as TEXT "-" is standard ' +
    'input. The model needs a head for question answering.',
  options: {
    file: { short: 'f', value: 'FILE', help: 'the text is that of FILE; "-" is standard input' },
    top: {
      short: 'n',
      value: 'N',
      number: [1, Infinity],
      help: 'the best N answers that do not overlap (default: 1)',
    },
    'max-answer-length': { value: 'N', number: [1, Infinity], help: 'in tokens (default: 15)' },
    'allow-none': { help: 'say so when the text has no answer, for models trained for it' },
    json: {
      help: 'JSON lines: {"question", "answers": [{"answer", "score", "start", "end"}]}',
    },
    ...lengthOption,
    ...modelOptions,
  },
  examples: [
    'bertlet answer -m ./my-reader "Who wrote it?" "The letter was written by Ada."',
    'bertlet answer -m ./my-reader "Who?" "When?" --file report.txt --json',
  ],

  async run({ values, positionals, output, signal }) {
    const { questions, context } = await readQuestions(positionals, values.file, signal);
    const model = await openModel(values, signal);
    try {
      const inputs = questions.map((question) => ({ question, context }));
      const results = await model.answer(inputs, {
        signal,
        maxLength: values.maxLength,
        topK: values.top,
        maxAnswerLength: values.maxAnswerLength,
        allowNone: values.allowNone,
      });
      for (const [i, answers] of results.entries()) {
        const question = questions[i];
        if (values.json) await output.line(JSON.stringify({ question, answers }));
        else await output.line([...(i > 0 ? [''] : []), ...answers.map(show)].join('\n'));
      }
    } finally {
      await model.dispose();
    }
  },
});

/** @param {import('../index.d.ts').Answer} found */
const show = ({ score, answer }) => `${score.toFixed(6)}\t${oneLine(answer) || '(no answer)'}`;

/** @param {string[]} positionals @param {string | undefined} file @param {AbortSignal} signal */
async function readQuestions(positionals, file, signal) {
  const questions = file === undefined ? positionals.slice(0, 1) : positionals;
  if (file === undefined && positionals.length !== 2) {
    throw new UsageError('a question and a text, or questions and --file, are needed', 'answer');
  }
  if (questions.length === 0) throw new UsageError('a question is missing', 'answer');
  if (questions.some((question) => question.trim() === '')) {
    throw new UsageError('a question is empty', 'answer');
  }
  const [, given] = positionals;
  const source = file ?? (given === '-' ? '-' : undefined);
  const context = source === undefined ? given : await wholeFile(source, signal);
  if (context.trim() === '') throw new InputError('the text to search has no words');
  return { questions, context };
}
