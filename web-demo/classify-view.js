// Classifying a text as it is typed, or many lines at once.
import { element } from './elements.js';
import { LiveCall } from './live-call.js';
import { LabelColours } from './marked-text.js';
import { bar, checkbox, fillPanel, scoreInWords, textField, timeInWords } from './task-panel.js';
import { classifySamples } from './task-samples.js';

export const id = 'classify';
export const title = 'Classify';
export const head = 'sequence-classification';

const shownLabels = 12;
const batchLines = 16;
/** As many rows as anybody scrolls through. */
const maxLines = 1000;

/** @type {import('./app.js').View['mount']} */
export function mount(panel, app) {
  let colours = new LabelColours();
  const { field, area, choose } = textField({
    label: 'Your text',
    rows: 8,
    samples: classifySamples,
    hint: 'Labels follow while you type. Text files may be dropped here.',
    useSample({ text, byLine = false }) {
      area.value = text;
      lines.box.checked = byLine;
      live.request(0);
    },
    onInput: () => live.request(),
  });
  const lines = checkbox('Each line by itself', () => live.request(0));
  const output = element('div', { class: 'classified' });
  const { note, trouble } = fillPanel(panel, {
    headline: 'What *kind* of text is it?',
    sentence: 'The model gives each of its labels a score. Type, and watch the scores change.',
    resultTitle: 'Labels',
    input: [field, lines.field],
    result: [output],
  });

  const live = new LiveCall(app, panel, {
    trouble,
    async compute(model, signal) {
      const options = { signal, longText: 'window' };
      const text = area.value;
      if (text.trim() === '') return [];
      if (!lines.box.checked) {
        const labels = await model.classify(text, options);
        return [{ text, labels }];
      }
      const all = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
      return classifyLines(model, all.slice(0, maxLines), options, (done) => {
        note.textContent = `${done} of ${all.length} lines`;
      });
    },
    show(results, milliseconds) {
      const time = timeInWords(milliseconds);
      const byLine = lines.box.checked;
      note.textContent =
        results.length === 0
          ? ''
          : byLine
            ? `${linesInWords(results.length, area.value)} in ${time}`
            : `in ${time}`;
      output.replaceChildren(
        results.length === 0
          ? element('p', { class: 'empty' }, 'Type something to see its labels.')
          : byLine
            ? showLines(results, colours)
            : showLabels(results[0].labels),
      );
    },
  });
  choose(classifySamples[0]);
  return {
    update(model) {
      colours = new LabelColours();
      live.useModel(model);
    },
    takeText(text) {
      choose();
      area.value = text;
      lines.box.checked = text.includes('\n');
      live.request(0);
    },
  };
}

/** In small batches, so that typing on is answered soon. */
async function classifyLines(model, texts, options, onProgress) {
  const results = [];
  for (let at = 0; at < texts.length; at += batchLines) {
    const batch = texts.slice(at, at + batchLines);
    const labels = await model.classify(batch, { ...options, topK: 1 });
    results.push(...batch.map((text, i) => ({ text, labels: labels[i] })));
    onProgress(results.length);
  }
  return results;
}

function linesInWords(count, text) {
  const all = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '').length;
  const left = all > count ? `, the first of ${all.toLocaleString('en')},` : '';
  return `${count} ${count === 1 ? 'line' : 'lines'}${left}`;
}

/** Bars for shares of 1; a regression's value is a number without one. */
function showLabels(labels) {
  const areShares = labels.every(({ score }) => score >= 0 && score <= 1);
  const shown = labels.slice(0, shownLabels);
  const rows = shown.map(({ label, score }) =>
    element(
      'li',
      { class: 'scored' },
      element('span', { class: 'scored-name' }, label),
      element('span', { class: 'scored-score' }, scoreInWords(score)),
      areShares ? bar(score) : null,
    ),
  );
  const left = labels.length - shown.length;
  return element(
    'div',
    {},
    element('ol', { class: 'scored-list' }, ...rows),
    left > 0 ? element('p', { class: 'hint' }, `and ${left} labels with lower scores`) : null,
  );
}

function showLines(results, colours) {
  const counts = new Map();
  for (const { labels } of results) {
    counts.set(labels[0].label, (counts.get(labels[0].label) ?? 0) + 1);
  }
  const tally = [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([label, count]) =>
      element('li', { class: `tag ${colours.classOf(label)}` }, `${label}: ${count}`),
    );
  const rows = results.map(({ text, labels: [{ label, score }] }) =>
    element(
      'tr',
      {},
      element('td', {}, text),
      element('td', {}, element('span', { class: `tag ${colours.classOf(label)}` }, label)),
      element('td', { class: 'number' }, scoreInWords(score)),
    ),
  );
  const heads = ['Line', 'Label', 'Score'].map((name) => element('th', { scope: 'col' }, name));
  return element(
    'div',
    {},
    element('ul', { class: 'legend' }, ...tally),
    element(
      'table',
      { class: 'rows' },
      element('thead', {}, element('tr', {}, ...heads)),
      element('tbody', {}, ...rows),
    ),
  );
}
