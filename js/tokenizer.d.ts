// Text to tokens and back.
import type { TextInput } from './model.js';

/** Which text of a pair is cut; `longest_first`: whichever is longer, token by token. */
export type Truncation = 'longest_first' | 'only_first' | 'only_second';

export interface EncodeBatchOptions {
  /** Default true. */
  addSpecialTokens?: boolean | undefined;
  /** true is `longest_first`. Default false. */
  truncation?: boolean | Truncation | undefined;
  /**
   * Longest result in tokens, special tokens included, for `truncation` and the `padding`
   * `max_length`. Default: the folder's `model_max_length`, if it has one.
   */
  maxLength?: number | undefined;
  /** Tokens that a window of `overflowing` shares with the one before. Default 0. */
  stride?: number | undefined;
  /** true or `longest`: to the longest of a batch; `max_length` or a number: to that length. */
  padding?: boolean | 'longest' | 'max_length' | number | undefined;
  /** Default `right`. */
  paddingSide?: 'left' | 'right' | undefined;
}

export interface EncodeOptions extends EncodeBatchOptions {
  /** A second text: the two are encoded as a pair. */
  pair?: string | null | undefined;
}

export interface DecodeOptions {
  /** Leave out what the tokenizer adds, such as [CLS] and [SEP]. Default false. */
  skipSpecialTokens?: boolean | undefined;
}

/**
 * Tokens of one text. `tokens` and `offsets` are made when first read. The arrays of numbers
 * are views of a buffer that encodings share: transfer copies of them (`slice()`).
 */
export interface Encoding {
  /** Tokens, padding included. */
  readonly length: number;
  readonly ids: Int32Array;
  /** Which text of a pair a token is of: 0 or 1. */
  readonly typeIds: Int32Array;
  /** 0 for padding, else 1. */
  readonly attentionMask: Int32Array;
  /** 1 for tokens that were added to the text's own. */
  readonly specialTokensMask: Int32Array;
  readonly tokens: string[];
  /** UTF-16 indices into the text; [0, 0] for tokens that were added. */
  readonly offsets: [start: number, end: number][];
  /** What truncation cut off, as further windows; undefined where nothing may be cut. */
  readonly overflowing: Encoding[] | undefined;
}

/** Text to ids and back, as Hugging Face `tokenizers` does it. All calls are synchronous. */
export interface Tokenizer {
  /**
   * @throws BertletError BAD_ARGUMENT: also where truncation can't reach `maxLength`, or padding
   *   has no padding token
   */
  encode(text: string, options?: EncodeOptions): Encoding;
  encodeBatch(texts: readonly TextInput[], options?: EncodeBatchOptions): Encoding[];
  /** Ids that the vocabulary lacks are left out. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string;
  /** Tokens to text: what transformers calls convert_tokens_to_string. */
  joinTokens(tokens: readonly string[]): string;
  readonly vocabSize: number;
  tokenToId(token: string): number | undefined;
  idToToken(id: number): string | undefined;
  readonly maskToken: string | null;
  readonly maskTokenId: number | null;
  readonly clsToken: string | null;
  readonly clsTokenId: number | null;
  readonly sepToken: string | null;
  readonly sepTokenId: number | null;
  readonly padToken: string | null;
  readonly padTokenId: number | null;
  readonly unkToken: string | null;
  readonly unkTokenId: number | null;
  readonly bosToken: string | null;
  readonly bosTokenId: number | null;
  readonly eosToken: string | null;
  readonly eosTokenId: number | null;
  /** Gives its memory back; later calls throw DISPOSED. */
  dispose(): void;
}
