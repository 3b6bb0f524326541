// The sentences that say most of a text, marked where they stand.
import { button, element } from './elements.js';
import { LiveCall } from './live-call.js';
import { markText } from './marked-text.js';
import { fillPanel, textField, timeInWords } from './task-panel.js';
import { summarySamples } from './task-samples.js';

export const id = 'summary';
export const title = 'Summary';

const mostSentences = 10;

/** @type {import('./app.js').View['mount']} */
export function mount(panel, app) {
  const { field, area, choose } = textField({
    label: 'Your text',
    rows: 14,
    samples: summarySamples,
    hint: 'Paste an article, or drop a text file.',
    useSample({ text }) {
      area.value = text;
      live.request(0);
    },
    onInput: () => live.request(300),
  });
  const shown = element('output', {}, '3');
  const slider = element('input', {
    type: 'range',
    min: 1,
    max: mostSentences,
    value: 3,
    oninput() {
      shown.textContent = slider.value;
      live.request(60);
    },
  });
  const reading = element('div', { class: 'reading', tabIndex: 0, role: 'region' });
  reading.setAttribute('aria-label', 'The text, with the summary marked');
  const summary = element('p', { class: 'summary-text' });
  const copy = button('Copy the summary', async () => {
    try {
      await navigator.clipboard.writeText(summary.textContent);
      app.status('Copied the summary');
    } catch {
      app.showProblem('The browser does not let this page use the clipboard.');
    }
  });
  const { note, trouble } = fillPanel(panel, {
    headline: 'What does it say in *short*?',
    sentence:
      'Sentences of the text itself: those nearest to all that it says, but not to each other.',
    resultTitle: 'Summary',
    input: [field, element('label', { class: 'choice slider' }, 'Sentences ', slider, ' ', shown)],
    result: [summary, copy, reading],
  });

  const live = new LiveCall(app, panel, {
    trouble,
    async compute(model, signal) {
      const text = area.value;
      if (text.trim() === '') return { text, summary: '', sentences: [] };
      const options = { sentences: Number(slider.value), longText: 'window', signal };
      return { text, ...(await model.summarize(text, options)) };
    },
    show({ text, summary: words, sentences }, milliseconds) {
      summary.textContent = words || 'There is no sentence to choose from yet.';
      copy.hidden = words === '';
      reading.hidden = words === '';
      reading.replaceChildren(...markText(text, sentences, markSentence));
      const share = Math.round((100 * words.length) / Math.max(1, text.trim().length));
      note.textContent = words
        ? `${Math.min(share, 100)} % of the text, in ${timeInWords(milliseconds)}`
        : '';
    },
  });

  choose(summarySamples[0]);
  return {
    update: (model) => live.useModel(model),
    takeText(text) {
      choose();
      area.value = text;
      live.request(0);
    },
  };
}

function markSentence({ score }, words) {
  const title = `nearness to the whole: ${score.toFixed(2)}`;
  return element('mark', { class: 'sentence-mark', title }, words);
}
