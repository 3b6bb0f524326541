// Which model the page works with: the embedded one, or a folder of the user's.
import { load } from '../../dist/page/bertlet.js';
import { nameOf, pickedFiles } from './dropped.js';
import { find } from './elements.js';
import { headInWords } from './missing-head.js';
import * as shell from './shell.js';

/** @typedef {import('../../js/index.js').Model} Model */

const embeddedName = 'all-MiniLM-L6-v2';

/** @type {Record<string, string>} for when the embedded model's own files don't come */
const embeddedTroubles = {
  NETWORK: 'The model could not be fetched. Is the local server still running?',
  NOT_FOUND: 'The model is not where it should be. Is the local server still running?',
};

export class ModelChooser {
  /** @type {Model | null} the current one, null until there is one */
  model = null;
  name = embeddedName;
  #onChange;
  #loading = new AbortController();
  #picker = find(document, '#model-folder', HTMLInputElement);
  #back = find(document, '#model-back', HTMLElement);

  /**
   * @param {(model: Model) => void} onChange called when `model` is another; the one before still
   *   lives
   */
  constructor(onChange) {
    this.#onChange = onChange;
    // Where folders can't be picked (phones), their files can.
    if (!('webkitdirectory' in HTMLInputElement.prototype))
      this.#picker.removeAttribute('webkitdirectory');
    find(document, '#model-pick', HTMLElement).addEventListener('click', () => this.pick());
    this.#back.addEventListener('click', () => this.openEmbedded());
    this.#picker.addEventListener('change', () => {
      const files = pickedFiles(this.#picker.files ?? []);
      this.#picker.value = '';
      if (files.size > 0) this.openFiles(files);
    });
  }

  /** Lets the user choose a folder. */
  pick() {
    this.#picker.click();
  }

  async openEmbedded() {
    const failure = await this.#open(undefined, embeddedName);
    if (!failure) return;
    const own = embeddedTroubles[shell.codeOf(failure.error) ?? ''];
    const reason = shell.explain(failure.error);
    shell.showProblem(own ? `${own} (${reason})` : reason, () => this.openEmbedded());
  }

  /** @param {import('./dropped.js').Files} files */
  async openFiles(files) {
    const name = nameOf(files);
    const failure = await this.#open(Object.fromEntries(files), name);
    if (!failure) return;
    const stays = this.model ? ` The page goes on with “${this.name}”.` : '';
    shell.showProblem(`“${name}” cannot be used: ${shell.explain(failure.error)}${stays}`);
  }

  /**
   * @param {import('../../js/index.js').Source} source
   * @param {string} name
   * @returns {Promise<{ error: unknown } | undefined>} why it failed; the model is then the one
   *   before
   */
  async #open(source, name) {
    this.#loading.abort();
    const loading = new AbortController();
    this.#loading = loading;
    const { signal } = loading;
    shell.hideProblem();
    shell.beginLoading(name);
    const begin = performance.now();
    try {
      const model = await load(source, {
        signal,
        onProgress: (progress) => {
          if (!signal.aborted) shell.showLoading(progress);
        },
      });
      if (signal.aborted) model.dispose();
      else this.#use(model, name, performance.now() - begin);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (this.model) shell.hideLoading();
      return { error };
    }
    return undefined;
  }

  /** @param {Model} model @param {string} name @param {number} milliseconds it took to load */
  #use(model, name, milliseconds) {
    // A model goes on listening to the signal that it was loaded with: leave that one alone.
    this.#loading = new AbortController();
    const before = this.model;
    this.model = model;
    this.name = name;
    shell.hideLoading();
    this.#describe(model, milliseconds);
    this.#onChange(model);
    // Only now: whoever still computed with it has heard of the other one.
    before?.dispose();
  }

  /** @param {Model} model @param {number} milliseconds */
  #describe(model, milliseconds) {
    const { architecture, parameters, heads, dtype, simd, threads } = model.info;
    const isEmbedded = this.name === embeddedName;
    find(document, '#model-name', HTMLElement).textContent = this.name;
    find(document, '#model-heads', HTMLElement).textContent = heads.length
      ? `${isEmbedded ? 'embedded, ' : ''}with ${listed(heads.map(headInWords))}`
      : `${isEmbedded ? 'embedded, ' : ''}an encoder without a head`;
    this.#back.hidden = isEmbedded;
    shell.clearFacts();
    shell.setFacts({
      model: `${isEmbedded ? 'MiniLM-L6' : architecture}, ${inWords(parameters)} parameters`,
      precision: dtype,
      SIMD: simd,
      threads: String(threads),
      'loaded in': `${Math.round(milliseconds)} ms`,
    });
    shell.showMemory(model);
    if (!isEmbedded) shell.announce(`“${this.name}” is loaded`);
  }
}

/** @param {number} count */
const inWords = (count) =>
  count < 1e5 ? count.toLocaleString('en') : `${(count / 1e6).toFixed(1)} M`;

/** @param {string[]} words */
const listed = (words) => new Intl.ListFormat('en').format(words);
