// Options and results of the calls that need a head; index.d.ts has the calls themselves.
import type { CallOptions } from './index.js';

export interface ClassifyOptions extends CallOptions {
  /** How many labels. Default: all. */
  topK?: number;
  /** true: each label by itself (`sigmoid`); false: all together make 1 (`softmax`). */
  multiLabel?: boolean;
  /**
   * What makes scores of logits; counts more than `multiLabel`. Default, as in transformers:
   * `none` for the `problem_type` regression, `sigmoid` for multi_label_classification and for a
   * single label, else `softmax`.
   */
  functionToApply?: 'softmax' | 'sigmoid' | 'none';
}

export interface Classification {
  /** By `id2label`, else LABEL_0, LABEL_1, … */
  label: string;
  score: number;
}

export interface FillMaskOptions extends CallOptions {
  /** How many tokens for each mask. Default 5. */
  topK?: number;
  /**
   * Only these words, each one token of the vocabulary once it is normalised as the tokenizer
   * does (`Sun` is `sun` to an uncased model). Scores stay those among all tokens.
   */
  targets?: string | string[];
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

export interface TagTokensOptions extends CallOptions {
  /**
   * How tokens become entities, as in transformers' pipeline:
   * - `none` (default): each token by itself, labels as they are (`B-PER`).
   * - `simple`: neighbours with one tag are an entity (`PER`); one that begins with `B-` begins
   *   anew.
   * - `first`, `average`, `max`: the same, but a word is never cut: it has the tag of its first
   *   token, of the mean of its tokens' scores, or of its surest token.
   */
  aggregation?: 'none' | 'simple' | 'first' | 'average' | 'max';
  /** Entities that are left out. Default `['O']`. */
  ignoreLabels?: string[];
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
  question: string;
  context: string;
}

export interface AnswerOptions extends CallOptions {
  /** How many answers that don't overlap, at most. Default 1. */
  topK?: number;
  /** In tokens. Default 15. */
  maxAnswerLength?: number;
  /** Whether there may be no answer in the context: `{ answer: '', start: 0, end: 0 }`. */
  allowNone?: boolean;
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
  labels?: number | ArrayLike<number> | ArrayLike<number>[];
  /** Of a model with a masked LM and a next-sentence head: 0 or 1. The two losses add up. */
  nextSentenceLabel?: number | number[];
  /** Question answering: the answer's first token. One beyond the text gives NaN. */
  startPositions?: number | number[];
  /** And its last. */
  endPositions?: number | number[];
}
