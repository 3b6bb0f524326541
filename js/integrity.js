// `integrity: { fileName: 'sha256-<base64>' }`: what a user pins, checked while bytes pass.
import { BertletError } from './errors.js';
import { Sha256 } from './sha256.js';

// 32 bytes are 43 base64 digits, the last of which carries four bits.
const form = /^sha256-[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

/**
 * @param {unknown} integrity the user's option
 * @returns {Map<string, string>} file name → 'sha256-<base64>'
 */
export function readIntegrity(integrity) {
  if (integrity === undefined || integrity === null) return new Map();
  if (typeof integrity !== 'object' || Array.isArray(integrity)) {
    throw new BertletError(
      'BAD_ARGUMENT',
      'integrity must be an object { fileName: "sha256-<base64>" }.',
    );
  }
  const entries = Object.entries(integrity);
  for (const [name, value] of entries) {
    if (typeof value !== 'string' || !form.test(value)) {
      throw new BertletError(
        'BAD_ARGUMENT',
        `integrity of "${name}" must be "sha256-" and the 44 base64 characters of a SHA-256 hash.`,
      );
    }
  }
  return new Map(entries);
}

/** Hashes a file as its bytes pass by. */
export class IntegrityCheck {
  #hash = createHash();

  /** @param {string} name @param {string} expected 'sha256-<base64>' */
  constructor(name, expected) {
    this.name = name;
    this.expected = expected;
  }

  /** @param {Uint8Array} bytes */
  update(bytes) {
    this.#hash.update(bytes);
  }

  /** Ends the check. @throws INTEGRITY when the bytes were not the pinned ones */
  finish() {
    const actual = `sha256-${btoa(String.fromCharCode(...this.#hash.digest()))}`;
    if (actual === this.expected) return;
    throw new BertletError(
      'INTEGRITY',
      `${this.name} is not the file that was pinned: its hash is ${actual}, ` +
        `expected ${this.expected}. Do not use it unless you know why it changed.`,
    );
  }
}

/** The platform's hash where it takes pieces (several times faster), else our own. */
function createHash() {
  return (
    globalThis.process?.getBuiltinModule?.('node:crypto')?.createHash('sha256') ?? new Sha256()
  );
}
