// A text with parts of it marked, for reading.

/**
 * @param {string} text
 * @param {{ start: number, end: number }[]} spans in UTF-16 units, in order, not overlapping
 * @param {(span: any, words: string, at: number) => Node} mark makes the element of one
 * @returns {(Node | string)[]} the whole text
 */
export function markText(text, spans, mark) {
  const parts = [];
  let last = 0;
  spans.forEach((span, at) => {
    parts.push(text.slice(last, span.start), mark(span, text.slice(span.start, span.end), at));
    last = span.end;
  });
  return [...parts, text.slice(last)];
}

/** Colours of labels: each keeps the one that it was given first. */
export class LabelColours {
  static #count = 8;
  #numbers = new Map();

  /** @param {string} label @returns {string} a class of tasks.css */
  classOf(label) {
    if (!this.#numbers.has(label)) this.#numbers.set(label, this.#numbers.size);
    return `hue-${this.#numbers.get(label) % LabelColours.#count}`;
  }
}
