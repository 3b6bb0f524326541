// The demo by keyboard alone, in Chromium: the tab key goes through each view to its end, keys do
// something where they should, and nothing throws.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noBrowser } from '../helpers/browser.js';
import { computed, withDemo, useDemo } from '../helpers/demo.js';
import { headModel } from '../helpers/heads.js';

/** Every tab, with a model that has what it needs, and what shows that it has computed. */
const tabs = {
  search: [undefined, '#view-search [role=option]'],
  classify: [headModel('single-label')],
  fill: [headModel('masked-lm')],
  answer: [headModel('answers')],
  tags: [headModel('tags')],
  summary: [],
  tokens: [undefined, '#view-tokens [data-token]'],
  attention: [undefined, '#view-attention .heads-cell'],
  map: [undefined, '#view-map[data-lines]'],
};

/** Escape goes to another place where it means something. */
const keys = ['ArrowRight', 'ArrowDown', 'End', 'ArrowUp', 'ArrowLeft', 'Home'];
const mostStops = 100;

describe('the demo by keyboard', { skip: noBrowser }, () => {
  const stage = useDemo();

  const demo = (options, body) => withDemo(stage, options, body);

  /** What has the focus. */
  const focused = (page) =>
    page.evaluate(() => {
      const { activeElement: element } = document;
      return {
        role: element.getAttribute('role'),
        name: element.getAttribute('aria-label') ?? element.textContent.trim(),
        isBody: element === document.body,
        isPanel: element.closest('[role=tabpanel]') !== null,
      };
    });

  for (const [tab, [folder, sign]] of Object.entries(tabs)) {
    it(`goes through ${tab} to its end`, async () => {
      await demo({ tab, folder }, async (page, { problems }) => {
        if (sign) await page.waitForSelector(sign, { state: 'attached' });
        else await computed(page, tab);
        await page.evaluate(() => document.activeElement.blur());
        let inPanel = 0;
        let stops = 0;
        for (; stops < mostStops; stops++) {
          await page.keyboard.press('Tab');
          const stop = await focused(page);
          if (stop.isBody) break;
          inPanel += stop.isPanel;
          if (stop.role === 'tab') continue; // another view is opened by the arrows
          const handle = await page.evaluateHandle(() => document.activeElement);
          for (const key of keys) {
            await page.keyboard.press(key);
            assert.deepEqual(problems, [], `${key} at ${JSON.stringify(stop)}`);
          }
          await handle.evaluate((element) => element.isConnected && element.focus());
        }
        assert.ok(stops < mostStops, 'the tab key comes to an end');
        assert.ok(inPanel > 0, 'the view has a stop');
      });
    });
  }

  it('goes through the points of the map by arrows, and shows each', async () => {
    await demo({ tab: 'map' }, async (page) => {
      const lines = ['apple', 'pear', 'steam engine', 'diesel engine'];
      await page.fill('#map-lines', lines.join('\n'));
      await page.waitForSelector('#view-map[data-lines="4"]');
      const press = async (key, name) => {
        await page.keyboard.press(key);
        const { role, name: at } = await focused(page);
        assert.deepEqual([role, at], ['option', name], key);
        const active = page.locator('.map-point.is-active');
        assert.equal(await active.count(), 1);
        assert.equal(await active.getAttribute('aria-selected'), 'true');
        const detail = await page.textContent('#view-map .picture-detail');
        assert.ok(detail.startsWith(`${name} nearest: `), detail);
      };
      await page.focus('#tab-map');
      await press('Tab', 'apple');
      await press('ArrowRight', 'pear');
      await press('ArrowDown', 'steam engine');
      await press('ArrowLeft', 'pear');
      await press('End', 'diesel engine');
      await press('ArrowDown', 'diesel engine');
      await page.keyboard.press('Shift+Tab');
      assert.equal((await focused(page)).role, 'tab');
      await press('Tab', 'diesel engine'); // the stop is where it was left
      await press('Home', 'apple');
      await press('ArrowUp', 'apple');

      // The picture itself has the focus after a click beside the points.
      await page.locator('#view-map svg[role=listbox]').click({ position: { x: 3, y: 3 } });
      assert.equal((await focused(page)).role, 'listbox');
      await press('ArrowDown', 'apple');
      await press('ArrowDown', 'pear');
    });
  });

  it('finds no point in an empty map', async () => {
    await demo({ tab: 'map' }, async (page) => {
      await page.fill('#map-lines', '');
      await page.waitForSelector('#view-map[data-lines="0"]');
      await page.focus('#tab-map');
      await page.keyboard.press('Tab');
      assert.notEqual((await focused(page)).role, 'option');
      await page.locator('#view-map svg[role=listbox]').click({ position: { x: 3, y: 3 } });
      for (const key of keys) await page.keyboard.press(key);
    });
  });

  it('goes through tokens that come and go', async () => {
    await demo({ tab: 'tokens' }, async (page) => {
      await page.focus('#view-tokens [data-token="0"]');
      await page.keyboard.press('End');
      await page.fill('#tokens-text', 'sun');
      await page.waitForFunction(
        () => document.querySelectorAll('#view-tokens [role=option]').length === 3,
      );
      await page.focus('#view-tokens [data-token="0"]');
      for (const key of keys) await page.keyboard.press(key);
      assert.equal((await focused(page)).role, 'option');
    });
  });
});
