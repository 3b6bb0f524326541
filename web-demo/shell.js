// What surrounds the views: loading bar, problems in words, announcements, facts.

const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const phases = { download: 'Reading', prepare: 'Preparing' };

/** Sentences for what a user can meet; everything else shows the error's own. */
const sentences = {
  NO_SIMD:
    'The engine needs WebAssembly with SIMD, which every browser since 2023 has unless it is ' +
    'turned off.',
  OUT_OF_MEMORY: 'The browser gave no more memory. Close other tabs, or take shorter texts.',
};

/** @param {unknown} error */
export function explain(error) {
  const own = sentences[error?.code];
  const message = error?.message ?? String(error);
  return own ? `${own} (${message})` : message;
}

/** Shows the bar, at its beginning. @param {string} name of the model */
export function beginLoading(name) {
  byId('loading').classList.remove('is-done');
  document.body.dataset.state = 'loading';
  byId('loading').querySelector('.loading-bar').style.setProperty('--share', '0');
  byId('loading-text').textContent = `Reading ${name} …`;
}

/** @param {{ phase: string, file?: string, loaded: number, total: number }} progress */
export function showLoading({ phase, file, loaded, total }) {
  const share = total > 0 ? Math.min(1, loaded / total) : 0;
  const percent = Math.floor(share * 100);
  const bar = byId('loading').querySelector('.loading-bar');
  bar.style.setProperty('--share', String(share));
  bar.setAttribute('aria-valuenow', String(percent));
  const what = phases[phase] ?? 'Loading';
  const bytes = total > 0 ? `, ${megabytes(loaded)} of ${megabytes(total)} MB` : '';
  byId('loading-text').textContent =
    phase === 'ready' ? '' : `${what} ${file ?? 'the model'}${bytes}`;
}

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
  box.querySelector('.problem-text').textContent = text;
  const again = /** @type {HTMLButtonElement} */ (box.querySelector('.problem-retry'));
  again.hidden = !retry;
  again.onclick = () => {
    hideProblem();
    retry?.();
  };
  const close = /** @type {HTMLButtonElement} */ (box.querySelector('.problem-close'));
  close.hidden = false;
  close.onclick = hideProblem;
  box.hidden = false;
}

export function hideProblem() {
  byId('problem').hidden = true;
}

/** Says something to screen readers, and shows it for a moment. @param {string} text */
export function announce(text) {
  const box = byId('announcer');
  box.textContent = text;
  box.classList.remove('hidden');
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => box.classList.add('hidden'), 2200);
}
announce.timer = 0;

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
        detail.textContent = facts.get(name);
        group.append(term, detail);
        return group;
      }),
  );
}

/** What a model takes now: more than at first, where a call has loaded an adapter. */
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

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
