// Lines and their vectors: what has been embedded is kept, what has gone is forgotten.

// Small enough that a query typed meanwhile waits for one of them only.
const batchLines = 16;
const batchChars = 3000;

/** More than this in one page would fill its memory: 384 numbers of 4 bytes for each line. */
export const maxLines = 20000;

/**
 * @typedef {{ text: string, line: number }} Line `line` counts from 0 in the editor
 * @typedef {Line & { score: number }} Hit
 *
 * @typedef {ArrayLike<number>} Vector
 * @typedef {{ signal: AbortSignal, onUsage(usage: { truncated: number }): void }} EmbedOptions
 *   `onUsage`: called for each text, in order
 * @typedef {(texts: string[], options: EmbedOptions) => Promise<Vector[]>} Embed
 */

/**
 * Splits a text into the lines that can be searched: not blank, each wording once.
 * @param {string} text
 * @returns {{ lines: Line[], left: number }} `left`: how many are too many
 */
export function splitLines(text) {
  /** @type {Line[]} */
  const lines = [];
  const seen = new Set();
  let left = 0;
  text.split(/\r\n|\r|\n/).forEach((raw, line) => {
    const trimmed = raw.trim();
    if (trimmed === '' || seen.has(trimmed)) return;
    if (lines.length === maxLines) {
      left++;
      return;
    }
    seen.add(trimmed);
    lines.push({ text: trimmed, line });
  });
  return { lines, left };
}

export class LineIndex {
  #embed;
  /** @type {Line[]} */
  #lines = [];
  /** @type {Map<string, Vector>} */
  #vectors = new Map();
  /** @type {Set<string>} */
  #cut = new Set();
  #dimensions = 0;

  /** @param {Embed} embed gives vectors of length 1 */
  constructor(embed) {
    this.#embed = embed;
  }

  get size() {
    return this.#lines.length;
  }

  /** How many of the lines can be found already. */
  get ready() {
    return this.#lines.reduce((count, { text }) => count + (this.#vectors.has(text) ? 1 : 0), 0);
  }

  /** How many of them are longer than the model reads, so that only their beginning counts. */
  get cut() {
    return this.#lines.reduce((count, { text }) => count + (this.#cut.has(text) ? 1 : 0), 0);
  }

  /**
   * Takes these lines and embeds those that are new.
   * @param {Line[]} lines
   * @param {{ signal: AbortSignal, onProgress?: (ready: number, total: number) => void }} options
   *   aborting keeps what is done, for the next call
   */
  async update(lines, { signal, onProgress }) {
    this.#lines = lines;
    const wanted = new Set(lines.map(({ text }) => text));
    for (const text of this.#vectors.keys()) {
      if (wanted.has(text)) continue;
      this.#vectors.delete(text);
      this.#cut.delete(text);
    }
    const missing = lines.filter(({ text }) => !this.#vectors.has(text)).map(({ text }) => text);
    onProgress?.(lines.length - missing.length, lines.length);
    let done = 0;
    for (const batch of batches(missing)) {
      let at = 0;
      /** @type {EmbedOptions['onUsage']} */
      const onUsage = ({ truncated }) => {
        const text = batch[at++];
        if (truncated > 0) this.#cut.add(text);
      };
      const vectors = await this.#embed(batch, { signal, onUsage });
      if (signal.aborted) return;
      batch.forEach((text, index) => this.#vectors.set(text, vectors[index]));
      this.#dimensions = vectors[0].length;
      done += batch.length;
      onProgress?.(lines.length - missing.length + done, lines.length);
    }
  }

  /**
   * The nearest lines; vectors have length 1, so the dot product is the cosine.
   * @param {Vector} query
   * @param {number} count
   * @returns {Hit[]} best first
   */
  nearest(query, count) {
    /** @type {Hit[]} */
    const hits = [];
    for (const { text, line } of this.#lines) {
      const vector = this.#vectors.get(text);
      if (!vector) continue;
      const score = dot(query, vector, this.#dimensions);
      if (hits.length === count && score <= hits[count - 1].score) continue;
      let at = hits.length;
      while (at > 0 && hits[at - 1].score < score) at--;
      hits.splice(at, 0, { text, line, score });
      if (hits.length > count) hits.pop();
    }
    return hits;
  }
}

/** @param {string[]} texts */
function* batches(texts) {
  /** @type {string[]} */
  let batch = [];
  let chars = 0;
  for (const text of texts) {
    if (batch.length === batchLines || (batch.length > 0 && chars + text.length > batchChars)) {
      yield batch;
      batch = [];
      chars = 0;
    }
    batch.push(text);
    chars += text.length;
  }
  if (batch.length > 0) yield batch;
}

/** @param {Vector} a @param {Vector} b @param {number} length */
function dot(a, b, length) {
  let sum = 0;
  for (let at = 0; at < length; at++) sum += a[at] * b[at];
  return sum;
}
