// The command line as a user meets it: a process, its output, its exit code.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { load } from '../../js/index.js';
import { bertlet, linesOf, refuses, start } from '../helpers/cli.js';
import { floats, readFixture, sameBits, tinyModel } from '../helpers/fixtures.js';

const commands = [
  'embed',
  'similar',
  'classify',
  'fill-mask',
  'answer',
  'ner',
  'summarize',
  'rank',
  'attention',
  'tokenize',
  'info',
  'quantize',
];
const text = 'The cat naps on the warm windowsill.';

let folder;
let model;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bertlet-cli-'));
  model = await load();
});

after(() => {
  model.dispose();
  rmSync(folder, { recursive: true });
});

const fileOf = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const vectorOf = (line) => Float32Array.from(JSON.parse(line));

const cosine = (a, b) => {
  const dot = (x, y) => x.reduce((sum, value, at) => sum + value * y[at], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

describe('bertlet embed', () => {
  it('prints one JSON array a text, the very numbers of the library', async () => {
    const texts = [text, '', 'Zürich 漢字 🙂'];
    const lines = await linesOf(['embed', ...texts]);
    const expected = await model.embed(texts);
    assert.equal(lines.length, texts.length);
    lines.forEach((line, at) => assert.ok(sameBits(vectorOf(line), expected[at]), texts[at]));
  });

  it('is close to the reference', async () => {
    // Neither a line nor an argument can hold these characters.
    const samples = readFixture('minilm.json').filter((sample) => !/[\0\n\r]/.test(sample.text));
    assert.ok(samples.length > 20);
    const input = samples.map((sample) => `${sample.text}\n`).join('');
    const lines = await linesOf(['embed', '-'], input);
    assert.equal(lines.length, samples.length);
    lines.forEach((line, at) => {
      assert.ok(cosine(vectorOf(line), floats(samples[at].embedding)) > 0.995, samples[at].text);
    });
  });

  it('has objects and bare bytes as further formats', async () => {
    const expected = await model.embed(text);
    const [line] = await linesOf(['embed', '--format', 'object', text]);
    const object = JSON.parse(line);
    assert.equal(object.text, text);
    assert.ok(sameBits(Float32Array.from(object.embedding), expected));
    const { bytes } = await bertlet(['embed', '--format=binary', text, text]);
    assert.equal(bytes.length, 2 * 4 * 384);
    const second = bytes.buffer.slice(bytes.byteOffset + 4 * 384, bytes.byteOffset + 8 * 384);
    assert.ok(sameBits(new Float32Array(second), expected));
  });

  it('reads a file line by line: any line end, empty lines, a byte order mark, no last end', async () => {
    const path = fileOf('lines.txt', '\ufeffone\r\n\ntwo\r\nthree');
    const lines = await linesOf(['embed', '--format', 'object', '--file', path]);
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).text),
      ['one', '', 'two', 'three'],
    );
    const [, empty] = lines;
    const expected = await model.embed('');
    assert.ok(sameBits(Float32Array.from(JSON.parse(empty).embedding), expected));
    assert.equal((await bertlet(['embed', '-f', fileOf('empty.txt', '')])).out, '');
  });

  it('reads standard input, also a character that is cut in two', async () => {
    for (const args of [
      ['embed', '-'],
      ['embed', '--file', '-'],
    ]) {
      const child = start([...args, '--format', 'object']);
      const bytes = Buffer.from('Grüße\nzwei\n');
      child.stdin.write(bytes.subarray(0, 3));
      setTimeout(() => child.stdin.end(bytes.subarray(3)), 30);
      let out = '';
      child.stdout.on('data', (part) => {
        out += part;
      });
      await once(child, 'close');
      const texts = out.trimEnd().split('\n');
      assert.deepEqual(
        texts.map((line) => JSON.parse(line).text),
        ['Grüße', 'zwei'],
      );
    }
  });

  it('answers a line of standard input before the next one comes', async () => {
    const child = start(['embed', '-']);
    child.stdin.write('first\n');
    // The answer comes although the input goes on; the test's time limit is the judge.
    let out = '';
    while (!out.includes('\n')) out += (await once(child.stdout, 'data'))[0];
    assert.equal(JSON.parse(out).length, 384);
    child.stdin.end();
    assert.deepEqual(await once(child, 'close'), [0, null]);
  });

  it('passes the options on', async () => {
    const run = async (...options) => JSON.parse((await linesOf(['embed', ...options, text]))[0]);
    const same = async (actual, options) => {
      assert.ok(sameBits(Float32Array.from(actual), await model.embed(text, options)));
    };
    await same(await run('--pooling', 'cls'), { pooling: 'cls' });
    await same(await run('--no-normalize'), { normalize: false });
    await same(await run('--dimensions', '32'), { dimensions: 32 });
    await same(await run('--max-length', '5'), { maxLength: 5 });
    await same(await run('--prompt', 'query: '), { prompt: 'query: ' });
    const int8 = await model.embed(text, { precision: 'int8' });
    assert.deepEqual(await run('--precision', 'int8'), Array.from(int8));
    const tokens = await model.embed(text, { pooling: 'none' });
    const rows = await run('--pooling', 'none');
    assert.deepEqual([rows.length, rows[0].length], tokens.shape);
    assert.ok(sameBits(Float32Array.from(rows.flat()), tokens.data));
  });

  it('uses the model and the precision that are asked for', async () => {
    const other = await load(tinyModel('head-size-5'), { dtype: 'fp32' });
    const [line] = await linesOf([
      'embed',
      '-m',
      tinyModel('head-size-5'),
      '--dtype',
      'fp32',
      text,
    ]);
    assert.ok(sameBits(vectorOf(line), await other.embed(text)));
    other.dispose();
  });

  it('ends quietly when its reader goes away', async () => {
    const path = fileOf('many.txt', 'a short line\n'.repeat(3000));
    const child = start(['embed', '--file', path]);
    let err = '';
    child.stderr.on('data', (part) => {
      err += part;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal(err, '');
  });

  it('ends by the signal, without a word, on Ctrl-C', async () => {
    const child = start(['embed', '-']);
    let err = '';
    child.stderr.on('data', (part) => {
      err += part;
    });
    child.stdin.write('first\n');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [null, 'SIGINT']);
    assert.equal(err, '');
  });
});

describe('bertlet similar', () => {
  const near = 'A kitten is asleep in the sun.';
  const far = 'Interest rates went up again.';

  it('prints one number for two texts', async () => {
    const [line] = await linesOf(['similar', text, near]);
    assert.match(line, /^0\.\d{6}$/);
    assert.equal(line, (await model.similarity(text, near)).toFixed(6));
    assert.ok((await linesOf(['similar', text, text]))[0] === '1.000000');
  });

  it('ranks more texts, or the lines of a file, by the first', async () => {
    const expected = [
      `${(await model.similarity(text, near)).toFixed(6)}\t${near}`,
      `${(await model.similarity(text, far)).toFixed(6)}\t${far}`,
    ];
    assert.deepEqual(await linesOf(['similar', text, far, near]), expected);
    const path = fileOf('ranked.txt', `${far}\n${near}\n`);
    assert.deepEqual(await linesOf(['similar', text, '--file', path]), expected);
    assert.deepEqual(await linesOf(['similar', text, '-f', '-'], `${far}\n${near}\n`), expected);
    assert.deepEqual(await linesOf(['similar', text, '-f', path, '--top', '1']), [expected[0]]);
    const [best] = await linesOf(['similar', '--json', text, far, near]);
    const { index, score, text: found } = JSON.parse(best);
    assert.deepEqual({ index, found }, { index: 1, found: near });
    assert.ok(Math.abs(score - (await model.similarity(text, near))) < 1e-6);
  });

  it('keeps the best over many chunks, equal ones in their order', async () => {
    const lines = Array.from({ length: 400 }, (_, at) => (at % 80 === 7 ? near : `${far} ${at}`));
    const path = fileOf('chunks.txt', lines.join('\n'));
    const best = await linesOf(['similar', '--json', text, '--file', path, '-n', '5']);
    assert.deepEqual(
      best.map((line) => JSON.parse(line).index),
      [7, 87, 167, 247, 327],
    );
  });
});

describe('bertlet tokenize', () => {
  it('prints the ids of the reference', async () => {
    const { models } = readFixture('encoder.json');
    const { input, ids, typeIds } = models['head-size-5'].inputs.find(
      (candidate) => typeof candidate.input === 'string' && candidate.input !== '',
    );
    const args = ['tokenize', '--json', '-m', tinyModel('head-size-5'), '--', input];
    const result = JSON.parse((await linesOf(args))[0]);
    assert.deepEqual(result.ids, ids);
    assert.deepEqual(result.typeIds, typeIds);
    assert.equal(result.tokens.length, ids.length);
    assert.equal(result.offsets.length, ids.length);
  });

  it('draws a table with places in the text', async () => {
    assert.deepEqual(await linesOf(['tokenize', 'Unbelievable Zürich!']), [
      '#     id  start  end  piece         text',
      '0    101              [CLS]',
      '1  23653      0   12  unbelievable  Unbelievable',
      '2  10204     13   19  zurich        Zürich',
      '3    999     19   20  !             !',
      '4    102              [SEP]',
    ]);
  });

  it('keeps what would steer the terminal out of the table', async () => {
    const { out } = await bertlet(['tokenize', 'a\u001b[31mb\u0007 \u202ec']);
    assert.ok(!/[^\P{C}\n]/u.test(out), JSON.stringify(out));
  });

  it('takes a pair, a limit, no special tokens, and a file', async () => {
    const run = async (...args) => JSON.parse((await linesOf(['tokenize', '--json', ...args]))[0]);
    const pair = await run('one', '--pair', 'two');
    assert.deepEqual(pair.tokens, ['[CLS]', 'one', '[SEP]', 'two', '[SEP]']);
    assert.deepEqual(pair.typeIds, [0, 0, 0, 1, 1]);
    assert.deepEqual((await run('one', '--no-special')).tokens, ['one']);
    assert.deepEqual((await run('one two three', '--max-length', '3')).tokens.length, 3);
    const lines = await linesOf(['tokenize', '--json', '-f', '-'], 'one\ntwo\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).tokens[1]),
      ['one', 'two'],
    );
  });
});

describe('bertlet info', () => {
  it('says what the embedded model is', async () => {
    const facts = JSON.parse((await linesOf(['info', '--json']))[0]);
    assert.equal(facts.architecture, 'bert');
    assert.equal(facts.layers, 6);
    assert.equal(facts.hiddenSize, 384);
    assert.equal(facts.attentionHeads, 12);
    assert.equal(facts.vocabSize, 30522);
    assert.equal(facts.dtype, 'int8');
    assert.ok(facts.storedAs.I8 > 0 && facts.storedAs.F32 > 0);
    assert.ok(facts.files.some(({ name }) => name === 'model.safetensors'));
    assert.ok(facts.memoryBytes > 20e6);
  });

  it('says it in words, for any folder', async () => {
    const { out, code } = await bertlet(['info', tinyModel('sharded')]);
    assert.equal(code, 0);
    for (const name of ['architecture', 'parameters', 'stored as', 'heads', 'files']) {
      assert.match(out, new RegExp(`^${name} +\\S`, 'm'));
    }
    assert.match(out, /model\.safetensors\.index\.json/);
  });
});

describe('bertlet quantize', () => {
  it('writes a folder that gives the vectors of the original in int8', async () => {
    const out = join(folder, 'quantized');
    const [line] = await linesOf(['quantize', tinyModel('wide'), out]);
    assert.match(line, /^wrote /);
    const facts = JSON.parse((await linesOf(['info', '--json', out]))[0]);
    assert.ok(facts.storedAs.I8 > 0);
    const [copy] = await linesOf(['embed', '-m', out, text]);
    const [original] = await linesOf(['embed', '-m', tinyModel('wide'), '--dtype', 'int8', text]);
    assert.equal(copy, original);
  });
});

describe('help and version', () => {
  it('names all commands', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { code, out, err } = await bertlet(args);
      assert.deepEqual({ code, err }, { code: 0, err: '' });
      for (const name of commands) assert.match(out, new RegExp(`^  ${name} `, 'm'));
    }
  });

  it('explains each command with usage, options and examples', async () => {
    for (const name of commands) {
      const { code, out } = await bertlet([name, '--help']);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^Usage: bertlet ${name} `, 'm'));
      assert.match(out, /^Options:$/m);
      assert.match(out, new RegExp(`^ {2}.*bertlet ${name}`, 'm'));
      assert.ok(
        out.split('\n').every((line) => line.length <= 80),
        name,
      );
      assert.equal((await bertlet(['help', name])).out, out);
      // Help is what was asked for, whatever else is on the line.
      assert.equal((await bertlet([name, '--nope', '-h'])).out, out);
    }
  });

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url)));
    for (const flag of ['--version', '-v']) assert.deepEqual(await linesOf([flag]), [version]);
  });
});

describe('bad input', () => {
  it('gets one clear line and exit code 2', async () => {
    await refuses([], /embed, similar/);
    await refuses(['embedd', 'x'], /unknown command "embedd"/);
    await refuses(['--nope'], /unknown option "--nope"/);
    await refuses(['help', 'nope'], /unknown command "nope"/);
    await refuses(['embed'], /a text, --file FILE or "-"/);
    await refuses(['embed', '--nope', 'x'], /unknown option "--nope"; a text that begins/);
    await refuses(['embed', '--poolin', 'cls', 'x'], /"--poolin"; did you mean "--pooling"\?/);
    await refuses(['embed', '-5'], /comes after "--"/);
    await refuses(['embed', 'x', '--file'], /--file needs a value/);
    await refuses(['embed', 'x', '--file', 'y'], /not both/);
    await refuses(['embed', 'x', '--dtype', 'int4'], /--dtype is one of auto, fp32/);
    await refuses(['embed', 'x', '--dimensions', '0'], /--dimensions is a whole number/);
    await refuses(['embed', 'x', '--dimensions', '2.5'], /--dimensions is a whole number/);
    await refuses(['embed', 'x', '--dimensions', '385'], /dimensions/);
    await refuses(['embed', 'x', '--max-length', 'ten'], /--max-length is a whole number/);
    await refuses(['embed', 'x', '--no-normalize=1'], /--no-normalize takes no value/);
    await refuses(['similar', 'x'], /two texts/);
    await refuses(['similar', 'x', 'y', '--file', 'z'], /only one text/);
    await refuses(['tokenize'], /a text/);
    await refuses(['info', 'a', 'b'], /one folder/);
    await refuses(['quantize', 'a'], /a folder to write/);
  });

  it('also where files are missing or damaged', async () => {
    const missing = join(folder, 'missing');
    await refuses(['embed', '--file', missing], /no such file/);
    await refuses(['embed', '--file', folder], /is a folder/);
    await refuses(['embed', 'x', '--model', missing], /missing/);
    await refuses(['tokenize', 'x', '--model', missing], /missing/);
    await refuses(['info', missing], /missing/);
    await refuses(['quantize', missing, join(folder, 'out')], /missing/);
    const damaged = join(folder, 'damaged');
    cpSync(tinyModel('wide'), damaged, { recursive: true });
    truncateSync(join(damaged, 'model.safetensors'), 1000);
    await refuses(['embed', 'x', '--model', damaged], /model\.safetensors/);
    await refuses(['info', damaged], /model\.safetensors/);
    writeFileSync(join(damaged, 'config.json'), '{\n"model_type"\n');
    await refuses(['info', damaged], /config\.json/);
    await refuses(['embed', 'x', '--model', 'a\nb'], /a b/);
  });
});
