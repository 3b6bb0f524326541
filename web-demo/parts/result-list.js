// The list under the query: a listbox that the query field steers, as in every combobox.
import { closest, element, find } from './elements.js';

/** @typedef {import('../views/line-index.js').Hit} Hit */

export class ResultList {
  #list;
  #input;
  /** @type {Hit[]} */
  #hits = [];
  #active = -1;
  #handlers;

  /**
   * @param {HTMLElement} list
   * @param {HTMLInputElement} input keeps the focus; names the active result for screen readers
   * @param {{ onActive(hit: Hit | null): void, onOpen(hit: Hit): void, onCopy(hit: Hit): void }} handlers
   */
  constructor(list, input, handlers) {
    this.#list = list;
    this.#input = input;
    this.#handlers = handlers;
    list.addEventListener('mousedown', (event) => event.preventDefault());
    list.addEventListener('click', (event) => {
      const row = closest(event, '[role=option]', HTMLElement);
      if (!row) return;
      const at = [...list.children].indexOf(row);
      this.#activate(at);
      if (closest(event, '.result-copy', HTMLElement)) handlers.onCopy(this.#hits[at]);
      else handlers.onOpen(this.#hits[at]);
    });
  }

  /** The result that Enter opens. @returns {Hit | null} */
  get active() {
    return this.#hits[this.#active] ?? null;
  }

  /** @param {Hit[]} hits best first */
  show(hits) {
    const before = this.active?.text;
    this.#hits = hits;
    // Rows are used again, so that bars move instead of flashing.
    while (this.#list.children.length > hits.length) this.#list.lastElementChild?.remove();
    while (this.#list.children.length < hits.length) this.#list.append(makeRow());
    [...this.#list.querySelectorAll('li')].forEach((row, at) => fillRow(row, hits, at));
    this.#input.setAttribute('aria-expanded', String(hits.length > 0));
    const kept = before === undefined ? -1 : hits.findIndex(({ text }) => text === before);
    this.#activate(this.#active > 0 && kept >= 0 ? kept : hits.length > 0 ? 0 : -1);
  }

  /** Moves the choice, round the ends. @param {number} step */
  move(step) {
    const count = this.#hits.length;
    if (count === 0) return;
    this.#activate((this.#active + step + count) % count);
    this.#list.children[this.#active].scrollIntoView({ block: 'nearest' });
  }

  /** @param {number} at which result; -1: none */
  #activate(at) {
    this.#active = at;
    [...this.#list.children].forEach((row, index) => {
      row.setAttribute('aria-selected', String(index === at));
    });
    if (at >= 0) this.#input.setAttribute('aria-activedescendant', `result-${at}`);
    else this.#input.removeAttribute('aria-activedescendant');
    this.#handlers.onActive(this.active);
  }
}

function makeRow() {
  return element(
    'li',
    { class: 'result', role: 'option' },
    element('span', { class: 'result-bar', 'aria-hidden': true }),
    element('span', { class: 'result-score' }),
    element('span', { class: 'result-text' }),
    element('span', { class: 'result-line' }),
    // Keyboard and screen reader users copy with Ctrl Enter, as the key legend says.
    element('span', { class: 'result-copy', title: 'Copy this line', 'aria-hidden': true }, 'copy'),
  );
}

/** @param {HTMLElement} row @param {Hit[]} hits @param {number} at which of them it shows */
function fillRow(row, hits, at) {
  const { text, line, score } = hits[at];
  row.id = `result-${at}`;
  row.setAttribute('aria-posinset', String(at + 1));
  row.setAttribute('aria-setsize', String(hits.length));
  row.style.setProperty('--score', String(Math.max(0, Math.min(1, score)).toFixed(4)));
  find(row, '.result-score', HTMLElement).textContent = score.toFixed(2).replace('-', '−');
  find(row, '.result-text', HTMLElement).textContent = text;
  find(row, '.result-line', HTMLElement).textContent = `line ${line + 1}`;
}
