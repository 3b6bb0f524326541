// Answers to a question, found in a text and shown where they stand.
import { button, element } from './elements.js';
import { LiveCall } from './live-call.js';
import { markText } from './marked-text.js';
import { bar, checkbox, choice, fillPanel, scoreInWords } from './task-panel.js';
import { textField, timeInWords } from './task-panel.js';
import { answerSamples } from './task-samples.js';

export const id = 'answer';
export const title = 'Answer';
export const head = 'question-answering';

/** @type {import('./app.js').View['mount']} */
export function mount(panel, app) {
  const question = element('input', {
    type: 'text',
    class: 'text-field',
    autocomplete: 'off',
    spellcheck: false,
    oninput: () => live.request(),
  });
  const questions = element('div', {
    class: 'suggestions',
    role: 'group',
    'aria-label': 'Questions to try',
  });
  const { field, area, choose } = textField({
    label: 'The text that may hold the answer',
    rows: 12,
    samples: answerSamples,
    hint: 'Paste any text, also a long one: it is read in overlapping windows.',
    useSample(sample) {
      area.value = sample.context;
      offerQuestions(sample.questions);
      ask(sample.questions[0]);
    },
    onInput() {
      offerQuestions([]);
      live.request(250);
    },
  });
  const count = choice('Answers', { 1: 'the best', 3: 'three', 5: 'five' }, () => live.request(0));
  count.select.value = '3';
  const none = checkbox('There may be none', () => live.request(0));
  const list = element('ol', { class: 'scored-list' });
  const reading = element('div', { class: 'reading', tabIndex: 0, role: 'region' });
  reading.setAttribute('aria-label', 'The text, with the answers marked');
  const { note, trouble } = fillPanel(panel, {
    headline: 'Where does the text *answer* it?',
    sentence:
      'The model does not write: it finds the words of your text that answer the question best.',
    resultTitle: 'Answers',
    input: [
      element(
        'label',
        { class: 'field' },
        element('span', { class: 'field-title' }, 'Question'),
        question,
      ),
      questions,
      field,
      element('div', { class: 'choices' }, count.field, none.field),
    ],
    result: [list, reading],
  });

  const live = new LiveCall(app, panel, {
    trouble,
    async compute(model, signal) {
      const context = area.value;
      if (question.value.trim() === '' || context.trim() === '') return { context, answers: [] };
      const answers = await model.answer(
        { question: question.value, context },
        { topK: Number(count.select.value), allowNone: none.box.checked, signal },
      );
      return { context, answers };
    },
    show({ context, answers }, milliseconds) {
      note.textContent = answers.length > 0 ? `in ${timeInWords(milliseconds)}` : '';
      list.replaceChildren(...answers.map((answer, at) => showAnswer(answer, at, select)));
      const found = answers
        .map((answer, at) => ({ ...answer, at }))
        .filter(({ start, end }) => end > start)
        .sort((a, b) => a.start - b.start);
      reading.replaceChildren(...markText(context, found, markAnswer));
      reading.hidden = context.trim() === '';
      select(0);
    },
  });

  function offerQuestions(texts) {
    questions.replaceChildren(...texts.map((text) => button(text, () => ask(text), 'suggestion')));
    questions.hidden = texts.length === 0;
  }

  function ask(text) {
    question.value = text;
    live.request(0);
  }

  /** Brings an answer's place into sight, without moving the page. */
  function select(at) {
    for (const row of list.querySelectorAll('button')) {
      row.setAttribute('aria-pressed', String(row.dataset.at === String(at)));
    }
    for (const mark of reading.querySelectorAll('mark')) {
      const isChosen = mark.dataset.at === String(at);
      mark.classList.toggle('is-chosen', isChosen);
      if (isChosen) {
        const top = mark.offsetTop - reading.offsetTop;
        reading.scrollTo({ top: top - reading.clientHeight / 2 });
      }
    }
  }

  choose(answerSamples[0]);
  return {
    update: (model) => live.useModel(model),
    takeText(text) {
      choose();
      area.value = text;
      offerQuestions([]);
      live.request(0);
    },
  };
}

function showAnswer({ answer, score }, at, select) {
  return element(
    'li',
    {},
    element(
      'button',
      { type: 'button', class: 'scored', 'data-at': at, onclick: () => select(at) },
      element('span', { class: 'scored-name' }, answer || 'No answer in this text'),
      element('span', { class: 'scored-score' }, scoreInWords(score)),
      bar(score),
    ),
  );
}

function markAnswer({ at }, words) {
  return element('mark', { class: 'answer-mark', 'data-at': at }, words);
}
