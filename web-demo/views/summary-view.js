// The sentences that say most of a text, marked where they stand.
import { button, element } from '../parts/elements.js';
import { LiveCall } from '../parts/live-call.js';
import { markText } from '../parts/marked-text.js';
import { fillPanel, textField, timeInWords } from '../parts/task-panel.js';
import { summarySamples } from '../parts/task-samples.js';

export const id = 'summary';
export const title = 'Summary';

const mostSentences = 10;

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { Summary, SummarySentence } from '../../js/index.js'
 * @typedef {Summary & { text: string }} SummaryOfText
 */

/** @param {HTMLElement} panel @param {App} app @returns {Handle} */
export function mount(panel, app) {
  const view = new SummaryView(panel, app);
  return { update: (model) => view.useModel(model), takeText: (text) => view.takeText(text) };
}

class SummaryView {
  #app;
  #text = textField({
    label: 'Your text',
    rows: 14,
    samples: summarySamples,
    hint: 'Paste an article, or drop a text file.',
    useSample: ({ text }) => {
      this.#text.area.value = text;
      this.#live.request(0);
    },
    onInput: () => this.#live.request(300),
  });
  #count = element('output', {}, '3');
  #slider = element('input', {
    type: 'range',
    min: 1,
    max: mostSentences,
    value: 3,
    oninput: () => {
      this.#count.textContent = this.#slider.value;
      this.#live.request(60);
    },
  });
  #summary = element('p', { class: 'summary-text' });
  #copy = button('Copy the summary', () => this.#copySummary());
  #reading = element('div', {
    class: 'reading',
    tabIndex: 0,
    role: 'region',
    'aria-label': 'The text, with the summary marked',
  });
  #note;
  #live;

  /** @param {HTMLElement} panel @param {App} app */
  constructor(panel, app) {
    this.#app = app;
    const slider = element(
      'label',
      { class: 'choice slider' },
      'Sentences ',
      this.#slider,
      ' ',
      this.#count,
    );
    const { note, trouble } = fillPanel(panel, {
      headline: 'What does it say in *short*?',
      sentence:
        'Sentences of the text itself: those nearest to all that it says, but not to each other.',
      resultTitle: 'Summary',
      input: [this.#text.field, slider],
      result: [this.#summary, this.#copy, this.#reading],
    });
    this.#note = note;
    this.#live = new LiveCall(app, panel, {
      trouble,
      compute: (model, signal) => this.#summarize(model, signal),
      show: (summary, milliseconds) => this.#show(summary, milliseconds),
    });
    this.#text.choose(summarySamples[0]);
  }

  /** @param {Model | null} model */
  useModel(model) {
    this.#live.useModel(model);
  }

  /** @param {string} text */
  takeText(text) {
    this.#text.choose();
    this.#text.area.value = text;
    this.#live.request(0);
  }

  /** @param {Model} model @param {AbortSignal} signal @returns {Promise<SummaryOfText>} */
  async #summarize(model, signal) {
    const text = this.#text.area.value;
    if (text.trim() === '') return { text, summary: '', sentences: [] };
    const sentences = Number(this.#slider.value);
    return { text, ...(await model.summarize(text, { sentences, longText: 'window', signal })) };
  }

  /** @param {SummaryOfText} result @param {number} milliseconds */
  #show({ text, summary, sentences }, milliseconds) {
    this.#summary.textContent = summary || 'There is no sentence to choose from yet.';
    this.#copy.hidden = summary === '';
    this.#reading.hidden = summary === '';
    this.#reading.replaceChildren(...markText(text, sentences, markSentence));
    const share = Math.round((100 * summary.length) / Math.max(1, text.trim().length));
    this.#note.textContent = summary
      ? `${Math.min(share, 100)} % of the text, in ${timeInWords(milliseconds)}`
      : '';
  }

  async #copySummary() {
    try {
      await navigator.clipboard.writeText(this.#summary.textContent);
      this.#app.status('Copied the summary');
    } catch {
      this.#app.showProblem('The browser does not let this page use the clipboard.');
    }
  }
}

/** @param {SummarySentence} sentence @param {string} words */
function markSentence({ score }, words) {
  const title = `nearness to the whole: ${score.toFixed(2)}`;
  return element('mark', { class: 'sentence-mark', title }, words);
}
