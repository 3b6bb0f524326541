// The views in their tabs: mounted when first opened, told of another model when next seen.
import { explainMissingHead } from './missing-head.js';
import { Tabs } from './tabs.js';

/** @typedef {import('./app.js').View} View */

export class Tour {
  #views;
  #app;
  #tabs;
  /** id → what `mount` gave, and the model that it was last told of. */
  #mounted = new Map();

  /** @param {View[]} views @param {object} app see app.js */
  constructor(views, app) {
    this.#views = views;
    this.#app = app;
    this.#tabs = new Tabs(
      document.getElementById('tabs'),
      document.getElementById('views'),
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
    const { handle } = this.#mounted.get(this.#tabs.current);
    handle.takeText?.(text);
    return Boolean(handle.takeText);
  }

  #modelChanged() {
    for (const { id, head } of this.#views) {
      this.#tabs.mark(id, this.#lacks(head) ? `needs a model with a ${head} head` : undefined);
    }
    this.#update(this.#tabs.current);
  }

  #show(id, panel) {
    if (!this.#mounted.has(id)) {
      const view = this.#views.find((one) => one.id === id);
      const handle = view.mount(panel, this.#app) ?? {};
      this.#mounted.set(id, { view, handle, panel, model: null });
    }
    this.#update(id);
  }

  #update(id) {
    const { model } = this.#app;
    const entry = this.#mounted.get(id);
    if (!model || !entry || entry.model === model) return;
    entry.model = model;
    const { view, handle, panel } = entry;
    panel.querySelector('.missing-head')?.remove();
    const lacks = this.#lacks(view.head);
    panel.classList.toggle('lacks-head', lacks);
    if (lacks) panel.append(explainMissingHead(view.head, this.#app));
    handle.update?.(lacks ? null : model);
  }

  #lacks(head) {
    const { model } = this.#app;
    return Boolean(head && model && !model.info.heads.includes(head));
  }
}
