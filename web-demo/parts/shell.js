// What surrounds the views: loading bar, problems in words, announcements, facts.
import { find } from './elements.js';

/**
 * @typedef {import('../../js/index.js').LoadProgress} LoadProgress
 * @typedef {import('../../js/index.js').ModelInfo} ModelInfo
 */

/** @param {string} id */
const byId = (id) => find(document, `#${id}`, HTMLElement);

/** @type {Partial<Record<LoadProgress['phase'], string>>} */
const phases = { download: 'Reading', prepare: 'Preparing' };

/** @type {Record<string, string>} for what a user can meet; all else shows the error's own */
const sentences = {
  NO_SIMD:
    'The engine needs WebAssembly with SIMD, which every browser since 2023 has unless it is ' +
    'turned off.',
  OUT_OF_MEMORY: 'The browser gave no more memory. Close other tabs, or take shorter texts.',
};

/** What kind of failure it is, if it says so. @param {unknown} error @returns {string | undefined} */
export function codeOf(error) {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** @param {unknown} error */
export function explain(error) {
  const own = sentences[codeOf(error) ?? ''];
  const message = error instanceof Error ? error.message : String(error);
  return own ? `${own} (${message})` : message;
}

/** Shows the bar, at its beginning. @param {string} name of the model */
export function beginLoading(name) {
  byId('loading').classList.remove('is-done');
  document.body.dataset.state = 'loading';
  loadingBar().style.setProperty('--share', '0');
  byId('loading-text').textContent = `Reading ${name} …`;
}

/** @param {LoadProgress} progress */
export function showLoading({ phase, file, loaded, total = 0 }) {
  const share = total > 0 ? Math.min(1, loaded / total) : 0;
  const percent = Math.floor(share * 100);
  const bar = loadingBar();
  bar.style.setProperty('--share', String(share));
  bar.setAttribute('aria-valuenow', String(percent));
  const what = phases[phase] ?? 'Loading';
  const bytes = total > 0 ? `, ${megabytes(loaded)} of ${megabytes(total)} MB` : '';
  byId('loading-text').textContent =
    phase === 'ready' ? '' : `${what} ${file ?? 'the model'}${bytes}`;
}

const loadingBar = () => find(byId('loading'), '.loading-bar', HTMLElement);

export function hideLoading() {
  byId('loading').classList.add('is-done');
  byId('loading-text').textContent = '';
  document.body.dataset.state = 'ready';
}

/**
 * @param {string} text
 * @param {() => void} [retry] shows a button for it
 */
export function showProblem(text, retry) {
  const box = byId('problem');
  find(box, '.problem-text', HTMLElement).textContent = text;
  const again = find(box, '.problem-retry', HTMLButtonElement);
  again.hidden = !retry;
  again.onclick = () => {
    hideProblem();
    retry?.();
  };
  const close = find(box, '.problem-close', HTMLButtonElement);
  close.hidden = false;
  close.onclick = hideProblem;
  box.hidden = false;
}

export function hideProblem() {
  byId('problem').hidden = true;
}

let announcement = 0;

/** Says something to screen readers, and shows it for a moment. @param {string} text */
export function announce(text) {
  const box = byId('announcer');
  box.textContent = text;
  box.classList.remove('hidden');
  clearTimeout(announcement);
  announcement = window.setTimeout(() => box.classList.add('hidden'), 2200);
}

/** In this order, whichever comes first. */
const factNames = [
  'model',
  'precision',
  'SIMD',
  'threads',
  'memory',
  'loaded in',
  'lines',
  'per query',
  'requests elsewhere',
];
/** @type {Map<string, string>} */
const facts = new Map();

/** Sets some of the facts in the footer, by the names above. @param {Record<string, string>} entries */
export function setFacts(entries) {
  for (const [name, value] of Object.entries(entries)) facts.set(name, value);
  byId('facts').replaceChildren(
    ...factNames
      .filter((name) => facts.has(name))
      .map((name) => {
        const group = document.createElement('div');
        const term = document.createElement('dt');
        const detail = document.createElement('dd');
        term.textContent = name;
        detail.textContent = facts.get(name) ?? '';
        group.append(term, detail);
        return group;
      }),
  );
}

/**
 * What a model takes now: more than at first, where a call has loaded an adapter.
 * @param {{ info: ModelInfo }} model
 */
export function showMemory({ info }) {
  setFacts({ memory: `${(info.memoryBytes / 1e6).toFixed(0)} MB` });
}

/** Forgets what is known of a model, before another one's facts are set. */
export function clearFacts() {
  for (const name of factNames) if (name !== 'requests elsewhere') facts.delete(name);
}

/** Counts what the page has asked of other places; the answer should stay 0. */
export function watchRequests() {
  let elsewhere = 0;
  /** @param {PerformanceEntryList} entries */
  const count = (entries) => {
    elsewhere += entries.filter(({ name }) => !name.startsWith(location.origin)).length;
    setFacts({ 'requests elsewhere': String(elsewhere) });
  };
  count([]);
  new PerformanceObserver((list) => count(list.getEntries())).observe({
    type: 'resource',
    buffered: true,
  });
}

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
