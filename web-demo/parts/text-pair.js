// Two fields, for a text and a second one that may stay empty, with samples above them.
import { button, element } from './elements.js';

/** @typedef {{ name: string, text: string, pair?: string }} PairSample */

export class TextPair {
  #fields;
  #samples;
  #onChange;

  /**
   * @param {string} id the fields' ids are `ID-text` and `ID-pair`
   * @param {PairSample[]} samples
   * @param {() => void} onChange called after each change, whoever made it
   */
  constructor(id, samples, onChange) {
    this.#onChange = onChange;
    this.#fields = [makeField(`${id}-text`), makeField(`${id}-pair`)];
    this.#fields[1].placeholder = 'Leave it empty, or make it a pair';
    this.#samples = element(
      'div',
      { class: 'samples', role: 'group', 'aria-label': 'Sample texts' },
      ...samples.map((sample) => button(sample.name, () => this.#take(sample), 'sample')),
    );
    for (const field of this.#fields) field.addEventListener('input', () => this.#changed(null));
    this.element = element(
      'div',
      { class: 'pair' },
      element('div', { class: 'tools' }, this.#samples),
      ...this.#fields.map((field, i) =>
        element(
          'div',
          { class: 'pair-field' },
          element('label', { for: field.id }, i === 0 ? 'Text' : 'Second text'),
          field,
        ),
      ),
    );
    this.#fill(samples[0]);
  }

  get text() {
    return this.#fields[0].value;
  }

  /** undefined where the second field is empty. */
  get pair() {
    return this.#fields[1].value || undefined;
  }

  /** Makes it one text, without a second. @param {string} text */
  setText(text) {
    this.#take({ name: '', text });
  }

  /** @param {PairSample} sample */
  #take(sample) {
    this.#fill(sample);
    this.#changed(sample.name);
  }

  /** @param {PairSample} sample */
  #fill({ name, text, pair = '' }) {
    this.#fields[0].value = text;
    this.#fields[1].value = pair;
    this.#mark(name);
  }

  /** @param {string | null} name of the sample that the text is now, if it is one */
  #changed(name) {
    this.#mark(name);
    this.#onChange();
  }

  /** @param {string | null} name */
  #mark(name) {
    for (const chip of this.#samples.children) {
      chip.setAttribute('aria-pressed', String(chip.textContent === name));
    }
  }
}

/** @param {string} id */
const makeField = (id) => element('textarea', { id, rows: 2, spellcheck: false });
