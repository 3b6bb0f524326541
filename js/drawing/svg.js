// SVG pictures as text: whole documents that stand alone and follow the reader's colour scheme.

/** The two colour schemes: what is drawn on, what is written, two hues for what is drawn. */
const schemes = {
  light: {
    paper: '#fffdf7',
    ink: '#1b2421',
    soft: '#56605b',
    rule: '#dcd5c3',
    mark: '#0d6b5c',
    accent: '#8a5a00',
  },
  dark: {
    paper: '#1a2220',
    ink: '#e8ece6',
    soft: '#a2afa9',
    rule: '#3c4a45',
    mark: '#5fcbb2',
    accent: '#e6b73f',
  },
};

/**
 * A document of its own. Its style block is scoped by a class, so that it may also stand inside a
 * page. Classes for what is in it: `paper`, `frame`, `mark` (fill), `line` (stroke), `accent`
 * (fill), `soft` and `strong` (text), `mono` (text).
 * @param {{ width: number, height: number, title: string, body: string }} picture sizes in
 *   pixels; `title` is plain text, `body` is SVG
 * @returns {string}
 */
export function svgDocument({ width, height, title, body }) {
  const [w, h] = [svgNumber(width), svgNumber(height)];
  const label = escapeXml(title);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="bertlet-picture" role="img" ` +
    `aria-label="${label}" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}">\n` +
    `<title>${label}</title>\n<style>\n${styleSheet()}</style>\n` +
    `<rect class="paper" width="${w}" height="${h}"/>\n${body}</svg>\n`
  );
}

function styleSheet() {
  const scope = '.bertlet-picture';
  // Plain properties and no variables: viewers other than browsers don't know these.
  /** @param {typeof schemes.light} scheme */
  const colours = ({ paper, ink, soft, rule, mark, accent }) => [
    `${scope} { color: ${ink}; }`,
    `${scope} .paper { fill: ${paper}; }`,
    `${scope} .frame { fill: none; stroke: ${rule}; }`,
    `${scope} .mark { fill: ${mark}; }`,
    `${scope} .line { fill: none; stroke: ${mark}; }`,
    `${scope} .accent { fill: ${accent}; }`,
    `${scope} .soft { fill: ${soft}; }`,
  ];
  const rules = [
    `${scope} text { fill: currentColor; font: 12px sans-serif; white-space: pre; }`,
    `${scope} text.mono { font-family: ui-monospace, Menlo, Consolas, monospace; }`,
    `${scope} text.strong { font-weight: bold; }`,
    ...colours(schemes.light),
    '@media (prefers-color-scheme: dark) {',
    ...colours(schemes.dark).map((rule) => `  ${rule}`),
    '}',
  ];
  return `${rules.join('\n')}\n`;
}

/**
 * Text as it may stand in XML, in elements and in attributes. Characters that XML has no way to
 * write become U+FFFD.
 * @param {string} text
 */
export function escapeXml(text) {
  return (
    String(text)
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
      // Marks of direction would change how the rest of the file is read.
      .replace(
        /[&<>"'\t\n\r\x7f-\x9f\u2028\u2029\p{Bidi_Control}]/gu,
        (character) => `&#${character.codePointAt(0)};`,
      )
  );
}

/** A number with two decimals at most, as short as it can be written. @param {number} value */
export function svgNumber(value) {
  return String(Math.round(value * 100) / 100 || 0);
}

/** Letters of East Asian scripts and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f300}-\u{3fffd}]/u;

/**
 * The width of a text that is set in `mono`, in units of one Latin letter: exact for Latin text,
 * near for others, for nobody knows which font a viewer takes.
 * @param {string} text
 */
export function textColumns(text) {
  let columns = 0;
  for (const character of text) {
    if (/\p{M}|\p{Cf}/u.test(character)) continue;
    columns += wide.test(character) ? 2 : 1;
  }
  return columns;
}

/**
 * At most so many columns of a text, with an ellipsis where it was cut.
 * @param {string} text
 * @param {number} columns
 */
export function shorten(text, columns) {
  if (textColumns(text) <= columns) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter('en').segment(text)) {
    if (textColumns(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
