// `bertlet ner`: names, places and what else a model tags.
import { defineCommand } from './arguments.js';
import { eachText, inWindows, lengthOption, textOptions } from './each-text.js';
import { modelOptions } from './open-model.js';
import { oneLine } from './text.js';

export default defineCommand({
  name: 'ner',
  summary: 'find names, places and whatever else the model tags',
  usage: ['bertlet ner [OPTIONS] TEXT...', 'bertlet ner [OPTIONS] --file FILE'],
  about:
    'Prints score, kind, start, end (in UTF-16 units, as JavaScript counts) and the words, with ' +
    'tabs between them, in the order of the text; an empty line stands between two texts. The ' +
    'model needs a head for token classification.',
  options: {
    ...textOptions,
    aggregation: {
      value: 'KIND',
      choices: ['none', 'simple', 'first', 'average', 'max'],
      help:
        'how tokens become entities: none for each token by itself, simple for neighbours of one ' +
        'kind; first, average or max never cut a word (default: simple)',
    },
    json: {
      help: 'JSON lines: {"text", "entities": [{"entity", "score", "word", "start", "end"}]}',
    },
    ...lengthOption,
    ...modelOptions,
  },
  examples: [
    'bertlet ner --model ./my-tagger "Ada Lovelace was born in London."',
    'bertlet ner -m ./my-tagger --json -f letters.txt | jq .entities',
  ],

  async run(line) {
    const { values, signal } = line;
    const options = {
      ...inWindows(values, signal),
      aggregation: values.aggregation ?? 'simple',
    };
    await eachText(line, {
      command: 'ner',
      label: 'Tagging',
      apart: !values.json,
      call: (model, texts) => model.tagTokens(texts, options),
      print: (entities, text) =>
        values.json
          ? [JSON.stringify({ text, entities })]
          : entities.map(({ score, entity, start, end }) =>
              [score.toFixed(6), oneLine(entity), start, end, oneLine(text.slice(start, end))].join(
                '\t',
              ),
            ),
    });
  },
});
