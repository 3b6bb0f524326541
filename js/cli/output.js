// Standard output with back-pressure; messages and a progress bar on standard error. File names,
// labels and texts may hold anything, so all that is printed goes through forTerminal.
import { forTerminal } from './text.js';

/** Collects what is written and waits for a slow reader, so that memory stays small. */
export class Output {
  #stream;
  /** @type {Uint8Array[]} */
  #pending = [];
  #bytes = 0;
  /** @type {Error | undefined} */
  #failure;

  /** @param {NodeJS.WriteStream} stream */
  constructor(stream) {
    this.#stream = stream;
    this.isTerminal = Boolean(stream.isTTY);
    stream.on('error', (error) => (this.#failure ??= error));
  }

  /** @param {string} text or JSON, without the line end */
  line(text) {
    return this.write(`${text}\n`);
  }

  /** @param {string | Uint8Array} data */
  async write(data) {
    const bytes = typeof data === 'string' ? Buffer.from(forTerminal(data)) : data;
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
    if (this.isTerminal || this.#bytes > 1 << 16) await this.flush();
  }

  /** Resolves when the stream has taken everything; rejects when the reader has gone. */
  async flush() {
    if (this.#failure) throw this.#failure;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#bytes = 0;
    if (bytes.length === 0) return;
    await new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => (error ? reject(error) : resolve(undefined)));
    });
  }
}

/** Tells something beside the results. @param {string} text without the line end */
export function say(text) {
  process.stderr.write(`${forTerminal(text)}\n`);
}

/** A bar that shows itself on a terminal, and only when the work takes longer than a second. */
export class Progress {
  #stream;
  #label;
  #started = performance.now();
  #drawn = -Infinity;
  #visible = false;

  /**
   * @param {string} label e.g. "Embedding"
   * @param {{ stream?: NodeJS.WriteStream, delay?: number }} [options]
   */
  constructor(label, { stream = process.stderr, delay = 1000 } = {}) {
    this.#label = label;
    this.#stream = stream;
    this.delay = delay;
  }

  /**
   * @param {number} done
   * @param {number} [total] unknown for standard input
   * @param {string} [note] e.g. "1,200 lines"
   */
  update(done, total, note = '') {
    if (!this.#stream.isTTY) return;
    const now = performance.now();
    if (now - this.#started < this.delay || now - this.#drawn < 100) return;
    this.#drawn = now;
    this.#visible = true;
    const parts = [this.#label];
    if (total !== undefined && total > 0) {
      const share = Math.min(1, done / total);
      const left = ((now - this.#started) * (1 - share)) / Math.max(share, 1e-9) / 1000;
      parts.push(bar(share, 24), `${Math.floor(share * 100)} %`.padStart(5));
      if (share > 0 && left < 360000) parts.push(`${Math.ceil(left)} s left`);
    }
    if (note) parts.push(note);
    const room = (this.#stream.columns || 80) - 1;
    this.#stream.write(`\r\x1b[K${parts.join('  ').slice(0, room)}`);
  }

  /** Removes the bar. */
  clear() {
    if (this.#visible) this.#stream.write('\r\x1b[K');
    this.#visible = false;
  }
}

/** @param {number} share from 0 to 1 @param {number} cells */
function bar(share, cells) {
  const full = Math.round(share * cells);
  return '█'.repeat(full) + '░'.repeat(cells - full);
}
