// The views in their tabs: mounted when first opened, told of another model when next seen.
import { find } from './elements.js';
import { explainMissingHead } from './missing-head.js';
import { Tabs } from './tabs.js';

/**
 * @import { App, Handle, Model, View } from '../app.js'
 * @typedef {{ view: View, handle: Handle, panel: HTMLElement, model: Model | null }} Mounted
 *   `model`: the one that the view was last told of
 */

export class Tour {
  #views;
  #app;
  #tabs;
  /** @type {Map<string, Mounted>} by the views' ids */
  #mounted = new Map();

  /** @param {View[]} views @param {App} app */
  constructor(views, app) {
    this.#views = views;
    this.#app = app;
    this.#tabs = new Tabs(
      find(document, '#tabs', HTMLElement),
      find(document, '#views', HTMLElement),
      views,
      (id, panel) => this.#show(id, panel),
    );
    app.onModel(() => this.#modelChanged());
    this.#tabs.begin();
  }

  /**
   * Text that was dropped on the page goes to the open view.
   * @param {string} text
   * @returns {boolean} whether that view takes text
   */
  takeText(text) {
    const takeText = this.#mounted.get(this.#tabs.current)?.handle.takeText;
    takeText?.(text);
    return Boolean(takeText);
  }

  #modelChanged() {
    for (const { id, head } of this.#views) {
      this.#tabs.mark(id, this.#lacks(head) ? `needs a model with a ${head} head` : undefined);
    }
    this.#update(this.#tabs.current);
  }

  /** @param {string} id @param {HTMLElement} panel */
  #show(id, panel) {
    const view = this.#views.find((one) => one.id === id);
    if (view && !this.#mounted.has(id)) {
      const handle = view.mount(panel, this.#app);
      this.#mounted.set(id, { view, handle, panel, model: null });
    }
    this.#update(id);
  }

  /** @param {string} id */
  #update(id) {
    const { model } = this.#app;
    const entry = this.#mounted.get(id);
    if (!model || !entry || entry.model === model) return;
    entry.model = model;
    const { view, handle, panel } = entry;
    panel.querySelector('.missing-head')?.remove();
    const lacks = this.#lacks(view.head);
    panel.classList.toggle('lacks-head', lacks);
    if (view.head && lacks) panel.append(explainMissingHead(view.head, this.#app));
    handle.update?.(lacks ? null : model);
  }

  /** @param {string} [head] */
  #lacks(head) {
    const { model } = this.#app;
    return Boolean(head && model && !model.info.heads.includes(head));
  }
}
