// What could stand where the text has a mask, as it is typed.
import { button, element } from '../parts/elements.js';
import { LiveCall } from '../parts/live-call.js';
import { findMasks, insertMask, replaceMask } from '../parts/mask-text.js';
import { bar, fillPanel, scoreInWords, textField, timeInWords } from '../parts/task-panel.js';
import { maskSamples } from '../parts/task-samples.js';

export const id = 'fill';
export const title = 'Fill in';
export const head = 'masked-lm';

const candidates = 8;

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { FilledMask } from '../../js/index.js'
 * @typedef {{ text: string, lists: FilledMask[][] }} Filled a list of candidates for each mask
 */

/** @param {HTMLElement} panel @param {App} app @returns {Handle} */
export function mount(panel, app) {
  const view = new FillMaskView(panel, app);
  return { update: (model) => view.useModel(model), takeText: (text) => view.takeText(text) };
}

class FillMaskView {
  #app;
  #mask = '[MASK]';
  /** @type {string[]} texts before words were put in, to go back to */
  #former = [];
  #text = textField({
    label: 'Your text',
    rows: 5,
    samples: maskSamples,
    useSample: ({ text }) => {
      this.#former.length = 0;
      this.#setText(text.replaceAll('[MASK]', this.#mask));
    },
    onInput: () => this.#live.request(),
  });
  #maskButton = button(`Put in ${this.#mask}`, () => this.#putMask());
  #undoButton = button('Take the word back', () => this.#undo());
  #output = element('div', { class: 'masks' });
  #note;
  #live;

  /** @param {HTMLElement} panel @param {App} app */
  constructor(panel, app) {
    this.#app = app;
    const actions = element('div', { class: 'actions' }, this.#maskButton, this.#undoButton);
    const { note, trouble } = fillPanel(panel, {
      headline: 'What *word* is missing?',
      sentence:
        'This is what BERT was trained for. Put one mask or several into a sentence; click a word ' +
        'to put it in, or select a word and mask it.',
      resultTitle: 'Candidates',
      input: [this.#text.field, actions],
      result: [this.#output],
    });
    this.#note = note;
    this.#live = new LiveCall(app, panel, {
      trouble,
      compute: (model, signal) => this.#fill(model, signal),
      show: (filled, milliseconds) => this.#show(filled, milliseconds),
    });
    this.#text.choose(maskSamples[0]);
  }

  /** @param {Model | null} model another one may write its mask in another way */
  useModel(model) {
    const before = this.#mask;
    this.#mask = model?.tokenizer.maskToken ?? before;
    this.#maskButton.textContent = `Put in ${this.#mask}`;
    this.#former.length = 0;
    this.#undoButton.hidden = true;
    this.#text.area.value = this.#text.area.value.replaceAll(before, this.#mask);
    this.#live.useModel(model);
  }

  /** @param {string} text */
  takeText(text) {
    this.#text.choose();
    this.#former.length = 0;
    this.#setText(text);
  }

  /** @param {string} text */
  #setText(text) {
    this.#text.area.value = text;
    this.#undoButton.hidden = this.#former.length === 0;
    this.#live.request(0);
  }

  #putMask() {
    const { area, choose } = this.#text;
    const { selectionStart, selectionEnd } = area;
    const { text, caret } = insertMask(area.value, selectionStart, selectionEnd, this.#mask);
    choose();
    this.#setText(text);
    area.focus();
    area.setSelectionRange(caret, caret);
  }

  #undo() {
    const text = this.#former.pop();
    if (text !== undefined) this.#setText(text);
  }

  /** @param {Model} model @param {AbortSignal} signal @returns {Promise<Filled>} */
  async #fill(model, signal) {
    const text = this.#text.area.value;
    const count = findMasks(text, this.#mask).length;
    if (count === 0) return { text, lists: [] };
    /** @type {import('../../js/index.js').FillMaskOptions} */
    const options = { topK: candidates, longText: 'window', signal };
    if (count === 1) return { text, lists: [await model.fillMask(text, options)] };
    /** @type {FilledMask[][]} */
    const lists = await model.fillMask(text, options);
    return { text, lists };
  }

  /** @param {Filled} filled @param {number} milliseconds */
  #show({ text, lists }, milliseconds) {
    this.#note.textContent = lists.length === 0 ? '' : `in ${timeInWords(milliseconds)}`;
    if (lists.length === 0) {
      const empty = `There is no ${this.#mask} in the text. Put one in.`;
      this.#output.replaceChildren(element('p', { class: 'empty' }, empty));
      return;
    }
    this.#output.replaceChildren(
      ...lists.map((list, which) => {
        const title = lists.length > 1 ? `Mask ${which + 1}` : null;
        return showMask(title, list, (token) => this.#insert(text, which, token));
      }),
    );
  }

  /**
   * Puts a candidate in its mask's place. The text may have changed since the candidates were
   * shown; then they are for another one.
   * @param {string} text
   * @param {number} which
   * @param {string} token
   */
  #insert(text, which, token) {
    if (text !== this.#text.area.value) return;
    this.#former.push(text);
    this.#text.choose();
    this.#setText(replaceMask(text, this.#mask, which, token));
    this.#app.status(`Put in “${token}”`);
  }
}

/**
 * @param {string | null} title
 * @param {FilledMask[]} list
 * @param {(token: string) => void} insert
 */
function showMask(title, list, insert) {
  const rows = list.map(({ token, score }) =>
    element(
      'li',
      {},
      element(
        'button',
        { type: 'button', class: 'scored', onclick: () => insert(token) },
        element('span', { class: 'scored-name' }, token),
        element('span', { class: 'scored-score' }, scoreInWords(score)),
        bar(score),
      ),
    ),
  );
  return element(
    'div',
    { class: 'mask' },
    title ? element('h3', {}, title) : null,
    element('ol', { class: 'scored-list' }, ...rows),
  );
}
