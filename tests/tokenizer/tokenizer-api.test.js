// The calls of the tokenizer beside what Hugging Face decides: arguments, batches, views,
// odd texts, memory.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tokenizerBlobFromJson } from '../../js/tokenizer/configuration.js';
import { createTokenizer } from '../../js/tokenizer/tokenizer.js';
import {
  constants,
  createMemory,
  createOpener,
  miniLM,
  openFiles,
  openJson,
  plainOf,
  readConfig,
} from '../helpers/tokenizers.js';

const open = createOpener();
const badArgument = { code: 'BAD_ARGUMENT', name: 'BertletError' };

test('an encoding is views of one block, made when they are read', async () => {
  const tokenizer = await open('uncased');
  const encoding = tokenizer.encode('Hello, World!');
  for (const name of ['ids', 'typeIds', 'attentionMask', 'specialTokensMask']) {
    assert.ok(encoding[name] instanceof Int32Array, name);
    assert.equal(encoding[name].length, 6, name);
    assert.equal(encoding[name], encoding[name], 'the same view each time');
  }
  assert.equal(encoding.length, 6);
  assert.equal(encoding.ids.buffer, encoding.specialTokensMask.buffer);
  assert.deepEqual(encoding.tokens, ['[CLS]', 'hello', ',', 'world', '!', '[SEP]']);
  assert.deepEqual(encoding.offsets[3], [7, 12]);
  assert.equal(encoding.overflowing, undefined);
  const held = Array.from(encoding.ids);
  for (let i = 0; i < 500; i++) tokenizer.encode(`other text ${i}`);
  assert.deepEqual(Array.from(encoding.ids), held, 'later calls leave it alone');
});

test('a shared buffer that was transferred away spoils no later encoding', async () => {
  const tokenizer = await open('uncased');
  const expected = plainOf(tokenizer.encode('Hello, World!'));
  const long = 'Hello, World! '.repeat(1000);
  const expectedLong = plainOf(tokenizer.encode(long));
  for (const text of ['Hello', long]) {
    const { ids } = tokenizer.encode(text);
    structuredClone(ids, { transfer: [ids.buffer] });
    assert.equal(ids.length, 0);
    assert.deepEqual(plainOf(tokenizer.encode('Hello, World!')), expected);
    assert.deepEqual(plainOf(tokenizer.encode(long)), expectedLong);
  }
});

test('offsets count UTF-16 units, a lone surrogate counts as U+FFFD', async () => {
  const tokenizer = await open('small');
  const text = '🙂 hello 𐐀';
  const { offsets, tokens } = tokenizer.encode(text, { addSpecialTokens: false });
  assert.deepEqual(
    offsets.map(([begin, end]) => text.slice(begin, end)),
    ['🙂', 'hello', '𐐀'],
  );
  assert.deepEqual(tokens, ['🙂', 'hello', '𐐨']);
  const cased = await open('no-clean');
  for (const broken of ['\ud83d', '\ude42', '\ud83d hello', 'hello\ude42\ud83d', '\ud83dx\ude42']) {
    const mended = broken.replaceAll(/\p{Surrogate}/gu, '\ufffd');
    for (const other of [tokenizer, cased]) {
      assert.deepEqual(plainOf(other.encode(broken)), plainOf(other.encode(mended)));
    }
  }
  // The halves at the ends of two texts don't meet.
  const [first, second] = cased.encodeBatch(['é\ud83d', '\ude42é']);
  assert.deepEqual(plainOf(first), plainOf(cased.encode('é\ufffd')));
  assert.deepEqual(plainOf(second), plainOf(cased.encode('\ufffdé')));
});

test('batches: order, pairs, padding to the longest, nothing at all', async () => {
  const tokenizer = await open('uncased');
  assert.deepEqual(tokenizer.encodeBatch([]), []);
  const texts = ['a', { text: 'hello world', pair: 'again and again' }, '', { text: 'no pair' }];
  const plain = tokenizer.encodeBatch(texts);
  assert.deepEqual(
    plain.map((encoding) => encoding.length),
    [3, 8, 2, 4],
  );
  assert.deepEqual(
    plainOf(plain[1]),
    plainOf(tokenizer.encode('hello world', { pair: 'again and again' })),
  );
  for (const padding of [true, 'longest', 8]) {
    const padded = tokenizer.encodeBatch(texts, { padding });
    for (const [i, encoding] of padded.entries()) {
      assert.equal(encoding.length, 8);
      const own = plain[i].length;
      assert.deepEqual(encoding.ids.subarray(0, own), plain[i].ids);
      assert.deepEqual(encoding.tokens.slice(own), Array(8 - own).fill('[PAD]'));
      assert.deepEqual(
        encoding.attentionMask,
        Int32Array.from([...Array(8).keys()], (k) => (k < own ? 1 : 0)),
      );
      assert.deepEqual(encoding.offsets.slice(own), Array(8 - own).fill([0, 0]));
    }
  }
  const left = tokenizer.encodeBatch(texts, { padding: true, paddingSide: 'left' })[0];
  assert.deepEqual(left.tokens, [...Array(5).fill('[PAD]'), '[CLS]', 'a', '[SEP]']);
  assert.deepEqual(Array.from(left.attentionMask), [0, 0, 0, 0, 0, 1, 1, 1]);
  assert.deepEqual(Array.from(left.specialTokensMask), [1, 1, 1, 1, 1, 1, 0, 1]);
  const many = Array.from({ length: 20_000 }, (_, i) => (i % 3 ? '' : `text ${i}`));
  const encodings = tokenizer.encodeBatch(many);
  assert.equal(encodings.length, many.length);
  assert.deepEqual(encodings[19_998].tokens, tokenizer.encode('text 19998').tokens);
});

test('truncation: the default length, windows on demand, padding of windows', async () => {
  const config = { model_max_length: 6 };
  const tokenizer = await openFiles({ 'tokenizer.json': miniLM, 'tokenizer_config.json': config });
  const text = 'one two three four five six seven';
  const encoding = tokenizer.encode(text, { truncation: true, stride: 1 });
  assert.equal(encoding.ids.length, 6);
  assert.deepEqual(
    encoding.overflowing.map(({ tokens }) => tokens.join(' ')),
    ['[CLS] four five six seven [SEP]'],
  );
  assert.equal(encoding.overflowing, encoding.overflowing);
  assert.deepEqual(tokenizer.encode('one', { truncation: true }).overflowing, []);
  const longer = tokenizer.encode(text, {
    truncation: 'only_first',
    maxLength: 5,
    padding: 'max_length',
  });
  assert.deepEqual(
    longer.overflowing.map(({ tokens }) => tokens.length),
    [5, 5],
  );
  assert.equal(longer.overflowing[1].tokens.at(-1), '[PAD]');
  assert.equal(tokenizer.encode('one', { padding: 'max_length' }).length, 6);
  const none = await open('small');
  assert.throws(() => none.encode(text, { truncation: true }), badArgument);
  assert.throws(() => none.encode(text, { padding: 'max_length' }), badArgument);
  assert.equal(none.encode(text, { truncation: true, maxLength: 4 }).length, 4);
});

test('wrong arguments are refused, and the tokenizer stays usable', async () => {
  const tokenizer = await open('uncased');
  const before = plainOf(tokenizer.encode('hello'));
  const calls = [
    () => tokenizer.encode(),
    () => tokenizer.encode(null),
    () => tokenizer.encode(5),
    () => tokenizer.encode(['a']),
    () => tokenizer.encode('a', null),
    () => tokenizer.encode('a', 'b'),
    () => tokenizer.encode('a', { pair: 5 }),
    () => tokenizer.encode('a', { addSpecialTokens: 1 }),
    () => tokenizer.encode('a', { truncation: 'longest' }),
    () => tokenizer.encode('a', { truncation: 1, maxLength: 5 }),
    () => tokenizer.encode('a', { truncation: true, maxLength: -1 }),
    () => tokenizer.encode('a', { truncation: true, maxLength: 2.5 }),
    () => tokenizer.encode('a', { truncation: true, maxLength: '5' }),
    () => tokenizer.encode('a', { truncation: true, maxLength: Number.NaN }),
    () => tokenizer.encode('a', { truncation: true, maxLength: 2 ** 40 }),
    () => tokenizer.encode('a', { truncation: true, maxLength: 1 }),
    () => tokenizer.encode('a', { truncation: true, maxLength: 5, stride: -1 }),
    () => tokenizer.encode('a', { truncation: true, maxLength: 5, stride: 4 }),
    () => tokenizer.encode('a b c d', { truncation: true, maxLength: 5, stride: 3 }),
    () => tokenizer.encode('a b c d', { truncation: 'only_second', maxLength: 5 }),
    () => tokenizer.encode('a b c d', { truncation: 'only_first', maxLength: 4, pair: 'a b c d' }),
    () => tokenizer.encode('a', { padding: 'left' }),
    () => tokenizer.encode('a', { padding: -1 }),
    () => tokenizer.encode('a', { padding: 3, paddingSide: 'both' }),
    () => tokenizer.encodeBatch('a'),
    () => tokenizer.encodeBatch(['a', 5]),
    () => tokenizer.encodeBatch(['a', undefined]),
    () => tokenizer.encodeBatch([{ text: 'a', pair: 1 }]),
    () => tokenizer.encodeBatch(['a'], { pair: 'b' }),
    () => tokenizer.encodeBatch(['a', 'a b c d e'], { truncation: 'only_second', maxLength: 5 }),
    () => tokenizer.decode(),
    () => tokenizer.decode('ab'),
    () => tokenizer.decode([1.5]),
    () => tokenizer.decode([-1]),
    () => tokenizer.decode(Int32Array.of(-1)),
    () => tokenizer.decode(['a']),
    () => tokenizer.decode([1], { skipSpecialTokens: 'yes' }),
    () => tokenizer.tokenToId(5),
    () => tokenizer.idToToken('5'),
  ];
  for (const call of calls) assert.throws(call, badArgument, String(call));
  assert.throws(
    () => tokenizer.encodeBatch(['a', 'a b c d e'], { truncation: 'only_second', maxLength: 5 }),
    /input 1/,
  );
  assert.deepEqual(plainOf(tokenizer.encode('hello')), before);
  assert.equal(tokenizer.idToToken(-1), undefined);
  assert.equal(tokenizer.idToToken(2 ** 40), undefined);
  assert.equal(tokenizer.decode([2 ** 31, 7592]), 'hello');
  assert.equal(tokenizer.decode(new Uint32Array([7592, 2088])), 'hello world');
  assert.equal(tokenizer.decode([]), '');
});

test('arguments that answer in odd ways are refused like wrong ones', async () => {
  const tokenizer = await open('uncased');
  const refuse = { enumerable: true, get: () => assert.fail('asked') };
  const thrower = (key) => Object.defineProperty({}, key, refuse);
  const { proxy: revoked, revoke } = Proxy.revocable([], {});
  revoke();
  const refusing = new Proxy([1], refuse);
  const odd = { toString: 1 };
  const sparse = Array(3);
  sparse[0] = 'a';
  const calls = [
    ...[revoked, refusing, odd, thrower('text')].map((value) => () => tokenizer.encode(value)),
    () => tokenizer.encode(odd, { pair: odd }),
    ...['pair', 'padding', 'maxLength', 'truncation', 'stride', 'addSpecialTokens'].flatMap(
      (name) => [
        () => tokenizer.encode('a', thrower(name)),
        () => tokenizer.encode('a', { [name]: odd }),
        () => tokenizer.encode('a', { [name]: Symbol('x') }),
        () => tokenizer.encodeBatch(['a'], thrower(name)),
      ],
    ),
    () => tokenizer.encode('a', revoked),
    () => tokenizer.encodeBatch(sparse),
    () => tokenizer.encodeBatch(revoked),
    () => tokenizer.encodeBatch(refusing),
    () => tokenizer.encodeBatch([thrower('pair')]),
    () => tokenizer.encodeBatch([odd]),
    () => tokenizer.decode(Array(3)),
    () => tokenizer.decode(revoked),
    () => tokenizer.decode(refusing),
    () => tokenizer.decode(thrower('length')),
    () => tokenizer.decode({ length: 2 ** 40 }),
    () => tokenizer.decode([1n]),
    () => tokenizer.decode([odd]),
    () => tokenizer.decode([Symbol('x')]),
    () => tokenizer.decode([1], thrower('skipSpecialTokens')),
    () => tokenizer.joinTokens(sparse),
    () => tokenizer.joinTokens(revoked),
    () => tokenizer.joinTokens(refusing),
    () => tokenizer.joinTokens(odd),
    () => tokenizer.tokenToId(odd),
    () => tokenizer.tokenToId(Symbol('x')),
    () => tokenizer.idToToken(odd),
    () => tokenizer.idToToken(1n),
  ];
  for (const call of calls) assert.throws(call, badArgument, String(call));
  assert.equal(tokenizer.decode(new Proxy([7592], {})), 'hello');
});

test('padding to more than there can be', async () => {
  const tokenizer = await open('uncased');
  const most = 2 ** 24;
  for (const padding of [most + 1, 2 ** 31 - 1]) {
    assert.throws(() => tokenizer.encode('a', { padding }), badArgument);
    const options = { padding: 'max_length', maxLength: padding };
    assert.throws(() => tokenizer.encode('a', options), badArgument);
  }
  const texts = Array(5).fill('a');
  assert.throws(() => tokenizer.encodeBatch(texts, { padding: most }), { code: 'OUT_OF_MEMORY' });
  const windows = { truncation: true, maxLength: 3, padding: 2 ** 21 };
  const encoding = tokenizer.encode('a '.repeat(40), windows);
  assert.equal(encoding.length, 2 ** 21);
  assert.throws(() => encoding.overflowing, { code: 'OUT_OF_MEMORY' });
});

test('special tokens by name, null where there is none', async () => {
  const tokenizer = await openFiles({
    'tokenizer.json': miniLM,
    'special_tokens_map.json': { mask_token: { content: '[MASK]' }, bos_token: 'nothing of this' },
  });
  assert.equal(tokenizer.maskToken, '[MASK]');
  assert.equal(tokenizer.maskTokenId, 103);
  assert.deepEqual([tokenizer.clsTokenId, tokenizer.sepTokenId], [101, 102]);
  assert.deepEqual([tokenizer.padToken, tokenizer.padTokenId], ['[PAD]', 0]);
  assert.deepEqual([tokenizer.unkToken, tokenizer.unkTokenId], ['[UNK]', 100]);
  assert.deepEqual([tokenizer.bosToken, tokenizer.bosTokenId], ['nothing of this', null]);
  assert.deepEqual([tokenizer.eosToken, tokenizer.eosTokenId], [null, null]);
  const bare = createTokenizer(
    await createMemory(),
    tokenizerBlobFromJson(readConfig('small'), constants),
  );
  assert.equal(bare.maskToken, null);
  assert.equal(bare.maskTokenId, null);
  assert.throws(() => bare.encode('a', { padding: 5 }), badArgument);
});

test('kept words are told apart: bytes of zero, too long ones, one and many pieces', async () => {
  const config = readConfig('no-clean');
  const { vocab } = config.model;
  for (const token of ['\0', 'x', '##x']) vocab[token] ??= Object.keys(vocab).length;
  const texts = ['é'.repeat(200), '\0', '\0\0', 'x\0'];
  for (let i = 1; i < 24; i++) texts.push('x'.repeat(i));
  const alone = [];
  for (const text of texts) alone.push(plainOf((await openJson(config)).encode(text)));
  assert.ok(alone[1].tokens.includes('\0'));
  const tokenizer = await openJson(config);
  for (const order of [texts, texts.slice().reverse(), texts]) {
    for (const text of order) {
      assert.deepEqual(plainOf(tokenizer.encode(text)), alone[texts.indexOf(text)], text);
    }
  }
  const pieces = texts.slice(4).map((x) => tokenizer.encode(x, { addSpecialTokens: false }).length);
  assert.deepEqual(
    pieces,
    Array.from(pieces, (_, i) => i + 1),
  );
});

test('long odd texts take time in proportion', async () => {
  const tokenizer = await open('uncased');
  const time = (text) => {
    const start = performance.now();
    tokenizer.encode(text);
    return performance.now() - start;
  };
  const shapes = [
    (n) => 'a'.repeat(n),
    (n) => 'é'.repeat(n),
    (n) => '\u0301'.repeat(n),
    (n) => '\u0301\u0316'.repeat(n / 2),
    (n) => '['.repeat(n),
    (n) => '[CLS'.repeat(n / 4),
    (n) => '\0'.repeat(n),
    (n) => ' '.repeat(n),
    (n) => '漢'.repeat(n),
    (n) => '🙂'.repeat(n / 2),
    (n) => 'aé'.repeat(n / 2),
    (n) => 'word '.repeat(n / 5),
    (n) => '각'.repeat(n),
  ];
  for (const shape of shapes) {
    const text = shape(1_000_000);
    time(text);
    // Quadratic work would take minutes.
    assert.ok(Math.min(time(text), time(text)) < 3000, String(shape));
  }
  assert.equal(tokenizer.encode('word '.repeat(200_000)).length, 200_002);
});

test('repeated calls do not grow memory, and no call leaves any behind', async () => {
  const memory = await createMemory();
  const tokenizer = createTokenizer(memory, tokenizerBlobFromJson(JSON.parse(miniLM), constants), {
    specialTokens: { pad: '[PAD]' },
  });
  const top = memory.mark();
  const texts = Array.from(
    { length: 50 },
    (_, i) => `text number ${i}, naïve 漢字 ${'x'.repeat(i)}`,
  );
  const work = () => {
    const options = { truncation: true, maxLength: 9, stride: 2, padding: true };
    for (const encoding of tokenizer.encodeBatch(texts, options)) {
      for (const window of encoding.overflowing) tokenizer.decode(window.ids);
    }
    assert.throws(() => tokenizer.encode(texts[9], { ...options, stride: 99 }), badArgument);
    return tokenizer.encode(texts[7]).tokens;
  };
  for (let i = 0; i < 10; i++) work();
  const { byteLength } = memory;
  for (let i = 0; i < 200; i++) work();
  assert.equal(memory.byteLength, byteLength);
  assert.equal(memory.mark(), top);
});

test('a disposed tokenizer says so', async () => {
  const tokenizer = await openFiles({ 'tokenizer.json': miniLM });
  const encoding = tokenizer.encode('a b c', { truncation: true, maxLength: 4 });
  tokenizer.dispose();
  const disposed = { code: 'DISPOSED' };
  assert.throws(() => tokenizer.encode('a'), disposed);
  assert.throws(() => tokenizer.encodeBatch(['a']), disposed);
  assert.throws(() => tokenizer.decode([1]), disposed);
  assert.throws(() => tokenizer.tokenToId('a'), disposed);
  assert.throws(() => tokenizer.vocabSize, disposed);
  assert.throws(() => encoding.overflowing, disposed);
  assert.equal(encoding.ids.length, 4, 'what was encoded stays');
  tokenizer.dispose();
});
