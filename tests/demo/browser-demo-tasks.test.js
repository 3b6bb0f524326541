// The demo's views of single tasks in a real Chromium, beside the same calls in Node.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { load } from '../../js/index.js';
import { maskSamples, summarySamples, tagSamples } from '../../web-demo/parts/task-samples.js';
import { noBrowser } from '../helpers/browser.js';
import { computed, typeText, withDemo, useDemo } from '../helpers/demo.js';
import { headModel } from '../helpers/heads.js';

describe("the demo's tasks", { skip: noBrowser }, () => {
  const stage = useDemo();

  const demo = (tab, folder, body, options) =>
    withDemo(stage, { tab, folder, ...options }, async (page, opened) => {
      await computed(page, tab);
      await body(page, opened);
    });

  /** The same in Node: `int8` gives the same bits there. */
  async function inNode(source, call) {
    const model = await load(source, { dtype: 'int8' });
    const result = await call(model);
    model.dispose();
    return result;
  }

  const texts = (page, selector) => page.locator(selector).allTextContents();
  const percent = (text) => Number.parseFloat(text.replace('< ', '')) / 100;
  const near = (shown, score) => Math.abs(percent(shown) - score) <= 0.0051;

  describe('classify', () => {
    const folder = headModel('single-label');

    it('shows the labels of what is typed, best first, with bars to match', async () => {
      const text = 'The old boat sings at night.';
      const expected = await inNode(folder, (model) => model.classify(text));
      await demo('classify', folder, async (page) => {
        await typeText(page, 'classify', text);
        const labels = expected.map(({ label }) => label);
        assert.deepEqual(await texts(page, '#view-classify .scored-name'), labels);
        const scores = await texts(page, '#view-classify .scored-score');
        const bars = await page.$$eval('#view-classify .bar', (all) =>
          all.map((bar) => Number(bar.style.getPropertyValue('--share'))),
        );
        expected.forEach(({ score }, at) => {
          assert.ok(near(scores[at], score), `${scores[at]} for ${score}`);
          assert.ok(Math.abs(bars[at] - score) < 1e-6);
        });
        await typeText(page, 'classify', '  ');
        assert.match(await page.textContent('#view-classify .empty'), /Type something/);
      });
    });

    it('tells praise from complaint with the embedded model', async () => {
      await demo('classify', undefined, async (page) => {
        const first = () => page.textContent('#view-classify .scored-name');
        assert.equal(await first(), 'positive');
        // The adapter is in the footer's figure: the base alone takes 26 MB.
        const memory = await page.textContent('#facts dt:text-is("memory") + dd');
        assert.ok(parseInt(memory, 10) > 26, memory);
        await page.getByRole('button', { name: 'Complaint' }).click();
        await page.waitForFunction(
          () => document.querySelector('#view-classify .scored-name').textContent === 'negative',
        );
      });
    });

    it('takes each line by itself', async () => {
      const lines = ['The sun sings.', '', 'The red boat works slowly.', 'It was not the rain.'];
      const expected = await inNode(folder, (model) =>
        model.classify(
          lines.filter((line) => line !== ''),
          { topK: 1 },
        ),
      );
      await demo('classify', folder, async (page) => {
        await page.getByLabel('Each line by itself').check();
        await typeText(page, 'classify', lines.join('\n'));
        const rows = await page.$$eval('#view-classify tbody tr', (all) =>
          all.map((row) => [...row.cells].map((cell) => cell.textContent)),
        );
        assert.deepEqual(
          rows.map((row) => row.slice(0, 2)),
          lines.filter((line) => line !== '').map((line, at) => [line, expected[at][0].label]),
        );
        rows.forEach((row, at) => assert.ok(near(row[2], expected[at][0].score)));
        const counted = (await texts(page, '#view-classify .legend li')).map((text) =>
          Number(text.split(': ')[1]),
        );
        assert.equal(
          counted.reduce((sum, count) => sum + count, 0),
          3,
        );
        assert.match(await page.textContent('#view-classify .panel-note'), /^3 lines in/);
      });
    });

    it('shows the value of a regression as a number without a bar', async () => {
      const source = headModel('regression');
      const text = 'the sea and the wind';
      const [{ score }] = await inNode(source, (model) => model.classify(text));
      await demo('classify', source, async (page) => {
        await typeText(page, 'classify', text);
        const [shown] = await texts(page, '#view-classify .scored-score');
        if (score < 0 || score > 1) {
          assert.equal(shown, score.toFixed(3).replace('-', '−'));
          assert.equal(await page.locator('#view-classify .bar').count(), 0);
        } else assert.ok(near(shown, score));
      });
    });
  });

  describe('fill in', () => {
    const folder = headModel('masked-lm');
    const value = (page) => page.inputValue('#view-fill textarea');

    it('shows candidates for each mask, and puts the one that is clicked into its place', async () => {
      const { text } = maskSamples[2];
      const lists = await inNode(folder, (model) => model.fillMask(text, { topK: 8 }));
      await demo('fill', folder, async (page) => {
        await page.getByRole('button', { name: 'Two masks' }).click();
        await page.waitForFunction(() => document.querySelectorAll('.mask').length === 2);
        for (const [at, list] of lists.entries()) {
          const names = page.locator('.mask').nth(at).locator('.scored-name');
          assert.deepEqual(
            await names.allTextContents(),
            list.map(({ token }) => token),
          );
        }
        const at = lists[1].findIndex(({ token }) => !token.startsWith('##'));
        await page.locator('.mask').nth(1).locator('button').nth(at).click();
        const filled = `She opened the [MASK] and looked out at the ${lists[1][at].token}.`;
        assert.equal(await value(page), filled);
        await page.waitForFunction(() => document.querySelectorAll('.mask').length === 1);
        await page.getByRole('button', { name: 'Take the word back' }).click();
        assert.equal(await value(page), text);
        await page.waitForFunction(() => document.querySelectorAll('.mask').length === 2);
        assert.ok(await page.locator('#view-fill .actions button').nth(1).isHidden());
      });
    });

    it('puts a mask in at the caret, or in place of what is selected', async () => {
      await demo('fill', folder, async (page) => {
        await typeText(page, 'fill', 'the red boat');
        assert.match(await page.textContent('#view-fill .empty'), /no \[MASK\]/);
        const select = (start, end) =>
          page.$eval(
            '#view-fill textarea',
            (area, range) => {
              area.focus();
              area.setSelectionRange(...range);
            },
            [start, end],
          );
        const put = () => page.getByRole('button', { name: 'Put in [MASK]' }).click();
        await select(4, 7);
        await put();
        assert.equal(await value(page), 'the [MASK] boat');
        await page.waitForFunction(() => document.querySelectorAll('.mask').length === 1);
        await select(15, 15);
        await put();
        assert.equal(await value(page), 'the [MASK] boat [MASK]');
        assert.equal(await page.evaluate(() => document.activeElement.selectionStart), 22);
        await page.waitForFunction(() => document.querySelectorAll('.mask').length === 2);
      });
    });

    it('answers the last of many quick changes only', async () => {
      const last = 'anna lives in [MASK].';
      const expected = await inNode(folder, (model) => model.fillMask(last, { topK: 8 }));
      await demo('fill', folder, async (page) => {
        const shown = await page.evaluate(async (text) => {
          const area = document.querySelector('#view-fill textarea');
          const output = document.querySelector('#view-fill .masks');
          let times = 0;
          new MutationObserver(() => {
            times++;
          }).observe(output, { childList: true });
          for (let end = 1; end <= text.length; end++) {
            area.value = text.slice(0, end);
            area.dispatchEvent(new Event('input', { bubbles: true }));
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          await new Promise((resolve) => setTimeout(resolve, 1000));
          return times;
        }, last);
        assert.ok(shown < last.length / 2, `${shown} answers were shown`);
        assert.deepEqual(
          await texts(page, '#view-fill .scored-name'),
          expected.map(({ token }) => token),
        );
      });
    });
  });

  describe('answer', () => {
    const folder = headModel('answers');

    it('marks the answers where they stand', async () => {
      const context = 'Anna lives in Paris. Karl works for the bank in Berlin, at the north river.';
      const question = 'Where is the bank?';
      const expected = await inNode(folder, (model) =>
        model.answer({ question, context }, { topK: 3 }),
      );
      assert.ok(expected.length > 1);
      await demo('answer', folder, async (page) => {
        await page.fill('#view-answer input[type=text]', question);
        await typeText(page, 'answer', context);
        assert.deepEqual(
          await texts(page, '#view-answer .scored-name'),
          expected.map(({ answer }) => answer),
        );
        assert.deepEqual(
          await texts(page, '#view-answer mark'),
          [...expected].sort((a, b) => a.start - b.start).map(({ answer }) => answer),
        );
        const chosen = () => page.textContent('#view-answer mark.is-chosen');
        assert.equal(await chosen(), expected[0].answer);
        await page.locator('#view-answer .scored').nth(1).click();
        assert.equal(await chosen(), expected[1].answer);
        assert.equal(await page.textContent('#view-answer .reading'), context);
        await page.getByRole('combobox', { name: 'Answers' }).selectOption('the best');
        await page.waitForFunction(
          () => document.querySelectorAll('#view-answer .scored').length === 1,
        );
      });
    });

    it('offers questions, and reads a text that is longer than a window', async () => {
      const context = `${'The wind was on the sea. '.repeat(200)}Karl works in Rome.`;
      const question = 'Where is Karl?';
      const expected = await inNode(folder, (model) =>
        model.answer({ question, context }, { topK: 3, allowNone: true }),
      );
      await demo('answer', folder, async (page) => {
        await page.getByRole('button', { name: 'How many steps are there?' }).click();
        assert.match(await page.inputValue('#view-answer input[type=text]'), /^How many/);
        await page.getByLabel('There may be none').check();
        await page.fill('#view-answer input[type=text]', question);
        await typeText(page, 'answer', context);
        assert.deepEqual(
          await texts(page, '#view-answer .scored-name'),
          expected.map(({ answer }) => answer || 'No answer in this text'),
        );
        assert.ok(await page.locator('#view-answer .suggestions').isHidden());
      });
    });

    it('shows a failure as its sentence, until there is an answer again', async () => {
      await demo('answer', folder, async (page) => {
        await page.fill('#view-answer input[type=text]', 'who '.repeat(450));
        await page.waitForSelector('#view-answer[data-state=failed]');
        const sentence = await page.textContent('#view-answer .trouble');
        assert.match(sentence, /leaves no room/);
        assert.ok(await page.locator('#view-answer .reading').isHidden());
        await page.fill('#view-answer input[type=text]', 'who');
        await computed(page, 'answer');
        assert.ok(await page.locator('#view-answer .trouble').isHidden());
      });
    });
  });

  describe('names', () => {
    const folder = headModel('tags');

    it('colours entities, with a legend and a table that say the same', async () => {
      const { text } = tagSamples[0];
      const expected = await inNode(folder, (model) =>
        model.tagTokens(text, { aggregation: 'first', longText: 'window' }),
      );
      assert.ok(expected.length > 2);
      await demo('tags', folder, async (page) => {
        const marks = await page.$$eval('#view-tags mark', (all) =>
          all.map((mark) => [mark.firstChild.textContent, mark.lastChild.textContent]),
        );
        const pairs = expected.map(({ entity, start, end }) => [text.slice(start, end), entity]);
        assert.deepEqual(marks, pairs);
        const colours = await page.$$eval('#view-tags mark', (all) =>
          all.map((mark) => [mark.lastChild.textContent, getComputedStyle(mark).backgroundColor]),
        );
        const byLabel = new Map(colours);
        assert.equal(new Set(byLabel.values()).size, byLabel.size);
        for (const [label, colour] of colours) assert.equal(byLabel.get(label), colour);
        const legend = await texts(page, '#view-tags .legend li');
        assert.deepEqual(
          legend.map((item) => item.split(': ')[0]).sort(),
          [...byLabel.keys()].sort(),
        );
        await page.getByText('As a table').click();
        const rows = await page.$$eval('#view-tags tbody tr', (all) =>
          all.map((row) => [row.cells[0].textContent, row.cells[1].textContent]),
        );
        assert.deepEqual(rows, pairs);
      });
    });

    it('puts words together in other ways', async () => {
      const { text } = tagSamples[1];
      const expected = await inNode(folder, (model) =>
        model.tagTokens(text, { aggregation: 'simple', longText: 'window' }),
      );
      await demo('tags', folder, async (page) => {
        await page.getByRole('combobox', { name: 'Entities' }).selectOption('simple');
        await typeText(page, 'tags', text);
        assert.deepEqual(
          await page.$$eval('#view-tags mark', (all) => all.map((mark) => mark.firstChild.data)),
          expected.map(({ start, end }) => text.slice(start, end)),
        );
      });
    });
  });

  describe('summary', () => {
    it('marks the sentences that the embedded model chooses, as many as asked for', async () => {
      const { text } = summarySamples[0];
      const expected = await inNode(undefined, (model) =>
        Promise.all([3, 5].map((sentences) => model.summarize(text, { sentences }))),
      );
      const permissions = ['clipboard-read', 'clipboard-write'];
      await demo(
        'summary',
        undefined,
        async (page) => {
          const check = async ({ summary, sentences }) => {
            assert.equal(await page.textContent('#view-summary .summary-text'), summary);
            assert.deepEqual(
              await texts(page, '#view-summary mark'),
              sentences.map((sentence) => sentence.text),
            );
          };
          await check(expected[0]);
          assert.equal(await page.textContent('#view-summary .reading'), text);
          await page.getByRole('slider', { name: /Sentences/ }).fill('5');
          await computed(page, 'summary');
          await check(expected[1]);
          assert.equal(await page.textContent('#view-summary output'), '5');
          await page.getByRole('button', { name: 'Copy the summary' }).click();
          await page.waitForFunction(() =>
            /Copied/.test(document.querySelector('#announcer').textContent),
          );
          const copied = await page.evaluate(() => navigator.clipboard.readText());
          assert.equal(copied, expected[1].summary);
          await typeText(page, 'summary', ' ');
          assert.match(await page.textContent('#view-summary .summary-text'), /no sentence/);
        },
        { permissions },
      );
    });
  });
});
