// Answers to a question, found in a text and shown where they stand.
import { button, element } from '../parts/elements.js';
import { LiveCall } from '../parts/live-call.js';
import { markText } from '../parts/marked-text.js';
import { bar, checkbox, choice, fillPanel, scoreInWords } from '../parts/task-panel.js';
import { textField, timeInWords } from '../parts/task-panel.js';
import { answerSamples } from '../parts/task-samples.js';

export const id = 'answer';
export const title = 'Answer';
export const head = 'question-answering';

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { Answer } from '../../js/index.js'
 * @typedef {{ context: string, answers: Answer[] }} Found
 */

/** @param {HTMLElement} panel @param {App} app @returns {Handle} */
export function mount(panel, app) {
  const view = new AnswerView(panel, app);
  return { update: (model) => view.useModel(model), takeText: (text) => view.takeText(text) };
}

class AnswerView {
  #question = element('input', {
    type: 'text',
    class: 'text-field',
    autocomplete: 'off',
    spellcheck: false,
    oninput: () => this.#live.request(),
  });
  #suggestions = element('div', {
    class: 'suggestions',
    role: 'group',
    'aria-label': 'Questions to try',
  });
  #text = textField({
    label: 'The text that may hold the answer',
    rows: 12,
    samples: answerSamples,
    hint: 'Paste any text, also a long one: it is read in overlapping windows.',
    useSample: ({ context, questions }) => {
      this.#text.area.value = context;
      this.#offer(questions);
      this.#ask(questions[0]);
    },
    onInput: () => {
      this.#offer([]);
      this.#live.request(250);
    },
  });
  #count = choice('Answers', { 1: 'the best', 3: 'three', 5: 'five' }, () => this.#live.request(0));
  #none = checkbox('There may be none', () => this.#live.request(0));
  #list = element('ol', { class: 'scored-list' });
  #reading = element('div', {
    class: 'reading',
    tabIndex: 0,
    role: 'region',
    'aria-label': 'The text, with the answers marked',
  });
  #note;
  #live;

  /** @param {HTMLElement} panel @param {App} app */
  constructor(panel, app) {
    this.#count.select.value = '3';
    const { note, trouble } = fillPanel(panel, {
      headline: 'Where does the text *answer* it?',
      sentence:
        'The model does not write: it finds the words of your text that answer the question best.',
      resultTitle: 'Answers',
      input: this.#inputs(),
      result: [this.#list, this.#reading],
    });
    this.#note = note;
    this.#live = new LiveCall(app, panel, {
      trouble,
      compute: (model, signal) => this.#find(model, signal),
      show: (found, milliseconds) => this.#show(found, milliseconds),
    });
    this.#text.choose(answerSamples[0]);
  }

  /** @param {Model | null} model */
  useModel(model) {
    this.#live.useModel(model);
  }

  /** @param {string} text */
  takeText(text) {
    this.#text.choose();
    this.#text.area.value = text;
    this.#offer([]);
    this.#live.request(0);
  }

  #inputs() {
    const title = element('span', { class: 'field-title' }, 'Question');
    return [
      element('label', { class: 'field' }, title, this.#question),
      this.#suggestions,
      this.#text.field,
      element('div', { class: 'choices' }, this.#count.field, this.#none.field),
    ];
  }

  /** @param {string[]} questions */
  #offer(questions) {
    this.#suggestions.replaceChildren(
      ...questions.map((question) => button(question, () => this.#ask(question), 'suggestion')),
    );
    this.#suggestions.hidden = questions.length === 0;
  }

  /** @param {string} question */
  #ask(question) {
    this.#question.value = question;
    this.#live.request(0);
  }

  /** @param {Model} model @param {AbortSignal} signal @returns {Promise<Found>} */
  async #find(model, signal) {
    const [question, context] = [this.#question.value, this.#text.area.value];
    if (question.trim() === '' || context.trim() === '') return { context, answers: [] };
    const topK = Number(this.#count.chosen());
    const allowNone = this.#none.box.checked;
    const answers = await model.answer({ question, context }, { topK, allowNone, signal });
    return { context, answers };
  }

  /** @param {Found} found @param {number} milliseconds */
  #show({ context, answers }, milliseconds) {
    this.#note.textContent = answers.length > 0 ? `in ${timeInWords(milliseconds)}` : '';
    this.#list.replaceChildren(
      ...answers.map((answer, at) => showAnswer(answer, at, () => this.#select(at))),
    );
    const found = answers
      .map((answer, at) => ({ ...answer, at }))
      .filter(({ start, end }) => end > start)
      .sort((a, b) => a.start - b.start);
    this.#reading.replaceChildren(...markText(context, found, markAnswer));
    this.#reading.hidden = context.trim() === '';
    this.#select(0);
  }

  /** Brings an answer's place into sight, without moving the page. @param {number} at */
  #select(at) {
    for (const row of this.#list.querySelectorAll('button')) {
      row.setAttribute('aria-pressed', String(row.dataset.at === String(at)));
    }
    const reading = this.#reading;
    for (const mark of reading.querySelectorAll('mark')) {
      const isChosen = mark.dataset.at === String(at);
      mark.classList.toggle('is-chosen', isChosen);
      if (isChosen) {
        const top = mark.offsetTop - reading.offsetTop;
        reading.scrollTo({ top: top - reading.clientHeight / 2 });
      }
    }
  }
}

/** @param {Answer} answer @param {number} at its number @param {() => void} select */
function showAnswer({ answer, score }, at, select) {
  return element(
    'li',
    {},
    element(
      'button',
      { type: 'button', class: 'scored', 'data-at': at, onclick: select },
      element('span', { class: 'scored-name' }, answer || 'No answer in this text'),
      element('span', { class: 'scored-score' }, scoreInWords(score)),
      bar(score),
    ),
  );
}

/** @param {{ at: number }} answer @param {string} words */
function markAnswer({ at }, words) {
  return element('mark', { class: 'answer-mark', 'data-at': at }, words);
}
