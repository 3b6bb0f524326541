// The search view: lines on one side, a query on the other, the nearest lines between them.
import { button, closest, find } from '../parts/elements.js';
import { LineEditor } from '../parts/line-editor.js';
import { LineIndex, splitLines } from './line-index.js';
import { ResultList } from '../parts/result-list.js';
import { samples } from '../parts/samples.js';

export const id = 'search';
export const title = 'Search';

const shownResults = 8;
const queryDelay = 40;
const linesDelay = 250;
const refreshDelay = 200;

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { Hit, Vector } from './line-index.js'
 * @import { Sample } from '../parts/samples.js'
 */

/** @param {HTMLElement} root its markup is in index.html @param {App} app @returns {Handle} */
export function mount(root, app) {
  const view = new SearchView(root, app);
  view.begin();
  return {
    update: (model) => model && view.useModel(model),
    takeText: (text) => view.takeText(text),
  };
}

/** `data-lines` and `data-answered` on the root say what is done: how many lines, which query. */
class SearchView {
  #root;
  #app;
  /** @type {Model | null} */
  #model = null;
  #index = new LineIndex(async () => []);
  #editor;
  #results;
  #query;
  #queryCall = new AbortController();
  #linesCall = new AbortController();
  #queryTimer = 0;
  #linesTimer = 0;
  #indexing = false;
  /** @type {Vector | null} the query's */
  #vector = null;
  /** @type {number[]} of the last queries, in milliseconds */
  #times = [];
  /** @type {Sample | null} the one that the lines are, if they are one */
  #sample = samples[0];
  #typedOwn = false;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#root = root;
    this.#app = app;
    this.#query = find(root, '#query', HTMLInputElement);
    this.#editor = new LineEditor(this.#find('editor'));
    this.#results = new ResultList(this.#find('results'), this.#query, {
      onActive: (hit) => this.#editor.mark(hit ? hit.line : -1),
      onOpen: (hit) => this.#editor.goTo(hit.line),
      onCopy: (hit) => this.#copy(hit),
    });
  }

  begin() {
    this.#listen();
    this.#offerSamples();
    this.#useSample(samples[0]);
    // At the page's start only: who comes by the arrow keys is going through the tabs.
    const isStart = document.activeElement === document.body;
    if (isStart && matchMedia('(hover: hover)').matches) this.#query.focus({ preventScroll: true });
  }

  /** Reads all lines again. @param {Model} model */
  useModel(model) {
    this.#queryCall.abort();
    this.#linesCall.abort();
    this.#model = model;
    this.#vector = null;
    this.#times = [];
    this.#index = new LineIndex((texts, options) =>
      model.embed(texts, { ...options, normalize: true }),
    );
    this.#showNearest();
    this.#linesChanged(0);
    this.#queryChanged(0);
  }

  /** @param {string} text */
  takeText(text) {
    this.#setLines(text);
    this.#query.focus();
  }

  /** @param {string} id */
  #find(id) {
    return find(this.#root, `#${id}`, HTMLElement);
  }

  #listen() {
    this.#query.addEventListener('input', () => {
      this.#typedOwn = this.#query.value.trim() !== '';
      this.#queryChanged(queryDelay);
    });
    this.#query.addEventListener('keydown', (event) => this.#queryKey(event));
    this.#find('clear-query').addEventListener('click', () => this.#clearQuery());
    this.#editor.onInput(() => this.#linesChanged(linesDelay));
    this.#editor.onKey((event) => {
      if (event.key === 'Escape') this.#focusQuery(event);
    });
    addEventListener('keydown', (event) => {
      const typing = closest(event, 'input, textarea', HTMLElement);
      const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (event.key === '/' && plain && !typing && !this.#root.hidden) this.#focusQuery(event);
    });
    const picker = find(this.#root, '#files', HTMLInputElement);
    this.#find('open-files').addEventListener('click', () => picker.click());
    picker.addEventListener('change', async () => {
      await this.#app.openTexts([...(picker.files ?? [])]);
      picker.value = '';
    });
    this.#find('clear-lines').addEventListener('click', () => {
      this.#setLines('');
      find(this.#root, 'textarea', HTMLTextAreaElement).focus();
    });
  }

  /** @param {KeyboardEvent} event */
  #queryKey(event) {
    if (event.isComposing) return;
    const hit = this.#results.active;
    if (event.key === 'ArrowDown') this.#results.move(1);
    else if (event.key === 'ArrowUp') this.#results.move(-1);
    else if (event.key === 'Enter' && hit && (event.ctrlKey || event.metaKey)) this.#copy(hit);
    else if (event.key === 'Enter' && hit) this.#editor.goTo(hit.line);
    else if (event.key === 'Escape') this.#clearQuery();
    else return;
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event */
  #focusQuery(event) {
    event.preventDefault();
    this.#query.focus();
    this.#query.select();
  }

  #clearQuery() {
    this.#query.value = '';
    this.#typedOwn = false;
    this.#queryChanged(0);
    this.#query.focus();
  }

  #offerSamples() {
    this.#find('samples').replaceChildren(
      ...samples.map((sample) => button(sample.name, () => this.#useSample(sample), 'sample')),
    );
  }

  /** @param {Sample} sample */
  #useSample(sample) {
    this.#setLines(sample.lines.join('\n'), sample);
    if (!this.#typedOwn) {
      this.#query.value = sample.queries[0];
      this.#queryChanged(0);
    }
  }

  #offerQueries() {
    const queries = this.#sample?.queries ?? [];
    const chips = queries.map((text) =>
      button(
        text,
        () => {
          this.#query.value = text;
          this.#typedOwn = false;
          this.#queryChanged(0);
        },
        'suggestion',
      ),
    );
    this.#find('suggestions').replaceChildren(...chips);
    this.#find('suggestions').hidden = chips.length === 0;
  }

  /** @param {string} text @param {Sample | null} [sample] */
  #setLines(text, sample = null) {
    this.#sample = sample;
    this.#editor.text = text;
    for (const chip of this.#find('samples').children) {
      chip.setAttribute('aria-pressed', String(chip.textContent === sample?.name));
    }
    this.#offerQueries();
    this.#linesChanged(0);
  }

  /** @param {number} delay */
  #linesChanged(delay) {
    clearTimeout(this.#linesTimer);
    delete this.#root.dataset.lines;
    this.#linesTimer = window.setTimeout(() => this.#embedLines(), delay);
  }

  /** Embeds what is new; a change meanwhile stops this and begins again with what is left. */
  async #embedLines() {
    this.#linesCall.abort();
    const call = new AbortController();
    this.#linesCall = call;
    const { lines, left } = splitLines(this.#editor.text);
    this.#indexing = true;
    this.#showIndexing(this.#index.ready, lines.length, left);
    if (!this.#model) return;
    const begin = performance.now();
    let shown = 0;
    try {
      await this.#index.update(lines, {
        signal: call.signal,
        onProgress: (ready, total) => {
          this.#showIndexing(ready, total, left);
          const now = performance.now();
          if (ready < total && now - shown < refreshDelay) return;
          shown = now;
          this.#showNearest();
        },
      });
    } catch (error) {
      if (call.signal.aborted) return;
      this.#indexing = false;
      this.#app.showError(error);
      return;
    }
    if (call.signal.aborted) return;
    this.#indexing = false;
    this.#app.showMemory(this.#model);
    if (lines.length > 0) {
      this.#app.setFacts({
        lines: `${lines.length.toLocaleString('en')} in ${Math.round(performance.now() - begin)} ms`,
      });
    }
    this.#root.dataset.lines = String(lines.length);
    // The first answer came while lines were being read; this one is timed.
    if (this.#times.length === 0 && this.#vector) await this.#search();
  }

  /** @param {number} ready @param {number} total @param {number} left what is too many lines */
  #showIndexing(ready, total, left) {
    const bar = this.#find('index-bar');
    bar.style.setProperty('--share', String(total > 0 ? ready / total : 1));
    bar.classList.toggle('is-busy', ready < total);
    this.#find('lines-note').textContent =
      total === 0
        ? 'none yet'
        : ready < total
          ? `reading ${inWords(ready)} of ${inWords(total)}`
          : `${inWords(total)} ${total === 1 ? 'line' : 'lines'}${this.#shortcomings(left)}`;
  }

  /** What of the text can't be found, said and not passed over. @param {number} left */
  #shortcomings(left) {
    const { cut } = this.#index;
    return (
      (cut > 0 ? `, ${inWords(cut)} too long and read in part` : '') +
      (left > 0 ? `, ${inWords(left)} more left out` : '')
    );
  }

  /** @param {number} delay */
  #queryChanged(delay) {
    this.#find('clear-query').hidden = this.#query.value === '';
    clearTimeout(this.#queryTimer);
    // Whatever is still being computed answers a question nobody asks any more.
    this.#queryCall.abort();
    this.#queryTimer = window.setTimeout(() => this.#search(), delay);
  }

  async #search() {
    const call = new AbortController();
    this.#queryCall = call;
    const text = this.#query.value.trim();
    if (text === '') {
      this.#vector = null;
      this.#root.dataset.answered = '';
      this.#showNearest();
      return;
    }
    if (!this.#model) return;
    try {
      const begin = performance.now();
      const vector = await this.#model.embed(text, { signal: call.signal, normalize: true });
      if (call.signal.aborted) return;
      this.#vector = vector;
      this.#root.dataset.answered = text;
      this.#showNearest();
      if (!this.#indexing) this.#noteTime(performance.now() - begin);
    } catch (error) {
      if (!call.signal.aborted) this.#app.showError(error);
    }
  }

  #showNearest() {
    const hits = this.#vector ? this.#index.nearest(this.#vector, shownResults) : [];
    this.#results.show(hits);
    this.#find('found-note').textContent =
      hits.length > 0 ? `${hits.length} of ${this.#index.size.toLocaleString('en')}` : '';
    const empty = this.#find('empty');
    empty.hidden = hits.length > 0;
    if (this.#vector && this.#index.size > 0) empty.textContent = 'Reading your lines …';
    else if (this.#editor.text.trim() === '') {
      empty.textContent = 'There are no lines to search yet. Paste some, or take a sample.';
    } else if (this.#query.value.trim() === '') {
      empty.textContent = this.#sample
        ? 'Type a query, or take one of those above.'
        : 'Type a query: a question, or a few words.';
    }
  }

  /** @param {number} milliseconds */
  #noteTime(milliseconds) {
    this.#times.push(milliseconds);
    if (this.#times.length > 9) this.#times.shift();
    const median = [...this.#times].sort((a, b) => a - b)[this.#times.length >> 1];
    this.#app.setFacts({ 'per query': `${median.toFixed(1)} ms` });
  }

  /** @param {Hit} hit */
  async #copy(hit) {
    try {
      await navigator.clipboard.writeText(hit.text);
      this.#app.status(`Copied line ${hit.line + 1}`);
    } catch {
      this.#app.showProblem('The browser does not let this page use the clipboard.');
    }
  }
}

/** @param {number} count */
const inWords = (count) => count.toLocaleString('en');
