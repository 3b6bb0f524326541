// A text with parts of it marked, for reading.

/**
 * @template {{ start: number, end: number }} Span
 * @param {string} text
 * @param {Span[]} spans in UTF-16 units, in order, not overlapping
 * @param {(span: Span, words: string) => Node} mark makes the element of one
 * @returns {(Node | string)[]} the whole text
 */
export function markText(text, spans, mark) {
  /** @type {(Node | string)[]} */
  const parts = [];
  let last = 0;
  for (const span of spans) {
    parts.push(text.slice(last, span.start), mark(span, text.slice(span.start, span.end)));
    last = span.end;
  }
  return [...parts, text.slice(last)];
}

/** Colours of labels: each keeps the one that it was given first. */
export class LabelColours {
  static #count = 8;
  /** @type {Map<string, number>} */
  #numbers = new Map();

  /** @param {string} label @returns {string} a class of tasks.css */
  classOf(label) {
    const number = this.#numbers.get(label) ?? this.#numbers.size;
    this.#numbers.set(label, number);
    return `hue-${number % LabelColours.#count}`;
  }
}
