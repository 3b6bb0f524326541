// The call shapes of transformers.js: names of options and results are theirs.
import type { AsyncDisposer } from './async-disposer.js';
import type { IfSeveralMasks } from './calls.js';
import type { Dtype, LoadOptions, LoadProgress, Source } from './index.js';
import type {
  Bytes,
  CallOptions,
  CompareOptions,
  EmbedOptions,
  Floats,
  Model,
  SignedBytes,
  WindowOptions,
} from './model.js';
import type { Tokenizer } from './tokenizer.js';

/** A block of numbers as transformers.js returns it. */
export interface Tensor extends Iterable<Tensor> {
  type: 'float32' | 'int8' | 'uint8';
  data: Floats | SignedBytes | Bytes;
  dims: number[];
  readonly size: number;
  /** Nested arrays of numbers. */
  tolist(): unknown[];
}

/** What every pipeline has besides the call itself. */
export interface PipelineParts extends AsyncDisposer {
  task: keyof Pipelines;
  model: Model;
  tokenizer: Tokenizer;
  dispose(): Promise<void>;
}

export interface FeatureExtractionOptions extends Omit<EmbedOptions, 'pooling' | 'precision'> {
  /** Default `none`; `first_token` is `cls`. */
  pooling?: 'none' | 'mean' | 'cls' | 'first_token' | 'max' | undefined;
  /** Default false. */
  normalize?: boolean | undefined;
  /** Vectors as bits; needs a pooling. Default false. */
  quantize?: boolean | undefined;
  /** Of bits: bytes with a sign (`binary`, the default) or without. */
  precision?: 'binary' | 'ubinary' | undefined;
}

/** Texts to vectors: [texts, H], or without pooling [texts, T, H], filled up with zeros. */
export interface FeatureExtractionPipeline extends PipelineParts {
  (texts: string | readonly string[], options?: FeatureExtractionOptions | null): Promise<Tensor>;
}

export interface TextPair {
  readonly text: string;
  readonly text_pair?: string;
}

export interface TextClassificationOutput {
  label: string;
  score: number;
}

export interface TextClassificationOptions extends WindowOptions {
  /** How many labels. Default 1; null: all. */
  top_k?: number | null | undefined;
  /** The same under its name of old. */
  topk?: number | null | undefined;
  /** Default: as the model's `problem_type` says; see {@link Model.classify}. */
  function_to_apply?: 'softmax' | 'sigmoid' | 'none' | null | undefined;
  /** As {@link ClassifyOptions.multiLabel}. */
  multiLabel?: boolean | undefined;
}

/** Of one text a list of labels; of an array one label each, or where `top_k` is not 1 a list each. */
export interface TextClassificationPipeline extends PipelineParts {
  (
    text: string | TextPair,
    options?: TextClassificationOptions | null,
  ): Promise<TextClassificationOutput[]>;
  (
    texts: readonly (string | TextPair)[],
    options?: (TextClassificationOptions & { top_k?: 1; topk?: 1 }) | null,
  ): Promise<TextClassificationOutput[]>;
  (
    texts: readonly (string | TextPair)[],
    options: TextClassificationOptions,
  ): Promise<TextClassificationOutput[][]>;
}

export interface FillMaskOutput {
  score: number;
  /** The token's id. */
  token: number;
  token_str: string;
  /** The text with this token in the mask's place; special tokens stay while it has other masks. */
  sequence: string;
}

export interface FillMaskPipelineOptions extends CallOptions {
  /** How many tokens for each mask. Default 5. */
  top_k?: number | null | undefined;
  /** The same under its name of old. */
  topk?: number | null | undefined;
  /** Only these words. */
  targets?: string | readonly string[] | null | undefined;
}

/** For a text with several masks a list for each: see {@link Model.fillMask}. */
export interface FillMaskPipeline extends PipelineParts {
  <Text>(
    text: Text & IfSeveralMasks<Text>,
    options?: FillMaskPipelineOptions | null,
  ): Promise<FillMaskOutput[][]>;
  <Output = FillMaskOutput[]>(
    text: string,
    options?: FillMaskPipelineOptions | null,
  ): Promise<Output>;
  <Output = FillMaskOutput[]>(
    texts: readonly string[],
    options?: FillMaskPipelineOptions | null,
  ): Promise<Output[]>;
}

/** A token, without aggregation. */
export interface TokenClassificationOutput {
  entity: string;
  score: number;
  index: number;
  word: string;
  /** UTF-16 indices into the text. */
  start: number;
  end: number;
}

/** Tokens that are an entity together. */
export interface EntityGroup {
  entity_group: string;
  score: number;
  word: string;
  start: number;
  end: number;
}

export interface TokenClassificationOptions extends WindowOptions {
  /**
   * How tokens become groups; `none` (default): they don't. As
   * {@link TagTokensOptions.aggregation}.
   */
  aggregation_strategy?: 'none' | Aggregation | undefined;
  /** Default `['O']`. */
  ignore_labels?: readonly string[] | undefined;
  /** Tokens that windows share: texts of any length are read in windows then. */
  stride?: number | undefined;
}

export type Aggregation = 'simple' | 'first' | 'average' | 'max';

type OneByOne = TokenClassificationOptions & { aggregation_strategy?: 'none' | undefined };
type InGroups = TokenClassificationOptions & { aggregation_strategy: Aggregation };

/** Tokens, or with an `aggregation_strategy` groups of them. */
export interface TokenClassificationPipeline extends PipelineParts {
  (text: string, options: InGroups): Promise<EntityGroup[]>;
  (texts: readonly string[], options: InGroups): Promise<EntityGroup[][]>;
  (text: string, options?: OneByOne | null): Promise<TokenClassificationOutput[]>;
  (texts: readonly string[], options?: OneByOne | null): Promise<TokenClassificationOutput[][]>;
}

export interface QuestionAnsweringOutput {
  score: number;
  /** UTF-16 indices into the context. */
  start: number;
  end: number;
  /** Empty where the context has no words, or where `handle_impossible_answer` allows it. */
  answer: string;
}

export interface QuestionAnsweringOptions extends WindowOptions {
  /** How many answers that don't overlap, at most. Default 1. */
  top_k?: number | undefined;
  /** The same under its name of old. */
  topk?: number | undefined;
  /** Tokens that windows share. Default 128. */
  doc_stride?: number | undefined;
  /** In tokens. Default 15. */
  max_answer_len?: number | undefined;
  /** Tokens of a window, the question counted. Default 384. */
  max_seq_len?: number | undefined;
  /** Whether there may be no answer in the context. */
  handle_impossible_answer?: boolean | undefined;
}

export interface QuestionAndContext {
  readonly question: string;
  readonly context: string;
}

type OneAnswer = QuestionAnsweringOptions & { top_k?: 1; topk?: 1 };

/** The best answer, or where `top_k` is not 1 a list; of an array one of these each. */
export interface QuestionAnsweringPipeline extends PipelineParts {
  (question: string, context: string, options?: OneAnswer | null): Promise<QuestionAnsweringOutput>;
  (
    question: string,
    context: string,
    options: QuestionAnsweringOptions,
  ): Promise<QuestionAnsweringOutput[]>;
  (
    questions: readonly string[],
    context: string | readonly string[],
    options?: OneAnswer | null,
  ): Promise<QuestionAnsweringOutput[]>;
  (
    questions: readonly string[],
    context: string | readonly string[],
    options: QuestionAnsweringOptions,
  ): Promise<QuestionAnsweringOutput[][]>;
  (input: QuestionAndContext, options?: OneAnswer | null): Promise<QuestionAnsweringOutput>;
  (
    input: QuestionAndContext,
    options: QuestionAnsweringOptions,
  ): Promise<QuestionAnsweringOutput[]>;
  (
    inputs: readonly QuestionAndContext[],
    options?: OneAnswer | null,
  ): Promise<QuestionAnsweringOutput[]>;
  (
    inputs: readonly QuestionAndContext[],
    options: QuestionAnsweringOptions,
  ): Promise<QuestionAnsweringOutput[][]>;
}

export interface ZeroShotClassificationOutput {
  sequence: string;
  /** Best first. */
  labels: string[];
  scores: number[];
  /** Where the model has no head for this: the scores come from the closeness of embeddings. */
  method?: 'embedding';
}

export interface ZeroShotClassificationOptions extends CompareOptions {
  /** Default `This example is {}.` */
  hypothesis_template?: string | undefined;
  /** Each label by itself. Default false. */
  multi_label?: boolean | undefined;
}

export interface ZeroShotClassificationPipeline extends PipelineParts {
  /** `candidate_labels`: also one string with commas. */
  (
    text: string,
    candidate_labels: string | readonly string[],
    options?: ZeroShotClassificationOptions | null,
  ): Promise<ZeroShotClassificationOutput>;
  (
    texts: readonly string[],
    candidate_labels: string | readonly string[],
    options?: ZeroShotClassificationOptions | null,
  ): Promise<ZeroShotClassificationOutput[]>;
}

/** Pipelines by task. */
export interface Pipelines {
  'feature-extraction': FeatureExtractionPipeline;
  embeddings: FeatureExtractionPipeline;
  'text-classification': TextClassificationPipeline;
  'sentiment-analysis': TextClassificationPipeline;
  'fill-mask': FillMaskPipeline;
  'token-classification': TokenClassificationPipeline;
  ner: TokenClassificationPipeline;
  'question-answering': QuestionAnsweringPipeline;
  'zero-shot-classification': ZeroShotClassificationPipeline;
}

/**
 * Those of `load`, and those of transformers.js: of what bertlet has not, such as files of ONNX
 * models, values are taken that change nothing. Others reject with UNSUPPORTED.
 */
export interface PipelineOptions extends Omit<LoadOptions, 'dtype'> {
  /** `q8` is `int8`. */
  dtype?: 'auto' | Dtype | 'q8' | undefined;
  /** `progress` is in percent. */
  progress_callback?:
    | ((event: LoadProgress & { status: 'progress' | 'ready'; progress: number }) => void)
    | null
    | undefined;
  config?: null | undefined;
  cache_dir?: null | undefined;
  local_files_only?: boolean | null | undefined;
  revision?: 'main' | null | undefined;
  device?: 'auto' | 'wasm' | 'cpu' | null | undefined;
  subfolder?: 'onnx' | '' | null | undefined;
  model_file_name?: 'model' | null | undefined;
  use_external_data_format?: false | null | undefined;
  session_options?: null | undefined;
}

/**
 * The call shapes of transformers.js, so that existing code only changes its import. Its calls
 * also take the options that {@link Model} has and transformers.js has not: `signal`,
 * `maxLength`, `longText`, `onUsage`, …
 * @throws BertletError UNSUPPORTED: no such task; and those of `load`. The calls: those of
 *   {@link Model}, NO_HEAD among them
 */
export function pipeline<Task extends keyof Pipelines>(
  task: Task,
  source?: Source,
  options?: PipelineOptions | null,
): Promise<Pipelines[Task]>;
