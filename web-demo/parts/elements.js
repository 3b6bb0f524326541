// Making elements in one call and finding them again, and a few that several views need.

/**
 * Set as properties; `class`, `role`, `data-…` and `aria-…` as attributes, `on…` as listeners.
 * @typedef {Record<string, string | number | boolean | (() => void)>} Properties
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]
 * @param {...(Node | string | null)} children null is left out
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (/^(class|role|for|list)$|-/.test(name)) made.setAttribute(name, String(value));
    else Object.assign(made, { [name]: value });
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * The element of ours that a selector names; a page without it is broken.
 * @template {Element} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function find(root, selector, kind) {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`This page has no ${selector}.`);
}

/**
 * The element that an event happened in, as far out as the selector says.
 * @template {Element} Kind
 * @param {Event} event
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind | null}
 */
export function closest({ target }, selector, kind) {
  const found = target instanceof Element ? target.closest(selector) : null;
  return found instanceof kind ? found : null;
}

/**
 * A button with words on it.
 * @param {string} text
 * @param {() => void} onClick
 * @param {string} [className]
 */
export function button(text, onClick, className = 'button') {
  return element('button', { type: 'button', class: className, onclick: onClick }, text);
}

/**
 * What a view begins with.
 * @param {string} headline with `*` around its important word
 * @param {string} sentence says what the view does
 */
export function intro(headline, sentence) {
  return element(
    'div',
    { class: 'intro' },
    element('h1', {}, ...headline.split('*').map(emphasized)),
    element('p', {}, sentence),
  );
}

/** Every second part of a headline stood between stars. @param {string} part @param {number} at */
const emphasized = (part, at) => (at % 2 ? element('em', {}, part) : part);
