// Tabs as the ARIA Authoring Practices describe them: one is in the tab order, the arrow keys,
// Home and End go through them, and the address keeps which one is open.
import { element, find } from './elements.js';

/** @typedef {{ id: string, title: string }} Tab `id` is its place in the address, after the `#` */

export class Tabs {
  #list;
  #tabs;
  #panels;
  #onOpen;
  #open = '';

  /**
   * @param {HTMLElement} list takes the tabs
   * @param {HTMLElement} panels takes a section for each, unless `#view-ID` is in it already
   * @param {Tab[]} tabs
   * @param {(id: string, panel: HTMLElement) => void} onOpen called once a tab is shown
   */
  constructor(list, panels, tabs, onOpen) {
    this.#list = list;
    this.#panels = panels;
    this.#onOpen = onOpen;
    this.#tabs = tabs.map((tab) => this.#makeTab(tab));
    list.setAttribute('role', 'tablist');
    list.append(...this.#tabs);
    list.addEventListener('keydown', (event) => this.#key(event));
    addEventListener('hashchange', () => this.#openAddress());
  }

  /** Opens the tab that the address names, or else the first. */
  begin() {
    if (!this.#openAddress()) this.open(this.#ids[0]);
  }

  get current() {
    return this.#open;
  }

  /** @param {string} id */
  open(id) {
    if (id === this.#open) return;
    this.#open = id;
    for (const tab of this.#tabs) {
      const isOpen = tab.id === `tab-${id}`;
      tab.setAttribute('aria-selected', String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
      this.#panel(tab.id.slice(4)).hidden = !isOpen;
      if (isOpen) showTab(this.#list, tab);
    }
    this.#onOpen(id, this.#panel(id));
  }

  /** Says at a tab why it cannot do anything now. @param {string} id @param {string} [why] */
  mark(id, why) {
    const tab = this.#tab(id);
    tab.classList.toggle('is-idle', Boolean(why));
    tab.title = why ?? '';
  }

  get #ids() {
    return this.#tabs.map((tab) => tab.id.slice(4));
  }

  /** @param {string} id */
  #panel(id) {
    return find(this.#panels, `#view-${id}`, HTMLElement);
  }

  /** @param {string} id */
  #tab(id) {
    return find(this.#list, `#tab-${id}`, HTMLElement);
  }

  /** @param {Tab} tab */
  #makeTab({ id, title }) {
    const own = this.#panels.querySelector(`#view-${id}`);
    const panel =
      own instanceof HTMLElement ? own : element('section', { id: `view-${id}`, class: 'view' });
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `tab-${id}`);
    panel.hidden = true;
    this.#panels.append(panel);
    return element(
      'button',
      {
        id: `tab-${id}`,
        type: 'button',
        class: 'tab',
        role: 'tab',
        tabIndex: -1,
        'aria-selected': false,
        'aria-controls': `view-${id}`,
        onclick: () => this.#choose(id),
      },
      title,
    );
  }

  /** @param {string} id */
  #choose(id) {
    // Not a step of the history each: nobody wants to go back through ten tabs.
    history.replaceState(null, '', `#${id}`);
    this.open(id);
  }

  #openAddress() {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!this.#ids.includes(id)) return false;
    this.open(id);
    return true;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { ctrlKey, altKey, metaKey, key } = event;
    if (ctrlKey || altKey || metaKey) return;
    const ids = this.#ids;
    const at = ids.indexOf(this.#open);
    const last = ids.length - 1;
    /** @type {Record<string, number>} */
    const places = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last };
    if (!(key in places)) return;
    event.preventDefault();
    this.#choose(ids[(places[key] + ids.length) % ids.length]);
    this.#tab(this.#open).focus();
  }
}

/**
 * Scrolls the strip of tabs, and nothing else, until one is in sight.
 * @param {HTMLElement} list
 * @param {HTMLElement} tab
 */
function showTab(list, tab) {
  const start = tab.offsetLeft - list.offsetLeft;
  const middle = start - (list.clientWidth - tab.offsetWidth) / 2;
  list.scrollTo({ left: middle });
}
