/**
 * bertlet: BERT-family encoders that run wholly on the client.
 *
 * Every call is asynchronous unless it says otherwise, and every failure is a
 * {@link BertletError}. Nothing is sent anywhere; the only network access is
 * fetching the files that you name.
 */

import type {
  Answer,
  AnswerOptions,
  Classification,
  ClassifyOptions,
  Entity,
  FilledMasks,
  FillMaskOptions,
  Labels,
  Question,
  TagTokensOptions,
} from './calls.js';

export type * from './calls.js';
export * from './pipeline.js';

/** A file's content, where a model is given file by file. */
export type FileContent =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | Response
  | ReadableStream<Uint8Array>
  | URL
  | string;

/**
 * Where a model's files are: nothing = the embedded model; a path (Node) or URL of a
 * Hugging Face model folder; its files one by one, or a folder picked in a page.
 */
export type Source = string | URL | Record<string, FileContent> | Iterable<File> | undefined;

/** How weights are stored and computed with. See {@link LoadOptions.dtype}. */
export type Dtype = 'fp32' | 'int8' | 'int8-fast';

/** What happens while a model loads. `loaded` and `total` are bytes; `loaded` never decreases. */
export interface LoadProgress {
  phase: 'download' | 'prepare' | 'ready';
  /** The file under way. */
  file: string;
  loaded: number;
  /** Undefined as long as a file's size is not known. */
  total: number | undefined;
  fromCache: boolean;
}

export interface LoadTokenizerOptions {
  /** Stops loading with the code ABORTED. */
  signal?: AbortSignal;
  onProgress?: (progress: LoadProgress) => void;
  /** Keep downloads in the browser's Cache API. Default: on in pages, off elsewhere. */
  cache?: boolean | { name?: string };
  /**
   * Expected hashes by file name: `{ 'model.safetensors': 'sha256-<base64>' }`. If it names any
   * file, only those that it names count: a file that is needed and not named is an `INTEGRITY`
   * error, an optional one is not read.
   */
  integrity?: Record<string, string>;
}

export interface LoadOptions extends LoadTokenizerOptions {
  /**
   * - `int8` (`auto`): 8-bit weights, 13-bit activations, exact integer sums: near
   *   lossless, and the same bits on every machine. A float file is quantised row by row
   *   while its bytes arrive.
   * - `int8-fast`: 7-bit activations through relaxed SIMD. Without relaxed SIMD it is
   *   `int8`, and `info.dtype` says so.
   * - `fp32`: as PyTorch computes.
   */
  dtype?: 'auto' | Dtype;
  /**
   * How many share the work; `auto`: up to 4, as there are cores; at most 16. Where memory can be
   * shared (in Node from 22 on; in a page that is cross-origin isolated) they are threads on one
   * memory. Elsewhere arrays of texts are spread over so many workers: they start at the first call of
   * about a thousand tokens, each with a copy of the model, made from the memory of the first
   * (nothing is fetched again). All copies together take at most 512 MB, or 2 GB where a number is
   * asked for.
   * `info.threads`, `info.threading` and `info.threadsReason` say what it became.
   */
  threads?: 'auto' | number;
  /**
   * false: no memory is shared, even where it could be. true: it is wherever it can be, also in
   * Node 20, which does not optimise threads on shared memory. Default `auto`.
   */
  sharedMemory?: 'auto' | boolean;
  /** Which instructions to use. `auto`: relaxed SIMD where the engine has it. */
  simd?: 'auto' | 'baseline' | 'relaxed';
  /** Whether the engine runs in a worker. `auto`: in a page yes, elsewhere no. */
  worker?: 'auto' | boolean;
  /** Also honoured by every later call on the model. */
  signal?: AbortSignal;
}

/**
 * Loads a model.
 * @throws BertletError NOT_FOUND, NETWORK, ABORTED, INTEGRITY, BAD_MODEL (damaged or
 *   inconsistent files), UNSUPPORTED, BAD_ARGUMENT, OUT_OF_MEMORY, NO_SIMD
 */
export function load(source?: Source, options?: LoadOptions): Promise<Model>;

/**
 * Loads only the tokenizer: `tokenizer.json`, or `vocab.txt` with `tokenizer_config.json`.
 */
export function loadTokenizer(source?: Source, options?: LoadTokenizerOptions): Promise<Tokenizer>;

/** A text, or a pair of texts that the model reads as two segments. */
export type TextInput = string | { text: string; pair?: string };

export interface Usage {
  /** Tokens computed, special tokens included. */
  tokens: number;
  /** Tokens left out because the text was too long. */
  truncated: number;
  windows: number;
}

export interface CallOptions {
  /** Rejects with ABORTED; other calls on the model go on. */
  signal?: AbortSignal;
  /**
   * Longest input in tokens, special tokens included. Default: the folder's
   * (`sentence_bert_config.json`, `model_max_length`), at most the model's positions.
   */
  maxLength?: number;
  /**
   * Which text of a pair is cut. Default `longest_first`, which is what true means, too; false is
   * `longText: 'error'`.
   */
  truncation?: boolean | 'longest_first' | 'only_first' | 'only_second';
  /**
   * What happens to longer texts. Default `truncate`; for `answer` it is `window`.
   * - `truncate`: they are cut, and `onUsage` says by how much.
   * - `error`: the call rejects with TOO_LONG.
   * - `window`: they are read in windows of `maxLength` tokens, and what these give is put
   *   together; of a pair the second text is cut into windows, each with the whole first.
   */
  longText?: 'truncate' | 'error' | 'window';
  /**
   * Tokens that a window shares with the one before. Default 0; for `tagTokens` and `answer`
   * 128, or where windows are short half of what they hold.
   */
  stride?: number;
  /** Called for each input, in order, with what was computed. */
  onUsage?: (usage: Usage) => void;
  /** Called while an array is worked through. */
  onProgress?: (progress: { done: number; total: number }) => void;
}

export interface EmbedOptions extends CallOptions {
  /** Default: the folder's (`modules.json`, `1_Pooling/config.json`), else `mean`. */
  pooling?: 'mean' | 'cls' | 'max' | 'none';
  /** Divide by the Euclidean norm. Default: the folder's, else true. */
  normalize?: boolean;
  /** Keep only the first so many dimensions (matryoshka models); normalised again. */
  dimensions?: number;
  /**
   * `int8`: component × 127, rounded. `binary`: one bit a component (1: above zero), the
   * first in the highest bit of the first byte.
   */
  precision?: 'float32' | 'int8' | 'binary';
  /** A prompt's name in `config_sentence_transformers.json`, or the words to put in front. */
  prompt?: string;
}

/** Row-major numbers and their dimensions. */
export interface Matrix {
  data: Float32Array;
  shape: number[];
}

export interface ForwardOptions extends CallOptions, Labels {
  /** true: all; or of which layers, 0 being the embeddings; negative numbers count from the end. */
  hiddenStates?: boolean | number | number[];
  /** true: all; or of which layers, 0 being the first. */
  attentions?: boolean | number | number[];
  /** false: leave the heads out. */
  logits?: boolean;
}

/** What the encoder computed for one input of T tokens; H is the hidden size. */
export interface ForwardResult {
  /** [T, H] */
  lastHiddenState: Matrix;
  /** [H]: the pooler's output, where the model has one. */
  pooled?: Matrix;
  /** The embeddings' output, then each layer's, or those asked for: [T, H] each. */
  hiddenStates?: Matrix[];
  /** For each layer [heads, T, T]: how much each token (row) attends to each other. */
  attentions?: Matrix[];
  /**
   * What the model's head gives: [labels] of sequence classification, [2] of next sentence (0: it
   * follows), [1] of multiple choice, [T, labels] of token classification, [T, vocabulary] of a
   * masked LM.
   */
  logits?: Matrix;
  /** [2]: of the next-sentence head beside a masked LM. */
  seqRelationshipLogits?: Matrix;
  /** [T] each: question answering. */
  startLogits?: Matrix;
  endLogits?: Matrix;
  /**
   * What the labels cost this input, as transformers computes it for a batch of one: cross
   * entropy (mean over the rows that count; NaN where none does), binary cross entropy if multi
   * label, mean squared error of a regression.
   */
  loss?: number;
  tokens: string[];
  ids: Int32Array;
  /** Where each token stands in the text, in UTF-16 units; [0, 0] for added tokens. */
  offsets: [start: number, end: number][];
}

export interface ModelInfo {
  /** The folder's `model_type`. */
  architecture: string;
  parameters: number;
  dtype: Dtype;
  simd: 'baseline' | 'relaxed';
  /** How many share the work of a large call. */
  threads: number;
  /** `shared`: threads on one memory; `workers`: workers with a copy of the model each. */
  threading: 'shared' | 'workers' | 'none';
  /** A sentence that says why so, and why there are not more. */
  threadsReason: string;
  /** Bytes of WebAssembly memory held now, by all workers together. */
  memoryBytes: number;
  /** masked-lm, next-sentence-prediction, sequence-classification, multiple-choice,
   * token-classification, question-answering: those that the model has. */
  heads: string[];
  layers: number;
  hiddenSize: number;
  attentionHeads: number;
  vocabSize: number;
  /** Default longest input in tokens. */
  maxLength: number;
}

/**
 * A loaded model. Calls may overlap: they queue in order. The result for a text never
 * depends on what else is in the array. If a worker or thread ends (out of memory, say), the
 * calls under way reject with INTERNAL, and the next call starts another: it reads the source
 * again, where no other worker has a copy. Streams and responses cannot be read again.
 */
export class Model implements AsyncDisposable {
  private constructor();
  /** One vector a text. */
  embed(text: TextInput, options: EmbedOptions & { pooling: 'none' }): Promise<Matrix>;
  embed(texts: TextInput[], options: EmbedOptions & { pooling: 'none' }): Promise<Matrix[]>;
  embed(text: TextInput, options: EmbedOptions & { precision: 'int8' }): Promise<Int8Array>;
  embed(texts: TextInput[], options: EmbedOptions & { precision: 'int8' }): Promise<Int8Array[]>;
  embed(text: TextInput, options: EmbedOptions & { precision: 'binary' }): Promise<Uint8Array>;
  embed(texts: TextInput[], options: EmbedOptions & { precision: 'binary' }): Promise<Uint8Array[]>;
  embed(text: TextInput, options?: EmbedOptions): Promise<Float32Array>;
  embed(texts: TextInput[], options?: EmbedOptions): Promise<Float32Array[]>;

  /** The cosine of two texts' embeddings, from -1 to 1. */
  similarity(a: TextInput, b: TextInput, options?: EmbedOptions): Promise<number>;

  /**
   * Labels with their scores, best first. Of windows: the mean of their scores.
   * @throws BertletError NO_HEAD
   */
  classify(text: TextInput, options?: ClassifyOptions): Promise<Classification[]>;
  classify(texts: TextInput[], options?: ClassifyOptions): Promise<Classification[][]>;

  /**
   * What could stand where a text has the mask token (`tokenizer.maskToken`). With `longText:
   * 'window'` each mask is in the middle of its window.
   * @throws BertletError NO_HEAD; BAD_ARGUMENT: no mask, or a target that is not one token;
   *   TOO_LONG: a mask would be cut off, or a pair needed windows
   */
  fillMask(text: TextInput, options?: FillMaskOptions): Promise<FilledMasks>;
  fillMask(texts: TextInput[], options?: FillMaskOptions): Promise<FilledMasks[]>;

  /**
   * Names, places and whatever the model tags, in the order of the text. Of entities that overlap
   * where windows do, the longer stays, of two as long the better.
   * @throws BertletError NO_HEAD
   */
  tagTokens(text: string, options?: TagTokensOptions): Promise<Entity[]>;
  tagTokens(texts: string[], options?: TagTokensOptions): Promise<Entity[][]>;

  /**
   * Where a context answers a question, best first. Question and context are read together, a
   * long context in windows of 384 tokens (`maxLength`). Candidates and scores are those of
   * transformers' question-answering pipeline; but of answers that overlap only the best is
   * given, and it is asked for more until `topK` are left. No answer: a context without words.
   * @throws BertletError NO_HEAD; BAD_ARGUMENT: an empty question or context, or a question that
   *   leaves no room for the context
   */
  answer(question: Question, options?: AnswerOptions): Promise<Answer[]>;
  answer(questions: Question[], options?: AnswerOptions): Promise<Answer[][]>;

  /**
   * How likely the second text follows the first. It has no windows.
   * @throws BertletError NO_HEAD
   */
  nextSentence(a: string, b: string, options?: CallOptions): Promise<{ isNext: number }>;

  /** The raw outputs of encoder and head, and a loss where there are labels. It has no windows. */
  forward(text: TextInput, options?: ForwardOptions): Promise<ForwardResult>;
  forward(texts: TextInput[], options?: ForwardOptions): Promise<ForwardResult[]>;

  /** Synchronous. */
  readonly info: ModelInfo;
  /** Synchronous, also where the engine is in a worker. */
  readonly tokenizer: Tokenizer;

  /** Gives all memory back; calls under way and later ones reject with DISPOSED. */
  dispose(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface EncodeOptions {
  /** A second text: the two are encoded as a pair. */
  pair?: string;
  /** Default true. */
  addSpecialTokens?: boolean;
  /** true is `longest_first`. Default false. */
  truncation?: boolean | 'longest_first' | 'only_first' | 'only_second';
  /** Longest result in tokens, special tokens included. */
  maxLength?: number;
  /** Tokens that a window of `overflowing` shares with the one before. Default 0. */
  stride?: number;
  /** true or `longest`: to the longest of a batch; `max_length` or a number: to that length. */
  padding?: boolean | 'longest' | 'max_length' | number;
  /** Default `right`. */
  paddingSide?: 'left' | 'right';
}

/**
 * Tokens of one text. `tokens` and `offsets` are made when first read. The arrays of numbers
 * are views of a buffer that encodings share: transfer copies of them (`slice()`).
 */
export interface Encoding {
  /** Tokens, padding included. */
  readonly length: number;
  readonly ids: Int32Array;
  readonly typeIds: Int32Array;
  readonly attentionMask: Int32Array;
  readonly specialTokensMask: Int32Array;
  readonly tokens: string[];
  /** UTF-16 indices into the text; [0, 0] for tokens that were added. */
  readonly offsets: [start: number, end: number][];
  /** What truncation cut off, as further windows. */
  readonly overflowing?: Encoding[];
}

/** Text to ids and back, as Hugging Face `tokenizers` does it. All calls are synchronous. */
export class Tokenizer {
  private constructor();
  encode(text: string, options?: EncodeOptions): Encoding;
  encodeBatch(texts: TextInput[], options?: Omit<EncodeOptions, 'pair'>): Encoding[];
  decode(ids: ArrayLike<number>, options?: { skipSpecialTokens?: boolean }): string;
  /** Tokens to text: what transformers calls convert_tokens_to_string. */
  joinTokens(tokens: string[]): string;
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

export type ErrorCode =
  | 'BAD_ARGUMENT'
  | 'NOT_FOUND'
  | 'NETWORK'
  | 'ABORTED'
  | 'BAD_MODEL'
  | 'UNSUPPORTED'
  | 'INTEGRITY'
  | 'NO_HEAD'
  | 'TOO_LONG'
  | 'OUT_OF_MEMORY'
  | 'NO_SIMD'
  | 'DISPOSED'
  | 'INTERNAL';

/** Every failure: a stable `code`, and a message that says what to do. */
export class BertletError extends Error {
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown });
  readonly code: ErrorCode;
  /** `AbortError` where the code is ABORTED, else `BertletError`. */
  readonly name: 'BertletError' | 'AbortError';
}
