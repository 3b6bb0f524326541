// Whether somebody else computes on the same core. A virtual machine's core is often one of
// two threads of a real one: who works on the other takes half of its units, and no figure
// of the system tells. So a loop that keeps all integer units busy is timed: of WebAssembly,
// because an engine compiles that the same way in every page and process.

/** Chains that do not wait for each other: more operations than a core can begin at once. */
const CHAINS = 8;

/** Rounds of the loop, 4 ms or more: a page's clock ticks in 0.1 ms. */
const ROUNDS = 4_000_000;

/** Opcodes and types of the WebAssembly specification, version 1, chapter 5. */
const I32 = 0x7f;
const [LOOP, END, BR_IF, GET, SET, CONST] = [0x03, 0x0b, 0x0d, 0x20, 0x21, 0x41];
const [ADD, SUB, XOR] = [0x6a, 0x6b, 0x73];
const NO_RESULT = 0x40;

/** A length in two bytes of the format (LEB128), and what is that long. @param {number[]} bytes */
const sized = (bytes) => [(bytes.length & 127) | 128, bytes.length >> 7, ...bytes];
/** @param {number} id @param {number[]} bytes */
const section = (id, bytes) => [id, ...sized(bytes)];

/** spin(rounds): local 0 counts down, each other local is a chain; returns them all in one. */
function spinModule() {
  const chains = Array.from({ length: CHAINS }, (_, i) => i + 1);
  /** @param {number} k */
  const step = (k) => [GET, k, GET, 0, k % 2 ? ADD : XOR, CONST, k, XOR, SET, k];
  const code = [
    ...[1, CHAINS, I32],
    ...[LOOP, NO_RESULT, ...chains.flatMap(step)],
    ...[GET, 0, CONST, 1, SUB, SET, 0, GET, 0, BR_IF, 0, END],
    ...[GET, 0, ...chains.flatMap((k) => [GET, k, XOR]), END],
  ];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 1, I32]),
    ...section(3, [1, 0]),
    ...section(7, [1, 4, ...new TextEncoder().encode('spin'), 0, 0]),
    ...section(10, [1, ...sized(code)]),
  ]);
}

/** @type {((rounds: number) => void) | undefined} */
let compiled;

/** The loop, compiled by this engine. */
function spinner() {
  if (!compiled) {
    const { spin } = new WebAssembly.Instance(new WebAssembly.Module(spinModule())).exports;
    compiled = /** @type {(rounds: number) => void} as spinModule declares it */ (spin);
  }
  return compiled;
}

/** How fast this thread computes now, in rounds per µs. The first call of all compiles it. */
export function probe() {
  const spin = spinner();
  const begin = performance.now();
  spin(ROUNDS);
  return ROUNDS / (performance.now() - begin) / 1000;
}

/** A shared core reaches 0.4 to 0.8 of its fastest probe, by how much the others compute. */
const CALM = 0.85;

/** What counts as calm: fast, compared with the fastest that was seen under the same key. */
export class Calm {
  /** @type {Map<string, number>} */
  #fastest = new Map();

  /**
   * @param {string} key of an engine: another one may compile the probe to something else
   * @param {number} rate of a probe
   */
  includes(key, rate) {
    const fastest = Math.max(rate, this.#fastest.get(key) ?? 0);
    this.#fastest.set(key, fastest);
    return rate >= CALM * fastest;
  }
}
