// The demo in a browser, open at one of its tabs.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { launchBrowser, openPage } from './browser.js';
import { requireFreshPage } from './page-files.js';
import { serve } from './server.js';

/**
 * What the tests of a suite share: a browser and a server, from before them until after them.
 * @returns {{ browser: import('playwright-core').Browser, server: { url: string } }} both are there
 *   once the tests run
 */
export function useDemo() {
  const stage = {};
  before(async () => {
    requireFreshPage();
    stage.browser = await launchBrowser();
    stage.server = await serve();
  });
  after(async () => {
    await stage.browser?.close();
    await stage.server?.close();
  });
  return stage;
}

/**
 * Opens a page, and checks at the end that nothing went wrong in it and nothing was asked of other
 * places.
 * @param {ReturnType<typeof useDemo>} stage
 * @param {import('playwright-core').BrowserContextOptions} options
 * @param {(page: import('playwright-core').Page, opened: Awaited<ReturnType<typeof openPage>>)
 *   => Promise<void>} body
 */
export async function withPage({ browser, server }, options, body) {
  const opened = await openPage(browser, options);
  try {
    await body(opened.page, opened);
    assert.deepEqual(opened.problems, []);
    const elsewhere = opened.requests.filter((url) => !url.startsWith(`${server.url}/`));
    assert.deepEqual(elsewhere, []);
  } finally {
    await opened.close();
  }
}

/**
 * The same of the demo, when it is ready.
 * @param {ReturnType<typeof useDemo>} stage
 * @param {{ tab?: string, folder?: string } & import('playwright-core').BrowserContextOptions}
 *   options `folder`: of a model that is picked in place of the embedded one
 * @param {Parameters<typeof withPage>[2]} body
 */
export function withDemo(stage, { tab = 'search', folder, ...options }, body) {
  return withPage(stage, options, async (page, opened) => {
    await page.goto(`${stage.server.url}/web-demo/#${tab}`);
    await page.waitForSelector('body[data-state=ready]', { timeout: 60_000 });
    if (folder) await pickFolder(page, folder);
    await body(page, opened);
  });
}

/** Picks a model folder, and waits until the page works with it. */
export async function pickFolder(page, folder) {
  await page.setInputFiles('#model-folder', folder);
  await modelIs(page, folder.replace(/.*\//, ''));
}

export const modelIs = (page, name) =>
  page.waitForFunction(
    (wanted) => document.querySelector('#model-name').textContent === wanted,
    name,
  );

/** Waits until a tab has computed what its input asks for. */
export const computed = (page, tab) => page.waitForSelector(`#view-${tab}[data-state=done]`);

/** Types into a tab's text area, and waits for what comes of it. */
export async function typeText(page, tab, text) {
  await page.fill(`#view-${tab} textarea`, text);
  await computed(page, tab);
}

/** Drops files or folders of this machine on the page, as a user does. */
export async function dropPaths(page, files) {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await session.send('Input.dispatchDragEvent', { type, x: 300, y: 300, data });
  }
  await session.detach();
}
