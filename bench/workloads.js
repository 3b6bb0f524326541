// The texts that every contender gets. They are made from the model's own vocabulary:
// BERT's list stands roughly in the order of frequency, so drawing words by rank
// (Zipf) gives running text with English word lengths and frequencies, reproducibly
// and without shipping anyone's prose. Texts of the encoder workloads consist of
// whole vocabulary words, so their ids are known without any tokenizer.
import { readFileSync } from 'node:fs';

/**
 * @typedef {{ single: boolean, texts: string[], ids: number[][] }} TextWorkload `single`: the text
 *   is given alone, not as an array of one; `ids`: the texts' tokens
 * @typedef {{ single: boolean, ids: number[][], head: string, rows: number[] }} HeadWorkload
 *   `rows`: which one of each text the head is asked for
 * @typedef {{ texts: string[], bytes: number }} Prose for the tokenizers
 * @typedef {TextWorkload | HeadWorkload | Prose} Workload
 *
 * @typedef {() => number} Random gives numbers from 0 to 1
 * @typedef {object} Vocabulary
 * @property {Record<string, number>} vocab token → id
 * @property {string[]} words whole ones, the most frequent first
 * @property {string[]} endings that rarer words are made with
 * @property {Float64Array} cumulative the words' frequencies, each added to those before it
 * @property {number} total of all frequencies
 */

/** Name, and what a contender gets. */
export const WORKLOADS = {
  query: 'one text of 8 tokens',
  tok128: 'one text of 128 tokens',
  batch32: '32 texts of 16 tokens',
  mixed64: '64 texts of 4 to 256 tokens',
  corpus: '2,000 lines, 20 tokens on average',
};

/** What tasks read: of every text one row. */
export const HEAD_WORKLOADS = {
  'classify tok128': 'a classifier, one text of 128 tokens',
  'classify batch32': 'a classifier, 32 texts of 16 tokens',
  'fillMask query': 'a masked LM, one text of 8 tokens with one mask',
  'fillMask tok128': 'a masked LM, one text of 128 tokens with one mask',
};

const FIRST_FREQUENT_ID = 1996; // "the"; the ids before it are symbols and letters

/**
 * A small seeded generator (mulberry32): the same texts on every machine.
 * @param {number} seed
 * @returns {Random}
 */
export function randomSource(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @param {string} tokenizerJson a path @returns {Vocabulary} */
function readVocabulary(tokenizerJson) {
  /** @type {{ vocab: Record<string, number> }} */
  const { vocab } = JSON.parse(readFileSync(tokenizerJson, 'utf8')).model;
  const entries = Object.entries(vocab).sort((a, b) => a[1] - b[1]);
  const words = entries
    .filter(([token, id]) => id >= FIRST_FREQUENT_ID && /^[a-z]+$/.test(token))
    .map(([token]) => token);
  const endings = entries.map(([token]) => token).filter((token) => /^##[a-z]{2,5}$/.test(token));
  const cumulative = new Float64Array(words.length);
  let total = 0;
  for (let rank = 0; rank < words.length; rank++) {
    total += 1 / (rank + 2.7) ** 1.05;
    cumulative[rank] = total;
  }
  return { vocab, words, endings: endings.map((token) => token.slice(2)), cumulative, total };
}

/** @param {Vocabulary} vocabulary @param {Random} random */
function pickWord({ words, cumulative, total }, random) {
  const target = random() * total;
  let low = 0;
  let high = words.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] < target) low = middle + 1;
    else high = middle;
  }
  return words[low];
}

/**
 * A text of exactly `tokens` tokens, [CLS] and [SEP] included, with its ids.
 * @param {Vocabulary} vocabulary
 * @param {Random} random
 * @param {number} tokens
 */
function makeText(vocabulary, random, tokens) {
  const ids = [vocabulary.vocab['[CLS]']];
  let text = '';
  while (ids.length < tokens - 1) {
    const isLast = ids.length === tokens - 2;
    const punctuation = ids.length > 2 && (isLast || random() < 0.06);
    const word = punctuation ? (isLast ? '.' : ',') : pickWord(vocabulary, random);
    ids.push(vocabulary.vocab[word]);
    if (text && !punctuation) text += ' ';
    text += text ? word : word[0].toUpperCase() + word.slice(1);
  }
  ids.push(vocabulary.vocab['[SEP]']);
  return { text, ids };
}

/** Lengths like those of sentences: few very short ones, a long tail. @param {Random} random */
function sentenceLength(random) {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(5, Math.min(96, Math.round(Math.exp(Math.log(18) + 0.5 * normal))));
}

/** @param {number[]} values @param {Random} random */
function shuffle(values, random) {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j], values[i]];
  }
  return values;
}

/**
 * A workload for a head; a masked LM gets a mask in the middle of each text.
 * @param {string} task
 * @param {TextWorkload} base
 * @param {number} maskId
 * @returns {HeadWorkload}
 */
function forHead(task, { single, ids }, maskId) {
  if (task === 'classify')
    return { single, ids, head: 'sequence-classification', rows: ids.map(() => 0) };
  const rows = ids.map(({ length }) => length >> 1);
  const masked = ids.map((list, i) => list.map((id, at) => (at === rows[i] ? maskId : id)));
  return { single, ids: masked, head: 'masked-lm', rows };
}

/**
 * @param {string} tokenizerJson path of the model's tokenizer.json
 * @param {{ corpusLines: number }} options
 * @returns {Record<string, Workload>} by name
 */
export function makeWorkloads(tokenizerJson, { corpusLines }) {
  const vocabulary = readVocabulary(tokenizerJson);
  const random = randomSource(20);
  const lengths = {
    query: [8],
    tok128: [128],
    batch32: Array.from({ length: 32 }, () => 16),
    mixed64: shuffle(
      Array.from({ length: 64 }, (_, i) => 4 * (i + 1)),
      random,
    ),
    corpus: Array.from({ length: corpusLines }, () => sentenceLength(random)),
  };
  /** @type {Record<string, TextWorkload>} */
  const ofTexts = {};
  for (const [name, list] of Object.entries(lengths)) {
    const made = list.map((tokens) => makeText(vocabulary, random, tokens));
    ofTexts[name] = {
      single: list.length === 1,
      texts: made.map(({ text }) => text),
      ids: made.map(({ ids }) => ids),
    };
  }
  const maskId = vocabulary.vocab['[MASK]'];
  /** @type {Record<string, HeadWorkload>} */
  const ofHeads = {};
  for (const name of Object.keys(HEAD_WORKLOADS)) {
    const [task, base] = name.split(' ');
    ofHeads[name] = forHead(task, ofTexts[base], maskId);
  }
  return { ...ofTexts, ...ofHeads };
}

/**
 * Lines of running text for the tokenizers: sentences with names, numbers, quotes and
 * words that the vocabulary does not have whole.
 * @param {string} tokenizerJson
 * @param {number} bytes
 */
export function makeProse(tokenizerJson, bytes) {
  const vocabulary = readVocabulary(tokenizerJson);
  const random = randomSource(4);
  /** @param {string} word */
  const capital = (word) => word[0].toUpperCase() + word.slice(1);
  const lines = [];
  let written = 0;
  while (written < bytes) {
    const words = [];
    const count = 6 + Math.floor(random() * 20);
    for (let i = 0; i < count; i++) {
      let word = pickWord(vocabulary, random);
      const kind = random();
      if (kind < 0.04) {
        word += vocabulary.endings[Math.floor(random() * vocabulary.endings.length)];
      } else if (kind < 0.08) word = capital(word);
      else if (kind < 0.09) word = String(Math.floor(random() * 3000));
      else if (kind < 0.1) word += "'s";
      else if (kind < 0.11) word = `"${word}"`;
      else if (kind < 0.12) word += `-${pickWord(vocabulary, random)}`;
      if (i < count - 1 && random() < 0.06) word += ',';
      words.push(i === 0 ? capital(word) : word);
    }
    const line = `${words.join(' ')}${random() < 0.05 ? '?' : '.'}`;
    lines.push(line);
    written += line.length + 1;
  }
  return lines;
}
