// BPE, byte-level and not, and WordLevel with Split: what tests/fixtures/tokenizer_bpe.py asked
// Hugging Face `tokenizers`.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { tokenizerBlobFromJson } from '../../js/tokenizer/configuration.js';
import { makeMixedLines } from '../helpers/mixed-lines.js';
import { constants, openFiles, readFixture } from '../helpers/tokenizers.js';

const fixture = readFixture('tokenizer-bpe-cases.json');
const models = readFixture('tokenizer-bpe-models.json');
const configs = readFixture('tokenizer-bpe-configs.json');
for (const { model } of Object.values(configs)) {
  for (const part of ['vocab', 'merges']) {
    if (typeof model[part] !== 'string') continue;
    model[part] = models[model[part].split(' ')[0]][part];
  }
}

/** @param {string} name @param {(config: any) => void} [change] */
function open(name, change) {
  const config = structuredClone(configs[name]);
  change?.(config);
  return openFiles({ 'tokenizer.json': config });
}

const hash = (text, length) => createHash('sha256').update(text).digest('hex').slice(0, length);

/** A window as tokenizer.py describes it. */
function describe({ ids, typeIds, specialTokensMask, attentionMask, tokens, offsets }) {
  const lists = [ids, typeIds, specialTokensMask, attentionMask].map((list) => Array.from(list));
  return [...lists, tokens, offsets.flat()];
}

for (const name of Object.keys(configs)) {
  test(`as tokenizers: ${name}`, async () => {
    const tokenizer = await open(name);
    const cases = fixture.cases.filter(([of]) => of === name);
    assert.ok(cases.length > 5);
    for (const [, text, pair, options, expected] of cases) {
      const about = JSON.stringify({ text, pair, options });
      const call = () => tokenizer.encode(text, { ...options, pair: pair ?? undefined });
      if (expected === 'error') {
        assert.throws(call, { code: 'BAD_ARGUMENT' }, about);
        continue;
      }
      const encoding = call();
      const windows = [encoding, ...(encoding.overflowing ?? [])].map(describe);
      if (typeof expected === 'string') {
        assert.equal(hash(JSON.stringify(windows), 10), expected, about);
      } else {
        assert.deepEqual(windows, expected, about);
      }
    }
    for (const [of, ids, all, withoutSpecial] of fixture.decode) {
      if (of !== name) continue;
      assert.equal(tokenizer.decode(ids), all, `${ids}`);
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }), withoutSpecial, `${ids}`);
    }
  });
}

test('10,000 lines', async () => {
  const [header, ...hashes] = readFixture('tokenizer-bpe-lines.txt').trimEnd().split('\n');
  const [, seed, names] = /seed (\d+): (.*)/.exec(header);
  const lines = makeMixedLines(readFixture('tokenizer-words.json'), hashes.length, Number(seed));
  assert.equal(hashes.length, 10_000);
  const batches = [];
  for (const name of names.split(', ')) batches.push((await open(name)).encodeBatch(lines));
  hashes.forEach((expected, i) => {
    const parts = batches.map((batch) => {
      const { ids, offsets } = batch[i];
      return hash([...ids, ...offsets.flat()].join(','), 8);
    });
    assert.equal(hash(parts.join(' '), 8), expected, `line ${i}: ${lines[i]}`);
  });
});

test('what a text has in front of it changes nothing behind added tokens', async () => {
  const tokenizer = await open('roberta');
  const words = "caf\u00e9 \u{1f600} it's 12 \n\n  x".repeat(50);
  const alone = tokenizer.encode(words, { addSpecialTokens: false });
  const behind = tokenizer.encode(`</s>${words}`, { addSpecialTokens: false });
  assert.deepEqual(Array.from(behind.ids).slice(1), Array.from(alone.ids));
  assert.deepEqual(
    behind.offsets.slice(1).flat(),
    alone.offsets.flat().map((at) => at + 4),
  );
});

test('time is linear in the text, whatever it is', async () => {
  const texts = {
    letters: 'a',
    'one letter and marks': 'A\u0301',
    spaces: ' ',
    'line breaks': ' \n',
    'spaces behind a line break': `\n${' '.repeat(60)}`,
    punctuation: '!',
    'upper case': 'AB',
    digits: '7',
    emoji: '\u{1f600}',
    mixed: "it's \n 12ab",
  };
  for (const name of [
    'roberta',
    'modernbert',
    'llama-3',
    'cl100k',
    'o200k',
    'no-regex',
    'suffix',
  ]) {
    const tokenizer = await open(name);
    for (const [what, unit] of Object.entries(texts)) {
      const time = (length) => {
        const text = unit.repeat(Math.ceil(length / unit.length));
        let best = Infinity;
        for (let i = 0; i < 3; i++) {
          const start = performance.now();
          tokenizer.encode(text);
          best = Math.min(best, performance.now() - start);
        }
        return best;
      };
      time(1 << 12);
      const [short, long] = [time(1 << 13), time(1 << 17)];
      // 16 times the text; a square would take 256 times as long.
      assert.ok(long < 64 * short + 20, `${name}, ${what}: ${short} ms, then ${long} ms`);
    }
  }
});

test('a word of a megabyte', async () => {
  for (const name of ['roberta', 'no-regex', 'suffix']) {
    const tokenizer = await open(name);
    const start = performance.now();
    const { ids } = tokenizer.encode('ab'.repeat(1 << 19), { addSpecialTokens: false });
    assert.ok(ids.length > 1000);
    assert.ok(performance.now() - start < 8000, `${name}: ${performance.now() - start} ms`);
  }
});

test('merges as texts and as pairs are the same; a later one of a pair counts', async () => {
  const blob = (config) => tokenizerBlobFromJson(config, constants);
  const pairs = structuredClone(configs['roberta-prefix']);
  const texts = structuredClone(pairs);
  texts.model.merges = [
    '#version: 0.2',
    ...texts.model.merges.map((pair) => (Array.isArray(pair) ? pair.join(' ') : pair)),
  ];
  assert.deepEqual(blob(texts), blob(pairs));
});

/** [what, how the tokenizer of RoBERTa is changed, code, what the message names] */
const refused = [
  ['lots', ({ model }) => (model.dropout = 0.5), 'UNSUPPORTED', /model\.dropout 0\.5/],
  ['a merge of one', ({ model }) => (model.merges = ['ab']), 'BAD_MODEL', /merges has 0/],
  ['a merge of three', ({ model }) => (model.merges = ['a b c']), 'BAD_MODEL', /merges has 0/],
  ['a merge of numbers', ({ model }) => (model.merges = [[1, 2]]), 'BAD_MODEL', /merges has 0/],
  ['no merges', ({ model }) => delete model.merges, 'BAD_MODEL', /merges is missing/],
  [
    'a merge to what is no token',
    ({ model }) => (model.merges = ['z z']),
    'BAD_MODEL',
    /merges has 0 .*vocabulary/,
  ],
  [
    'bytes for prefixed characters',
    ({ model }) => Object.assign(model, { byte_fallback: true, end_of_word_suffix: '</w>' }),
    'UNSUPPORTED',
    /model\.byte_fallback true/,
  ],
  [
    'offsets that are trimmed twice',
    (json) => {
      const own = json.post_processor;
      const level = { ...own, type: 'ByteLevel', use_regex: true };
      json.post_processor = { type: 'Sequence', processors: [level, own] };
    },
    'UNSUPPORTED',
    /post_processor\.type "Sequence"/,
  ],
];

for (const [what, change, code, message] of refused) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(open('roberta', change), { code, message });
  });
}

const patterns = [
  '(a+)+b',
  '(?:ab)+',
  'a*?',
  '^a',
  'a$',
  '\\bword',
  '(?<=a)b',
  '(?<!a)b',
  '\\w+',
  '[[a-z]&&[^b]]',
  '\\p{Han}',
  '\\p{Lo}',
  'a|',
  'a*',
  '\\s+(?!\\S',
  '[a',
  '[^\\S]',
  '(?i:ss)',
  '(?i:\u00e9)',
  'a{1,99}',
  '\\1',
  '',
].filter(Boolean);

for (const pattern of patterns) {
  test(`refused by name: Split at ${pattern}`, async () => {
    const change = (json) => {
      json.pre_tokenizer = {
        type: 'Split',
        pattern: { Regex: pattern },
        behavior: 'Isolated',
        invert: false,
      };
    };
    await assert.rejects(open('roberta', change), {
      code: 'UNSUPPORTED',
      message: /pre_tokenizer\.pattern\.Regex .*GPT-2/,
    });
  });
}

test('a damaged blob is refused or harmless', async () => {
  const config = structuredClone(configs['llama-3']);
  config.model.vocab = Object.fromEntries(Object.entries(config.model.vocab).slice(0, 300));
  config.model.merges = config.model.merges.slice(0, 8);
  const blob = tokenizerBlobFromJson(config, constants);
  const { createMemory } = await import('../helpers/tokenizers.js');
  const { createTokenizer } = await import('../../js/tokenizer/tokenizer.js');
  const memory = await createMemory();
  memory.seal = () => {};
  const floor = memory.mark();
  let state = 9;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let refusedCount = 0;
  for (let i = 0; i < 2000; i++) {
    const copy = blob.slice();
    // Behind the ids of the vocabulary stand the model, the patterns and what else is structure.
    for (let k = 1 + random(3); k > 0; k--) {
      copy[12 + 4 * 301 + random(1400)] = [0, 1, 0xff, 0x80, random(256)][random(5)];
    }
    try {
      const { ids } = createTokenizer(memory, copy).encode("It's <mask> 12 caf\u00e9 \n\n AB", {
        pair: ' x',
      });
      createTokenizer(memory, copy).decode(ids);
    } catch (error) {
      assert.ok(['BAD_MODEL', 'OUT_OF_MEMORY'].includes(error.code), error.stack);
      refusedCount++;
    } finally {
      memory.reset(floor);
    }
  }
  assert.ok(refusedCount > 100);
});
