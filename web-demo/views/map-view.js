// The embeddings map: lines as points, near each other where they mean alike.
import { shorten } from '../../js/drawing/svg.js';
import { contextOf } from '../parts/canvas-paint.js';
import { button, closest, element, intro } from '../parts/elements.js';
import { LineEditor } from '../parts/line-editor.js';
import { splitLines } from './line-index.js';
import { fitPoints, placeLabels } from './map-layout.js';
import { mapBody, mapSvg } from './map-svg.js';
import { principalComponents } from './pca.js';
import { mapSamples } from '../parts/picture-samples.js';
import { saveButton } from '../parts/svg-export.js';

export const id = 'map';
export const title = 'Map';

/** Beyond this a map is a cloud. */
const mostLines = 400;
const typingDelay = 250;
const labelColumns = 30;
const shownNeighbours = 3;
const namespace = 'http://www.w3.org/2000/svg';

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { Line, Vector } from './line-index.js'
 * @import { Point } from './map-layout.js'
 *
 * @typedef {{ coordinates: Float64Array[], vectors: Vector[] }} LineMap for each line, its place
 *   in two dimensions and in all of them
 * @typedef {{ points: Point[], body: string }} Drawing a map as large as the page has room for
 */

/** @param {HTMLElement} panel @param {App} app @returns {Handle} */
export function mount(panel, app) {
  const view = new MapView(panel, app);
  return {
    update: (model) => model && view.useModel(model),
    takeText: (text) => view.takeText(text),
  };
}

/** `data-lines` on the root says of how many lines the map is, once it is drawn. */
class MapView {
  #root;
  #app;
  /** @type {Model | null} */
  #model = null;
  /** @type {Map<string, Vector>} text → its vector, of length 1 */
  #vectors = new Map();
  /** @type {Set<string>} texts of which only the beginning was read */
  #cut = new Set();
  /** @type {Line[]} */
  #lines = [];
  /** @type {LineMap | null} */
  #map = null;
  /** @type {Drawing | null} null while the page has no room for it */
  #drawing = null;
  #picture = document.createElementNS(namespace, 'svg');
  #frame = element('div', { class: 'map-frame' });
  #note = element('p', { class: 'panel-note', role: 'status', 'aria-live': 'polite' });
  #linesNote = element('p', { class: 'panel-note' });
  #detail = element('p', { class: 'picture-detail' });
  #samples;
  #editor = new LineEditor(makeEditor());
  #size = { width: 0, height: 0 };
  #timer = 0;
  #call = new AbortController();

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#root = root;
    this.#app = app;
    this.#samples = element(
      'div',
      { class: 'samples', role: 'group', 'aria-label': 'Sample lines' },
      ...mapSamples.map(({ name, lines }) =>
        button(name, () => this.#setText(lines.join('\n'), name), 'sample'),
      ),
    );
    root.append(
      intro(
        'See which lines *mean* alike.',
        'Each line becomes a vector of hundreds of numbers. The map shows the two directions in ' +
          'which these vectors differ most (principal components).',
      ),
      element('div', { class: 'columns' }, this.#mapPanel(), this.#linesPanel()),
    );
    this.#listen();
    this.#setText(mapSamples[0].lines.join('\n'), mapSamples[0].name);
  }

  /** @param {Model} model */
  useModel(model) {
    this.#model = model;
    this.#vectors.clear();
    this.#cut.clear();
    this.#changed(0);
  }

  /** @param {string} text */
  takeText(text) {
    this.#setText(text, '');
  }

  #mapPanel() {
    this.#picture.setAttribute('role', 'listbox');
    this.#picture.setAttribute('aria-label', 'Map of the lines');
    // A click may give it the focus, but one of its points is the stop of the tab key.
    this.#picture.setAttribute('tabindex', '-1');
    this.#frame.append(this.#picture);
    const save = saveButton('Save as SVG', () => this.#draw(), this.#app);
    return element(
      'section',
      { 'aria-label': 'Map' },
      element('div', { class: 'panel-head' }, element('h2', {}, 'Map'), this.#note),
      this.#frame,
      element('div', { class: 'panel-head map-foot' }, this.#detail, save),
    );
  }

  #linesPanel() {
    return element(
      'section',
      { class: 'lines', 'aria-label': 'Lines' },
      element('div', { class: 'panel-head' }, element('h2', {}, 'Your lines'), this.#linesNote),
      element('div', { class: 'tools' }, this.#samples),
      this.#editor.element,
      element('p', { class: 'hint' }, 'Type, paste, or drop a text file anywhere on the page.'),
    );
  }

  #listen() {
    this.#editor.onInput(() => {
      this.#markSample('');
      this.#changed(typingDelay);
    });
    this.#picture.addEventListener('pointerover', (event) => {
      const line = closest(event, '[data-line]', SVGElement)?.dataset.line;
      this.#activate(line === undefined ? this.#focused : Number(line));
    });
    this.#picture.addEventListener('pointerleave', () => this.#activate(this.#focused));
    this.#picture.addEventListener('focusin', () => this.#activate(this.#focused));
    this.#picture.addEventListener('focusout', () => this.#activate(-1));
    this.#picture.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.#lay()).observe(this.#frame);
  }

  /** @param {string} text @param {string} name of the sample that it is; else empty */
  #setText(text, name) {
    this.#editor.text = text;
    this.#markSample(name);
    this.#changed(0);
  }

  /** @param {string} name */
  #markSample(name) {
    for (const chip of this.#samples.children) {
      chip.setAttribute('aria-pressed', String(chip.textContent === name));
    }
  }

  /** @param {number} delay */
  #changed(delay) {
    clearTimeout(this.#timer);
    this.#call.abort();
    delete this.#root.dataset.lines;
    this.#timer = window.setTimeout(() => this.#read(), delay);
  }

  /** Embeds the lines that are new, then draws. */
  async #read() {
    const model = this.#model;
    if (!model) return;
    this.#call = new AbortController();
    const { signal } = this.#call;
    const { lines: all } = splitLines(this.#editor.text);
    const lines = all.slice(0, mostLines);
    const left = all.length - lines.length;
    const missing = lines.map(({ text }) => text).filter((text) => !this.#vectors.has(text));
    /** @type {boolean[]} */
    const cut = [];
    try {
      if (missing.length > 0) {
        const vectors = await model.embed(missing, {
          normalize: true,
          signal,
          onUsage: ({ truncated }) => cut.push(truncated > 0),
          onProgress: ({ done, total }) => {
            if (!signal.aborted) this.#note.textContent = `reading ${done} of ${total}`;
          },
        });
        if (signal.aborted) return;
        missing.forEach((text, i) => {
          this.#vectors.set(text, vectors[i]);
          if (cut[i]) this.#cut.add(text);
        });
      }
      this.#show(lines, left);
    } catch (error) {
      if (!signal.aborted) this.#app.showError(error);
    }
  }

  /** @param {Line[]} lines all of which have been read @param {number} left what is too many */
  #show(lines, left) {
    this.#lines = lines;
    const cut = lines.filter(({ text }) => this.#cut.has(text)).length;
    this.#linesNote.textContent = [
      left > 0 ? `${left} more left out` : '',
      cut > 0 ? `${cut} too long and read in part` : '',
    ]
      .filter(Boolean)
      .join(', ');
    const vectors = lines.map(({ text }) => this.#vectorOf(text));
    // What is no longer there would only take room.
    this.#vectors = new Map(lines.map(({ text }, i) => [text, vectors[i]]));
    const { coordinates, shares } = principalComponents(vectors);
    this.#map = { coordinates, vectors };
    this.#drawing = null;
    const percent = Math.round(100 * (shares[0] + shares[1]));
    this.#note.textContent =
      lines.length > 2 ? `${lines.length} lines, ${percent} % of how they differ` : '';
    this.#lay();
    this.#root.dataset.lines = String(lines.length);
  }

  /** @param {string} text one that has been read */
  #vectorOf(text) {
    const vector = this.#vectors.get(text);
    if (!vector) throw new Error(`This line has not been read: ${text}`);
    return vector;
  }

  /** Gives everything its place in the frame as large as it is now. */
  #lay() {
    const width = this.#frame.clientWidth;
    if (!this.#map || width === 0) return;
    const height = Math.round(Math.min(560, Math.max(360, width * 0.78)));
    this.#size = { width, height };
    const texts = this.#lines.map(({ text }) => text);
    const points = fitPoints(this.#map.coordinates, width, height);
    const short = texts.map((text) => shorten(text, width < 480 ? 18 : labelColumns));
    const labels = placeLabels(points, short, { width, height, measure: textMeasure() });
    const body = mapBody(points, labels, texts);
    this.#drawing = { points, body };
    this.#picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#picture.setAttribute('height', String(height));
    this.#picture.innerHTML = `<g class="map-links"></g>${body}`;
    for (const [i, group] of this.#groups.entries()) {
      group.setAttribute('role', 'option');
      group.setAttribute('aria-label', texts[i]);
      group.setAttribute('tabindex', i === 0 ? '0' : '-1');
      // The page shows the whole line itself, and at once.
      group.querySelector('title')?.remove();
    }
    this.#activate(-1);
  }

  get #groups() {
    /** @type {NodeListOf<SVGGElement>} as mapBody makes them */
    const groups = this.#picture.querySelectorAll('[data-line]');
    return [...groups];
  }

  /** The point that has the focus; -1: none, though the picture itself may have it. */
  get #focused() {
    const { activeElement } = document;
    const isHere = activeElement instanceof SVGElement && this.#picture.contains(activeElement);
    return isHere ? Number(activeElement.dataset.line ?? -1) : -1;
  }

  /**
   * Shows one line and those nearest in all dimensions, for the map has only two.
   * @param {number} index -1: none
   */
  #activate(index) {
    const groups = this.#groups;
    const found = index < 0 ? [] : this.#nearest(index);
    const near = new Set(found.map(({ line }) => line));
    groups.forEach((group, i) => {
      group.classList.toggle('is-active', i === index);
      group.classList.toggle('is-near', near.has(i));
      group.setAttribute('aria-selected', String(i === index));
    });
    this.#picture.classList.toggle('has-active', index >= 0);
    const links = this.#picture.querySelector('.map-links');
    const points = this.#drawing?.points ?? [];
    links?.replaceChildren(...found.map(({ line }) => makeLink(points[index], points[line])));
    this.#editor.mark(index < 0 ? -1 : this.#lines[index].line);
    if (index >= 0) this.#editor.reveal(this.#lines[index].line);
    const rest = found.map(({ line, score }) => {
      return `${shorten(this.#lines[line].text, 40)} ${score.toFixed(2)}`;
    });
    const whole = index < 0 ? '' : this.#lines[index].text;
    this.#detail.replaceChildren(
      ...(index < 0
        ? [this.#lines.length > 0 ? 'Point at a line to see its nearest.' : 'There are no lines.']
        : [
            element('strong', {}, shorten(whole, 160)),
            rest.length > 0 ? ` nearest: ${rest.join(' · ')}` : '',
          ]),
    );
  }

  /** @param {number} index */
  #nearest(index) {
    const vectors = this.#map?.vectors ?? [];
    return vectors
      .map((vector, line) => ({ line, score: dot(vector, vectors[index]) }))
      .filter(({ line }) => line !== index)
      .sort((a, b) => b.score - a.score)
      .slice(0, shownNeighbours);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const at = this.#focused;
    const last = this.#lines.length - 1;
    /** @type {Record<string, number | undefined>} */
    const places = { Home: 0, End: last };
    const step = steps[event.key];
    const next = step ? Math.min(last, Math.max(0, at + step)) : places[event.key];
    if (last < 0 || next === undefined) return;
    event.preventDefault();
    const groups = this.#groups;
    for (const [i, group] of groups.entries()) {
      group.setAttribute('tabindex', i === next ? '0' : '-1');
    }
    groups[next].focus();
  }

  #draw() {
    if (!this.#drawing?.body) return null;
    const caption = `${this.#lines.length} lines: principal components of their embeddings`;
    return { name: 'map.svg', svg: mapSvg(this.#drawing.body, { ...this.#size, caption }) };
  }
}

/** Where the arrow keys lead, in numbers of lines. @type {Record<string, number | undefined>} */
const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** A line on the map between two points. @param {Point} a @param {Point} b */
function makeLink(a, b) {
  const line = document.createElementNS(namespace, 'line');
  const ends = { x1: a.x, y1: a.y, x2: b.x, y2: b.y };
  for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value.toFixed(1));
  return line;
}

function makeEditor() {
  return element(
    'div',
    { class: 'editor' },
    element('div', { class: 'editor-band', 'aria-hidden': true }),
    element('pre', { class: 'editor-gutter', 'aria-hidden': true }),
    element('textarea', {
      id: 'map-lines',
      'aria-label': 'Lines for the map, one text each',
      spellcheck: false,
      wrap: 'off',
      placeholder: 'Paste lines here …',
    }),
  );
}

/** How wide a label becomes, in pixels. The file's font may be another: a little is added. */
function textMeasure() {
  const context = contextOf(document.createElement('canvas'));
  context.font = '12px sans-serif';
  /** @param {string} text */
  return (text) => context.measureText(text).width * 1.04 + 4;
}

/** @param {Vector} a @param {Vector} b */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
