// The embeddings map: lines as points, near each other where they mean alike.
import { shorten } from '../js/svg.js';
import { button, element, intro } from './elements.js';
import { LineEditor } from './line-editor.js';
import { splitLines } from './line-index.js';
import { fitPoints, placeLabels } from './map-layout.js';
import { mapBody, mapSvg } from './map-svg.js';
import { principalComponents } from './pca.js';
import { mapSamples } from './picture-samples.js';
import { saveButton } from './svg-export.js';

export const id = 'map';
export const title = 'Map';

/** Beyond this a map is a cloud. */
const mostLines = 400;
const typingDelay = 250;
const labelColumns = 30;
const shownNeighbours = 3;
const namespace = 'http://www.w3.org/2000/svg';

export function mount(panel, app) {
  const view = new MapView(panel, app);
  return { update: (model) => view.useModel(model), takeText: (text) => view.takeText(text) };
}

/** `data-lines` on the root says of how many lines the map is, once it is drawn. */
class MapView {
  #root;
  #app;
  #model = null;
  /** text → its vector, of length 1 */
  #vectors = new Map();
  /** texts of which only the beginning was read */
  #cut = new Set();
  #lines = [];
  #map = null;
  #picture = document.createElementNS(namespace, 'svg');
  #frame = element('div', { class: 'map-frame' });
  #note = element('p', { class: 'panel-note', role: 'status', 'aria-live': 'polite' });
  #linesNote = element('p', { class: 'panel-note' });
  #detail = element('p', { class: 'picture-detail' });
  #samples;
  #editor;
  #size = { width: 0, height: 0 };
  #timer = 0;
  #call = new AbortController();

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

  useModel(model) {
    this.#model = model;
    this.#vectors.clear();
    this.#cut.clear();
    this.#changed(0);
  }

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
    const editor = element(
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
    this.#editor = new LineEditor(editor);
    return element(
      'section',
      { class: 'lines', 'aria-label': 'Lines' },
      element('div', { class: 'panel-head' }, element('h2', {}, 'Your lines'), this.#linesNote),
      element('div', { class: 'tools' }, this.#samples),
      editor,
      element('p', { class: 'hint' }, 'Type, paste, or drop a text file anywhere on the page.'),
    );
  }

  #listen() {
    this.#editor.onInput(() => {
      this.#markSample('');
      this.#changed(typingDelay);
    });
    const lineOf = ({ target }) => target.closest?.('[data-line]')?.dataset.line;
    this.#picture.addEventListener('pointerover', (event) => {
      const line = lineOf(event);
      this.#activate(line === undefined ? this.#focused : Number(line));
    });
    this.#picture.addEventListener('pointerleave', () => this.#activate(this.#focused));
    this.#picture.addEventListener('focusin', () => this.#activate(this.#focused));
    this.#picture.addEventListener('focusout', () => this.#activate(-1));
    this.#picture.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.#lay()).observe(this.#frame);
  }

  #setText(text, name) {
    this.#editor.text = text;
    this.#markSample(name);
    this.#changed(0);
  }

  #markSample(name) {
    for (const chip of this.#samples.children) {
      chip.setAttribute('aria-pressed', String(chip.textContent === name));
    }
  }

  #changed(delay) {
    clearTimeout(this.#timer);
    this.#call.abort();
    delete this.#root.dataset.lines;
    this.#timer = setTimeout(() => this.#read(), delay);
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

  #show(lines, left) {
    this.#lines = lines;
    const cut = lines.filter(({ text }) => this.#cut.has(text)).length;
    this.#linesNote.textContent = [
      left > 0 ? `${left} more left out` : '',
      cut > 0 ? `${cut} too long and read in part` : '',
    ]
      .filter(Boolean)
      .join(', ');
    const vectors = lines.map(({ text }) => this.#vectors.get(text));
    // What is no longer there would only take room.
    this.#vectors = new Map(lines.map(({ text }, i) => [text, vectors[i]]));
    const { coordinates, shares } = principalComponents(vectors);
    this.#map = { coordinates, vectors };
    const percent = Math.round(100 * (shares[0] + shares[1]));
    this.#note.textContent =
      lines.length > 2 ? `${lines.length} lines, ${percent} % of how they differ` : '';
    this.#lay();
    this.#root.dataset.lines = String(lines.length);
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
    Object.assign(this.#map, { points, body: mapBody(points, labels, texts) });
    this.#picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.#picture.setAttribute('height', String(height));
    this.#picture.innerHTML = `<g class="map-links"></g>${this.#map.body}`;
    for (const [i, group] of this.#groups.entries()) {
      group.setAttribute('role', 'option');
      group.setAttribute('aria-label', texts[i]);
      group.setAttribute('tabindex', i === 0 ? '0' : '-1');
      // The page shows the whole line itself, and at once.
      group.querySelector('title').remove();
    }
    this.#activate(-1);
  }

  get #groups() {
    return [...this.#picture.querySelectorAll('[data-line]')];
  }

  /** The point that has the focus; -1: none, though the picture itself may have it. */
  get #focused() {
    const { activeElement } = document;
    return this.#picture.contains(activeElement) ? Number(activeElement.dataset.line ?? -1) : -1;
  }

  /** Shows one line and those nearest in all dimensions, for the map has only two; -1: none. */
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
    links?.replaceChildren(...found.map(({ line }) => this.#link(index, line)));
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

  #nearest(index) {
    const { vectors } = this.#map;
    return vectors
      .map((vector, line) => ({ line, score: dot(vector, vectors[index]) }))
      .filter(({ line }) => line !== index)
      .sort((a, b) => b.score - a.score)
      .slice(0, shownNeighbours);
  }

  #link(a, b) {
    const { points } = this.#map;
    const line = document.createElementNS(namespace, 'line');
    const ends = { x1: points[a].x, y1: points[a].y, x2: points[b].x, y2: points[b].y };
    for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value.toFixed(1));
    return line;
  }

  #key(event) {
    const at = this.#focused;
    const last = this.#lines.length - 1;
    const places = { Home: 0, End: last };
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
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
    if (!this.#map?.body) return null;
    const caption = `${this.#lines.length} lines: principal components of their embeddings`;
    return { name: 'map.svg', svg: mapSvg(this.#map.body, { ...this.#size, caption }) };
  }
}

/** How wide a label becomes, in pixels. The file's font may be another: a little is added. */
function textMeasure() {
  const context = document.createElement('canvas').getContext('2d');
  context.font = '12px sans-serif';
  return (text) => context.measureText(text).width * 1.04 + 4;
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
