// Pictures of attention: what they show is what the weights are, and they are SVG that stands alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  attentionHeadSvg,
  attentionOverviewSvg,
  attentionShade,
  poolWeights,
} from '../../js/drawing/attention-svg.js';
import { escapeXml, shorten, textColumns } from '../../js/drawing/svg.js';
import { findAll, parseXml } from '../helpers/xml.js';

/** Attention as a softmax gives it: positive, each row's sum 1, some weights large, most small. */
function makeAttention(heads, count, seed = 1) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const data = new Float32Array(heads * count * count);
  for (let start = 0; start < data.length; start += count) {
    const row = Array.from({ length: count }, () => Math.exp(6 * random()));
    const sum = row.reduce((total, value) => total + value);
    data.set(
      row.map((value) => value / sum),
      start,
    );
  }
  return { data, shape: [heads, count, count] };
}

const tokens = ['[CLS]', 'the', 'cat', '##s', '<b>&"\'', '日本', 'שלום', '\u0000\ud800', '[SEP]'];
const count = tokens.length;

/** What a map's strokes say: the shade of each cell, 0 where there is none. */
function readMap(group, size) {
  const cells = new Array(size * size).fill(0);
  for (const { attributes } of findAll(group, 'path')) {
    for (const [, x, y, run] of attributes.d.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
      for (let i = 0; i < Number(run); i++) {
        const at = Number(y) * size + Number(x) + i;
        assert.ok(Number(x) + i < size && Number(y) < size);
        assert.equal(cells[at], 0, 'a cell is drawn once');
        cells[at] = Number(attributes['stroke-opacity']);
      }
    }
  }
  return cells;
}

const maps = (svg) =>
  findAll(svg, 'g').filter(({ attributes, children }) => {
    return attributes.transform?.startsWith('translate') && children[0]?.name === 'title';
  });

describe('the overview', () => {
  const layers = [0, 1, 2].map((seed) => makeAttention(4, count, seed + 1));

  it('has a map for each layer and head, in order, with the weights in it', () => {
    const svg = parseXml(attentionOverviewSvg({ tokens, attentions: layers }));
    const found = maps(svg);
    assert.equal(found.length, 12);
    const corners = new Set();
    found.forEach((group, i) => {
      const [layer, head] = [Math.floor(i / 4), i % 4];
      assert.equal(group.children[0].text, `layer ${layer}, head ${head}`);
      corners.add(group.attributes.transform);
      const cells = readMap(group, count);
      cells.forEach((shade, at) => {
        const weight = layers[layer].data[head * count * count + at];
        assert.ok(Math.abs(shade - Math.sqrt(weight)) <= 0.5 / 12 + 0.006, `${shade}, ${weight}`);
      });
    });
    assert.equal(corners.size, 12);
  });

  it('shows the layers and heads that were asked for, by their own numbers', () => {
    const svg = parseXml(
      attentionOverviewSvg({ tokens, attentions: [layers[2]], layers: [5], heads: [3, 1] }),
    );
    const found = maps(svg);
    assert.deepEqual(
      found.map((group) => group.children[0].text),
      ['layer 5, head 3', 'layer 5, head 1'],
    );
    const whole = parseXml(attentionOverviewSvg({ tokens, attentions: [layers[2]] }));
    assert.deepEqual(readMap(found[0], count), readMap(maps(whole)[3], count));
  });

  it('puts many tokens together by their largest weight, and stays small', () => {
    const many = Array.from({ length: 128 }, (_, i) => `t${i}`);
    const attentions = Array.from({ length: 6 }, (_, i) => makeAttention(12, 128, i + 1));
    const source = attentionOverviewSvg({ tokens: many, attentions });
    assert.ok(source.length < 700_000, `${source.length} characters`);
    const found = maps(parseXml(source));
    assert.equal(found.length, 72);
    const { values, size } = poolWeights(attentions[0].data.subarray(0, 128 * 128), 128, 40);
    assert.equal(size, 40);
    assert.equal(Math.max(...values), Math.max(...attentions[0].data.subarray(0, 128 * 128)));
    readMap(found[0], 40).forEach((shade, at) => {
      assert.ok(Math.abs(shade - attentionShade(values[at])) <= 0.5 / 12 + 0.006);
    });
  });
});

describe('pooled weights', () => {
  it('are the weights themselves where they fit, else the largest in each cell', () => {
    const weights = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map(Math.fround);
    assert.deepEqual([...poolWeights(weights, 3, 3).values], weights);
    // Tokens 0 and 1 share the first row and column of two.
    assert.deepEqual(
      [...poolWeights(weights, 3, 2).values],
      [weights[4], weights[5], weights[7], weights[8]],
    );
    assert.deepEqual([...poolWeights(weights, 3, 1).values], [weights[8]]);
  });
});

describe('one head', () => {
  const attention = makeAttention(2, count, 9);
  const base = { tokens, attention, layer: 3, head: 1 };
  const weightOf = (from, to) => attention.data[count * count + from * count + to];

  /** Lines by the heights at which they begin and end. */
  const readLines = (svg) =>
    findAll(svg, 'path').flatMap(({ attributes }) =>
      [...attributes.d.matchAll(/M[\d.]+ ([\d.]+)L[\d.]+ ([\d.]+)/g)].map(([, y1, y2]) => ({
        from: (Number(y1) - 68 - 9) / 18,
        to: (Number(y2) - 68 - 9) / 18,
        opacity: Number(attributes['stroke-opacity']),
      })),
    );

  it('has a line for each weight above the threshold, as opaque as the weight', () => {
    const lines = readLines(parseXml(attentionHeadSvg({ ...base, threshold: 0.05 })));
    const expected = [];
    for (let from = 0; from < count; from++) {
      for (let to = 0; to < count; to++) if (weightOf(from, to) >= 0.05) expected.push([from, to]);
    }
    assert.deepEqual(
      lines.map(({ from, to }) => [from, to]).sort(([a, b], [c, d]) => a - c || b - d),
      expected,
    );
    assert.ok(expected.length > count && expected.length < count * count);
    for (const { from, to, opacity } of lines) {
      assert.ok(opacity >= weightOf(from, to) - 0.006 && opacity <= weightOf(from, to) + 0.051);
    }
    const shades = lines.map(({ opacity }) => opacity);
    assert.deepEqual(
      shades,
      [...shades].sort((a, b) => a - b),
    );
  });

  it('shows one token alone, with its weights in figures', () => {
    const svg = parseXml(attentionHeadSvg({ ...base, token: 2, threshold: 0 }));
    const lines = readLines(svg);
    assert.equal(lines.length, count);
    assert.ok(lines.every(({ from }) => from === 2));
    const figures = findAll(svg, 'text').filter(({ text }) => /^[01]\.\d\d$/.test(text));
    assert.deepEqual(
      figures.map(({ text }) => text),
      tokens
        .map((_, to) => weightOf(2, to))
        .filter((weight) => weight >= 0.005)
        .map((weight) => weight.toFixed(2)),
    );
  });

  it('is drawn as a matrix', () => {
    const svg = parseXml(attentionHeadSvg({ ...base, form: 'matrix' }));
    const cells = readMap(maps(svg)[0], count);
    cells.forEach((shade, at) => {
      const weight = weightOf(Math.floor(at / count), at % count);
      assert.ok(Math.abs(shade - Math.sqrt(weight)) <= 0.5 / 24 + 0.006);
    });
  });

  it('writes every token, whatever it is made of', () => {
    const svg = parseXml(attentionHeadSvg({ ...base, title: 'a < b & "c"' }));
    const texts = findAll(svg, 'text').map(({ text }) => text);
    for (const token of tokens) {
      const written = token === '\u0000\ud800' ? '\ufffd\ufffd' : token;
      assert.equal(texts.filter((text) => text === written).length, 2, token);
    }
    assert.equal(texts[0], 'Layer 3, head 1: a < b & "c"');
    const long = attentionHeadSvg({ ...base, tokens: tokens.map(() => 'x'.repeat(500)) });
    assert.ok(findAll(parseXml(long), 'text').every(({ text }) => text.length < 100));
  });

  it('stands alone, in both colour schemes, and is the same each time', () => {
    for (const form of ['lines', 'matrix']) {
      const source = attentionHeadSvg({ ...base, form });
      assert.equal(attentionHeadSvg({ ...base, form }), source);
      const svg = parseXml(source);
      assert.equal(svg.attributes.xmlns, 'http://www.w3.org/2000/svg');
      assert.ok(Number(svg.attributes.width) > 200 && Number(svg.attributes.height) > 200);
      assert.match(source, /@media \(prefers-color-scheme: dark\)/);
      // Nothing is fetched, nothing runs.
      assert.doesNotMatch(source, /href|url\(|@import|<script|<image|foreignObject|\son\w+=/);
    }
  });

  it('says what is wrong with its input', () => {
    const refused = (options, words) =>
      assert.throws(() => attentionHeadSvg({ ...base, ...options }), {
        code: 'BAD_ARGUMENT',
        message: words,
      });
    refused({ tokens: [] }, /tokens is empty/);
    refused({ tokens: ['a'] }, /shape \[2,9,9\], not \[heads, 1, 1\]/);
    refused({ attention: undefined }, /shape/);
    refused({ attention: { ...attention, data: attention.data.subarray(1) } }, /shape/);
    refused({ head: 2 }, /no head 2: heads are numbered from 0 to 1/);
    refused({ head: 0.5 }, /no head/);
    refused({ token: count }, /token is 9; it is a number from 0 to 8/);
    refused({ form: 'circle' }, /"lines" or "matrix"/);
    assert.throws(() => attentionOverviewSvg({ tokens, attentions: [] }), /attentions: true/);
    assert.throws(
      () => attentionOverviewSvg({ tokens, attentions: [attention], layers: [1, 2] }),
      /1 attentions for 2 layers/,
    );
  });
});

describe('text in SVG', () => {
  it('is escaped, and has no character that XML forbids', () => {
    const text = '<a href="x">&amp;\u0007\u{1f600}\udc00\uffff';
    assert.equal(parseXml(`<t a="${escapeXml(text)}"/>`).attributes.a, parseText(text));
    assert.equal(parseXml(`<t>${escapeXml(text)}</t>`).text, parseText(text));
  });

  it('is cut between what a reader sees as letters', () => {
    assert.equal(shorten('short', 5), 'short');
    assert.equal(shorten('longer', 5), 'long…');
    assert.equal(textColumns('日本'), 4);
    assert.equal(shorten('日本語', 5), '日本…');
    assert.equal(shorten('e\u0301e\u0301e\u0301e\u0301', 3), 'e\u0301e\u0301…');
    assert.equal(textColumns('e\u0301'), 1);
  });
});

const parseText = (text) => text.replace(/\p{Cc}|\uffff/gu, '\ufffd').toWellFormed();
