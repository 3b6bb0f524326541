// A loaded model: what its calls take and give.
import type { AsyncDisposer } from './async-disposer.js';
import type {
  Answer,
  AnswerOptions,
  Choice,
  Classification,
  ClassifyOptions,
  Entity,
  FilledMask,
  FilledMasks,
  FillMaskOptions,
  IfSeveralMasks,
  Labels,
  Question,
  Ranked,
  RankOptions,
  SummarizeOptions,
  Summary,
  TagTokensOptions,
  ZeroShotOptions,
  ZeroShotResult,
} from './calls.js';
import type { Dtype, LoadProgress, Source } from './index.js';
import type { Tokenizer, Truncation } from './tokenizer.js';

/**
 * Arrays of numbers as results have them: with a buffer of their own kind, never a shared one, so
 * that `Blob`, `fetch` and WebGL take them. (They are plain `Float32Array` and so on before
 * TypeScript 5.7.)
 */
export type Floats = ReturnType<Float32ArrayConstructor['from']>;
export type SignedBytes = ReturnType<Int8ArrayConstructor['from']>;
export type Bytes = ReturnType<Uint8ArrayConstructor['from']>;

/** A text, or a pair of texts that the model reads as two segments. */
export type TextInput = string | { readonly text: string; readonly pair?: string | null };

export interface Usage {
  /** Tokens computed, special tokens included. */
  tokens: number;
  /** Tokens left out because the text was too long. */
  truncated: number;
  windows: number;
}

/**
 * What happens to texts that are longer than `maxLength`. Default `truncate`; for `answer` it is
 * `window`.
 * - `truncate`: they are cut, and `onUsage` says by how much.
 * - `error`: the call rejects with TOO_LONG.
 * - `window`: they are read in windows of `maxLength` tokens, and what these give is put
 *   together; of a pair the second text is cut into windows, each with the whole first.
 */
export type LongText = 'truncate' | 'error' | 'window';

export interface CallOptions {
  /** Rejects with ABORTED; other calls on the model go on. */
  signal?: AbortSignal | undefined;
  /**
   * Longest input in tokens, special tokens included. Default: the folder's
   * (`sentence_bert_config.json`, `model_max_length`), at most the model's positions.
   */
  maxLength?: number | undefined;
  /**
   * Which text of a pair is cut. Default `longest_first`. As Hugging Face has it: true is
   * `longest_first`, false is `longText: 'error'`.
   */
  truncation?: boolean | Truncation | undefined;
  longText?: LongText | undefined;
  /** Called for each input, in order, with what was computed. */
  onUsage?: ((usage: Usage) => void) | undefined;
  /** Called while an array is worked through. */
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

/** Of calls that read no windows. */
export interface WholeTextOptions extends CallOptions {
  longText?: 'truncate' | 'error' | undefined;
}

/** Of calls that can read long texts in windows. */
export interface WindowOptions extends CallOptions {
  /**
   * Tokens that a window shares with the one before. Default 0; for `tagTokens` and `answer`
   * 128, or where windows are short half of what they hold.
   */
  stride?: number | undefined;
}

/** How the vectors of tokens become one; `none`: they don't. */
export type Pooling = 'mean' | 'cls' | 'max' | 'none';

/**
 * `int8`: component × 127, rounded. `binary`: one bit a component (1: above zero), the first in
 * the highest bit of the first byte.
 */
export type VectorPrecision = 'float32' | 'int8' | 'binary';

export interface EmbedOptions extends WindowOptions {
  /** Default: the folder's (`modules.json`, `1_Pooling/config.json`), else `mean`. */
  pooling?: Pooling | undefined;
  /** Divide by the Euclidean norm. Default: the folder's, else true; with `none` false. */
  normalize?: boolean | undefined;
  /**
   * Keep only the first so many dimensions (matryoshka models); normalised again. Default: all, or
   * the folder's `truncate_dim`, which is not normalised again, as in sentence-transformers.
   */
  dimensions?: number | undefined;
  precision?: VectorPrecision | undefined;
  /** A prompt's name in `config_sentence_transformers.json`, or the words to put in front. */
  prompt?: string | undefined;
}

/** Of calls that compare embeddings. */
export interface CompareOptions extends EmbedOptions {
  pooling?: Exclude<Pooling, 'none'> | undefined;
  precision?: 'float32' | undefined;
}

/** Row-major numbers and their dimensions. */
export interface Matrix {
  data: Floats;
  shape: number[];
}

/**
 * What `embed` gives for a text: with the pooling `none` a matrix [T, H] of T tokens, else a vector
 * of `dimensions` numbers (`binary`: bits, in an eighth of so many bytes, rounded up).
 */
export type Embedding<
  P extends Pooling | undefined = undefined,
  N extends VectorPrecision | undefined = undefined,
> = P extends 'none'
  ? Matrix
  : N extends 'int8'
    ? SignedBytes
    : N extends 'binary'
      ? Bytes
      : Floats;

/** true: all; or of which layers: numbers from 0 on, negative ones count from the end. */
export type Layers = boolean | number | readonly number[];

/** A token of the text, at UTF-16 units [start, end). */
export interface EmbedSparseOptions extends WindowOptions {
  /** How many weights at most. Default all that are not 0. */
  topK?: number | undefined;
  /** As of `embed`. */
  prompt?: string | undefined;
}

/** How much a token of the vocabulary says of a text. */
export interface SparseWeight {
  token: string;
  tokenId: number;
  weight: number;
}

export interface ReplacedToken {
  token: string;
  /** How likely it replaces another, 0 to 1. */
  score: number;
  start: number;
  end: number;
}

export interface ForwardOptions extends WholeTextOptions, Labels {
  /** Layer 0 is the embeddings. Default false. */
  hiddenStates?: Layers | undefined;
  /** Default false. */
  attentions?: Layers | undefined;
  /** false: leave the heads out. Default true. */
  logits?: boolean | undefined;
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

/** A {@link ForwardResult} with what was asked for: `H` hidden states, `A` attentions. */
export type ForwardResultWith<H, A> = ForwardResult &
  Kept<'hiddenStates', H> &
  Kept<'attentions', A>;

type Kept<Name extends string, Asked> = [Asked] extends [true | number | readonly number[]]
  ? { [name in Name]: Matrix[] }
  : unknown;

export interface UseAdapterOptions {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Expected hashes of the adapter's files: see {@link LoadTokenizerOptions.integrity}. */
  integrity?: Readonly<Record<string, string>> | undefined;
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
 *
 * All calls reject with BAD_ARGUMENT, ABORTED, DISPOSED, OUT_OF_MEMORY, and with TOO_LONG where
 * `longText` is `error`. One input gives a result, an array of them an array, in order.
 */
export interface Model extends AsyncDisposer {
  /** One vector a text: see {@link Embedding}. */
  embed<
    P extends Pooling | undefined = undefined,
    N extends VectorPrecision | undefined = undefined,
  >(
    text: TextInput,
    options?: EmbedOptions & { pooling?: P; precision?: N },
  ): Promise<Embedding<P, N>>;
  embed<
    P extends Pooling | undefined = undefined,
    N extends VectorPrecision | undefined = undefined,
  >(
    texts: readonly TextInput[],
    options?: EmbedOptions & { pooling?: P; precision?: N },
  ): Promise<Embedding<P, N>[]>;
  embed<
    P extends Pooling | undefined = undefined,
    N extends VectorPrecision | undefined = undefined,
  >(
    x: TextInput | readonly TextInput[],
    options?: EmbedOptions & { pooling?: P; precision?: N },
  ): Promise<Embedding<P, N> | Embedding<P, N>[]>;

  /**
   * The cosine of two texts' embeddings, from -1 to 1; where the folder has another
   * `similarity_fn_name`, that.
   */
  similarity(a: TextInput, b: TextInput, options?: CompareOptions): Promise<number>;

  /**
   * Labels with their scores, best first. Of windows: the mean of their scores.
   * @throws BertletError NO_HEAD
   */
  classify(text: TextInput, options?: ClassifyOptions): Promise<Classification[]>;
  classify(texts: readonly TextInput[], options?: ClassifyOptions): Promise<Classification[][]>;
  classify(
    x: TextInput | readonly TextInput[],
    options?: ClassifyOptions,
  ): Promise<Classification[] | Classification[][]>;

  /**
   * What could stand where a text has the mask token (`tokenizer.maskToken`): for one mask its
   * candidates, best first; for several masks a list each. The types see several only in a text
   * that is written out; else say so: `fillMask<FilledMask[][]>(text)`. With `longText: 'window'`
   * each mask is in the middle of its window.
   * @throws BertletError NO_HEAD; BAD_ARGUMENT: no mask, or a target that is not one token;
   *   TOO_LONG: a mask would be cut off, or a pair needed windows
   */
  fillMask<Text>(
    text: Text & IfSeveralMasks<Text>,
    options?: FillMaskOptions,
  ): Promise<FilledMask[][]>;
  fillMask<Result extends FilledMasks = FilledMask[]>(
    text: TextInput,
    options?: FillMaskOptions,
  ): Promise<Result>;
  fillMask<Result extends FilledMasks = FilledMask[]>(
    texts: readonly TextInput[],
    options?: FillMaskOptions,
  ): Promise<Result[]>;
  fillMask<Result extends FilledMasks = FilledMask[]>(
    x: TextInput | readonly TextInput[],
    options?: FillMaskOptions,
  ): Promise<Result | Result[]>;

  /**
   * Names, places and whatever the model tags, in the order of the text. Of entities that overlap
   * where windows do, the longer stays, of two as long the better.
   * @throws BertletError NO_HEAD
   */
  tagTokens(text: string, options?: TagTokensOptions): Promise<Entity[]>;
  tagTokens(texts: readonly string[], options?: TagTokensOptions): Promise<Entity[][]>;
  tagTokens(
    x: string | readonly string[],
    options?: TagTokensOptions,
  ): Promise<Entity[] | Entity[][]>;

  /**
   * Where a context answers a question, best first. Question and context are read together, a
   * long context in windows of 384 tokens (`maxLength`). Candidates and scores are those of
   * transformers' question-answering pipeline; but of answers that overlap only the best is
   * given, and it is asked for more until `topK` are left. No answer: a context without words.
   * @throws BertletError NO_HEAD; BAD_ARGUMENT: an empty question or context, or a question that
   *   leaves no room for the context
   */
  answer(question: Question, options?: AnswerOptions): Promise<Answer[]>;
  answer(questions: readonly Question[], options?: AnswerOptions): Promise<Answer[][]>;
  answer(
    x: Question | readonly Question[],
    options?: AnswerOptions,
  ): Promise<Answer[] | Answer[][]>;

  /**
   * Which of some labels fit a text, though the model was not trained on them. With an NLI head
   * (a classifier with a label that begins with "entail") each label is put into the hypothesis,
   * as transformers' pipeline does it; without one, texts and hypotheses are compared by their
   * embeddings, and the result's `method` says so.
   * @param labels an array, or one string with commas
   */
  zeroShot(
    text: string,
    labels: string | readonly string[],
    options?: ZeroShotOptions,
  ): Promise<ZeroShotResult>;
  zeroShot(
    texts: readonly string[],
    labels: string | readonly string[],
    options?: ZeroShotOptions,
  ): Promise<ZeroShotResult[]>;
  zeroShot(
    x: string | readonly string[],
    labels: string | readonly string[],
    options?: ZeroShotOptions,
  ): Promise<ZeroShotResult | ZeroShotResult[]>;

  /**
   * Documents by how well they answer a query, best first. A cross-encoder (a classifier with one
   * output) reads query and document together, with the scores of sentence-transformers'
   * CrossEncoder; without one it is the cosine of embeddings, with the folder's prompts for
   * queries and documents. Of a document's windows the best one counts.
   */
  rank(query: string, documents: readonly string[], options?: RankOptions): Promise<Ranked[]>;

  /**
   * Which of some endings goes on a text, best first. It has no windows.
   * @throws BertletError NO_HEAD
   */
  multipleChoice(
    prompt: string,
    choices: readonly string[],
    options?: WholeTextOptions,
  ): Promise<Choice[]>;

  /**
   * The sentences that say most of a text, in its own words and order. Needs no head.
   * @throws BertletError UNSUPPORTED: a runtime without `Intl.Segmenter`
   */
  summarize(text: string, options?: SummarizeOptions): Promise<Summary>;
  summarize(texts: readonly string[], options?: SummarizeOptions): Promise<Summary[]>;
  summarize(
    x: string | readonly string[],
    options?: SummarizeOptions,
  ): Promise<Summary | Summary[]>;

  /**
   * How likely the second text follows the first, from 0 to 1. It has no windows.
   * @throws BertletError NO_HEAD
   */
  nextSentence(a: string, b: string, options?: WholeTextOptions): Promise<{ isNext: number }>;

  /**
   * A sparse vector: weights of tokens of the vocabulary, heaviest first, as SPLADE makes them of
   * a masked-LM head's logits: the most over a text's tokens of log(1 + max(0, logit)), or as the
   * SpladePooling of the folder says. Their dot product compares texts.
   * @throws BertletError NO_HEAD
   */
  embedSparse(text: TextInput, options?: EmbedSparseOptions): Promise<SparseWeight[]>;
  embedSparse(texts: readonly TextInput[], options?: EmbedSparseOptions): Promise<SparseWeight[][]>;
  embedSparse(
    x: TextInput | readonly TextInput[],
    options?: EmbedSparseOptions,
  ): Promise<SparseWeight[] | SparseWeight[][]>;

  /**
   * For each token of the text how likely it was put there by a generator, from 0 to 1: what an
   * ELECTRA discriminator says. It has no windows.
   * @throws BertletError NO_HEAD
   */
  detectReplaced(text: string, options?: WholeTextOptions): Promise<ReplacedToken[]>;

  /** The raw outputs of encoder and head, and a loss where there are labels. It has no windows. */
  forward<H extends Layers | undefined = undefined, A extends Layers | undefined = undefined>(
    text: TextInput,
    options?: ForwardOptions & { hiddenStates?: H; attentions?: A },
  ): Promise<ForwardResultWith<H, A>>;
  forward<H extends Layers | undefined = undefined, A extends Layers | undefined = undefined>(
    texts: readonly TextInput[],
    options?: ForwardOptions & { hiddenStates?: H; attentions?: A },
  ): Promise<ForwardResultWith<H, A>[]>;
  forward<H extends Layers | undefined = undefined, A extends Layers | undefined = undefined>(
    x: TextInput | readonly TextInput[],
    options?: ForwardOptions & { hiddenStates?: H; attentions?: A },
  ): Promise<ForwardResultWith<H, A> | ForwardResultWith<H, A>[]>;

  /**
   * Makes later calls use an adapter: see {@link LoadOptions.adapter}. null: none, the base alone.
   * Those that were used last are there at once, others give their memory back; calls under way go
   * on with what they began with.
   * @throws BertletError as `load`; BAD_MODEL: it does not fit the model
   */
  useAdapter(adapter: Source, options?: UseAdapterOptions): Promise<void>;

  /** Synchronous. */
  readonly info: ModelInfo;
  /** Synchronous, also where the engine is in a worker. */
  readonly tokenizer: Tokenizer;

  /** Synchronous. Gives all memory back; calls under way and later ones reject with DISPOSED. */
  dispose(): void;
}
