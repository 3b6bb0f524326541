// What the demo's pictures are made of: tokens described, points and labels placed, SVG files.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { loadTokenizer } from '../../js/index.js';
import { fitPoints, overlap, placeLabels } from '../../web-demo/views/map-layout.js';
import { mapBody, mapSvg } from '../../web-demo/views/map-svg.js';
import {
  attentionSamples,
  mapSamples,
  tokenSamples,
} from '../../web-demo/parts/picture-samples.js';
import { analyseTokens } from '../../web-demo/views/token-analysis.js';
import { tokensSvg } from '../../web-demo/views/token-svg.js';
import { findAll, parseXml } from '../helpers/xml.js';

describe('tokens described', () => {
  let tokenizer;

  before(async () => {
    tokenizer = await loadTokenizer();
  });

  after(() => tokenizer?.dispose());

  const analyse = (text, pair, maxLength = 256) => analyseTokens(tokenizer, text, pair, maxLength);

  it('stand where they stand in their text', () => {
    const [text, pair] = ['Crème brûlée, unbelievably good.', 'Served in Zürich: 東京!'];
    const { pieces, words, special, unknown } = analyse(text, pair);
    const slices = pieces
      .filter(({ source }) => source !== null)
      .map(({ source, start, end }) => [text, pair][source].slice(start, end));
    assert.equal(slices.join('').replace(/\s/g, ''), (text + pair).replace(/\s/g, ''));
    assert.deepEqual(
      pieces.map(({ source, segment }) => source ?? segment),
      pieces.map(({ segment }) => segment),
    );
    assert.equal(special, 3);
    assert.equal(unknown, 0);
    // Crème, brûlée, unbelievably, good; Served, in, Zürich, 東, 京.
    assert.equal(words, 9);
  });

  it('share a word where one was cut into pieces', () => {
    const { pieces, words } = analyse('unbelievably tokenized, twice');
    const byWord = new Map();
    for (const { word, token, source } of pieces) {
      if (source !== null) byWord.set(word, [...(byWord.get(word) ?? []), token]);
    }
    assert.deepEqual(
      [...byWord.values()].map((tokens) => tokens.join('').replaceAll('##', '')),
      ['unbelievably', 'tokenized', ',', 'twice'],
    );
    assert.equal(words, 3);
  });

  it('are marked where they are special or unknown', () => {
    const { pieces } = analyse('a [MASK] and 🦊');
    const marked = pieces.map(({ token, isSpecial, isUnknown, source }) => [
      token,
      isSpecial,
      isUnknown,
      source,
    ]);
    assert.deepEqual(marked, [
      ['[CLS]', true, false, null],
      ['a', false, false, 0],
      ['[MASK]', true, false, 0],
      ['and', false, false, 0],
      ['[UNK]', false, true, 0],
      ['[SEP]', true, false, null],
    ]);
  });

  it('are cut where the model would cut them', () => {
    const long = 'one two three four five six seven eight nine ten '.repeat(3).trim();
    const cases = [
      [long, undefined, 16],
      [long, long, 24],
      [long, 'a short one', 24],
      ['a short one', long, 24],
      [long, '', 16],
      ['', long, 16],
      ['short', undefined, 16],
    ];
    for (const [text, pair, maxLength] of cases) {
      const { pieces, cut } = analyse(text, pair, maxLength);
      const kept = pieces.filter(({ isCut }) => !isCut).map(({ token }) => token);
      const read = tokenizer.encode(text, { pair, truncation: true, maxLength }).tokens;
      assert.deepEqual(kept, read, `${text} / ${pair}`);
      assert.equal(cut, pieces.length - read.length);
    }
  });

  it('become a picture with each of them in it', () => {
    for (const { text, pair } of tokenSamples) {
      const { pieces } = analyse(text, pair);
      const svg = parseXml(tokensSvg(pieces, text));
      const written = findAll(svg, 'text').map((element) => element.text);
      for (const { token, id } of pieces) {
        assert.ok(written.includes(token) && written.includes(String(id)), token);
      }
      const [width, height] = [Number(svg.attributes.width), Number(svg.attributes.height)];
      for (const { attributes } of findAll(svg, 'rect')) {
        assert.ok(Number(attributes.x ?? 0) + Number(attributes.width) <= width);
        assert.ok(Number(attributes.y ?? 0) + Number(attributes.height) <= height);
      }
    }
  });

  it('are few enough in the samples to be read whole', () => {
    for (const { text, pair } of attentionSamples) {
      assert.equal(analyse(text, pair, 128).cut, 0);
    }
    assert.ok(analyse(attentionSamples.at(-1).text).pieces.length > 100);
  });
});

describe('a map', () => {
  /** Points in a few crowds, the same each time. */
  function crowds(count) {
    let state = 7;
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    return Array.from({ length: count }, (_, i) => [(i % 5) + random() * 0.8, random() + (i % 3)]);
  }
  const size = { width: 620, height: 480, measure: (text) => 7 * text.length };

  it('has all points inside, and both axes at one scale', () => {
    const coordinates = crowds(50);
    const points = fitPoints(coordinates, 620, 480);
    for (const { x, y } of points) {
      assert.ok(x >= 27.9 && x <= 620 - 27.9 && y >= 27.9 && y <= 480 - 27.9);
    }
    const [a, b] = [coordinates[3], coordinates[8]];
    const ratio = Math.hypot(a[0] - b[0], a[1] - b[1]);
    const scale = Math.hypot(points[3].x - points[8].x, points[3].y - points[8].y) / ratio;
    for (const i of [1, 17, 30]) {
      const [p, q] = [points[i], points[i + 9]];
      const [c, d] = [coordinates[i], coordinates[i + 9]];
      const distance = Math.hypot(c[0] - d[0], c[1] - d[1]) * scale;
      assert.ok(Math.abs(Math.hypot(p.x - q.x, p.y - q.y) - distance) < 1e-6);
      // Up in the coordinates is up in the picture.
      assert.equal(Math.sign(p.y - q.y), Math.sign(d[1] - c[1]));
    }
    assert.deepEqual(fitPoints([[3, 4]], 100, 60), [{ x: 50, y: 30 }]);
    assert.deepEqual(fitPoints([], 100, 60), []);
  });

  it('has labels that cover neither each other nor a point', () => {
    for (const count of [1, 12, 40, 150]) {
      const points = fitPoints(crowds(count), 620, 480);
      const texts = points.map((_, i) => `label ${i * i}`);
      const labels = placeLabels(points, texts, size);
      const boxes = labels.flatMap((label, i) => (label ? [{ ...label.box, i }] : []));
      assert.equal(labels.length, count);
      boxes.forEach((box, at) => {
        assert.ok(
          box.x >= 0 && box.x + box.width <= 620 && box.y >= 0 && box.y + box.height <= 480,
        );
        assert.ok(!boxes.slice(0, at).some((other) => overlap(box, other)));
        points.forEach(({ x, y }, j) => {
          const point = { x: x - 4.5, y: y - 4.5, width: 9, height: 9 };
          assert.ok(j === box.i || !overlap(box, point), `${box.i} covers ${j}`);
        });
      });
      // What finds no place is left out, and that is as little as can be.
      assert.ok(boxes.length >= Math.min(count, 30), `${boxes.length} of ${count}`);
    }
  });

  it('has each line in its file, by its whole text', () => {
    const lines = [...mapSamples[1].lines, 'a <b> & "c"', '\u0001 control'];
    const points = fitPoints(crowds(lines.length), 620, 480);
    const body = mapBody(points, placeLabels(points, lines, size), lines);
    const source = mapSvg(body, { width: 620, height: 480, caption: 'Lines & more' });
    const svg = parseXml(source);
    const titles = findAll(svg, 'title').map(({ text }) => text);
    assert.deepEqual(titles.slice(1), [...lines.slice(0, -1), '\ufffd control']);
    assert.equal(findAll(svg, 'circle').length, lines.length);
    assert.match(source, /prefers-color-scheme: dark/);
    assert.doesNotMatch(source, /href|url\(|<script|\sstyle=/);
  });
});
