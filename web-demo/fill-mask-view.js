// What could stand where the text has a mask, as it is typed.
import { button, element } from './elements.js';
import { LiveCall } from './live-call.js';
import { findMasks, insertMask, replaceMask } from './mask-text.js';
import { bar, fillPanel, scoreInWords, textField, timeInWords } from './task-panel.js';
import { maskSamples } from './task-samples.js';

export const id = 'fill';
export const title = 'Fill in';
export const head = 'masked-lm';

const candidates = 8;

/** @type {import('./app.js').View['mount']} */
export function mount(panel, app) {
  let mask = '[MASK]';
  /** Texts before words were put in, to go back to. */
  const former = [];
  const { field, area, choose } = textField({
    label: 'Your text',
    rows: 5,
    samples: maskSamples,
    useSample({ text }) {
      former.length = 0;
      setText(text.replaceAll('[MASK]', mask));
    },
    onInput: () => live.request(),
  });
  const maskButton = button(`Put in ${mask}`, putMask);
  const undoButton = button('Take the word back', () => setText(former.pop()));
  const output = element('div', { class: 'masks' });
  const { note, trouble } = fillPanel(panel, {
    headline: 'What *word* is missing?',
    sentence:
      'This is what BERT was trained for. Put one mask or several into a sentence; click a word ' +
      'to put it in, or select a word and mask it.',
    resultTitle: 'Candidates',
    input: [field, element('div', { class: 'actions' }, maskButton, undoButton)],
    result: [output],
  });

  const live = new LiveCall(app, panel, {
    trouble,
    async compute(model, signal) {
      const text = area.value;
      const count = findMasks(text, mask).length;
      if (count === 0) return { text, lists: [] };
      const options = { topK: candidates, longText: 'window', signal };
      const filled = await model.fillMask(text, options);
      return { text, lists: count === 1 ? [filled] : filled };
    },
    show({ text, lists }, milliseconds) {
      note.textContent = lists.length === 0 ? '' : `in ${timeInWords(milliseconds)}`;
      output.replaceChildren(
        ...(lists.length === 0
          ? [element('p', { class: 'empty' }, `There is no ${mask} in the text. Put one in.`)]
          : lists.map((list, at) => showMask(list, at, lists.length, text, insert))),
      );
    },
  });

  function setText(text) {
    area.value = text;
    undoButton.hidden = former.length === 0;
    live.request(0);
  }

  function putMask() {
    const { text, caret } = insertMask(area.value, area.selectionStart, area.selectionEnd, mask);
    choose();
    setText(text);
    area.focus();
    area.setSelectionRange(caret, caret);
  }

  /** The text may have changed since the candidates were shown; then they are for another one. */
  function insert(text, which, token) {
    if (text !== area.value) return;
    former.push(text);
    choose();
    setText(replaceMask(text, mask, which, token));
    app.status(`Put in “${token}”`);
  }

  choose(maskSamples[0]);
  return {
    update(model) {
      const before = mask;
      mask = model?.tokenizer.maskToken ?? before;
      maskButton.textContent = `Put in ${mask}`;
      former.length = 0;
      undoButton.hidden = true;
      area.value = area.value.replaceAll(before, mask);
      live.useModel(model);
    },
    takeText(text) {
      choose();
      former.length = 0;
      setText(text);
    },
  };
}

function showMask(list, which, count, text, insert) {
  const rows = list.map(({ token, score }) =>
    element(
      'li',
      {},
      element(
        'button',
        { type: 'button', class: 'scored', onclick: () => insert(text, which, token) },
        element('span', { class: 'scored-name' }, token),
        element('span', { class: 'scored-score' }, scoreInWords(score)),
        bar(score),
      ),
    ),
  );
  return element(
    'div',
    { class: 'mask' },
    count > 1 ? element('h3', {}, `Mask ${which + 1}`) : null,
    element('ol', { class: 'scored-list' }, ...rows),
  );
}
