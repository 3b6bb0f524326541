// SHA-256 (FIPS 180-4), fed piece by piece: WebCrypto hashes only what is held whole.
import { joinBytes } from '../shared/bytes.js';

// The constants are the first 32 bits of the fractional parts of roots of primes. The
// nearest any of them comes to a whole number is 1e-3, far above a double's error here.
/** @type {number[]} */
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
const roundConstants = Int32Array.from(primes, (p) => (Math.cbrt(p) % 1) * 2 ** 32);

/** @param {number} x @param {number} n */
const rotate = (x, n) => (x >>> n) | (x << (32 - n));
/** @param {number} x @param {number} m @param {number} n @param {number} more */
const mix = (x, m, n, more) => rotate(x, m) ^ rotate(x, n) ^ more;

/** An incremental hash with the calls of node:crypto's. */
export class Sha256 {
  #state = Int32Array.from(primes.slice(0, 8), (p) => (Math.sqrt(p) % 1) * 2 ** 32);
  /** @type {Uint8Array} less than a block */
  #rest = new Uint8Array(0);
  #length = 0;

  /** @param {Uint8Array} bytes @returns {this} */
  update(bytes) {
    this.#length += bytes.length;
    const all = joinBytes([this.#rest, bytes]);
    this.#rest = all.subarray(all.length - (all.length % 64));
    const view = new DataView(all.buffer);
    const state = this.#state;
    const w = new Int32Array(64);
    for (let at = 0; at + 64 <= view.byteLength; at += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15];
        const y = w[i - 2];
        w[i] = w[i - 16] + mix(x, 7, 18, x >>> 3) + w[i - 7] + mix(y, 17, 19, y >>> 10);
      }
      // One by one: taken apart as a list they cost three times the time.
      let a = state[0];
      let b = state[1];
      let c = state[2];
      let d = state[3];
      let e = state[4];
      let f = state[5];
      let g = state[6];
      let h = state[7];
      for (let i = 0; i < 64; i++) {
        const choice = g ^ (e & (f ^ g));
        const t = (h + mix(e, 6, 11, rotate(e, 25)) + choice + roundConstants[i] + w[i]) | 0;
        const majority = (a & b) | (c & (a | b));
        h = g;
        g = f;
        f = e;
        e = (d + t) | 0;
        d = c;
        c = b;
        b = a;
        a = (t + mix(a, 2, 13, rotate(a, 22)) + majority) | 0;
      }
      state[0] += a;
      state[1] += b;
      state[2] += c;
      state[3] += d;
      state[4] += e;
      state[5] += f;
      state[6] += g;
      state[7] += h;
    }
    return this;
  }

  /** Ends the hash; it cannot be fed any more. @returns {Uint8Array} 32 bytes */
  digest() {
    const padding = new Uint8Array(((119 - (this.#length % 64)) % 64) + 9);
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(padding.length - 8, BigInt(this.#length) * 8n);
    this.update(padding);
    return new Uint8Array(32).map((_, i) => this.#state[i >> 2] >> (24 - (i % 4) * 8));
  }
}
