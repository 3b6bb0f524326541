// A strict reader of XML, for what the project writes: elements, attributes, text, numbered
// character references. Everything else is refused, as is what no XML reader would take.

/**
 * @typedef {{ name: string, attributes: Record<string, string>, children: Element[],
 *   text: string }} Element `text`: of it and all elements inside
 */

/** @param {string} source @returns {Element} the root element @throws where it is not well formed */
export function parseXml(source) {
  const bad = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u.exec(source);
  if (bad) throw new Error(`character U+${bad[0].codePointAt(0).toString(16)} at ${bad.index}`);
  const root = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const token = /<\/([\w:-]+)\s*>|<([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  while (token.lastIndex < source.length) {
    const at = token.lastIndex;
    const match = token.exec(source);
    if (!match) throw new Error(`not well formed: ${source.slice(at, at + 60)}`);
    const [, closed, opened, attributes, empty, text] = match;
    if (text !== undefined) {
      if (open.length === 1 && text.trim() !== '') throw new Error(`text outside: ${text}`);
      for (const element of open) element.text += decode(text);
    } else if (closed !== undefined) {
      if (open.length === 1 || open.at(-1).name !== closed) {
        throw new Error(`</${closed}> closes ${open.at(-1).name}`);
      }
      open.pop();
    } else {
      if (open.length === 1 && root.children.length > 0) throw new Error('a second root');
      const element = {
        name: opened,
        attributes: readAttributes(attributes),
        children: [],
        text: '',
      };
      open.at(-1).children.push(element);
      if (!empty) open.push(element);
    }
  }
  if (open.length > 1) throw new Error(`${open.at(-1).name} is not closed`);
  return root.children[0];
}

function readAttributes(source) {
  const attributes = {};
  for (const [, name, value] of source.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (name in attributes) throw new Error(`${name} twice`);
    attributes[name] = decode(value);
  }
  return attributes;
}

function decode(text) {
  return text.replace(/&(#(\d+);)?/g, (_, reference, code) => {
    if (!reference) throw new Error(`a bare & in ${text}`);
    return String.fromCodePoint(Number(code));
  });
}

/** All elements of a name, in the order of the document. @param {Element} element */
export function findAll(element, name) {
  const own = element.name === name ? [element] : [];
  return [...own, ...element.children.flatMap((child) => findAll(child, name))];
}
