// Making elements in one call, and a few that several views need.

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [properties] set as properties; `class`, `role`, `data-…` and
 *   `aria-…` as attributes, `on…` as listeners
 * @param {...(Node | string | null)} children null is left out
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (/^(class|role|for|list)$|-/.test(name)) made.setAttribute(name, String(value));
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A button with words on it. */
export function button(text, onClick, className = 'button') {
  return element('button', { type: 'button', class: className, onclick: onClick }, text);
}

/** What a view begins with: its headline, and a sentence that says what it does. */
export function intro(headline, sentence) {
  return element(
    'div',
    { class: 'intro' },
    element('h1', {}, ...headline.split('*').map(emphasized)),
    element('p', {}, sentence),
  );
}

/** Every second part of a headline stood between stars. */
const emphasized = (part, at) => (at % 2 ? element('em', {}, part) : part);
