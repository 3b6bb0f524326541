// The demo's views with pictures in a real Chromium: tokens, attention, the map.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { load } from '../../js/index.js';
import {
  attentionSamples,
  mapSamples,
  tokenSamples,
} from '../../web-demo/parts/picture-samples.js';
import { noBrowser } from '../helpers/browser.js';
import { faintTexts } from '../helpers/contrast.js';
import { pickFolder, withDemo, useDemo } from '../helpers/demo.js';
import { headModel } from '../helpers/heads.js';

describe("the demo's pictures", { skip: noBrowser }, () => {
  const stage = useDemo();
  let model;

  before(async () => {
    model = await load();
  });

  after(async () => {
    model?.dispose();
  });

  const demo = (options, body) => withDemo(stage, options, body);
  const tokensAre = (page, tab, count) =>
    page.waitForSelector(`#view-${tab}[data-tokens="${count}"]`);
  const countOf = ({ text, pair }) => model.tokenizer.encode(text, { pair }).length;
  const detail = (page, tab) => page.textContent(`#view-${tab} .picture-detail`);

  /**
   * Presses a button that saves, and reads the file: it must be XML, and drawn without the page,
   * in another that is empty.
   */
  async function save(page, tab, name) {
    const coming = page.waitForEvent('download');
    await page.locator(`#view-${tab}`).getByRole('button', { name, exact: true }).click();
    const download = await coming;
    const source = readFileSync(await download.path(), 'utf8');
    const blank = await stage.browser.newPage();
    const found = await blank.evaluate((text) => {
      const { documentElement: root } = new DOMParser().parseFromString(text, 'image/svg+xml');
      const texts = [...root.querySelectorAll('text')].map(({ textContent }) => textContent);
      return { root: root.localName, errors: root.querySelectorAll('parsererror').length, texts };
    }, source);
    assert.equal(found.root, 'svg');
    assert.equal(found.errors, 0);
    // As an image it may fetch nothing; what is not in it would be missing.
    const size = await blank.evaluate(async (text) => {
      const image = new Image();
      image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, source);
    assert.ok(size.every((length) => length > 100));
    await blank.close();
    return { name: download.suggestedFilename(), source, texts: found.texts };
  }

  describe('tokens', () => {
    it('are shown as they are typed, with their ids', async () => {
      await demo({ tab: 'tokens' }, async (page) => {
        await tokensAre(page, 'tokens', countOf(tokenSamples[0]));
        await page.fill('#tokens-text', '');
        await page.locator('#tokens-text').pressSequentially('Embeddings of 🦊 cats');
        const { tokens, ids } = model.tokenizer.encode('Embeddings of 🦊 cats');
        await tokensAre(page, 'tokens', ids.length);
        const boxes = page.locator('.token-list .token');
        assert.deepEqual(await boxes.locator('.token-text').allTextContents(), tokens);
        assert.deepEqual(await boxes.locator('.token-id').allTextContents(), [...ids].map(String));
        assert.equal(await page.locator('.token-list .is-unknown').count(), 1);
        assert.equal(await page.locator('.token-list .is-special').count(), 2);
        assert.match(await page.textContent('.token-numbers'), new RegExp(`${ids.length}of 256`));
      });
    });

    it('show where they stand in which text, by pointer and by keys', async () => {
      const sample = tokenSamples.find(({ pair }) => pair);
      await demo({ tab: 'tokens' }, async (page) => {
        await page.getByRole('button', { name: sample.name }).click();
        await tokensAre(page, 'tokens', countOf(sample));
        const { tokens, typeIds } = model.tokenizer.encode(sample.text, { pair: sample.pair });
        const at = tokens.lastIndexOf('bakery');
        assert.equal(typeIds[at], 1);
        await page.locator('.token-list .token').nth(at).hover();
        const marked = page.locator('.token-source .is-active');
        assert.equal(await marked.textContent(), 'bakery');
        const source = page.locator('.token-source').nth(1);
        assert.equal(await source.locator('.is-active').count(), 1);
        assert.equal(await source.textContent(), sample.pair);
        assert.match(await detail(page, 'tokens'), /segment 1 · characters 4 to 10: “bakery”/);

        await page.locator('.token-list .token').first().focus();
        await page.keyboard.press('ArrowRight');
        assert.match(await detail(page, 'tokens'), /^when .*characters 0 to 4: “When”/);
        await page.keyboard.press('End');
        assert.match(await detail(page, 'tokens'), /^\[SEP\].*added/);
        await page.locator('.token-source').first().locator('.token').nth(3).hover();
        assert.equal(await page.textContent('.token-list .is-active .token-text'), 'bakery');
      });
    });

    it('beyond what the model reads are struck out and counted', async () => {
      await demo({ tab: 'tokens' }, async (page) => {
        await page.fill('#tokens-text', 'word '.repeat(1000));
        await tokensAre(page, 'tokens', 1002);
        assert.match(await page.textContent('.token-numbers'), /746cut off/);
        assert.match(await page.textContent('#view-tokens'), /first 600 of 1,002 tokens/);
        assert.equal(await page.locator('.token-list .token').count(), 600);
        assert.equal(await page.locator('.token-list .is-cut').count(), 600 - 255);
        await page.fill('#tokens-text', '');
        await tokensAre(page, 'tokens', 2);
      });
    });

    it('follow the model that was picked, and are saved as SVG', async () => {
      await demo({ tab: 'tokens' }, async (page) => {
        const { name, texts } = await save(page, 'tokens', 'Save as SVG');
        assert.equal(name, 'tokens.svg');
        assert.ok(texts.includes('##izer'));
        const folder = headModel('tags');
        const other = await load(folder);
        const count = other.tokenizer.encode(tokenSamples[0].text).length;
        assert.notEqual(count, countOf(tokenSamples[0]));
        await pickFolder(page, folder);
        await tokensAre(page, 'tokens', count);
        assert.match(
          await page.textContent('.token-numbers'),
          new RegExp(`of ${other.info.maxLength}`),
        );
        other.dispose();
      });
    });
  });

  describe('attention', () => {
    const ready = (page, sample) => tokensAre(page, 'attention', countOf(sample));

    it('has a map for each head, and its lines are the weights', async () => {
      const [sample] = attentionSamples;
      await demo({ tab: 'attention' }, async (page) => {
        await ready(page, sample);
        assert.equal(await page.locator('.heads-cell').count(), 72);
        await page.getByRole('radio', { name: 'layer 2, head 4' }).click();
        assert.equal(await page.textContent('.attention-bar h2'), 'Layer 2, head 4');
        const { tokens, attentions } = await model.forward(sample, { attentions: [2] });
        const count = tokens.length;
        assert.deepEqual(await page.locator('.head-from li').allTextContents(), tokens);
        assert.deepEqual(await page.locator('.head-to li').allTextContents(), tokens);
        const at = tokens.indexOf('it');
        const strongest = (weights) =>
          weights
            .map((weight, i) => [weight, tokens[i]])
            .sort(([a], [b]) => b - a)
            .slice(0, 4)
            .map(([weight, token]) => `${token} ${weight.toFixed(2)}`)
            .join(' · ');
        const start = 4 * count * count;
        const weightOf = (from, to) => attentions[0].data[start + from * count + to];
        await page.locator('.head-from li').nth(at).hover();
        await page.waitForSelector('.head-lines.has-own');
        const out = tokens.map((_, to) => weightOf(at, to));
        assert.equal(await detail(page, 'attention'), `it looks at ${strongest(out)}`);
        await page.locator('.head-to li').nth(at).hover();
        await page.waitForFunction(() =>
          /looked at/.test(document.querySelector('#view-attention .picture-detail').textContent),
        );
        const into = tokens.map((_, from) => weightOf(from, at));
        assert.equal(await detail(page, 'attention'), `it is looked at by ${strongest(into)}`);
      });
    });

    it('paints the maps and the lines', async () => {
      await demo({ tab: 'attention' }, async (page) => {
        await ready(page, attentionSamples[0]);
        // Layer 0, head 2 of this model: each token looks at the one before it.
        await page.getByRole('radio', { name: 'layer 0, head 2' }).click();
        const painted = await page.evaluate(() => {
          const canvas = document.querySelector('.heads canvas');
          const grid = document.querySelector('.heads-grid').getBoundingClientRect();
          const cell = document
            .querySelector('[aria-label="layer 0, head 2"]')
            .getBoundingClientRect();
          const pixels = (one) =>
            one.getContext('2d').getImageData(0, 0, one.width, one.height).data;
          const maps = pixels(canvas);
          const alpha = (x, y) => {
            const column = Math.round(cell.left - grid.left + x * cell.width);
            const row = Math.round(cell.top - grid.top + y * cell.height);
            return maps[(row * canvas.width + column) * 4 + 3];
          };
          const lines = pixels(document.querySelector('.head-all'));
          return {
            diagonal: [3.5, 7.5, 10.5].map((row) => row / 15).map((at) => alpha(at - 1 / 15, at)),
            corners: [alpha(0.9, 0.3), alpha(0.3, 0.9)],
            lines: lines.filter((value, i) => i % 4 === 3 && value > 100).length,
          };
        });
        assert.ok(Math.min(...painted.diagonal) > 150, `${painted.diagonal}`);
        assert.ok(Math.max(...painted.corners) < 60, `${painted.corners}`);
        assert.ok(painted.lines > 1000);
      });
    });

    it('works with the keyboard alone', async () => {
      await demo({ tab: 'attention' }, async (page) => {
        await ready(page, attentionSamples[0]);
        await page.getByRole('radio', { name: 'layer 1, head 1', exact: true }).click();
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('ArrowDown');
        assert.equal(await page.getAttribute('#view-attention', 'data-head'), '2.2');
        await page.keyboard.press('Home');
        await page.keyboard.press('ArrowUp');
        await page.keyboard.press('ArrowUp');
        await page.keyboard.press('ArrowUp');
        assert.equal(await page.getAttribute('#view-attention', 'data-head'), '0.0');
        const checked = page.locator('.heads-cell[aria-checked=true]');
        assert.equal(await checked.count(), 1);
        assert.equal(await page.locator('.heads-cell[tabindex="0"]').count(), 1);

        const says = (words) =>
          page.waitForFunction(
            (start) =>
              document
                .querySelector('#view-attention .picture-detail')
                .textContent.startsWith(start),
            words,
          );
        await page.locator('.head-from li').first().focus();
        await page.keyboard.press('ArrowDown');
        await says('the looks at');
        await page.keyboard.press('Enter');
        await page.keyboard.press('ArrowDown');
        await says('cat looks at');
        await page.keyboard.press('ArrowRight');
        await says('cat is looked at by');
        // What was kept comes back when nothing is pointed at.
        await page.locator('#attention-text').focus();
        await says('the looks at');
      });
    });

    it('takes pairs, and long texts with what is left out said', async () => {
      await demo({ tab: 'attention' }, async (page) => {
        await page.getByRole('button', { name: 'A pair' }).click();
        await ready(page, attentionSamples[1]);
        const tokens = await page.locator('.head-from li').allTextContents();
        assert.equal(tokens.filter((token) => token === '[SEP]').length, 2);
        await page.fill('#attention-pair', '');
        await page.fill('#attention-text', 'one two three four five six '.repeat(40));
        await tokensAre(page, 'attention', 128);
        assert.equal(
          await page.textContent('.attention-overview .panel-note'),
          '128 tokens, 114 left out',
        );
        assert.equal(await page.locator('.head-from li').count(), 128);
      });
    });

    it('is saved as SVG: all heads, lines, a matrix', async () => {
      await demo({ tab: 'attention' }, async (page) => {
        await ready(page, attentionSamples[0]);
        await page.getByRole('radio', { name: 'layer 3, head 5' }).click();
        const all = await save(page, 'attention', 'Save as SVG');
        assert.equal(all.name, 'attention.svg');
        assert.equal(all.source.match(/<title>layer \d+, head \d+</g).length, 72);
        const lines = await save(page, 'attention', 'Save lines');
        assert.equal(lines.name, 'attention-3-5-lines.svg');
        assert.ok(lines.texts[0].startsWith('Layer 3, head 5') && lines.texts.includes('sofa'));
        const matrix = await save(page, 'attention', 'Save matrix');
        assert.equal(matrix.name, 'attention-3-5-matrix.svg');
        await page.locator('.head-from li').nth(2).click();
        const one = await save(page, 'attention', 'Save lines');
        assert.ok(one.texts.some((text) => /^0\.\d\d$/.test(text)));
      });
    });

    it('follows the model that was picked', async () => {
      await demo({ tab: 'attention', folder: headModel('tags') }, async (page) => {
        const other = await load(headModel('tags'));
        const [{ text }] = attentionSamples;
        await tokensAre(page, 'attention', other.tokenizer.encode(text).length);
        const { layers, attentionHeads } = other.info;
        assert.equal(await page.locator('.heads-cell').count(), layers * attentionHeads);
        other.dispose();
      });
    });
  });

  describe('the map', () => {
    const linesAre = (page, count) => page.waitForSelector(`#view-map[data-lines="${count}"]`);

    it('has a point for each line, and those that mean alike are near', async () => {
      await demo({ tab: 'map' }, async (page) => {
        const { lines } = mapSamples[0];
        await linesAre(page, lines.length);
        const points = await page.locator('.map-point').evaluateAll((groups) =>
          groups.map((group) => {
            const circle = group.querySelector('circle');
            const [x, y] = ['cx', 'cy'].map((name) => Number(circle.getAttribute(name)));
            return { text: group.getAttribute('aria-label'), x, y };
          }),
        );
        assert.deepEqual(
          points.map(({ text }) => text),
          lines,
        );
        const place = (text) => points.find((point) => point.text === text);
        const distance = (a, b) => Math.hypot(place(a).x - place(b).x, place(a).y - place(b).y);
        assert.ok(distance('violin', 'flute') < distance('violin', 'anger') / 2);
        assert.ok(distance('rain', 'snow') < distance('rain', 'piano') / 2);
        assert.ok((await page.locator('.map-point text').count()) >= lines.length * 0.7);
      });
    });

    it('shows a line and its nearest, by pointer and by keys', async () => {
      await demo({ tab: 'map' }, async (page) => {
        await page.getByRole('button', { name: 'Requests' }).click();
        const { lines } = mapSamples[1];
        await linesAre(page, lines.length);
        const at = lines.indexOf('where is my delivery?');
        await page.locator('.map-point').nth(at).locator('circle').hover();
        assert.match(await detail(page, 'map'), /^where is my delivery\? nearest: my parcel never/);
        assert.equal(await page.locator('.map-links line').count(), 3);
        assert.equal(await page.locator('.map-point.is-near').count(), 3);
        await page.locator('.map-point').first().focus();
        await page.keyboard.press('ArrowDown');
        assert.match(await detail(page, 'map'), /^the login page rejects me/);
        await page.keyboard.press('End');
        assert.match(await detail(page, 'map'), /^stop sending me the newsletter/);
        assert.equal(await page.locator('.map-point[tabindex="0"]').count(), 1);
      });
    });

    it('takes any lines, also few and many', async () => {
      await demo({ tab: 'map' }, async (page) => {
        for (const [text, count] of [
          ['', 0],
          ['one line', 1],
          ['one line\none line\n\nanother', 2],
          [`short\n${'a long story '.repeat(200)}\nalso short`, 3],
        ]) {
          await page.fill('#map-lines', text);
          await linesAre(page, count);
          assert.equal(await page.locator('.map-point').count(), count);
        }
        assert.equal(
          await page.textContent('#view-map .lines .panel-note'),
          '1 too long and read in part',
        );
        await page.fill('#map-lines', Array.from({ length: 410 }, (_, i) => `no. ${i}`).join('\n'));
        await linesAre(page, 400);
        assert.equal(await page.textContent('#view-map .lines .panel-note'), '10 more left out');
      });
    });

    it('is saved as SVG', async () => {
      await demo({ tab: 'map' }, async (page) => {
        await linesAre(page, mapSamples[0].lines.length);
        const { name, texts, source } = await save(page, 'map', 'Save as SVG');
        assert.equal(name, 'map.svg');
        assert.ok(texts.includes('violin'));
        assert.equal(source.match(/<circle /g).length, mapSamples[0].lines.length);
        assert.doesNotMatch(source, /tabindex|is-active/);
      });
    });
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      it(`are readable and fit, ${colorScheme}, ${width} pixels wide`, async () => {
        const options = { colorScheme, viewport: { width, height: 844 }, tab: 'tokens' };
        await demo(options, async (page) => {
          const marks = { tokens: 'tokens', attention: 'tokens', map: 'lines' };
          for (const [tab, mark] of Object.entries(marks)) {
            await page.locator(`#tab-${tab}`).click();
            await page.waitForSelector(`#view-${tab}[data-${mark}]`);
            const fits = () => document.documentElement.scrollWidth <= innerWidth;
            assert.ok(await page.evaluate(fits), tab);
            assert.deepEqual(await page.evaluate(faintTexts), [], tab);
          }
        });
      });
    }
  }
});
