// Classifying a text as it is typed, or many lines at once.
import { element } from '../parts/elements.js';
import { LiveCall } from '../parts/live-call.js';
import { LabelColours } from '../parts/marked-text.js';
import {
  bar,
  checkbox,
  fillPanel,
  scoreInWords,
  textField,
  timeInWords,
} from '../parts/task-panel.js';
import { classifySamples } from '../parts/task-samples.js';

export const id = 'classify';
export const title = 'Classify';
export const head = 'sequence-classification';

const shownLabels = 12;
const batchLines = 16;
/** As many rows as anybody scrolls through. */
const maxLines = 1000;

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { Classification, ClassifyOptions } from '../../js/index.js'
 * @typedef {{ text: string, labels: Classification[] }} Classified
 */

/** @param {HTMLElement} panel @param {App} app @returns {Handle} */
export function mount(panel, app) {
  const view = new ClassifyView(panel, app);
  return { update: (model) => view.useModel(model), takeText: (text) => view.takeText(text) };
}

class ClassifyView {
  #colours = new LabelColours();
  #text = textField({
    label: 'Your text',
    rows: 8,
    samples: classifySamples,
    hint: 'Labels follow while you type. Text files may be dropped here.',
    useSample: ({ text, byLine = false }) => this.#setText(text, byLine),
    onInput: () => this.#live.request(),
  });
  #lines = checkbox('Each line by itself', () => this.#live.request(0));
  #output = element('div', { class: 'classified' });
  #note;
  #live;

  /** @param {HTMLElement} panel @param {App} app */
  constructor(panel, app) {
    const { note, trouble } = fillPanel(panel, {
      headline: 'What *kind* of text is it?',
      sentence: 'The model gives each of its labels a score. Type, and watch the scores change.',
      resultTitle: 'Labels',
      input: [this.#text.field, this.#lines.field],
      result: [this.#output],
    });
    this.#note = note;
    this.#live = new LiveCall(app, panel, {
      trouble,
      compute: (model, signal) => this.#classify(model, signal),
      show: (results, milliseconds) => this.#show(results, milliseconds),
    });
    this.#text.choose(classifySamples[0]);
  }

  /** @param {Model | null} model */
  useModel(model) {
    this.#colours = new LabelColours();
    this.#live.useModel(model);
  }

  /** @param {string} text */
  takeText(text) {
    this.#text.choose();
    this.#setText(text, text.includes('\n'));
  }

  /** @param {string} text @param {boolean} byLine */
  #setText(text, byLine) {
    this.#text.area.value = text;
    this.#lines.box.checked = byLine;
    this.#live.request(0);
  }

  /** @param {Model} model @param {AbortSignal} signal @returns {Promise<Classified[]>} */
  async #classify(model, signal) {
    /** @type {ClassifyOptions} */
    const options = { signal, longText: 'window' };
    const text = this.#text.area.value;
    if (text.trim() === '') return [];
    if (!this.#lines.box.checked) return [{ text, labels: await model.classify(text, options) }];
    const all = linesOf(text);
    return classifyLines(model, all.slice(0, maxLines), options, (done) => {
      this.#note.textContent = `${done} of ${all.length} lines`;
    });
  }

  /** @param {Classified[]} results @param {number} milliseconds */
  #show(results, milliseconds) {
    const byLine = this.#lines.box.checked;
    const time = timeInWords(milliseconds);
    if (results.length === 0) {
      this.#note.textContent = '';
      const empty = 'Type something to see its labels.';
      this.#output.replaceChildren(element('p', { class: 'empty' }, empty));
    } else if (byLine) {
      const lines = linesInWords(results.length, linesOf(this.#text.area.value).length);
      this.#note.textContent = `${lines} in ${time}`;
      this.#output.replaceChildren(showLines(results, this.#colours));
    } else {
      this.#note.textContent = `in ${time}`;
      this.#output.replaceChildren(showLabels(results[0].labels));
    }
  }
}

/** What is to be classified line by line. @param {string} text */
const linesOf = (text) => text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');

/**
 * In small batches, so that typing on is answered soon.
 * @param {Model} model
 * @param {string[]} texts
 * @param {ClassifyOptions} options
 * @param {(done: number) => void} onProgress
 */
async function classifyLines(model, texts, options, onProgress) {
  /** @type {Classified[]} */
  const results = [];
  for (let at = 0; at < texts.length; at += batchLines) {
    const batch = texts.slice(at, at + batchLines);
    const labels = await model.classify(batch, { ...options, topK: 1 });
    results.push(...batch.map((text, i) => ({ text, labels: labels[i] })));
    onProgress(results.length);
  }
  return results;
}

/** @param {number} count @param {number} all that there are in the text */
function linesInWords(count, all) {
  const left = all > count ? `, the first of ${all.toLocaleString('en')},` : '';
  return `${count} ${count === 1 ? 'line' : 'lines'}${left}`;
}

/**
 * Bars for shares of 1; a regression's value is a number without one.
 * @param {Classification[]} labels
 */
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

/** @param {Classified[]} results @param {LabelColours} colours */
function showLines(results, colours) {
  /** @type {Map<string, number>} */
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
