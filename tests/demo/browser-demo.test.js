// The web demo in a real Chromium, as a user works with it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { samples } from '../../web-demo/parts/samples.js';
import { useDemo, withPage } from '../helpers/demo.js';
import { noBrowser, openPage } from '../helpers/browser.js';
import { faintTexts } from '../helpers/contrast.js';

describe('the web demo', { skip: noBrowser }, () => {
  const stage = useDemo();

  /** Opens the demo, waits until the sample is embedded, and checks at the end that all was well. */
  const withDemo = (body, options = {}) =>
    withPage(stage, options, async (page, opened) => {
      await page.goto(`${stage.server.url}/`);
      await linesReady(page, 24);
      await body(page, opened);
    });

  const linesReady = (page, count) =>
    page.waitForSelector(`#view-search[data-lines="${count}"]`, { timeout: 60_000 });

  const answered = (page, query) =>
    page.waitForSelector(`#view-search[data-answered=${JSON.stringify(query)}]`);

  const ask = async (page, query) => {
    await page.fill('#query', query);
    await answered(page, query);
  };

  const best = (page) => page.locator('.result-text').first().textContent();

  /** Waits for the best line, and says which one stands there when it does not come. */
  const foundBest = async (page, pattern) => {
    for (let round = 0; round < 100; round++) {
      if (pattern.test(await best(page))) return;
      await page.waitForTimeout(100);
    }
    assert.match(await best(page), pattern);
  };

  it('shows an answer to a sample query at once', async () => {
    await withDemo(async (page) => {
      assert.equal(await page.inputValue('#query'), samples[0].queries[0]);
      await answered(page, samples[0].queries[0]);
      assert.match(await best(page), /counts as lost/);
      assert.equal(await page.locator('.result').count(), 8);
      assert.equal(await page.textContent('#lines-note'), '24 lines');
      assert.equal(await page.textContent('#found-note'), '8 of 24');
    });
  });

  it('finds the line that means what is typed, in every sample', async () => {
    const expected = {
      'Help desk': {
        'cannot sign in any more': /Reset your password/,
        'ear-splitting fan': /fan speed/,
      },
      'Field notes': { 'a reptile swimming': /grass snake/, 'white winter fur': /stoat/ },
      Kitchen: {
        'my broth has too much sodium': /too salty/,
        'avoid cutting myself': /sharp blade/,
      },
    };
    await withDemo(async (page) => {
      for (const [name, queries] of Object.entries(expected)) {
        await page.getByRole('button', { name }).click();
        await page.waitForFunction(
          (text) => document.querySelector('.samples [aria-pressed=true]').textContent === text,
          name,
        );
        await linesReady(page, 24);
        for (const [query, line] of Object.entries(queries)) {
          await ask(page, query);
          await foundBest(page, line);
        }
      }
    });
  });

  it('shows scores in falling order, from -1 to 1, with bars to match', async () => {
    await withDemo(async (page) => {
      await ask(page, 'money');
      const rows = await page.locator('.result').evaluateAll((list) =>
        list.map((row) => ({
          score: Number(row.querySelector('.result-score').textContent.replace('−', '-')),
          bar: Number(row.style.getPropertyValue('--score')),
        })),
      );
      rows.forEach(({ score, bar }, at) => {
        assert.ok(score <= 1 && score >= -1 && (at === 0 || score <= rows[at - 1].score));
        assert.ok(Math.abs(bar - Math.max(0, score)) <= 0.006);
      });
    });
  });

  it('answers while typing, and only the last query counts', async () => {
    await withDemo(async (page) => {
      await page.fill('#query', '');
      await page.locator('#query').pressSequentially('old batteries', { delay: 15 });
      await answered(page, 'old batteries');
      assert.match(await best(page), /Old batteries/);
      // A slow answer to an earlier query must not come back over a later one.
      await page.evaluate(() => {
        const field = document.querySelector('#query');
        for (const text of ['refund', 'warranty', 'student discount']) {
          field.value = text;
          field.dispatchEvent(new Event('input', { bubbles: true }));
        }
      });
      await answered(page, 'student discount');
      await page.waitForTimeout(300);
      assert.match(await best(page), /student discount/);
    });
  });

  it('works with the keyboard alone', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    await withDemo(
      async (page) => {
        const focused = () => page.evaluate(() => document.activeElement.id);
        const active = () => page.getAttribute('#query', 'aria-activedescendant');
        await page.getByRole('button', { name: 'Clear', exact: true }).focus();
        await page.keyboard.press('/');
        assert.equal(await focused(), 'query');
        await page.keyboard.type('spare parts');
        await answered(page, 'spare parts');
        assert.equal(await page.inputValue('#query'), 'spare parts');

        assert.equal(await active(), 'result-0');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('ArrowDown');
        assert.equal(await active(), 'result-2');
        assert.equal(await page.getAttribute('#result-2', 'aria-selected'), 'true');
        assert.equal(await page.getAttribute('#result-0', 'aria-selected'), 'false');
        await page.keyboard.press('ArrowUp');
        await page.keyboard.press('ArrowUp');
        await page.keyboard.press('ArrowUp');
        assert.equal(await active(), 'result-7');
        await page.keyboard.press('ArrowDown');

        const line = await best(page);
        await page.keyboard.press('Control+Enter');
        await page.waitForFunction(() =>
          /Copied line/.test(document.querySelector('#announcer').textContent),
        );
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), line);

        await page.keyboard.press('Enter');
        assert.equal(await focused(), 'lines');
        const selected = () =>
          page.evaluate(() => {
            const { value, selectionStart, selectionEnd } = document.querySelector('#lines');
            return value.slice(selectionStart, selectionEnd);
          });
        assert.equal(await selected(), line);

        await page.keyboard.press('Escape');
        assert.equal(await focused(), 'query');
        await page.keyboard.press('Escape');
        assert.equal(await page.inputValue('#query'), '');
        await page.waitForFunction(() => document.querySelectorAll('.result').length === 0);
        assert.equal(await page.getAttribute('#query', 'aria-expanded'), 'false');
        assert.match(await page.textContent('#empty'), /Type a query/);
        // In a text field a slash is a slash.
        await page.focus('#lines');
        await page.keyboard.press('Control+End');
        await page.keyboard.type(' and/or');
        assert.match(await page.inputValue('#lines'), / and\/or$/);
      },
      { permissions },
    );
  });

  it('reveals a chosen line in a long text', async () => {
    await withDemo(async (page) => {
      const lines = Array.from({ length: 300 }, (_, at) => `entry number ${at} in the log`);
      lines[250] = 'the volcano erupted at dawn';
      await page.fill('#lines', lines.join('\n'));
      await linesReady(page, 300);
      await ask(page, 'lava and ashes');
      await page.locator('.result').first().click();
      const place = await page.evaluate(() => {
        const area = document.querySelector('#lines');
        const lineHeight = parseFloat(getComputedStyle(area).lineHeight);
        const band = document.querySelector('.editor-band').getBoundingClientRect();
        const frame = area.getBoundingClientRect();
        return {
          isVisible: band.top >= frame.top && band.bottom <= frame.bottom,
          isRight: Math.abs(band.top - frame.top + area.scrollTop - 250 * lineHeight) < 2,
          selected: area.value.slice(area.selectionStart, area.selectionEnd),
          numbers: document.querySelector('.editor-gutter').textContent.split('\n').includes('251'),
        };
      });
      const expected = { isVisible: true, isRight: true, selected: lines[250], numbers: true };
      assert.deepEqual(place, expected);
    });
  });

  it('takes pasted, edited and dropped lines', async () => {
    await withDemo(async (page) => {
      await page.fill('#lines', 'The dog barks.\n\nRain is falling.\nThe dog barks.\n');
      await linesReady(page, 2);
      await ask(page, 'bad weather');
      assert.equal(await best(page), 'Rain is falling.');
      assert.equal(await page.locator('.result-line').first().textContent(), 'line 3');

      await drop(page, {
        'notes.txt': 'Bread and butter\nA sailing boat',
        'more.txt': 'Red shoes',
      });
      await linesReady(page, 3);
      await ask(page, 'ship');
      await foundBest(page, /^A sailing boat$/);
      assert.match(
        await page.inputValue('#lines'),
        /^Bread and butter\nA sailing boat\nRed shoes$/,
      );

      await page.setInputFiles('#files', {
        name: 'picked.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('one\ntwo\nthree\nfour'),
      });
      await linesReady(page, 4);
      await page.getByRole('button', { name: 'Clear', exact: true }).click();
      await linesReady(page, 0);
      assert.match(await page.textContent('#empty'), /no lines to search/);
    });
  });

  it('says how many lines are too long to be read whole', async () => {
    await withDemo(async (page) => {
      await page.fill('#lines', `short\n${'a long story '.repeat(200)}\nalso short`);
      await linesReady(page, 3);
      assert.equal(await page.textContent('#lines-note'), '3 lines, 1 too long and read in part');
      await page.fill('#lines', 'short\nalso short');
      await linesReady(page, 2);
      assert.equal(await page.textContent('#lines-note'), '2 lines');
    });
  });

  it('says in words what it cannot use', async () => {
    await withDemo(async (page) => {
      await drop(page, { 'picture.png': '\x89PNG\0\0' });
      await page.waitForSelector('#problem:not([hidden])');
      assert.match(await page.textContent('.problem-text'), /“picture.png” is not a text file/);
      assert.equal(await page.getAttribute('#problem', 'role'), 'alert');
      await page.getByRole('button', { name: 'Close' }).click();
      assert.ok(await page.locator('#problem').isHidden());
      // The lines are still there.
      assert.equal(await page.textContent('#lines-note'), '24 lines');
    });
  });

  it('offers to try again when the model cannot be loaded', async () => {
    const { page, close } = await openPage(stage.browser);
    const weights = '**/model.safetensors';
    await page.route(weights, (route) => route.abort());
    await page.goto(`${stage.server.url}/`);
    await page.waitForSelector('#problem:not([hidden])');
    assert.match(await page.textContent('.problem-text'), /model/);
    await page.unroute(weights);
    await page.getByRole('button', { name: 'Try again' }).click();
    await linesReady(page, 24);
    assert.ok(await page.locator('#problem').isHidden());
    await close();
  });

  it('says that it could not start, even when its own modules fail', async () => {
    for (const broken of [
      { status: 404, body: '' },
      { contentType: 'text/javascript', body: 'this is no script' },
      { contentType: 'text/javascript', body: 'export const other = 1;' },
    ]) {
      const { page, close } = await openPage(stage.browser);
      await page.route('**/dist/page/bertlet.js', (route) => route.fulfill(broken));
      await page.goto(`${stage.server.url}/`);
      await page.waitForSelector('#problem:not([hidden])');
      assert.match(await page.textContent('.problem-text'), /could not start/);
      await close();
    }
  });

  it('shows the loading bar move, then facts about the engine', async () => {
    const { page, close } = await openPage(stage.browser);
    await page.addInitScript(() => {
      globalThis.shares = [];
      const note = () => {
        const bar = document.querySelector('.loading-bar');
        if (bar) globalThis.shares.push(Number(bar.getAttribute('aria-valuenow')));
      };
      new MutationObserver(note).observe(document, {
        subtree: true,
        attributes: true,
        childList: true,
      });
    });
    await page.goto(`${stage.server.url}/`);
    await linesReady(page, 24);
    await page.waitForFunction(() =>
      /per query/.test(document.querySelector('#facts').textContent),
    );
    const shares = await page.evaluate(() => globalThis.shares);
    assert.ok(shares.every((share, at) => at === 0 || share >= shares[at - 1]));
    assert.equal(shares.at(-1), 100);
    assert.ok(new Set(shares).size > 3);
    const facts = await page.evaluate(() =>
      Object.fromEntries(
        [...document.querySelectorAll('#facts div')].map((group) =>
          [...group.children].map((part) => part.textContent),
        ),
      ),
    );
    assert.equal(facts.precision, 'int8');
    assert.equal(facts.SIMD, 'relaxed');
    assert.equal(facts['requests elsewhere'], '0');
    assert.match(facts.memory, /^\d+ MB$/);
    assert.match(facts['per query'], /^\d+\.\d ms$/);
    await close();
  });

  it('is held to its promises by the browser', async () => {
    await withDemo(async (page, opened) => {
      const refused = await page.evaluate(async () => {
        const directives = [];
        addEventListener('securitypolicyviolation', (event) =>
          directives.push(event.effectiveDirective),
        );
        await fetch('http://127.0.0.1:9/elsewhere').catch(() => {});
        const image = new Image();
        image.src = 'http://127.0.0.1:9/pixel.png';
        const script = document.createElement('script');
        script.textContent = 'globalThis.inlineRan = true';
        document.head.append(script);
        await new Promise((resolve) => setTimeout(resolve, 100));
        return { directives: directives.sort(), inlineRan: globalThis.inlineRan };
      });
      assert.deepEqual(refused, {
        directives: ['connect-src', 'img-src', 'script-src-elem'],
        inlineRan: undefined,
      });
      // What was refused on purpose is in the console; nothing has left the page.
      opened.problems.length = 0;
      opened.requests.splice(0, Infinity, ...opened.requests.filter((url) => !url.includes(':9/')));
    });
  });

  it('names and describes everything for screen readers', async () => {
    await withDemo(async (page) => {
      const unnamed = await page.evaluate(() =>
        [...document.querySelectorAll('button, input, textarea, [role=listbox], section')]
          .filter((element) => {
            const label = element.getAttribute('aria-label') || element.labels?.[0]?.textContent;
            const heading = document.getElementById(element.getAttribute('aria-labelledby'));
            return !(label || heading?.textContent || element.textContent).trim();
          })
          .map((element) => element.outerHTML),
      );
      assert.deepEqual(unnamed, []);
      const query = page.getByRole('combobox', { name: 'What are you looking for?' });
      assert.equal(await query.getAttribute('aria-controls'), 'results');
      assert.equal(await page.getByRole('option', { selected: true }).count(), 1);
      assert.equal(await page.getAttribute('#found-note', 'aria-live'), 'polite');
    });
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 360]) {
      it(`is readable and fits, ${colorScheme}, ${width} pixels wide`, async () => {
        await withDemo(
          async (page) => {
            await ask(page, 'refund');
            assert.ok(
              await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
            );
            assert.deepEqual(await page.evaluate(faintTexts), []);
          },
          { colorScheme, viewport: { width, height: 800 } },
        );
      });
    }
  }

  it('does not move for those who asked for rest', async () => {
    await withDemo(
      async (page) => {
        const moving = await page.evaluate(
          () =>
            [...document.querySelectorAll('*')].filter((element) =>
              getComputedStyle(element)
                .transitionDuration.split(', ')
                .some((time) => time !== '0s'),
            ).length,
        );
        assert.equal(moving, 0);
      },
      { reducedMotion: 'reduce' },
    );
  });

  async function drop(page, files) {
    const dataTransfer = await page.evaluateHandle((contents) => {
      const transfer = new DataTransfer();
      for (const [name, text] of Object.entries(contents))
        transfer.items.add(new File([text], name));
      return transfer;
    }, files);
    await page.dispatchEvent('main', 'dragenter', { dataTransfer });
    await page.waitForSelector('#drop.is-visible');
    await page.dispatchEvent('main', 'drop', { dataTransfer });
    await page.waitForSelector('#drop:not(.is-visible)', { state: 'attached' });
  }
});
