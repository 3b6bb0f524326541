// A text area with line numbers that can point at one of its lines.
import { find } from './elements.js';

export class LineEditor {
  #area;
  #gutter;
  #band;
  #count = 1;
  #marked = -1;

  /** @param {HTMLElement} root holds `.editor-band`, `.editor-gutter` and a textarea */
  constructor(root) {
    this.element = root;
    this.#area = find(root, 'textarea', HTMLTextAreaElement);
    this.#gutter = find(root, '.editor-gutter', HTMLElement);
    this.#band = find(root, '.editor-band', HTMLElement);
    this.#area.addEventListener('scroll', () => this.#follow());
    this.#area.addEventListener('input', () => this.#number());
    new ResizeObserver(() => this.#follow()).observe(this.#area);
    this.#number();
  }

  get text() {
    return this.#area.value;
  }

  set text(text) {
    this.#area.value = text;
    this.#area.scrollTop = 0;
    this.#area.scrollLeft = 0;
    this.#number();
    this.mark(-1);
  }

  /** @param {() => void} listener called when the user has changed the text */
  onInput(listener) {
    this.#area.addEventListener('input', listener);
  }

  /** @param {(event: KeyboardEvent) => void} listener */
  onKey(listener) {
    this.#area.addEventListener('keydown', listener);
  }

  /** Shows a line as the one that is meant; -1 for none. @param {number} line from 0 */
  mark(line) {
    this.#marked = line;
    this.#band.hidden = line < 0;
    this.#follow();
  }

  /** Scrolls to a line, selects it and takes the focus. @param {number} line from 0 */
  goTo(line) {
    this.mark(line);
    const before = this.#area.value.split('\n').slice(0, line);
    const start = before.reduce((sum, text) => sum + text.length + 1, 0);
    const end = this.#area.value.indexOf('\n', start);
    this.#area.focus({ preventScroll: true });
    // Selecting from the end to the start keeps the line's beginning in sight.
    this.#area.setSelectionRange(start, end < 0 ? this.#area.value.length : end, 'backward');
    this.#area.scrollLeft = 0;
    this.reveal(line);
    this.#area.closest('.editor')?.scrollIntoView({ block: 'nearest' });
  }

  /**
   * Scrolls the text so that a line is in the middle, when it is out of sight.
   * @param {number} line
   */
  reveal(line) {
    const top = line * this.#lineHeight;
    const { scrollTop, clientHeight } = this.#area;
    if (top >= scrollTop && top + 2 * this.#lineHeight <= scrollTop + clientHeight) return;
    this.#area.scrollTop = Math.max(0, top - (clientHeight - this.#lineHeight) / 2);
    this.#follow();
  }

  get #lineHeight() {
    return parseFloat(getComputedStyle(this.#area).lineHeight);
  }

  #number() {
    let count = 1;
    for (let at = this.#area.value.indexOf('\n'); at >= 0; count++) {
      at = this.#area.value.indexOf('\n', at + 1);
    }
    this.#count = count;
    this.#follow();
  }

  /** Numbers only what is in sight: twenty thousand of them would make typing slow. */
  #follow() {
    const { scrollTop, clientHeight } = this.#area;
    const lineHeight = this.#lineHeight;
    const first = Math.floor(scrollTop / lineHeight);
    const end = Math.min(this.#count, first + Math.ceil(clientHeight / lineHeight) + 1);
    const numbers = [];
    for (let line = first; line < end; line++) numbers.push(line + 1);
    this.#gutter.textContent = numbers.join('\n');
    this.#gutter.style.transform = `translateY(${first * lineHeight - scrollTop}px)`;
    if (this.#marked >= 0) {
      const top = this.#marked * lineHeight - scrollTop;
      this.#band.style.transform = `translateY(${top}px)`;
    }
  }
}
