// Where texts come from: arguments, a file, or standard input, in bounded chunks.
import { createReadStream, statSync } from 'node:fs';
import { InputError, UsageError } from './arguments.js';

const chunkLines = 64;
const chunkChars = 32768;

/**
 * One chunk of texts; `done` and `total` are bytes read of the source (total is unknown for a pipe).
 * @typedef {{ texts: string[], done: number, total?: number }} Chunk
 */

/**
 * Texts of a command that takes `TEXT...`, `--file FILE` or `-`.
 * @param {{ command: string, positionals: string[], file?: string, signal: AbortSignal }} from
 * @returns {AsyncIterable<Chunk>}
 */
export function textsFrom({ command, positionals, file, signal }) {
  if (file !== undefined && positionals.length > 0) {
    throw new UsageError('give texts or --file, not both', command);
  }
  if (file !== undefined) return linesOf(file, signal);
  if (positionals.length === 0) {
    throw new UsageError('a text, --file FILE or "-" for standard input is missing', command);
  }
  if (positionals.length === 1 && positionals[0] === '-') return linesOf('-', signal);
  return chunksOf(positionals);
}

/** @param {string[]} texts @returns {AsyncGenerator<Chunk, void>} */
async function* chunksOf(texts) {
  for (let at = 0; at < texts.length; at += chunkLines) {
    const part = texts.slice(at, at + chunkLines);
    yield { texts: part, done: at + part.length, total: texts.length };
  }
}

/**
 * Lines of a UTF-8 file or of standard input, with any line end, an empty line counting as a text.
 * @param {string} file "-" for standard input
 * @param {AbortSignal} [signal]
 * @returns {AsyncIterable<Chunk>}
 */
export function linesOf(file, signal) {
  // A missing file is said before anything long begins.
  return readLines(file, file === '-' ? undefined : sizeOf(file), signal);
}

/**
 * @param {string} file
 * @param {number | undefined} total
 * @param {AbortSignal} [signal]
 * @returns {AsyncGenerator<Chunk, void>}
 */
async function* readLines(file, total, signal) {
  const isPipe = file === '-';
  const stream = isPipe ? process.stdin : createReadStream(file);
  const stop = () => stream.destroy(new Error('interrupted'));
  signal?.addEventListener('abort', stop, { once: true });
  const decoder = new TextDecoder();
  /** @type {string[]} */
  let texts = [];
  let chars = 0;
  let done = 0;
  /** @type {string[]} of the last line */
  let rest = [];
  try {
    for await (const bytes of stream) {
      done += bytes.length;
      const lines = decoder.decode(bytes, { stream: true }).split('\n');
      // A long line arrives in parts: joined once, at its end.
      rest.push(lines[0]);
      if (lines.length === 1) continue;
      lines[0] = rest.join('');
      rest = lines.splice(-1);
      for (const line of lines) {
        texts.push(line.endsWith('\r') ? line.slice(0, -1) : line);
        chars += line.length;
        if (texts.length < chunkLines && chars < chunkChars) continue;
        yield { texts, done, total };
        texts = [];
        chars = 0;
      }
      // Somebody types or a slow program writes: answer each line as it comes.
      if (isPipe && texts.length > 0) {
        yield { texts, done, total };
        texts = [];
        chars = 0;
      }
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  const last = rest.join('') + decoder.decode();
  if (last !== '') texts.push(last.endsWith('\r') ? last.slice(0, -1) : last);
  if (texts.length > 0) yield { texts, done, total };
}

/** Of what is read as one text. */
const largestText = 64e6;

/**
 * The one text of a command that takes `TEXT`, `--file FILE` or `-`.
 * @param {{ command: string, positionals: string[], file?: string, signal: AbortSignal }} from
 * @returns {Promise<string>}
 */
export async function textFrom({ command, positionals, file, signal }) {
  if (file !== undefined && positionals.length > 0) {
    throw new UsageError('give a text or --file, not both', command);
  }
  if (file !== undefined) return wholeFile(file, signal);
  if (positionals.length === 0) {
    throw new UsageError('a text, --file FILE or "-" for standard input is missing', command);
  }
  if (positionals.length > 1) {
    throw new UsageError('one text at a time; put it in quotes', command);
  }
  return positionals[0] === '-' ? wholeFile('-', signal) : positionals[0];
}

/**
 * All of a UTF-8 file or of standard input.
 * @param {string} file "-" for standard input
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 */
export async function wholeFile(file, signal) {
  // A missing file or a folder is said in words.
  if (file !== '-') sizeOf(file);
  const stream = file === '-' ? process.stdin : createReadStream(file);
  const stop = () => stream.destroy(new Error('interrupted'));
  signal?.addEventListener('abort', stop, { once: true });
  const decoder = new TextDecoder();
  const parts = [];
  let bytes = 0;
  try {
    for await (const part of stream) {
      bytes += part.length;
      if (bytes > largestText) {
        const name = file === '-' ? 'standard input' : file;
        throw new InputError(`cannot read ${name}: as one text it is too large (over 64 MB)`);
      }
      parts.push(decoder.decode(part, { stream: true }));
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  return parts.join('') + decoder.decode();
}

/** @param {string} file */
function sizeOf(file) {
  let stats;
  try {
    stats = statSync(file);
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new InputError(`cannot read ${file}: ${why}`);
  }
  if (stats.isDirectory()) throw new InputError(`cannot read ${file}: it is a folder`);
  // A named pipe or a device has no size to count down.
  return stats.isFile() ? stats.size : undefined;
}
