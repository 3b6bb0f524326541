// The commands for heads and tasks, as a user meets them.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { attentionHeadSvg, attentionOverviewSvg } from '../../js/drawing/attention-svg.js';
import { bertlet, linesOf, readAndLeave, refuses } from '../helpers/cli.js';
import { readFixture, tinyModel } from '../helpers/fixtures.js';
import { compareResults, headModel, references } from '../helpers/heads.js';
import { withModel } from '../helpers/with-model.js';
import { parseXml } from '../helpers/xml.js';

const bar = 1e-4;
const crossEncoder = fileURLToPath(
  new URL('../fixtures/ranking-models/cross-encoder', import.meta.url),
);
const withHead = (name) => ['-m', headModel(name), '--dtype', 'fp32'];

let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'bertlet-cli-heads-'));
});

after(() => rmSync(folder, { recursive: true }));

const fileOf = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** One line of JSON for each text. */
const jsonOf = async (args, input) => (await linesOf(args, input)).map((line) => JSON.parse(line));

describe('bertlet classify', () => {
  const texts = ['Anna lives in Paris, Karlson at the Northbank!', 'The red boat sings.', ''];
  const expectedOf = (name, text, topK = null) =>
    references[name].pipeline.find(
      (call) => call.input === text && call.topK === topK && call.functionToApply === null,
    ).result;

  it('gives the labels of the reference, one line of JSON for a text', async () => {
    for (const name of ['single-label', 'multi-label', 'regression']) {
      const found = await jsonOf(['classify', '--json', ...withHead(name), ...texts]);
      assert.equal(found.length, texts.length);
      for (const [i, { text, labels }] of found.entries()) {
        assert.equal(text, texts[i]);
        compareResults(labels, expectedOf(name, text), bar, `${name}: ${text}`);
      }
    }
  });

  it('prints score, label and text; the best label or as many as asked for', async () => {
    const path = fileOf('classified.txt', `${texts.join('\n')}\n`);
    for (const top of [undefined, 2]) {
      const more = top ? ['--top', String(top)] : [];
      const args = ['classify', ...withHead('single-label'), ...more];
      const lines = await linesOf([...args, ...texts]);
      const expected = texts.flatMap((text) =>
        expectedOf('single-label', text)
          .slice(0, top ?? 1)
          .map(({ label }) => `${label}\t${text}`),
      );
      assert.deepEqual(
        lines.map((line) => line.replace(/^\d\.\d{6}\t/, '')),
        expected,
      );
      assert.deepEqual(await linesOf([...args, '--file', path]), lines);
      assert.deepEqual(await linesOf([...args, '-'], readFileSync(path)), lines);
    }
  });

  it('takes a pair, labels by themselves, and long texts in parts', async () => {
    const long = 'the sun sea rain boat red old river sings slowly over under night wind bird';
    await withModel(headModel('single-label'), { dtype: 'fp32' }, async (model) => {
      const check = async (more, text, options, input = text) => {
        const args = ['classify', '--json', ...withHead('single-label'), ...more, text];
        const [{ labels }] = await jsonOf(args);
        assert.deepEqual(labels, await model.classify(input, options));
      };
      await check(['--pair', 'The bird.'], 'Who?', {}, { text: 'Who?', pair: 'The bird.' });
      await check(['--multi-label'], 'Who?', { multiLabel: true });
      await check(['--max-length', '8'], long, { maxLength: 8, longText: 'window' });
    });
  });

  it('takes labels of your own, with a head for that and without', async () => {
    const { zeroShot } = readFixture('ranking.json');
    const { text, labels, hypothesisTemplate, multiLabel, result } = zeroShot['nli-last'].find(
      (call) => call.hypothesisTemplate && call.multiLabel,
    );
    const nli = fileURLToPath(new URL('../fixtures/ranking-models/nli-last', import.meta.url));
    assert.ok(multiLabel);
    const [found] = await jsonOf(
      [
        ['classify', '--json', '-m', nli, '--dtype', 'fp32', '--multi-label'],
        ['--template', hypothesisTemplate, '--labels', labels.join(','), '--max-length', '32'],
        ['--file', '-'],
      ].flat(),
      `${text.slice(0, 20)}\n`,
    );
    assert.equal(found.labels.length, result.labels.length);
    await withModel(nli, { dtype: 'fp32' }, async (model) => {
      const own = await model.zeroShot(text.slice(0, 20), labels, {
        hypothesisTemplate,
        multiLabel,
      });
      assert.deepEqual(
        found.labels,
        own.labels.map((label, i) => ({ label, score: own.scores[i] })),
      );
    });
    const match = 'The match ended two to one after extra time.';
    const [line] = await linesOf(['classify', '-l', 'cooking, politics,sport', match]);
    assert.match(line, /^0\.\d{6}\tsport\tThe match/);
  });

  it('says what is wrong', async () => {
    const model = withHead('single-label');
    await refuses(['classify'], /a text, --file FILE or "-"/);
    await refuses(['classify', 'x', '-m', headModel('tags')], /sequence-classification head/);
    await refuses(['classify', 'x', '-m', tinyModel('deep')], /sequence-classification head/);
    await refuses(['classify', ...model, '--file', join(folder, 'no')], /no such file/);
    await refuses(['classify', ...model, '-f', folder], /is a folder/);
    await refuses(['classify', 'x', '-m', join(folder, 'no')], /cannot be read/);
    await refuses(['classify', ...model, 'x', '--top', '0'], /--top is a whole number/);
    await refuses(['classify', ...model, 'x', '-l', 'a,,b'], /empty/);
    await refuses(['classify', ...model, 'x', '-l', 'a', '--pair', 'y'], /does not go with/);
    await refuses(['classify', ...model, 'x', '--template', 'a {}'], /goes with --labels/);
    await refuses(
      ['classify', ...model, 'x', '-l', 'a', '--template', 'a'],
      /--template has no \{\}/,
    );
  });

  it('ends quietly when its reader goes away', async () => {
    const path = fileOf('many.txt', 'The red boat sings.\n'.repeat(20000));
    const end = await readAndLeave(['classify', ...withHead('single-label'), '--file', path]);
    assert.deepEqual(end, { code: 0, signal: null, err: '' });
  });
});

describe('bertlet fill-mask', () => {
  const calls = references['masked-lm'].pipeline;
  const plain = calls.filter(({ topK, targets }) => topK === undefined && targets === undefined);
  const model = withHead('masked-lm');

  it('fills masks as the reference does', async () => {
    const texts = plain.map(({ input }) => input);
    const found = await jsonOf(['fill-mask', '--json', ...model, ...texts]);
    for (const [i, { text, masks }] of found.entries()) {
      const { result } = plain[i];
      assert.equal(text, texts[i]);
      compareResults(masks, Array.isArray(result[0]) ? result : [result], bar, text);
    }
    const { input, targets, result } = calls.find((call) => call.targets?.length === 3);
    const args = ['fill-mask', '--json', ...model, '--targets', targets.join(', '), input];
    compareResults((await jsonOf(args))[0].masks, [result], bar, input);
  });

  it('prints score, word and text, an empty line between masks and between texts', async () => {
    const [one, two] = plain.map(({ input }) => input);
    const lines = await linesOf(['fill-mask', ...model, '--top', '2', one, two, one]);
    const blocks = lines.join('\n').split('\n\n');
    const masks = two.split('[MASK]').length - 1;
    assert.ok(masks > 1);
    assert.equal(blocks.length, 2 + masks);
    assert.equal(blocks[0], blocks.at(-1));
    for (const block of blocks) {
      assert.match(block, /^0\.\d{6}\t[^\t\n]+\t[^\t\n]+\n0\.\d{6}\t[^\t\n]+\t[^\t\n]+$/);
    }
    const [best] = plain[0].result;
    assert.ok(blocks[0].includes(`\t${best.token}\t${best.sequence}\n`), blocks[0]);
  });

  it('reads masks of long texts', async () => {
    const text = `${'the old boat '.repeat(20)}[MASK]`;
    const [line] = await linesOf(['fill-mask', ...model, '--max-length', '12', '-n', '1', text]);
    assert.ok(line.split('\t')[2].startsWith('the old boat the old boat'));
  });

  it('says what is wrong', async () => {
    await refuses(['fill-mask', ...model], /a text, --file FILE or "-"/);
    await refuses(['fill-mask', ...model, 'The sun.'], /text 1 has no mask: write \[MASK\]/);
    const path = fileOf('gaps.txt', `${'The [MASK].\n'.repeat(99)}The sun.\n`);
    await refuses(['fill-mask', '--targets', 'sun,☃', ...model, '[MASK]'], /"☃" is not in the/);
    await refuses(['fill-mask', '-m', headModel('tags'), '[MASK]'], /masked-lm head/);
    await refuses(['fill-mask', ...model, '-f', join(folder, 'no')], /no such file/);
    const { code, err } = await bertlet(['fill-mask', ...model, '-f', path]);
    assert.equal(code, 2);
    assert.match(err, /^bertlet: line 100 has no mask/);
  });

  it('ends quietly when its reader goes away', async () => {
    const path = fileOf('many-gaps.txt', 'The [MASK] sings.\n'.repeat(5000));
    const end = await readAndLeave(['fill-mask', ...model, '--file', path]);
    assert.deepEqual(end, { code: 0, signal: null, err: '' });
  });
});

describe('bertlet answer', () => {
  const cases = readFixture('answers.json');
  const model = withHead('answers');

  it('finds the answers of the reference, in a text, a file and standard input', async () => {
    for (const [i, { question, context, options, answers }] of cases.entries()) {
      const args = ['answer', '--json', ...model, '--', question];
      const { topK, maxAnswerLength, maxLength, allowNone, stride } = options;
      if (stride !== undefined) continue;
      if (topK) args.splice(2, 0, '--top', String(topK));
      if (maxAnswerLength) args.splice(2, 0, '--max-answer-length', String(maxAnswerLength));
      if (maxLength) args.splice(2, 0, '--max-length', String(maxLength));
      if (allowNone) args.splice(2, 0, '--allow-none');
      const [found] = await jsonOf([...args, context]);
      assert.equal(found.question, question);
      compareResults(found.answers, answers, bar, `${question} ${JSON.stringify(options)}`);
      if (i % 4 > 0) continue;
      assert.deepEqual(await jsonOf([...args, '-'], context), [found]);
      args.splice(2, 0, '--file', fileOf('context.txt', context));
      assert.deepEqual(await jsonOf(args), [found]);
    }
  });

  it('prints score and answer, an empty line between two questions', async () => {
    const [{ question, context, answers }] = cases;
    const [line] = await linesOf(['answer', ...model, question, context]);
    assert.match(line, /^0\.\d{6}\t/);
    assert.equal(line.split('\t')[1], answers[0].answer);
    const lines = await linesOf(['answer', ...model, question, 'Who?', '-f', '-'], context);
    assert.deepEqual(lines.slice(0, 2), [line, '']);
    assert.equal(lines.length, 3);
    const path = fileOf('two-lines.txt', 'Anna\nlives in Rome.');
    const [joined] = await linesOf(['answer', ...model, 'Who?', '--file', path]);
    assert.ok(joined.split('\t').length === 2);
  });

  it('says that there is none where this may be', async () => {
    const { question, context } = cases.find(({ options }) => options.allowNone);
    const all = await linesOf(['answer', ...model, '--allow-none', '-n', '99', question, context]);
    assert.equal(all.filter((line) => line.endsWith('\t(no answer)')).length, 1);
  });

  it('says what is wrong', async () => {
    const path = fileOf('anna.txt', 'Anna lives in Rome.');
    await refuses(['answer', ...model], /a question and a text/);
    await refuses(['answer', ...model, 'Who?'], /a question and a text/);
    await refuses(['answer', ...model, 'Who?', 'a', 'b'], /a question and a text/);
    await refuses(['answer', ...model, '--file', path], /a question is missing/);
    await refuses(['answer', ...model, ' ', 'Anna'], /a question is empty/);
    await refuses(['answer', ...model, 'Who?', ' \n'], /no words/);
    await refuses(['answer', ...model, 'Who?', '-f', fileOf('none.txt', '')], /no words/);
    await refuses(['answer', ...model, 'Who?', '-f', join(folder, 'no')], /no such file/);
    await refuses(['answer', ...model, 'Who?', '-f', folder], /is a folder/);
    await refuses(['answer', '-m', headModel('tags'), 'Who?', 'Anna'], /question-answering head/);
  });
});

describe('bertlet ner', () => {
  const { pipeline } = references.tags;
  const callsOf = (strategy) =>
    pipeline.filter(
      ({ aggregation, ignoreLabels, maxLength, input }) =>
        aggregation === strategy && !ignoreLabels && !maxLength && input !== '',
    );

  it('finds the entities of the reference', async () => {
    for (const strategy of ['none', 'simple', 'first', 'average', 'max']) {
      const calls = callsOf(strategy);
      const args = ['ner', '--json', ...withHead('tags'), '--aggregation', strategy];
      const found = await jsonOf([...args, ...calls.map(({ input }) => input)]);
      for (const [i, { text, entities }] of found.entries()) {
        assert.equal(text, calls[i].input);
        compareResults(entities, calls[i].result, bar, `${strategy}: ${text}`);
      }
    }
  });

  it('prints score, kind, place and words, an empty line between texts', async () => {
    const calls = callsOf('simple').slice(0, 2);
    const path = fileOf('tagged.txt', calls.map(({ input }) => `${input}\n`).join(''));
    const lines = await linesOf(['ner', ...withHead('tags'), '--file', path]);
    const blocks = lines.join('\n').split('\n\n');
    assert.equal(blocks.length, 2);
    for (const [i, block] of blocks.entries()) {
      const { input, result } = calls[i];
      assert.deepEqual(
        block.split('\n').map((line) => line.replace(/^\d\.\d{6}\t/, '')),
        result.map(({ entity, start, end }) =>
          [entity, start, end, input.slice(start, end)].join('\t'),
        ),
      );
    }
  });

  it('reads long texts in parts', async () => {
    const { input, result } = callsOf('simple')[0];
    const long = `${'the sea '.repeat(60)}${input}`;
    const found = await jsonOf(['ner', '--json', ...withHead('tags'), '--max-length', '24', long]);
    const last = found[0].entities.at(-1);
    assert.ok(last.end > 480 && result.length > 0);
    assert.equal(long.slice(last.start, last.end).length, last.end - last.start);
  });

  it('says what is wrong', async () => {
    await refuses(['ner', ...withHead('tags')], /a text, --file FILE or "-"/);
    await refuses(['ner', 'Anna', '-m', headModel('masked-lm')], /token-classification head/);
    await refuses(['ner', ...withHead('tags'), 'x', '--aggregation', 'mean'], /--aggregation is/);
    await refuses(['ner', ...withHead('tags'), '-f', join(folder, 'no')], /no such file/);
  });
});

describe('bertlet summarize', () => {
  const text =
    'The clinic opened in 1998. It treats two hundred patients a week. The roof leaks when it ' +
    'rains.\nNobody has the money to repair it. Patients like the clinic because the doctors ' +
    'take their time. Parking is free!';

  it('prints the sentences that the library picks, of a text, a file, standard input', async () => {
    await withModel(undefined, {}, async (model) => {
      for (const sentences of [undefined, 2]) {
        const expected = await model.summarize(text, { sentences });
        const more = sentences ? ['--sentences', String(sentences)] : [];
        const lines = await linesOf(['summarize', ...more, text]);
        assert.deepEqual(
          lines,
          expected.sentences.map((sentence) => sentence.text.replace('\n', ' ')),
        );
        const path = fileOf('clinic.txt', `\ufeff${text}`);
        assert.deepEqual(await linesOf(['summarize', ...more, '--file', path]), lines);
        assert.deepEqual(await linesOf(['summarize', ...more, '-'], text), lines);
        const found = await jsonOf(['summarize', '--json', ...more, '-f', '-'], text);
        assert.deepEqual(found, [expected]);
      }
    });
  });

  it('of nothing prints nothing', async () => {
    assert.deepEqual(
      await bertlet(['summarize', '-'], ' \n').then(({ code, out }) => [code, out]),
      [0, ''],
    );
    const found = await jsonOf(['summarize', '--json', '...']);
    assert.deepEqual(found, [{ summary: '', sentences: [] }]);
  });

  it('says what is wrong', async () => {
    await refuses(['summarize'], /a text, --file FILE or "-"/);
    await refuses(['summarize', 'One.', 'Two.'], /one text at a time/);
    await refuses(['summarize', 'One.', '-f', 'x'], /not both/);
    await refuses(['summarize', '-f', join(folder, 'no')], /no such file/);
    await refuses(['summarize', '-f', folder], /is a folder/);
    await refuses(['summarize', 'One.', '--sentences', '0'], /--sentences is a whole number/);
    await refuses(['summarize', 'One.', '--language', '?'], /no language tag/);
  });
});

describe('bertlet rank', () => {
  const { query, documents, result } = readFixture('ranking.json').crossEncoders[0].calls[0];
  const lines = documents.map((document) => document.replace(/\s+/g, ' '));
  const model = ['-m', crossEncoder, '--dtype', 'fp32'];

  it('ranks with a cross-encoder as the reference does', async () => {
    const found = await jsonOf(['rank', '--json', ...model, '--max-length', '32', query, ...lines]);
    assert.deepEqual(
      found.map(({ index }) => index).sort((a, b) => a - b),
      [...lines.keys()],
    );
    const short = found.filter(({ document }) => document.length < 40);
    assert.ok(short.length > 2);
    for (const { index, score, document } of short) {
      assert.equal(document, lines[index]);
      const { score: expected } = result.find((entry) => entry.index === index);
      assert.ok(Math.abs(score - expected) <= bar, `${index}: ${score}, expected ${expected}`);
    }
  });

  it('ranks the lines of a file over many chunks, equal ones in their order', async () => {
    const many = Array.from({ length: 300 }, (_, at) => (at % 60 === 7 ? lines[0] : lines[1]));
    const path = fileOf('documents.txt', many.join('\n'));
    const all = await jsonOf(['rank', '--json', ...model, query, '--file', path]);
    const places = (document) => [...many.keys()].filter((at) => many[at] === document);
    const [better, worse] = all[0].document === lines[0] ? lines : [lines[1], lines[0]];
    assert.deepEqual(
      all.map(({ index }) => index),
      [...places(better), ...places(worse)],
    );
    const best = await jsonOf(['rank', '--json', ...model, '-n', '3', query, '-f', path]);
    assert.deepEqual(best, all.slice(0, 3));
  });

  it('ranks by meaning with the embedded model', async () => {
    const given = ['Parking is free.', 'The kitchen closes at ten.'];
    const [first, second] = await linesOf(['rank', 'When do they stop serving dinner?', ...given]);
    assert.match(first, /^0\.\d{6}\tThe kitchen closes at ten\.$/);
    assert.match(second, /^0\.\d{6}\tParking is free\.$/);
    const piped = await linesOf(
      ['rank', 'When do they stop serving dinner?', '-f', '-', '--top', '1'],
      `${given.join('\n')}\n`,
    );
    assert.deepEqual(piped, [first]);
  });

  it('says what is wrong', async () => {
    await refuses(['rank'], /a query and documents/);
    await refuses(['rank', 'x'], /a query and documents/);
    await refuses(['rank', 'x', 'y', '--file', 'z'], /only the query/);
    await refuses(['rank', 'x', '--file', join(folder, 'no')], /no such file/);
    await refuses(['rank', 'x', 'y', '-m', join(folder, 'no')], /cannot be read/);
  });
});

describe('bertlet attention', () => {
  const text = 'Anna lives in Paris & <Rome>.';
  const model = withHead('tags');

  it('draws all heads, one layer, one head in all layers', async () => {
    await withModel(headModel('tags'), { dtype: 'fp32' }, async (own) => {
      const { tokens, attentions } = await own.forward(text, { attentions: true });
      const check = async (more, how) => {
        const { code, out, err } = await bertlet(['attention', ...model, ...more, text]);
        assert.deepEqual({ code, err }, { code: 0, err: '' });
        assert.equal(parseXml(out).name, 'svg');
        assert.equal(out, attentionOverviewSvg({ tokens, attentions, ...how }));
      };
      await check([], {});
      await check(['--layer', '1'], { attentions: [attentions[1]], layers: [1] });
      await check(['--head', '1'], { heads: [1] });
    });
  });

  it('draws one head: lines, those of one token, a matrix; of a pair, of a file', async () => {
    await withModel(headModel('tags'), { dtype: 'fp32' }, async (own) => {
      const check = async (more, how, input = text) => {
        const { tokens, attentions } = await own.forward(input, { attentions: [1] });
        const [attention] = attentions;
        const place = ['--layer', '1', '--head', '0'];
        const { code, out, err } = await bertlet(['attention', ...model, ...place, ...more]);
        assert.deepEqual({ code, err }, { code: 0, err: '' });
        assert.equal(parseXml(out).name, 'svg');
        assert.equal(out, attentionHeadSvg({ tokens, attention, layer: 1, head: 0, ...how }));
      };
      await check([text], {});
      await check([text, '--token', '3'], { token: 3 });
      await check([text, '--form', 'matrix'], { form: 'matrix' });
      await check([text, '--pair', 'Who?'], {}, { text, pair: 'Who?' });
      await check(['--file', fileOf('attention.txt', text)], {});
    });
  });

  it('writes a file, and says what a picture leaves out', async () => {
    const out = join(folder, 'heads.svg');
    const [line] = await linesOf(['attention', ...model, '--out', out, text]);
    assert.match(line, /^wrote .*heads\.svg: \d/);
    const { out: printed } = await bertlet(['attention', ...model, text]);
    assert.equal(readFileSync(out, 'utf8'), printed);
    const cut = await bertlet(['attention', ...model, '--max-length', '5', text]);
    assert.equal(cut.code, 0);
    assert.match(cut.err, /^bertlet: the picture shows 5 of the text's \d+ tokens\n$/);
    assert.equal(parseXml(cut.out).name, 'svg');
  });

  it('says what is wrong', async () => {
    await refuses(['attention'], /a text, --file FILE or "-"/);
    await refuses(['attention', 'a', 'b'], /one text at a time/);
    await refuses(['attention', ...model, 'a', '--layer', '9'], /--layer is 9, but there are 2/);
    await refuses(['attention', ...model, 'a', '--head', '9'], /--head is 9, but there are \d/);
    await refuses(['attention', 'a', '--form', 'matrix'], /--form goes with --layer and --head/);
    await refuses(['attention', 'a', '--token', '1', '--layer', '0'], /--token goes with/);
    const place = ['--layer', '0', '--head', '0'];
    await refuses(['attention', ...model, 'a', ...place, '--token', '9'], /there are 3 tokens/);
    await refuses(['attention', ...model, 'a', '-o', join(folder, 'no/x.svg')], /no such file/);
    await refuses(['attention', ...model, '-f', join(folder, 'no')], /no such file/);
  });
});
