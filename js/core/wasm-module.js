// Which of the two modules this engine can run, and how it is fetched and compiled.
import { holdProcess } from '../shared/alive.js';
import { joinBytes } from '../shared/bytes.js';
import { readError } from '../source/checked-stream.js';
import { BertletError } from '../shared/errors.js';
import { readChoice } from '../shared/inputs.js';
import { addressOf, ownFilesAdvice } from '../source/own-files.js';
import { builtin } from '../shared/platform.js';
import { reasonOf } from '../shared/show.js';
import { isAbsent, readAnswer } from '../source/answer.js';

// Smallest modules that use one instruction of each kind: () -> i8x16.splat(0), and
// () -> i8x16.relaxed_swizzle(splat(0), splat(0)).
const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
const splatZero = [65, 0, 253, 15];
/** @param {...number} code */
const moduleWithBody = (...code) =>
  new Uint8Array([...header, 10, code.length + 4, 1, code.length + 2, 0, ...code, 11]);

/** @param {...number} code */
const canRun = (...code) => globalThis.WebAssembly?.validate?.(moduleWithBody(...code)) === true;

/**
 * The one module to fetch.
 * @param {'auto' | 'baseline' | 'relaxed'} simd as in LoadOptions
 * @returns {'baseline' | 'relaxed'}
 */
export function chooseModule(simd = 'auto') {
  readChoice('simd', simd, ['auto', 'baseline', 'relaxed']);
  if (!canRun(...splatZero)) throw noSimd();
  if (simd === 'baseline') return simd;
  if (canRun(...splatZero, ...splatZero, 253, 128, 2)) return 'relaxed';
  if (simd === 'auto') return 'baseline';
  throw new BertletError('UNSUPPORTED', 'This runtime has no relaxed SIMD: use simd "auto".');
}

/** Lockdown Mode takes WebAssembly away altogether. */
function noSimd() {
  const sentence = globalThis.WebAssembly
    ? 'This runtime has no WebAssembly SIMD: update it.'
    : 'This runtime has no WebAssembly: Lockdown Mode or a policy may have turned it off.';
  return new BertletError('NO_SIMD', sentence);
}

// Literal URLs: bundlers find and copy the files by this pattern.
/** @type {Record<string, () => URL>} */
const urls = {
  baseline: () => new URL('../../dist/bertlet-simd.wasm', import.meta.url),
  relaxed: () => new URL('../../dist/bertlet-relaxed.wasm', import.meta.url),
  'baseline with threads': () => new URL('../../dist/bertlet-simd-threads.wasm', import.meta.url),
  'relaxed with threads': () => new URL('../../dist/bertlet-relaxed-threads.wasm', import.meta.url),
};

/**
 * Compiled modules of this realm: several models share one compilation.
 * @type {Map<string, Promise<WebAssembly.Module>>}
 */
const compiled = new Map();

/**
 * @param {'baseline' | 'relaxed'} simd
 * @param {boolean} [withThreads] the form that shares its memory
 * @returns {Promise<WebAssembly.Module>}
 */
export function loadModule(simd, withThreads = false) {
  const name = withThreads ? `${simd} with threads` : simd;
  let promise = compiled.get(name);
  if (!promise) {
    promise = compile(urls[name]());
    compiled.set(name, promise);
    promise.catch(() => compiled.delete(name));
  }
  return promise;
}

/** @param {URL} url @throws NOT_FOUND, NETWORK, BAD_MODEL, UNSUPPORTED */
async function compile(url) {
  const address = addressOf(url);
  const fs = builtin('node:fs');
  if (fs && url.protocol === 'file:') {
    const reading = fs.promises.readFile(url);
    const bytes = await reading.catch((cause) => {
      throw missing(address, reasonOf(cause), cause);
    });
    return compileBytes(address, bytes);
  }
  /** @param {unknown} cause @returns {never} */
  const unreadable = (cause) => {
    throw readError(address, cause, true);
  };
  const response = await fetch(url).catch(unreadable);
  // compileStreaming insists on the MIME type, which simple servers do not send.
  if (response.ok && response.headers.get('content-type') === 'application/wasm') {
    return WebAssembly.compileStreaming(response).catch((cause) => {
      throw compileError(address, cause) ?? unreadable(cause);
    });
  }
  const file = await readAnswer(response).catch(unreadable);
  if (isAbsent(file)) throw missing(address, file.absent, undefined, file.code);
  const parts = [];
  for (let part = await file.read(); part; part = await file.read()) parts.push(part);
  return compileBytes(address, joinBytes(parts));
}

/** @param {string} address @param {Uint8Array<ArrayBuffer>} bytes */
async function compileBytes(address, bytes) {
  const release = holdProcess();
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw compileError(address, cause) ?? cause;
  } finally {
    release();
  }
}

/**
 * @param {string} address
 * @param {string} why
 * @param {unknown} [cause]
 * @param {'NOT_FOUND' | 'NETWORK'} [code]
 */
function missing(address, why, cause, code = 'NOT_FOUND') {
  const sentence = `${address} could not be loaded (${why}): ${ownFilesAdvice}.`;
  return new BertletError(code, sentence, { cause });
}

/** What the engine refused to compile; undefined: it did not come so far. @param {string} address @param {unknown} cause */
function compileError(address, cause) {
  const reason = reasonOf(cause);
  // Chromium and Safari name the missing source, Firefox says "blocked by CSP".
  if (/unsafe-eval|content security policy|\bCSP\b/i.test(reason)) return forbidden(cause);
  if (!(cause instanceof WebAssembly.CompileError)) return undefined;
  const sentence = `${address} is not bertlet's module, or damaged (${reason}): copy it again.`;
  return new BertletError('BAD_MODEL', sentence, { cause });
}

/** @param {unknown} cause */
function forbidden(cause) {
  const sources = "script-src 'self' 'wasm-unsafe-eval'";
  const sentence = /-extension:$/.test(globalThis.location?.protocol)
    ? `This extension's policy forbids WebAssembly: its manifest.json needs ` +
      `"content_security_policy": { "extension_pages": "${sources}" }.`
    : "This page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its " +
      `script-src, as in ${sources}.`;
  return new BertletError('UNSUPPORTED', sentence, { cause });
}
