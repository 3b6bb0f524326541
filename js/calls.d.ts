// Options and results of the calls beside embed(); model.d.ts has the calls themselves.
import type { CallOptions, CompareOptions, WindowOptions } from './model.js';

export interface ClassifyOptions extends WindowOptions {
  /** How many labels. Default: all. */
  topK?: number | undefined;
  /** true: each label by itself (`sigmoid`); false: all together make 1 (`softmax`). */
  multiLabel?: boolean | undefined;
  /**
   * What makes scores of logits; counts more than `multiLabel`. Default, as in transformers:
   * `none` for the `problem_type` regression, `sigmoid` for multi_label_classification and for a
   * single label, else `softmax`.
   */
  functionToApply?: 'softmax' | 'sigmoid' | 'none' | undefined;
}

export interface Classification {
  /** By `id2label`, else LABEL_0, LABEL_1, … */
  label: string;
  score: number;
}

export interface FillMaskOptions extends CallOptions {
  /** How many tokens for each mask. Default 5. */
  topK?: number | undefined;
  /**
   * Only these words, each one token of the vocabulary once it is normalised as the tokenizer
   * does (`Sun` is `sun` to an uncased model). Scores stay those among all tokens.
   */
  targets?: string | readonly string[] | undefined;
}

export interface FilledMask {
  /** The token's text, without spaces at its ends; `##` is kept where it goes on with a word. */
  token: string;
  tokenId: number;
  /** Probability among all tokens. */
  score: number;
  /**
   * The whole text with this token in the mask's place, as decoded; special tokens are left out
   * unless other masks remain in it.
   */
  sequence: string;
}

/** For a text with one mask its candidates, best first; with several, one list for each. */
export type FilledMasks = FilledMask[] | FilledMask[][];

type SeveralMasks =
  | `${string}[MASK]${string}[MASK]${string}`
  | `${string}<mask>${string}<mask>${string}`;

/** Lets a text through whose own type, as of one that is written out, has several masks. */
export type IfSeveralMasks<Text> = 0 extends 1 & Text
  ? never
  : Text extends SeveralMasks
    ? unknown
    : never;

export interface TagTokensOptions extends WindowOptions {
  /**
   * How tokens become entities, as in transformers' pipeline:
   * - `none` (default): each token by itself, labels as they are (`B-PER`).
   * - `simple`: neighbours with one tag are an entity (`PER`); one that begins with `B-` begins
   *   anew.
   * - `first`, `average`, `max`: the same, but a word is never cut: it has the tag of its first
   *   token, of the mean of its tokens' scores, or of its surest token.
   */
  aggregation?: 'none' | 'simple' | 'first' | 'average' | 'max' | undefined;
  /** Entities that are left out. Default `['O']`. */
  ignoreLabels?: readonly string[] | undefined;
}

export interface Entity {
  /** The label, or of several tokens together its name without `B-` or `I-`. */
  entity: string;
  /** Probability; of several tokens the mean. */
  score: number;
  /** The token, or the tokens as the tokenizer joins them. */
  word: string;
  /** UTF-16 indices into the text. */
  start: number;
  end: number;
  /** Without aggregation: which token of the whole text it is, added ones counted. */
  index?: number;
}

export interface Question {
  readonly question: string;
  readonly context: string;
}

export interface AnswerOptions extends WindowOptions {
  /** How many answers that don't overlap, at most. Default 1. */
  topK?: number | undefined;
  /** In tokens. Default 15. */
  maxAnswerLength?: number | undefined;
  /** Whether there may be no answer in the context: `{ answer: '', start: 0, end: 0 }`. */
  allowNone?: boolean | undefined;
}

export interface Answer {
  /** `context.slice(start, end)`: whole words. */
  answer: string;
  /**
   * Probability of the answer's first token times that of its last. Those of candidates with the
   * same words add up, also over windows, so it can be above 1.
   */
  score: number;
  /** UTF-16 indices into the context. */
  start: number;
  end: number;
}

export interface ZeroShotOptions extends CompareOptions {
  /** With {} where the label goes. Default `This example is {}.` */
  hypothesisTemplate?: string | undefined;
  /** true: each label by itself; false: scores of all labels make 1. Default false. */
  multiLabel?: boolean | undefined;
}

export interface ZeroShotResult {
  sequence: string;
  /** Best first. */
  labels: string[];
  /** From 0 to 1, in the order of `labels`. */
  scores: number[];
  method: 'nli' | 'embedding';
}

export interface RankOptions extends CompareOptions {
  /** How many documents. Default: all. */
  topK?: number | undefined;
  /**
   * What was said before the query, the oldest first. Where it leaves no room for a document, the
   * oldest turns are left out, and `onUsage` counts them.
   */
  history?: readonly string[] | undefined;
}

export interface Ranked {
  /** Where the document stood in the array. */
  index: number;
  /**
   * Of a cross-encoder what its folder's activation gives (a probability, or any number); else a
   * cosine.
   */
  score: number;
  document: string;
}

export interface Choice {
  /** Where the choice stood in the array. */
  index: number;
  /** Probability; all together make 1. */
  score: number;
  choice: string;
}

export interface SummarizeOptions extends CompareOptions {
  /** How many at most. Default 3. */
  sentences?: number | undefined;
  /** The text's, as a BCP 47 tag; it tells where sentences end. Default `en`. */
  language?: string | undefined;
}

export interface Summary {
  /** The sentences chosen, joined by spaces. */
  summary: string;
  sentences: SummarySentence[];
}

export interface SummarySentence {
  text: string;
  /** UTF-16 indices into the whole text. */
  start: number;
  end: number;
  /** The cosine between the sentence and all of the text. */
  score: number;
}

/**
 * Labels of one input. With an array of inputs each option is an array of these, one for each
 * input; but for multiple choice, where the inputs are the choices, `labels` is one number.
 */
export interface Labels {
  /**
   * - Sequence classification: the label's number; several numbers from 0 to 1, one for each
   *   label, if it is multi label; the target value or values of a regression.
   * - Token classification, masked LM: a number for each token; -100 doesn't count.
   * - Next sentence: 0, if the pair's second text follows, or 1.
   * - Multiple choice: the number of the right one.
   */
  labels?: number | ArrayLike<number> | readonly ArrayLike<number>[] | undefined;
  /** Of a model with a masked LM and a next-sentence head: 0 or 1. The two losses add up. */
  nextSentenceLabel?: number | readonly number[] | undefined;
  /** Question answering: the answer's first token. One beyond the text gives NaN. */
  startPositions?: number | readonly number[] | undefined;
  /** And its last. */
  endPositions?: number | readonly number[] | undefined;
}
