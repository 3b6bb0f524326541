// `integrity: { fileName: 'sha256-<base64>' }`: what a user pins, checked while bytes pass. Once
// anything is pinned, no other file of the folder counts: whoever may add one changes nothing.
import { BertletError } from '../shared/errors.js';
import { adapterFiles, folderFiles } from './file-names.js';
import { badArgument, reading } from '../shared/inputs.js';
import { kindOf } from '../shared/kind.js';
import { nearest } from '../shared/nearest.js';
import { builtin } from '../shared/platform.js';
import { Sha256 } from './sha256.js';

// 32 bytes are 43 base64 digits, the last of which carries four bits.
const form = /^sha256-[A-Za-z\d+/]{42}[AEIMQUYcgkosw048]=$/;

/**
 * @param {unknown} integrity the user's option
 * @returns {Map<string, string>} file name → 'sha256-<base64>'
 */
export function readIntegrity(integrity) {
  const pins = integrity ?? {};
  const entries = reading('integrity', () => Object.entries(pins));
  /** @param {unknown} hash */
  const isHash = (hash) => typeof hash === 'string' && form.test(hash);
  if (kindOf(pins) !== 'Object' || !entries.every(([, hash]) => isHash(hash))) {
    throw badArgument('integrity must be an object { fileName: "sha256-<base64>" }.');
  }
  return new Map(entries);
}

/**
 * Of the pins that load() is given, those of its adapter. A config.json among them is the base's.
 * @param {Record<string, string>} [integrity]
 * @returns {Record<string, string> | undefined}
 * @throws INTEGRITY only others are pinned
 */
export function adapterPins(integrity) {
  const pins = readIntegrity(integrity);
  if (pins.size === 0) return undefined;
  const own = [...pins].filter(([name]) => adapterFiles.includes(name));
  if (own.length === 0) throw notPinned(adapterFiles, pins);
  return Object.fromEntries(own);
}

/**
 * The error for a file that is needed and not pinned while others are.
 * @param {string[]} names any of which would do
 * @param {Map<string, string>} pins
 */
export function notPinned(names, pins) {
  const strange = [...pins.keys()].filter((name) => !folderFiles.includes(name));
  const written = names.map((name) => nearest(name, strange)).find(Boolean);
  return new BertletError(
    'INTEGRITY',
    `integrity has no hash of ${names.join(' or ')}: if it names any file, it must name all that are ` +
      `needed.${written ? ` It names "${written}": is that a slip?` : ''}`,
  );
}

/**
 * The error for a name that is pinned though there is no such file.
 * @param {string} name
 * @param {string} folder for the message
 */
export function pinnedNothing(name, folder) {
  const meant = nearest(name, folderFiles);
  return new BertletError(
    'INTEGRITY',
    `integrity names "${name}", which is missing in ${folder}.${meant ? ` Did you mean "${meant}"?` : ''}`,
  );
}

/** Hashes a file as its bytes pass by. */
export class IntegrityCheck {
  // The platform's hash where it takes pieces is several times faster than our own.
  #hash = builtin('node:crypto')?.createHash('sha256') ?? new Sha256();

  #name;
  #expected;

  /** @param {string} name @param {string} expected 'sha256-<base64>' */
  constructor(name, expected) {
    this.#name = name;
    this.#expected = expected;
  }

  /** @param {Uint8Array} bytes */
  update(bytes) {
    this.#hash.update(bytes);
  }

  /** Ends the check. @throws INTEGRITY when the bytes were not the pinned ones */
  finish() {
    const actual = `sha256-${btoa(String.fromCharCode(...this.#hash.digest()))}`;
    if (actual === this.#expected) return;
    throw new BertletError(
      'INTEGRITY',
      `${this.#name} is not the pinned file: its hash is ${actual}, not ${this.#expected}.`,
    );
  }
}
