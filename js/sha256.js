// SHA-256 (FIPS 180-4), fed piece by piece: WebCrypto hashes only what is held whole.

// The constants are the first 32 bits of the fractional parts of roots of primes. The
// nearest any of them comes to a whole number is 1e-3, far above a double's error here.
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
const fraction = (x) => ((x % 1) * 2 ** 32) | 0;
const initialState = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));
const roundConstants = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));

/** An incremental hash with the calls of node:crypto's. */
export class Sha256 {
  #state = initialState.slice();
  #schedule = new Int32Array(64);
  #block = new Uint8Array(64);
  #length = 0;

  /** @param {Uint8Array} bytes */
  update(bytes) {
    const fill = this.#length % 64;
    this.#length += bytes.length;
    let at = 0;
    if (fill > 0) {
      at = Math.min(64 - fill, bytes.length);
      this.#block.set(bytes.subarray(0, at), fill);
      if (fill + at < 64) return this;
      this.#compress(this.#block, 0);
    }
    for (; at + 64 <= bytes.length; at += 64) this.#compress(bytes, at);
    this.#block.set(bytes.subarray(at));
    return this;
  }

  /** Ends the hash; it cannot be fed any more. @returns {Uint8Array} 32 bytes */
  digest() {
    const length = this.#length;
    const padding = new Uint8Array(((119 - (length % 64)) % 64) + 9);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(length / 2 ** 29));
    view.setUint32(padding.length - 4, (length % 2 ** 29) * 8);
    this.update(padding);
    const result = new Uint8Array(32);
    const words = new DataView(result.buffer);
    this.#state.forEach((word, i) => words.setInt32(i * 4, word));
    return result;
  }

  #compress(bytes, at) {
    const w = this.#schedule;
    const k = roundConstants;
    const state = this.#state;
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + (g ^ (e & (f ^ g))) + k[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
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
}
