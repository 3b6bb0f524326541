// Which model the page works with: the embedded one, or a folder of the user's.
import { load } from '../dist/page/bertlet.js';
import { nameOf, pickedFiles } from './dropped.js';
import { headInWords } from './missing-head.js';
import * as shell from './shell.js';

const embeddedName = 'all-MiniLM-L6-v2';

/** Sentences for what happens when the embedded model's own files don't come. */
const embeddedTroubles = {
  NETWORK: 'The model could not be fetched. Is the local server still running?',
  NOT_FOUND: 'The model is not where it should be. Is the local server still running?',
};

export class ModelChooser {
  /** The current model, null until there is one. */
  model = null;
  name = embeddedName;
  #onChange;
  #loading = new AbortController();
  #picker = byId('model-folder');
  #back = byId('model-back');

  /** @param {() => void} onChange called when `model` is another; the one before still lives */
  constructor(onChange) {
    this.#onChange = onChange;
    // Where folders can't be picked (phones), their files can.
    if (!('webkitdirectory' in this.#picker)) this.#picker.removeAttribute('webkitdirectory');
    byId('model-pick').addEventListener('click', () => this.pick());
    this.#back.addEventListener('click', () => this.openEmbedded());
    this.#picker.addEventListener('change', () => {
      const files = pickedFiles(this.#picker.files);
      this.#picker.value = '';
      if (files.size > 0) this.openFiles(files);
    });
  }

  /** Lets the user choose a folder. */
  pick() {
    this.#picker.click();
  }

  async openEmbedded() {
    const error = await this.#open(undefined, embeddedName);
    if (!error) return;
    const own = embeddedTroubles[error.code];
    const text = own ? `${own} (${error.message})` : shell.explain(error);
    shell.showProblem(text, () => this.openEmbedded());
  }

  /** @param {import('./dropped.js').Files} files */
  async openFiles(files) {
    const name = nameOf(files);
    const error = await this.#open(Object.fromEntries(files), name);
    if (!error) return;
    const stays = this.model ? ` The page goes on with “${this.name}”.` : '';
    shell.showProblem(`“${name}” cannot be used: ${shell.explain(error)}${stays}`);
  }

  /** @returns {Promise<Error | undefined>} why it failed; the model is then the one before */
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
        onProgress: (progress) => signal.aborted || shell.showLoading(progress),
      });
      if (signal.aborted) return model.dispose();
      this.#use(model, name, performance.now() - begin);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (this.model) shell.hideLoading();
      return error;
    }
    return undefined;
  }

  #use(model, name, milliseconds) {
    // A model goes on listening to the signal that it was loaded with: leave that one alone.
    this.#loading = new AbortController();
    const before = this.model;
    this.model = model;
    this.name = name;
    shell.hideLoading();
    this.#describe(milliseconds);
    this.#onChange();
    // Only now: whoever still computed with it has heard of the other one.
    before?.dispose();
  }

  #describe(milliseconds) {
    const { architecture, parameters, heads, dtype, simd, threads } = this.model.info;
    const isEmbedded = this.name === embeddedName;
    byId('model-name').textContent = this.name;
    byId('model-heads').textContent = heads.length
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
    shell.showMemory(this.model);
    if (!isEmbedded) shell.announce(`“${this.name}” is loaded`);
  }
}

const byId = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));

const inWords = (count) =>
  count < 1e5 ? count.toLocaleString('en') : `${(count / 1e6).toFixed(1)} M`;

const listed = (words) => new Intl.ListFormat('en').format(words);
