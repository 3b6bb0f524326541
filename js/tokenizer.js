// Text to token ids and back, synchronously; the work is done in C (src/tokenizer). A call
// crosses into WebAssembly once for many texts.
import { EncodeCall } from './encode-call.js';
import { Encoding } from './encoding.js';
import { BertletError, errorOfStatus } from './errors.js';

/** UTF-16 units of text that one call into WebAssembly takes (a longer text goes alone). */
const unitsPerCall = 1 << 16;
const specialNames = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'];
const truncations = ['longest_first', 'only_first', 'only_second'];

/**
 * Puts a tokenizer into a memory for good.
 * @param {import('./memory.js').Memory} memory
 * @param {Uint8Array} blob of tokenizer-config.js
 * @param {Partial<import('./tokenizer-config.js').TokenizerInfo>} [info]
 * @returns {Tokenizer}
 */
export function createTokenizer(memory, blob, info = {}) {
  const mark = memory.mark();
  try {
    const blobAddress = memory.writeBytes(blob); // used where it stands
    const pointer = memory.alloc(4);
    const status = memory.tryCall(
      'bl_tokenizer_create',
      memory.arena,
      blobAddress,
      blob.length,
      pointer,
    );
    if (status !== 'BL_OK') {
      const damaged = 'The tokenizer is damaged: the core refuses what was made of its files.';
      throw errorOfStatus(status, status === 'BL_BAD_MODEL' ? damaged : undefined);
    }
    const tokenizer = new Tokenizer(memory, memory.readU32(pointer), info);
    memory.seal();
    return tokenizer;
  } catch (error) {
    memory.reset(mark);
    throw error;
  }
}

/** See index.d.ts. */
export class Tokenizer {
  #memory;
  #info;
  #call;
  #texts = [];
  #textOf = (id) => this.#text(id);

  /**
   * @param {import('./memory.js').Memory} memory
   * @param {number} address of the C tokenizer
   * @param {Partial<import('./tokenizer-config.js').TokenizerInfo>} info
   */
  constructor(memory, address, info) {
    this.#memory = memory;
    this.#info = { specialTokens: {}, ...info };
    this.#call = new EncodeCall(memory, address);
    /** Where the C tokenizer stands. */
    this.address = address;
  }

  /** Forgets the memory; later calls throw DISPOSED. */
  dispose() {
    this.#memory = null;
    this.#call = null;
  }

  get vocabSize() {
    return this.#open().exports.bl_tokenizer_vocab_size(this.address) >>> 0;
  }

  /** See index.d.ts. */
  encode(text, options) {
    this.#open();
    const settings = this.#readOptions(options);
    const input = readInput({ text, pair: options?.pair }, '');
    const { block, truncated } = this.#call.runOne(input, settings);
    const overflow = this.#overflowOf(input, settings, truncated);
    const encoding = new Encoding(this.#textOf, block, 0, block.total, overflow);
    return settings.padding ? this.#pad([encoding], settings)[0] : encoding;
  }

  /** See index.d.ts. */
  encodeBatch(texts, options) {
    this.#open();
    if (!Array.isArray(texts)) throw badArgument('texts is not an array.');
    if (options?.pair !== undefined) {
      throw badArgument('encodeBatch takes pairs in its array: [{ text, pair }].');
    }
    const settings = this.#readOptions(options);
    const inputs = texts.map((text, i) => readInput(text, ` ${i}`));
    const encodings = [];
    for (let first = 0; first < inputs.length; ) {
      let last = first;
      for (let units = 0; last < inputs.length && units < unitsPerCall; last++) {
        units += 1 + inputs[last].text.length + (inputs[last].pair?.length ?? 0);
      }
      this.#encodeSome(inputs.slice(first, last), settings, first, encodings);
      first = last;
    }
    return settings.padding ? this.#pad(encodings, settings) : encodings;
  }

  /** See index.d.ts. */
  decode(ids, options) {
    const memory = this.#open();
    const skip = readBoolean('skipSpecialTokens', options?.skipSpecialTokens ?? false);
    const list = readIds(ids);
    const mark = memory.mark();
    try {
      const address = memory.alloc(4 * list.length);
      memory.int32(address, list.length).set(list);
      const text = memory.writeStruct('bl_text');
      memory.call(
        'bl_tokenizer_decode',
        memory.arena,
        this.address,
        address,
        list.length,
        skip ? 1 : 0,
        text,
      );
      return readTextStruct(memory, text);
    } finally {
      memory.reset(mark);
    }
  }

  /** @param {string} token @returns {number | undefined} */
  tokenToId(token) {
    const memory = this.#open();
    if (typeof token !== 'string') throw badArgument('token is not a string.');
    const mark = memory.mark();
    try {
      const { address, length } = memory.writeText(token);
      const id = memory.exports.bl_tokenizer_token_to_id(this.address, address, length);
      return id < 0 ? undefined : id;
    } finally {
      memory.reset(mark);
    }
  }

  /** @param {number} id @returns {string | undefined} */
  idToToken(id) {
    this.#open();
    if (!Number.isInteger(id)) throw badArgument('id is not a whole number.');
    return id < 0 || id >= 2 ** 31 ? undefined : this.#text(id);
  }

  /** The text of an id; undefined when there is none. */
  #text(id) {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const memory = this.#open();
    const mark = memory.mark();
    try {
      const text = memory.writeStruct('bl_text');
      const status = memory.tryCall('bl_tokenizer_id_to_token', this.address, id, text);
      if (status === 'BL_OK') this.#texts[id] = readTextStruct(memory, text);
      return this.#texts[id];
    } finally {
      memory.reset(mark);
    }
  }

  #open() {
    if (!this.#memory) throw new BertletError('DISPOSED', 'The tokenizer was disposed of.');
    return this.#memory;
  }

  /** @param {string} name one of specialNames @returns {string | null} */
  specialToken(name) {
    return this.#info.specialTokens[name] ?? null;
  }

  /** @param {string} name one of specialNames @returns {number | null} */
  specialTokenId(name) {
    const token = this.specialToken(name);
    return token === null ? null : (this.tokenToId(token) ?? null);
  }

  #readOptions(options) {
    const given = readOptions(options);
    const needsLength = given.truncation || given.padding === 'max_length';
    const maxLength = given.maxLength ?? this.#info.modelMaxLength;
    if (needsLength && maxLength === undefined) {
      throw badArgument(
        'maxLength is missing: truncation, and padding to "max_length", need it where the folder sets none.',
      );
    }
    return { ...given, maxLength: maxLength ?? 0 };
  }

  /** One call into C; appends to `encodings`. */
  #encodeSome(inputs, settings, first, encodings) {
    const { block, starts, truncated } = this.#call.run(inputs, settings, false, first);
    for (let i = 0; i < inputs.length; i++) {
      const overflow = this.#overflowOf(inputs[i], settings, truncated[i]);
      encodings.push(new Encoding(this.#textOf, block, starts[i], starts[i + 1], overflow));
    }
  }

  /** What makes the windows that overflowed, when it is asked for. */
  #overflowOf(input, settings, truncated) {
    if (!settings.truncation) return undefined;
    return () => (truncated > 0 ? this.#overflowing(input, settings) : []);
  }

  /** Encodes once more, now with all windows: few look at what overflowed. */
  #overflowing(input, settings) {
    this.#open();
    const { block, starts } = this.#call.run([input], settings, true, 0);
    return Array.from(
      starts.subarray(1, -1),
      (start, i) => new Encoding(this.#textOf, block, start, starts[i + 2]),
    );
  }

  #pad(encodings, { padding, paddingSide, truncation, maxLength }) {
    const id = this.specialTokenId('pad');
    if (id === null) throw badArgument('padding: this tokenizer has no padding token.');
    let length = padding;
    if (padding === 'max_length') length = maxLength;
    if (padding === 'longest') {
      length = encodings.reduce((longest, encoding) => Math.max(longest, encoding.length), 0);
    }
    const pad = { id, side: paddingSide };
    return encodings.map((encoding) => {
      const windows = () => encoding.overflowing.map((window) => window.padded(length, pad));
      return encoding.padded(length, pad, truncation ? windows : undefined);
    });
  }
}

// maskToken, maskTokenId and so on.
for (const name of specialNames) {
  Object.defineProperties(Tokenizer.prototype, {
    [`${name}Token`]: {
      get() {
        return this.specialToken(name);
      },
    },
    [`${name}TokenId`]: {
      get() {
        return this.specialTokenId(name);
      },
    },
  });
}

function readTextStruct(memory, address) {
  const { bytes, length } = memory.readStruct('bl_text', address);
  return memory.readText(bytes, length);
}

function badArgument(sentence) {
  return new BertletError('BAD_ARGUMENT', sentence);
}

function readBoolean(name, value) {
  if (typeof value !== 'boolean') throw badArgument(`${name} is not true or false.`);
  return value;
}

function readCount(name, value) {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) {
    throw badArgument(`${name} is not a whole number of at least 0.`);
  }
  return value;
}

function readOptions(options = {}) {
  if (typeof options !== 'object' || options === null)
    throw badArgument('options is not an object.');
  const { truncation = false, padding = false, paddingSide = 'right' } = options;
  const strategy = truncation === true ? 'longest_first' : truncation;
  if (strategy !== false && !truncations.includes(strategy)) {
    throw badArgument(
      'truncation is none of true, false, "longest_first", "only_first", "only_second".',
    );
  }
  const pads = padding === true ? 'longest' : padding;
  if (pads !== false && pads !== 'longest' && pads !== 'max_length') readCount('padding', pads);
  if (paddingSide !== 'left' && paddingSide !== 'right') {
    throw badArgument('paddingSide is neither "left" nor "right".');
  }
  return {
    addSpecialTokens: readBoolean('addSpecialTokens', options.addSpecialTokens ?? true),
    truncation: strategy,
    padding: pads,
    paddingSide,
    maxLength:
      options.maxLength === undefined ? undefined : readCount('maxLength', options.maxLength),
    stride: readCount('stride', options.stride ?? 0),
  };
}

function readInput(input, which) {
  if (typeof input === 'string') return { text: input, pair: undefined };
  if (typeof input?.text !== 'string') throw badArgument(`text${which} is not a string.`);
  if (input.pair !== undefined && typeof input.pair !== 'string') {
    throw badArgument(`the pair of text${which} is not a string.`);
  }
  return input;
}

function readIds(ids) {
  if (ids instanceof Int32Array && ids.every((id) => id >= 0)) return ids;
  if (typeof ids !== 'object' || ids === null || !Number.isInteger(ids.length)) {
    throw badArgument('ids is not an array of numbers.');
  }
  return Int32Array.from(ids, (id) => {
    if (!Number.isInteger(id) || id < 0) throw badArgument(`ids has ${id}, which is no token id.`);
    return id < 2 ** 31 ? id : 2 ** 31 - 1;
  });
}
