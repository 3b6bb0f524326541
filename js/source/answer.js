// What a server's answer is: a file, or one of the many ways to say that there is none. Some
// servers say so with status 200.
import { fromStream } from './raw-file.js';
import { kindOf } from '../shared/kind.js';
import { showKey } from '../shared/show.js';

/** So much is looked at before an answer counts as a file; what says that there is none is shorter. */
const mostLookedAt = 1 << 14;

/**
 * Status → what a server means that has no such file. S3 hides what is missing behind 403.
 * @type {Record<number, string>}
 */
const missing = {
  204: 'without content',
  205: 'without content',
  401: 'it is missing, or needs a login',
  403: 'it is missing, or not for everybody',
  404: 'not found',
  410: 'gone',
};

/**
 * @typedef {import('./checked-stream.js').RawFile} RawFile
 *
 * A file that a server doesn't have, or doesn't give.
 * @typedef {{ absent: string, code: 'NOT_FOUND' | 'NETWORK' }} Absent `absent`: what the server
 *   answered; `code`: of the error where the file is needed
 *
 * @param {Response} response
 * @param {() => unknown} [release] lets go of the body where it is no file's
 * @returns {Promise<RawFile | Absent>}
 * @throws {Error} what is wrong with an answer that is neither
 */
export async function readAnswer(response, release) {
  const { status, type } = response;
  if (status === 200 || status === 203) return lookAt(fromResponse(response));
  await release?.();
  if (Object.hasOwn(missing, status)) {
    const code = status === 401 || status === 403 ? 'NETWORK' : 'NOT_FOUND';
    return { absent: `the server answered HTTP ${status}: ${missing[status]}`, code };
  }
  if (status === 206) throw new Error('HTTP 206, a part of a file, which nobody asked for');
  throw new Error(status ? `HTTP ${status}` : `an answer of type "${type}", which shows nothing`);
}

/** @param {RawFile | Absent | undefined} answer @returns {answer is Absent} */
export function isAbsent(answer) {
  return answer !== undefined && 'absent' in answer;
}

/**
 * The body of an answer that is a file.
 * @param {Response} response
 * @param {Partial<RawFile>} [more]
 * @returns {RawFile}
 */
export function fromResponse({ headers, type, body }, more) {
  // Behind a Content-Encoding the length is that of the packed bytes; another origin's
  // Content-Encoding is not even shown.
  const isPacked = headers.has('content-encoding');
  const size = (!isPacked && Number(headers.get('content-length'))) || undefined;
  const total = type === 'cors' ? undefined : size;
  return fromStream(body, { total, estimate: size, isRemote: true, ...more });
}

/**
 * Reads the beginning, which is then read again.
 * @param {RawFile} raw
 * @returns {Promise<RawFile | Absent>}
 */
async function lookAt(raw) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let text = '';
  let ended = false;
  while (!ended && text.length < mostLookedAt) {
    const chunk = await raw.read();
    ended = !chunk;
    if (!chunk) break;
    chunks.push(chunk);
    text += String.fromCharCode(...chunk.subarray(0, mostLookedAt - text.length));
  }
  const start = text.replace(/^(\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/, ''); // a byte order mark
  const absent = pageIn(start) ?? (ended ? errorIn(start) : undefined);
  if (absent) {
    await raw.cancel();
    return { absent, code: 'NOT_FOUND' };
  }
  return { ...raw, read: async () => chunks.shift() ?? raw.read() };
}

/**
 * Development servers answer a page, object stores XML. In UTF-16 each letter has a zero beside it.
 * @param {string} text
 */
function pageIn(text) {
  const start = text.slice(0, 4096).replaceAll('\0', '');
  const isPage = /^\s*<(!doctype|!--|\?xml|(html|head|body|title|meta|script|error)[\s>])/i;
  return isPage.test(start) ? 'the server answered a page instead' : undefined;
}

// What stands in the errors of hubs and other interfaces, without case and separators.
const saysWhy = /^(errors?|errormessage|message|msg|details?|fault)$/;
const standsBeside =
  /^(status(code|text)?|(error)?code|(error)?type|title|path|timestamp|success|ok|reason|(request|trace|host)id|url|documentationurl|help|method|instance|data|errordescription)$/;

/**
 * An error as JSON, where nothing else is there: { "error": "Repository not found" }.
 * @param {string} text
 */
function errorIn(text) {
  if (!/^\s*\{/.test(text)) return undefined;
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const entries = Object.entries(json).map(([key, value]) => ({
    key: key.toLowerCase().replace(/[_-]/g, ''),
    value,
  }));
  /** @param {{ key: string, value: unknown }} entry */
  const isReason = ({ key, value }) =>
    saysWhy.test(key) && ['String', 'Object', 'Array', 'Boolean'].includes(kindOf(value));
  /** @param {{ key: string, value: unknown }} entry */
  const isKnown = (entry) => isReason(entry) || standsBeside.test(entry.key);
  if (!entries.some(isReason) || !entries.every(isKnown)) return undefined;
  return `the server answered ${showKey(JSON.stringify(json))}`;
}
