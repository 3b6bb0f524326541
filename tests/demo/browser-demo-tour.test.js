// The demo's tabs and its choice of models in a real Chromium.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { noBrowser } from '../helpers/browser.js';
import { faintTexts } from '../helpers/contrast.js';
import { computed, dropPaths, modelIs, pickFolder, withDemo, useDemo } from '../helpers/demo.js';
import { headModel } from '../helpers/heads.js';

/** Every tab with a model that has what it needs. */
const tabs = {
  search: undefined,
  classify: headModel('single-label'),
  fill: headModel('masked-lm'),
  answer: headModel('answers'),
  tags: headModel('tags'),
  summary: undefined,
};

describe("the demo's tour", { skip: noBrowser }, () => {
  const stage = useDemo();
  let scratch;

  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'bertlet-demo-'));
  });

  after(async () => {
    if (scratch) rmSync(scratch, { recursive: true });
  });

  const demo = (options, body) => withDemo(stage, options, body);
  const problem = async (page) => {
    await page.waitForSelector('#problem:not([hidden])');
    return page.textContent('.problem-text');
  };

  describe('tabs', () => {
    const selected = (page) => page.locator('[role=tab][aria-selected=true]');
    const shown = (page) =>
      page.$$eval('[role=tabpanel]:not([hidden])', (panels) => panels.map(({ id }) => id));

    it('are gone through with the keyboard, and the address keeps which one is open', async () => {
      await demo({}, async (page) => {
        const list = page.getByRole('tablist', { name: 'What the model does' });
        const names = await list.getByRole('tab').allTextContents();
        assert.deepEqual(names.slice(0, 3), ['Search', 'Classify', 'Fill in']);
        await selected(page).focus();
        const press = async (key, id) => {
          await page.keyboard.press(key);
          assert.equal(new URL(page.url()).hash, `#${id}`);
          assert.equal(await selected(page).count(), 1);
          assert.equal(await page.evaluate(() => document.activeElement.id), `tab-${id}`);
          assert.deepEqual(await shown(page), [`view-${id}`]);
        };
        const last = (await page.locator('[role=tab]').last().getAttribute('id')).slice(4);
        await press('ArrowRight', 'classify');
        await press('ArrowRight', 'fill');
        await press('ArrowLeft', 'classify');
        await press('End', last);
        await press('ArrowRight', 'search');
        await press('ArrowLeft', last);
        await press('Home', 'search');
        await press('ArrowRight', 'classify');
        // One stop of the tab key; the next is in the panel or beyond the tabs.
        await page.keyboard.press('Tab');
        assert.notEqual(await page.evaluate(() => document.activeElement.role), 'tab');
        await page.reload();
        assert.equal(await selected(page).textContent(), 'Classify');
        await page.evaluate(() => {
          location.hash = '#summary';
        });
        await page.waitForSelector('#view-summary:not([hidden])');
        assert.deepEqual(await shown(page), ['view-summary']);
        await page.waitForSelector('body[data-state=ready]');
      });
    });

    it('name their panels, and nothing is made before it is looked at', async () => {
      await demo({}, async (page) => {
        const links = await page.$$eval('[role=tab]', (all) =>
          all.map((tab) => {
            const panel = document.getElementById(tab.getAttribute('aria-controls'));
            return panel.role === 'tabpanel' && panel.getAttribute('aria-labelledby') === tab.id;
          }),
        );
        assert.ok(links.length >= 6 && links.every(Boolean));
        assert.equal(await page.locator('#view-summary > *').count(), 0);
        await page.getByRole('tab', { name: 'Summary' }).click();
        await computed(page, 'summary');
        await page.getByRole('tab', { name: 'Search' }).click();
        // What was there stays there.
        await page.getByRole('tab', { name: 'Summary' }).click();
        assert.equal(await page.locator('#view-summary textarea').count(), 1);
      });
    });

    it('keep what is open in sight on a narrow screen', async () => {
      await demo({ tab: 'summary', viewport: { width: 390, height: 800 } }, async (page) => {
        const box = await selected(page).boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= 390);
      });
    });

    it('say what their model lacks, and how to get one that has it', async () => {
      await demo({ tab: 'answer', folder: headModel('tags') }, async (page) => {
        const note = page.locator('#view-answer .missing-head');
        assert.match(await note.textContent(), /“tags” has none .*question-answering/);
        assert.match(await note.textContent(), /BertForQuestionAnswering/);
        assert.ok(await page.locator('#view-answer textarea').isHidden());
        assert.match(await page.getAttribute('#tab-answer', 'title'), /question-answering/);
        const chooser = page.waitForEvent('filechooser');
        await note.getByRole('button', { name: 'choose it' }).click();
        await (await chooser).setFiles(headModel('answers'));
        await computed(page, 'answer');
        assert.equal(await note.count(), 0);
        assert.ok(await page.locator('#view-answer textarea').isVisible());
        assert.equal(await page.getAttribute('#tab-answer', 'title'), '');
      });
    });
  });

  describe('a model of one’s own', () => {
    const line = (page) => page.textContent('.model-line').then((text) => text.trim());

    it('is picked as a folder, and the embedded one comes back', async () => {
      await demo({ folder: headModel('answers') }, async (page) => {
        assert.match(await line(page), /^answers\s+with a head that finds answers$/);
        assert.match(await page.textContent('#facts'), /bert, 4,\d+ parameters/);
        // The search goes on, with vectors of the other model.
        await page.waitForSelector('#view-search[data-lines="24"]');
        await page.getByRole('button', { name: 'Back to the embedded model' }).click();
        await modelIs(page, 'all-MiniLM-L6-v2');
        assert.match(await line(page), /embedded/);
        await page.waitForSelector('#view-search[data-lines="24"]');
        await page.fill('#query', 'cannot sign in any more');
        await page.waitForFunction(() =>
          /Reset your password/.test(document.querySelector('.result-text')?.textContent),
        );
        assert.ok(await page.locator('#model-back').isHidden());
      });
    });

    it('is dropped as a folder, or as its files', async () => {
      await demo({ tab: 'tags' }, async (page) => {
        await dropPaths(page, [headModel('tags')]);
        await modelIs(page, 'tags');
        await computed(page, 'tags');
        await page.getByRole('tab', { name: 'Classify' }).click();
        const files = ['config.json', 'model.safetensors', 'tokenizer.json'];
        await dropPaths(
          page,
          files.map((file) => join(headModel('single-label'), file)),
        );
        await modelIs(page, 'the files dropped');
        await computed(page, 'classify');
        assert.equal(await page.locator('#view-classify .scored').count(), 3);
      });
    });

    it('keeps out what begins with a point', async () => {
      const folder = join(scratch, 'cloned');
      cpSync(headModel('tags'), folder, { recursive: true });
      cpSync(headModel('answers'), join(folder, '.git'), { recursive: true });
      await demo({ tab: 'tags' }, async (page) => {
        await dropPaths(page, [folder]);
        await modelIs(page, 'cloned');
        await page.getByRole('button', { name: 'Back to the embedded model' }).click();
        await modelIs(page, 'all-MiniLM-L6-v2');
        await pickFolder(page, folder);
        await computed(page, 'tags');
      });
    });

    it('that is damaged or of another kind is refused in words; the one before stays', async () => {
      const damaged = join(scratch, 'damaged');
      cpSync(headModel('tags'), damaged, { recursive: true });
      truncateSync(join(damaged, 'model.safetensors'), 9000);
      const other = join(scratch, 'other');
      cpSync(headModel('tags'), other, { recursive: true });
      const config = JSON.parse(readFileSync(join(other, 'config.json'), 'utf8'));
      writeFileSync(join(other, 'config.json'), JSON.stringify({ ...config, model_type: 'gpt2' }));
      const empty = join(scratch, 'without-config');
      cpSync(headModel('tags'), empty, { recursive: true });
      rmSync(join(empty, 'config.json'));
      await demo({ tab: 'tags', folder: headModel('tags') }, async (page) => {
        for (const [folder, sentence] of [
          [damaged, /“damaged” cannot be used: model\.safetensors .*“tags”/],
          [other, /“other” cannot be used: .*gpt2.*“tags”/],
          [empty, /“without-config” cannot be used: config\.json is missing .*“tags”/],
        ]) {
          await page.setInputFiles('#model-folder', folder);
          assert.match(await problem(page), sentence);
          await page.getByRole('button', { name: 'Close' }).click();
          assert.match(await line(page), /^tags/);
          await page.fill('#view-tags textarea', `Karl works in ${folder.length} places.`);
          await computed(page, 'tags');
        }
        assert.equal(await page.getAttribute('body', 'data-state'), 'ready');
      });
    });

    it('is the last one picked, however fast', async () => {
      await demo({ tab: 'tags' }, async (page) => {
        for (const name of ['answers', 'masked-lm', 'single-label', 'tags']) {
          await page.setInputFiles('#model-folder', headModel(name));
        }
        await modelIs(page, 'tags');
        await computed(page, 'tags');
        // None of the others comes later, and none has taken the model's calls along.
        await page.waitForTimeout(300);
        await page.fill('#view-tags textarea', 'Anna lives in Rome.');
        await computed(page, 'tags');
        assert.match(await line(page), /^tags\s+with a classifier of tokens$/);
      });
    });
  });

  it('gives dropped text to the tab that is open', async () => {
    const file = join(scratch, 'note.txt');
    writeFileSync(file, 'The tide is low. The boats lie in the mud. Gulls walk between them.\n');
    await demo({ tab: 'summary' }, async (page) => {
      await computed(page, 'summary');
      await dropPaths(page, [file]);
      await page.waitForFunction(() =>
        /^The tide/.test(document.querySelector('#view-summary textarea').value),
      );
      await computed(page, 'summary');
      assert.match(await page.textContent('#view-summary .summary-text'), /Gulls/);
    });
  });

  it('names every control for screen readers, in every tab', async () => {
    for (const [tab, folder] of Object.entries(tabs)) {
      await demo({ tab, folder }, async (page) => {
        if (tab !== 'search') await computed(page, tab);
        const unnamed = await page.evaluate(() =>
          [...document.querySelectorAll('button, input, textarea, select, output, [role=region]')]
            .filter((element) => {
              const label = element.getAttribute('aria-label') || element.labels?.[0]?.textContent;
              return !(label || element.textContent).trim();
            })
            .map((element) => element.outerHTML),
        );
        assert.deepEqual(unnamed, [], tab);
        assert.equal(await page.locator('h1:visible').count(), 1);
      });
    }
  });

  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      it(`is readable and fits, ${colorScheme}, ${width} pixels wide, in every tab`, async () => {
        for (const [tab, folder] of Object.entries(tabs)) {
          const options = { tab, folder, colorScheme, viewport: { width, height: 800 } };
          await demo(options, async (page) => {
            if (tab !== 'search') await computed(page, tab);
            const over = await page.evaluate(
              () => document.documentElement.scrollWidth - innerWidth,
            );
            assert.ok(over <= 0, `${tab} is ${over} pixels too wide`);
            assert.deepEqual(await page.evaluate(faintTexts), [], tab);
          });
        }
      });
    }
  }
});
