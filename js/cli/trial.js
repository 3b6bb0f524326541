// Whether a loaded model can do what its calls ask of it: a folder may load that they refuse. Each
// call is made once, and the tokenizer's ids are held against the vocabulary of the weights.

/** The second has a word that no vocabulary lists: it needs the unknown token. */
const texts = ['Some words to try.', 'A rare word: \u{12000}\u{12001}.'];
const [text] = texts;

/** Beyond the vocabulary, so many ids are looked at. */
const idsBeyond = 1 << 20;

/** @import { CallOptions, Model } from '../index.d.ts' */

/**
 * Makes a call; what it gives does not matter.
 * @typedef {(model: Model, options: Pick<CallOptions, 'signal'>) => Promise<unknown>} Trial
 */

/** Calls that need no head, and those of each head. @type {Record<string, Trial>} */
const usual = {
  embed: async (model, options) => checkNumbers(await model.embed(texts, options)),
  'embed a pair': (model, options) =>
    model.embed({ text, pair: text }, { ...options, pooling: 'mean' }),
  rank: (model, options) => model.rank(text, texts, options),
};
/** @type {Record<string, Record<string, Trial>>} */
const callsOfHeads = {
  'masked-lm': {
    fillMask: (model, options) => {
      const { maskToken } = model.tokenizer;
      return model.fillMask(`${text} ${maskToken ?? ''}`, options);
    },
  },
  'sequence-classification': { classify: (model, options) => model.classify(texts, options) },
  'token-classification': { tagTokens: (model, options) => model.tagTokens(texts, options) },
  'question-answering': {
    answer: (model, options) => model.answer({ question: text, context: text }, options),
  },
  'multiple-choice': {
    multipleChoice: (model, options) => model.multipleChoice(text, texts, options),
  },
  'next-sentence-prediction': {
    nextSentence: (model, options) => model.nextSentence(text, text, options),
  },
  'replaced-token-detection': {
    detectReplaced: (model, options) => model.detectReplaced(text, options),
  },
};

/**
 * @param {Model} model
 * @param {AbortSignal} signal
 * @returns {Promise<{ works: string[], problems: Problem[] }>} `works`: the calls that do
 *
 * @typedef {{ calls: string[], code: string, message: string }} Problem `calls`: those that give
 *   this error
 */
export async function tryCalls(model, signal) {
  /** @type {string[]} */
  const works = [];
  /** @type {Problem[]} */
  const problems = [];
  /** @type {Record<string, Trial>} */
  const calls = Object.assign({}, usual, ...model.info.heads.map((head) => callsOfHeads[head]));
  for (const [name, call] of Object.entries(calls)) {
    try {
      await call(model, { signal });
      works.push(name);
    } catch (error) {
      signal.throwIfAborted();
      const { code = 'INTERNAL', message } = /** @type {NodeJS.ErrnoException} */ (error);
      const known = problems.find((problem) => problem.message === message);
      if (known) known.calls.push(name);
      else problems.push({ calls: [name], code, message });
    }
  }
  const beyond = checkVocabulary(model);
  return { works, problems: beyond ? [...problems, beyond] : problems };
}

/** @param {Float32Array[]} vectors */
function checkNumbers(vectors) {
  if (vectors.every((vector) => vector.every(Number.isFinite))) return;
  throw Object.assign(new Error('The vectors hold what is no number.'), { code: 'BAD_MODEL' });
}

/**
 * Texts with such tokens are refused, others are not.
 * @param {Model} model
 * @returns {Problem | undefined}
 */
function checkVocabulary({ tokenizer, info: { vocabSize } }) {
  /** @param {number} id */
  const isToken = (id) => tokenizer.idToToken(id) !== undefined;
  let within = 0;
  for (let id = 0; id < vocabSize; id++) if (isToken(id)) within++;
  const count = tokenizer.vocabSize - within;
  if (count <= 0) return undefined;
  let first = vocabSize;
  while (first < vocabSize + idsBeyond && !isToken(first)) first++;
  const token = tokenizer.idToToken(first);
  if (token === undefined) return undefined; // two tokens share an id
  return {
    calls: ['texts with some tokens'],
    code: 'BAD_MODEL',
    message:
      `The tokenizer has ${count} beyond the ${vocabSize} of the weights, the first with id ` +
      `${first}: "${token.slice(0, 40)}".`,
  };
}
