// The call shapes of transformers.js: names of options and results are theirs.
import type {
  CallOptions,
  Dtype,
  LoadOptions,
  LoadProgress,
  Model,
  Source,
  Tokenizer,
} from './index.js';

/** A block of numbers as transformers.js returns it. */
export interface Tensor extends Iterable<Tensor> {
  type: string;
  data: Float32Array | Uint8Array | Int8Array;
  dims: number[];
  readonly size: number;
  /** Nested arrays of numbers. */
  tolist(): unknown[];
}

/** What every pipeline has besides the call itself. */
export interface PipelineParts extends AsyncDisposable {
  task: string;
  model: Model;
  tokenizer: Tokenizer;
  dispose(): Promise<void>;
}

/** Texts to vectors: [texts, H], or without pooling [texts, T, H], filled up with zeros. */
export interface FeatureExtractionPipeline extends PipelineParts {
  (
    texts: string | string[],
    options?: CallOptions & {
      /** Default `none`; `first_token` is `cls`. */
      pooling?: 'none' | 'mean' | 'cls' | 'first_token' | 'max';
      normalize?: boolean;
      quantize?: boolean;
      precision?: 'binary' | 'ubinary';
    },
  ): Promise<Tensor>;
}

export interface TextPair {
  text: string;
  text_pair?: string;
}

export interface TextClassificationOutput {
  label: string;
  score: number;
}

export interface TextClassificationOptions extends CallOptions {
  /** How many labels. Default 1; null: all. */
  top_k?: number | null;
  /** Default: as the model's `problem_type` says; see {@link Model.classify}. */
  function_to_apply?: 'softmax' | 'sigmoid' | 'none' | null;
}

/** Of one text a list of labels; of an array one label each, or where `top_k` is not 1 a list each. */
export interface TextClassificationPipeline extends PipelineParts {
  (
    text: string | TextPair,
    options?: TextClassificationOptions,
  ): Promise<TextClassificationOutput[]>;
  (
    texts: (string | TextPair)[],
    options?: TextClassificationOptions & { top_k?: 1 },
  ): Promise<TextClassificationOutput[]>;
  (
    texts: (string | TextPair)[],
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

/** For a text with several masks a list for each. */
export interface FillMaskPipeline extends PipelineParts {
  <Output = FillMaskOutput[]>(
    text: string,
    options?: CallOptions & { top_k?: number; targets?: string | string[] },
  ): Promise<Output>;
  <Output = FillMaskOutput[]>(
    texts: string[],
    options?: CallOptions & { top_k?: number; targets?: string | string[] },
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

export interface TokenClassificationOptions extends CallOptions {
  /** Default `['O']`. */
  ignore_labels?: string[];
  /** Tokens that windows share: texts of any length are read in windows then. */
  stride?: number;
}

export type Aggregation = 'simple' | 'first' | 'average' | 'max';

export interface TokenClassificationPipeline extends PipelineParts {
  (
    text: string,
    options: TokenClassificationOptions & { aggregation_strategy: Aggregation },
  ): Promise<EntityGroup[]>;
  (
    texts: string[],
    options: TokenClassificationOptions & { aggregation_strategy: Aggregation },
  ): Promise<EntityGroup[][]>;
  (
    text: string,
    options?: TokenClassificationOptions & { aggregation_strategy?: 'none' },
  ): Promise<TokenClassificationOutput[]>;
  (
    texts: string[],
    options?: TokenClassificationOptions & { aggregation_strategy?: 'none' },
  ): Promise<TokenClassificationOutput[][]>;
}

export interface QuestionAnsweringOutput {
  score: number;
  /** UTF-16 indices into the context. */
  start: number;
  end: number;
  /** Empty where the context has no words, or where `handle_impossible_answer` allows it. */
  answer: string;
}

export interface QuestionAnsweringOptions extends CallOptions {
  /** How many answers that don't overlap, at most. Default 1. */
  top_k?: number;
  /** Tokens that windows share. Default 128. */
  doc_stride?: number;
  /** In tokens. Default 15. */
  max_answer_len?: number;
  /** Tokens of a window, the question counted. Default 384. */
  max_seq_len?: number;
  /** Whether there may be no answer in the context. */
  handle_impossible_answer?: boolean;
}

export interface QuestionAndContext {
  question: string;
  context: string;
}

type OneAnswer = QuestionAnsweringOptions & { top_k?: 1 };

/** The best answer, or where `top_k` is not 1 a list; of an array one of these each. */
export interface QuestionAnsweringPipeline extends PipelineParts {
  (question: string, context: string, options?: OneAnswer): Promise<QuestionAnsweringOutput>;
  (
    question: string,
    context: string,
    options: QuestionAnsweringOptions,
  ): Promise<QuestionAnsweringOutput[]>;
  (
    questions: string[],
    context: string | string[],
    options?: OneAnswer,
  ): Promise<QuestionAnsweringOutput[]>;
  (
    questions: string[],
    context: string | string[],
    options: QuestionAnsweringOptions,
  ): Promise<QuestionAnsweringOutput[][]>;
  (input: QuestionAndContext, options?: OneAnswer): Promise<QuestionAnsweringOutput>;
  (
    input: QuestionAndContext,
    options: QuestionAnsweringOptions,
  ): Promise<QuestionAnsweringOutput[]>;
  (inputs: QuestionAndContext[], options?: OneAnswer): Promise<QuestionAnsweringOutput[]>;
  (
    inputs: QuestionAndContext[],
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

export interface ZeroShotClassificationOptions extends CallOptions {
  /** Default `This example is {}.` */
  hypothesis_template?: string;
  /** Each label by itself. Default false. */
  multi_label?: boolean;
}

export interface ZeroShotClassificationPipeline extends PipelineParts {
  /** `candidate_labels`: also one string with commas. */
  (
    text: string,
    candidate_labels: string | string[],
    options?: ZeroShotClassificationOptions,
  ): Promise<ZeroShotClassificationOutput>;
  (
    texts: string[],
    candidate_labels: string | string[],
    options?: ZeroShotClassificationOptions,
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

export interface PipelineOptions extends Omit<LoadOptions, 'dtype'> {
  /** `q8` is `int8`. */
  dtype?: 'auto' | Dtype | 'q8';
  /** `progress` is in percent. */
  progress_callback?: (
    event: LoadProgress & { status: 'progress' | 'ready'; progress: number },
  ) => void;
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
  options?: PipelineOptions,
): Promise<Pipelines[Task]>;
