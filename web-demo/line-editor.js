// A text area with line numbers that can point at one of its lines.

export class LineEditor {
  #area;
  #gutter;
  #band;
  #numbers = 0;
  #marked = -1;

  /** @param {HTMLElement} root holds `.editor-band`, `.editor-gutter` and a textarea */
  constructor(root) {
    this.#area = /** @type {HTMLTextAreaElement} */ (root.querySelector('textarea'));
    this.#gutter = /** @type {HTMLElement} */ (root.querySelector('.editor-gutter'));
    this.#band = /** @type {HTMLElement} */ (root.querySelector('.editor-band'));
    this.#area.addEventListener('scroll', () => this.#follow());
    this.#area.addEventListener('input', () => this.#number());
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

  /** Scrolls the text so that a line is in the middle, when it is out of sight. */
  reveal(line) {
    const top = line * this.#lineHeight;
    const { scrollTop, clientHeight } = this.#area;
    if (top >= scrollTop && top + 2 * this.#lineHeight <= scrollTop + clientHeight) return;
    this.#area.scrollTop = Math.max(0, top - (clientHeight - this.#lineHeight) / 2);
  }

  get #lineHeight() {
    return parseFloat(getComputedStyle(this.#area).lineHeight);
  }

  #number() {
    let count = 1;
    for (let at = this.#area.value.indexOf('\n'); at >= 0; count++) {
      at = this.#area.value.indexOf('\n', at + 1);
    }
    if (count !== this.#numbers) {
      this.#numbers = count;
      this.#gutter.textContent = Array.from({ length: count }, (_, at) => at + 1).join('\n');
    }
    this.#follow();
  }

  #follow() {
    const { scrollTop } = this.#area;
    this.#gutter.style.transform = `translateY(${-scrollTop}px)`;
    if (this.#marked >= 0) {
      const top = this.#marked * this.#lineHeight - scrollTop;
      this.#band.style.transform = `translateY(${top}px)`;
    }
  }
}
