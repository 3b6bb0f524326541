// Which of the two modules this engine can run, and how it is fetched and compiled.
import { BertletError } from './errors.js';
import { readChoice } from './inputs.js';
import { builtin } from './platform.js';

// Smallest modules that use one instruction of each kind: () -> i8x16.splat(0), and
// () -> i8x16.relaxed_swizzle(splat(0), splat(0)).
const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
const splatZero = [65, 0, 253, 15];
const moduleWithBody = (...code) =>
  new Uint8Array([...header, 10, code.length + 4, 1, code.length + 2, 0, ...code, 11]);

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
const urls = {
  baseline: () => new URL('../dist/bertlet-simd.wasm', import.meta.url),
  relaxed: () => new URL('../dist/bertlet-relaxed.wasm', import.meta.url),
  'baseline with threads': () => new URL('../dist/bertlet-simd-threads.wasm', import.meta.url),
  'relaxed with threads': () => new URL('../dist/bertlet-relaxed-threads.wasm', import.meta.url),
};

/** Compiled modules of this realm: several models share one compilation. */
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

async function compile(url) {
  try {
    const fs = builtin('node:fs');
    if (fs && url.protocol === 'file:') {
      return await WebAssembly.compile(await fs.promises.readFile(url));
    }
    const response = await fetch(url);
    // compileStreaming insists on the MIME type, which simple servers do not send.
    if (response.headers.get('content-type') === 'application/wasm') {
      return await WebAssembly.compileStreaming(response);
    }
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    throw new BertletError(
      'NOT_FOUND',
      `${url} could not be loaded: ./build.sh makes it, and a page must serve it.`,
      { cause },
    );
  }
}
