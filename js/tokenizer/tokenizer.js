// Text to token ids and back, synchronously; the work is done in C (src/tokenizer). A call
// crosses into WebAssembly once for many texts.
import { createEncodeCall, truncations } from './encode-call.js';
import { createResultReader } from './encoded-block.js';
import { Encoding, padEncoding } from './encoding.js';
import { asBertletError, BertletError, disposedError } from '../shared/errors.js';
import {
  badArgument,
  readChoice,
  readCount,
  readFlag,
  readInputs,
  reading,
  readTexts,
} from '../shared/inputs.js';
import { isWhole } from '../shared/kind.js';
import { readOptions } from '../shared/options.js';
import { isList, show } from '../shared/show.js';
import { placeTokenizer } from './place.js';

/** UTF-16 units of text that one call into WebAssembly takes (a longer text goes alone). */
const unitsPerCall = 1 << 16;

/**
 * @import * as contract from '../tokenizer.d.ts'
 * @import { DecodeOptions, EncodeBatchOptions, EncodeOptions } from '../tokenizer.d.ts'
 * @import { TextInput } from '../model.d.ts'
 * @import { Memory } from '../core/memory.js'
 * @import { TextOrPair } from '../shared/inputs.js'
 * @import { Encoded } from './encoded-block.js'
 * @import { EncodeCall, EncodeSettings } from './encode-call.js'
 *
 * @typedef {EncodeSettings & { padding: boolean | 'longest' | 'max_length' | number,
 *   paddingSide: 'left' | 'right' }} PaddedSettings
 */

/**
 * Puts a tokenizer into a memory for good.
 * @param {Memory} memory
 * @param {Uint8Array} blob of tokenizer-config.js
 * @param {Partial<import('./configuration.js').TokenizerInfo>} [info]
 * @returns {Tokenizer}
 */
export function createTokenizer(memory, blob, info) {
  return new Tokenizer(memory, placeTokenizer(memory, blob), info);
}

/**
 * What a tokenizer's files say beside the blob.
 * @type {(tokenizer: Tokenizer) => KnownInfo}
 *
 * @typedef {import('./configuration.js').TokenizerInfo} TokenizerInfo
 * @typedef {Partial<TokenizerInfo> & Pick<TokenizerInfo, 'specialTokens'>} KnownInfo
 */
export let tokenizerInfo;

/** @implements {contract.Tokenizer} */
export class Tokenizer {
  /** @type {{ memory: Memory, call: EncodeCall, readResult: () => Encoded } | undefined} until disposed of */
  #core;
  #address;
  #info;
  /** @type {(string | undefined)[]} */
  #texts = [];
  /** Every id of an encoding has a text. @param {number} id */
  #textOf = (id) => /** @type {string} */ (this.#text(id));

  /**
   * Seals the memory: nothing passing may be allocated in it.
   * @param {Memory} memory
   * @param {number} address what placeTokenizer gave
   * @param {Partial<import('./configuration.js').TokenizerInfo>} [info]
   */
  constructor(memory, address, info) {
    const call = createEncodeCall(memory, address);
    this.#core = { memory, call, readResult: createResultReader(memory, call.output) };
    this.#address = address;
    this.#info = { specialTokens: {}, ...info };
    memory.seal();
  }

  static {
    tokenizerInfo = (tokenizer) => tokenizer.#info;
  }

  /** Forgets the memory; later calls throw DISPOSED. */
  dispose() {
    this.#core = undefined;
  }

  get vocabSize() {
    return this.#open().memory.exports.bl_tokenizer_vocab_size(this.#address) >>> 0;
  }

  /** @param {string} text @param {EncodeOptions} [given] @returns {Encoding} */
  encode(text, given) {
    this.#open();
    const options = given === undefined ? given : readOptions(given, 'encode');
    const pair = options?.pair;
    const isPlain = typeof text === 'string' && pair === undefined;
    const inputs = isPlain ? [{ text }] : readInputs({ text, pair }).inputs;
    return this.#encodeAll(inputs, options)[0];
  }

  /** @param {readonly TextInput[]} texts @param {EncodeBatchOptions} [given] */
  encodeBatch(texts, given) {
    this.#open();
    if (!isList(texts)) throw badArgument(`texts is ${show(texts)}, not an array.`);
    const options = given === undefined ? given : readOptions(given, 'encodeBatch');
    return this.#encodeAll(readInputs(texts).inputs, options);
  }

  /** By as few calls into C as may be. @param {TextOrPair[]} inputs @param {EncodeBatchOptions} [options] */
  #encodeAll(inputs, options) {
    const settings = options
      ? readEncodeOptions(options, this.#info.modelMaxLength)
      : plainSettings;
    /** @type {Encoding[]} */
    const encodings = [];
    while (encodings.length < inputs.length) {
      const first = encodings.length;
      let last = first;
      for (let units = 0; last < inputs.length && units < unitsPerCall; last++) {
        units += 1 + inputs[last].text.length + (inputs[last].pair?.length ?? 0);
      }
      this.#encodeSome(inputs.slice(first, last), settings, first, encodings);
    }
    return settings.padding === false ? encodings : this.#pad(encodings, settings);
  }

  /** @param {ArrayLike<number>} ids @param {DecodeOptions} [options] @returns {string} */
  decode(ids, options) {
    const { memory } = this.#open();
    const { skipSpecialTokens } = readOptions(options, 'decode');
    const skip = readFlag('skipSpecialTokens', skipSpecialTokens, false);
    const list = readIds(ids);
    return this.#textFrom(memory, 'bl_tokenizer_decode', list, list.length, skip ? 1 : 0);
  }

  /** @param {readonly string[]} tokens @returns {string} */
  joinTokens(tokens) {
    const { memory } = this.#open();
    const words = readTexts('tokens', tokens); // without holes: C would read past the list
    return memory.scratch(() => {
      const texts = words.map((word) => memory.writeText(word));
      const structs = texts.flatMap(({ address, length }) => [address, length]);
      return this.#textFrom(memory, 'bl_tokenizer_join', structs, texts.length);
    });
  }

  /**
   * The text that C makes of a list.
   * @param {Memory} memory
   * @param {string} call
   * @param {ArrayLike<number>} list its 32-bit numbers
   * @param {...number} more arguments of the call
   */
  #textFrom(memory, call, list, ...more) {
    return memory.scratch(() => {
      const address = memory.writeNumbers(list);
      const text = memory.writeStruct('bl_text');
      memory.call(call, memory.arena, this.#address, address, ...more, text);
      return whereRoom(() => readTextStruct(memory, text));
    });
  }

  /** @param {string} token @returns {number | undefined} */
  tokenToId(token) {
    const { memory } = this.#open();
    if (typeof token !== 'string') throw badArgument('token is not a string.');
    return memory.scratch(() => {
      const { address, length } = memory.writeText(token);
      const id = memory.exports.bl_tokenizer_token_to_id(this.#address, address, length);
      return id < 0 ? undefined : id;
    });
  }

  /** @param {number} id @returns {string | undefined} */
  idToToken(id) {
    this.#open();
    if (!Number.isInteger(id)) throw badArgument('id is not a whole number.');
    return id < 0 || id >= 2 ** 31 ? undefined : this.#text(id);
  }

  get bosToken() {
    return this.#special('bos');
  }

  get bosTokenId() {
    return this.#idOf('bos');
  }

  get eosToken() {
    return this.#special('eos');
  }

  get eosTokenId() {
    return this.#idOf('eos');
  }

  get unkToken() {
    return this.#special('unk');
  }

  get unkTokenId() {
    return this.#idOf('unk');
  }

  get sepToken() {
    return this.#special('sep');
  }

  get sepTokenId() {
    return this.#idOf('sep');
  }

  get padToken() {
    return this.#special('pad');
  }

  get padTokenId() {
    return this.#idOf('pad');
  }

  get clsToken() {
    return this.#special('cls');
  }

  get clsTokenId() {
    return this.#idOf('cls');
  }

  get maskToken() {
    return this.#special('mask');
  }

  get maskTokenId() {
    return this.#idOf('mask');
  }

  /** @param {string} name @returns {string | null} */
  #special(name) {
    return this.#info.specialTokens[name] ?? null;
  }

  /** @param {string} name @returns {number | null} */
  #idOf(name) {
    const token = this.#special(name);
    return token === null ? null : (this.tokenToId(token) ?? null);
  }

  /** The text of an id; undefined when there is none. @param {number} id */
  #text(id) {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const { memory } = this.#open();
    return memory.scratch(() => {
      const text = memory.writeStruct('bl_text');
      const status = memory.tryCall('bl_tokenizer_id_to_token', this.#address, id, text);
      if (status === 'BL_OK') this.#texts[id] = readTextStruct(memory, text);
      return this.#texts[id];
    });
  }

  #open() {
    if (!this.#core) throw disposedError();
    return this.#core;
  }

  /**
   * One call into C.
   * @param {TextOrPair[]} inputs
   * @param {EncodeSettings} settings
   * @param {boolean} windows also those that overflow
   * @param {number} first number of the first input, for messages
   * @returns {Encoded}
   */
  #encodeInC(inputs, settings, windows, first) {
    const { memory, call, readResult } = this.#open();
    const mark = memory.mark();
    try {
      const status = call.run(inputs, settings, windows);
      if (status !== 'BL_OK') {
        const several = inputs.length > 1 || first > 0;
        throw call.errorOf(status, settings, (index) =>
          several ? ` (input ${first + index})` : '',
        );
      }
      return readResult();
    } catch (error) {
      throw asBertletError(error); // engines have their own for a string or an array without room
    } finally {
      memory.reset(mark);
    }
  }

  /**
   * One call into C; appends to `encodings`.
   * @param {TextOrPair[]} inputs
   * @param {EncodeSettings} settings
   * @param {number} first
   * @param {Encoding[]} encodings
   */
  #encodeSome(inputs, settings, first, encodings) {
    const { block, heap, starts, truncated } = this.#encodeInC(inputs, settings, false, first);
    for (let i = 0; i < inputs.length; i++) {
      const overflow = this.#overflowOf(inputs[i], settings, heap[truncated + i]);
      const [begin, end] = [heap[starts + i], heap[starts + i + 1]];
      encodings.push(new Encoding(this.#textOf, block, begin, end, overflow));
    }
  }

  /**
   * What makes the windows that overflowed, when it is asked for: it keeps nothing else alive.
   * @param {TextOrPair} input
   * @param {EncodeSettings} settings
   * @param {number} truncated
   */
  #overflowOf(input, settings, truncated) {
    if (!settings.truncation) return undefined;
    return () => (truncated > 0 ? this.#overflowing(input, settings) : []);
  }

  /**
   * Encodes once more, now with all windows: few look at what overflowed.
   * @param {TextOrPair} input
   * @param {EncodeSettings} settings
   */
  #overflowing(input, settings) {
    const { block, heap, starts } = this.#encodeInC([input], settings, true, 0);
    const windows = [];
    for (let i = starts + 1; heap[i] < block.total; i++) {
      windows.push(new Encoding(this.#textOf, block, heap[i], heap[i + 1]));
    }
    return windows;
  }

  /** @param {Encoding[]} encodings @param {PaddedSettings} settings */
  #pad(encodings, { padding, paddingSide, truncation, maxLength }) {
    const id = this.padTokenId;
    if (id === null) throw badArgument('padding: this tokenizer has no padding token.');
    const asked = padding === 'max_length' ? maxLength : padding;
    const length =
      typeof asked === 'number'
        ? asked
        : encodings.reduce((longest, encoding) => Math.max(longest, encoding.length), 0);
    const pad = { id, side: paddingSide };
    /** @param {Encoding[]} list @param {(one: Encoding) => (() => Encoding[]) | undefined} [overflowOf] */
    const padAll = (list, overflowOf) => {
      if (list.length * length > mostPadded) {
        throw new BertletError(
          'OUT_OF_MEMORY',
          `padding: ${list.length} encodings of ${length} tokens are too many to pad in one call.`,
        );
      }
      return whereRoom(() =>
        list.map((item) => padEncoding(item, length, pad, overflowOf?.(item))),
      );
    };
    return padAll(encodings, (encoding) =>
      truncation ? () => padAll(encoding.overflowing ?? []) : undefined,
    );
  }
}

/**
 * Engines have errors of their own for a string or an array that they have no room for.
 * @param {() => T} make
 * @returns {T}
 * @template T
 */
function whereRoom(make) {
  try {
    return make();
  } catch (error) {
    throw asBertletError(error);
  }
}

/** @param {Memory} memory @param {number} address */
function readTextStruct(memory, address) {
  const { bytes, length } = memory.readStruct('bl_text', address);
  return memory.readText(bytes, length);
}

const truncationChoices = [false, true, ...truncations];
/** @type {(boolean | 'longest' | 'max_length')[]} */
const paddingChoices = [false, true, 'longest', 'max_length'];
/** @type {('right' | 'left')[]} */
const paddingSides = ['right', 'left'];
/** Tokens that an encoding is padded to at most, and all of a call together: each takes 20 bytes. */
const mostPadding = 1 << 24;
const mostPadded = 1 << 26;

/**
 * @param {EncodeBatchOptions} options
 * @param {number} [usualLength] of the files
 * @returns {PaddedSettings}
 */
function readEncodeOptions(options, usualLength) {
  const { truncation = false, padding = false } = options;
  const isLength = typeof padding === 'number';
  const maxLength = readCount('maxLength', options.maxLength, usualLength, 0);
  const addSpecialTokens = readFlag('addSpecialTokens', options.addSpecialTokens, true);
  const chosen = readChoice('truncation', truncation, truncationChoices);
  const settings = {
    addSpecialTokens,
    truncation: chosen === true ? 'longest_first' : chosen,
    padding: isLength
      ? readCount('padding', padding, 0, 0)
      : readChoice('padding', padding, paddingChoices),
    paddingSide: readChoice('paddingSide', options.paddingSide ?? 'right', paddingSides),
    maxLength: maxLength ?? 0,
    stride: readCount('stride', options.stride, 0, 0),
  };
  const padded = settings.padding === 'max_length' ? maxLength : settings.padding;
  if (typeof padded === 'number' && padded > mostPadding) {
    throw badArgument(
      `padding to ${padded} tokens: an encoding is padded to ${mostPadding} at most.`,
    );
  }
  if (maxLength === undefined && (settings.truncation || settings.padding === 'max_length')) {
    throw badArgument('maxLength is missing: truncation and padding to it need one.');
  }
  return settings;
}

const plainSettings = readEncodeOptions({});

/** @param {unknown} ids @returns {Int32Array} */
function readIds(ids) {
  return reading('ids', () => {
    if (ids instanceof Int32Array && ids.every((id) => id >= 0)) return ids;
    const list = /** @type {ArrayLike<unknown> | null} */ (typeof ids === 'object' ? ids : null);
    if (!list || !Number.isInteger(list.length)) {
      throw badArgument('ids is not an array of numbers.');
    }
    return Int32Array.from(list, (id) => {
      if (isWhole(id, 0)) return Math.min(id, 2 ** 31 - 1);
      throw badArgument(`ids has ${show(id)}, which is no token id.`);
    });
  });
}
