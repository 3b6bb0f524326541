// Values that nobody should pass, and what a call must make of them.
import assert from 'node:assert/strict';

import { BertletError } from 'bertlet';

/** As index.d.ts lists them; INTERNAL would be our own fault. */
const codes = [
  'BAD_ARGUMENT',
  'NOT_FOUND',
  'NETWORK',
  'ABORTED',
  'BAD_MODEL',
  'UNSUPPORTED',
  'INTEGRITY',
  'NO_HEAD',
  'TOO_LONG',
  'OUT_OF_MEMORY',
];
const longestMessage = 390;

const thrown = () => {
  throw new Error('from a getter');
};

function nested(depth) {
  let value = 'x';
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function nestedObjects(depth) {
  let value = {};
  for (let i = 0; i < depth; i++) value = { text: value };
  return value;
}

function revoked(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** A proxy that throws at whatever is done with it. */
const throwing = (target) =>
  new Proxy(target, new Proxy({}, { get: () => thrown, has: () => true }));

class WithGetters {
  get text() {
    return thrown();
  }
  get length() {
    return thrown();
  }
}

class ListWithSpecies extends Array {
  static get [Symbol.species]() {
    return thrown();
  }
}

/** Hostile values by name; each call makes a new one. @type {Record<string, () => unknown>} */
export const hostileValues = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  '-0': () => -0,
  'a half': () => 0.5,
  '2**31 - 1': () => 2 ** 31 - 1,
  '-(2**53)': () => -(2 ** 53),
  Infinity: () => Number.POSITIVE_INFINITY,
  'a BigInt': () => 10n ** 30n,
  'a symbol': () => Symbol('x'.repeat(1000)),
  'an empty string': () => '',
  'a long string': () => 'long '.repeat(20_000),
  'controls and halves': () => '\u0000\u001b[2J\ud800\u202e\u0085\n',
  __proto__: () => '__proto__',
  constructor: () => 'constructor',
  'a function': () => () => 'x',
  'a throwing function': () => thrown,
  'an object': () => ({}),
  'an empty array': () => [],
  'toString: 1': () => ({ toString: 1 }),
  'toString that throws': () => ({ toString: thrown, valueOf: thrown, toJSON: thrown }),
  'null prototype': () => Object.create(null),
  'a class instance': () => new WithGetters(),
  'getters that throw': () =>
    Object.defineProperties(
      {},
      {
        text: { get: thrown, enumerable: true },
        aborted: { get: thrown, enumerable: true },
        name: { get: thrown, enumerable: true },
      },
    ),
  'a tag that throws': () => ({
    get [Symbol.toStringTag]() {
      return thrown();
    },
  }),
  'a false tag': () => ({ [Symbol.toStringTag]: 'Blob' }),
  'an iterator that throws': () => ({ [Symbol.iterator]: thrown }),
  'nested arrays': () => nested(20_000),
  'nested objects': () => nestedObjects(20_000),
  'a circle': () => {
    const circle = {};
    circle.text = circle;
    return circle;
  },
  'a sparse array': () => new Array(4e9),
  'an array with a hole': () => Object.assign(new Array(3), { 0: 'a', 2: 'b' }),
  'an array with a getter': () => Object.defineProperty(['a'], 0, { get: thrown }),
  'an array with a species': () => ListWithSpecies.of('a', 5),
  'an array of symbols': () => [Symbol('a')],
  'a proxy': () => new Proxy({}, {}),
  'a throwing proxy': () => throwing({}),
  'a throwing proxy of an array': () => throwing([]),
  'a revoked proxy': () => revoked({}),
  'a revoked proxy of an array': () => revoked([]),
  'a revoked proxy of a function': () => revoked(() => {}),
  'a date': () => new Date(Number.NaN),
  'a map': () => new Map([['config.json', {}]]),
  'a regular expression': () => /x/,
  'a weak map': () => new WeakMap(),
  'a promise': () => Promise.resolve('x'),
  'an error': () => new Error('an argument'),
  'a DataView': () => new DataView(new ArrayBuffer(8)),
  'a detached buffer': () => {
    const buffer = new ArrayBuffer(8);
    structuredClone(buffer, { transfer: [buffer] });
    return buffer;
  },
  'a false signal': () => ({
    aborted: false,
    addEventListener: thrown,
    removeEventListener: thrown,
  }),
  'a proxy of a signal': () => new Proxy(new AbortController().signal, {}),
};

/**
 * The call resolves, or rejects as it should.
 * @param {string} what for messages
 * @param {() => Promise<unknown>} call
 * @returns {Promise<{ result?: unknown, error?: BertletError }>}
 */
export async function settle(what, call) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${what} hangs` })),
      20_000,
    );
  });
  let promise;
  try {
    promise = call();
  } catch (error) {
    assert.fail(`${what} throws instead of rejecting: ${error?.stack}`);
  }
  try {
    return { result: await Promise.race([promise, late]) };
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    checkError(what, error);
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

/** @param {string} what for messages @param {unknown} error */
export function checkError(what, error) {
  assert.ok(error instanceof BertletError, `${what}: ${error?.stack}`);
  const told = `${what}: ${error.code}, ${error.message}`;
  assert.ok(codes.includes(error.code), `${told} ${error.cause?.stack ?? error.stack}`);
  assert.ok(error.message.length <= longestMessage, told);
  assert.ok(!/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u.test(error.message), told);
}
