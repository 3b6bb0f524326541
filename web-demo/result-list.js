// The list under the query: a listbox that the query field steers, as in every combobox.

/** @typedef {import('./line-index.js').Hit} Hit */

export class ResultList {
  #list;
  #input;
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
      const row = event.target.closest('[role=option]');
      if (!row) return;
      const at = [...list.children].indexOf(row);
      this.#activate(at);
      if (event.target.closest('.result-copy')) handlers.onCopy(this.#hits[at]);
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
    while (this.#list.children.length > hits.length) this.#list.lastElementChild.remove();
    while (this.#list.children.length < hits.length) this.#list.append(this.#row());
    hits.forEach((hit, at) => fill(this.#list.children[at], hit, at, hits.length));
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

  #activate(at) {
    this.#active = at;
    [...this.#list.children].forEach((row, index) => {
      row.setAttribute('aria-selected', String(index === at));
    });
    if (at >= 0) this.#input.setAttribute('aria-activedescendant', `result-${at}`);
    else this.#input.removeAttribute('aria-activedescendant');
    this.#handlers.onActive(this.active);
  }

  #row() {
    const row = document.createElement('li');
    row.className = 'result';
    row.setAttribute('role', 'option');
    for (const name of ['bar', 'score', 'text', 'line']) {
      const part = document.createElement('span');
      part.className = `result-${name}`;
      row.append(part);
    }
    const copy = document.createElement('span');
    copy.className = 'result-copy';
    copy.textContent = 'copy';
    copy.title = 'Copy this line';
    // Keyboard and screen reader users copy with Ctrl Enter, as the key legend says.
    copy.setAttribute('aria-hidden', 'true');
    row.append(copy);
    row.querySelector('.result-bar').setAttribute('aria-hidden', 'true');
    return row;
  }
}

function fill(row, hit, at, count) {
  row.id = `result-${at}`;
  row.setAttribute('aria-posinset', String(at + 1));
  row.setAttribute('aria-setsize', String(count));
  row.style.setProperty('--score', String(Math.max(0, Math.min(1, hit.score)).toFixed(4)));
  row.querySelector('.result-score').textContent = hit.score.toFixed(2).replace('-', '−');
  row.querySelector('.result-text').textContent = hit.text;
  row.querySelector('.result-line').textContent = `line ${hit.line + 1}`;
}
