// A real Chromium for tests: the installed one, with a fresh profile, offline but for this machine.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const places = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

const executablePath = places.find((place) => place && existsSync(place));

/** False, or the reason why browser tests have to be skipped: the `skip` option of node:test. */
export const noBrowser = executablePath
  ? false
  : 'no Chromium is installed (on Debian ./build.sh tests provides it; CHROMIUM_PATH names another)';

const usualFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @param {string[]} [flags] further command line flags */
export function launchBrowser(flags = []) {
  return chromium.launch({ executablePath, headless: true, args: [...usualFlags, ...flags] });
}

/**
 * A browser with an unpacked extension, which has a service worker.
 * @param {string} folder of the extension
 * @param {string} profile an empty folder
 * @returns {Promise<{ context: import('playwright-core').BrowserContext, base: string }>} `base`:
 *   address of the folder that the worker is in
 */
export async function launchExtension(folder, profile) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: false, // the old headless mode has no extensions
    ignoreDefaultArgs: ['--disable-extensions'],
    args: [
      '--headless=new',
      ...usualFlags,
      `--disable-extensions-except=${folder}`,
      `--load-extension=${folder}`,
    ],
  });
  const [worker = await context.waitForEvent('serviceworker')] = context.serviceWorkers();
  return { context, base: new URL('.', worker.url()).href };
}

/**
 * A page that keeps account of what it does.
 * @param {import('playwright-core').Browser} browser
 * @param {import('playwright-core').BrowserContextOptions} [options]
 * @returns {Promise<{ page: import('playwright-core').Page, requests: string[], problems: string[],
 *   close(): Promise<void> }>} every URL asked for (by workers too), and every console error,
 *   uncaught error and refused request
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests = [];
  const problems = [];
  context.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // A page that leaves a stream unread has not failed.
    if (why !== 'net::ERR_ABORTED') problems.push(`${request.url()}: ${why}`);
  });
  return { page, requests, problems, close: () => context.close() };
}
