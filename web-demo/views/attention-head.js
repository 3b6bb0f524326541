// One head: its tokens in two columns, and lines between them as opaque as the weights. All lines
// are painted once, and those of one token each time it is pointed at, on a second canvas.
import { contextOf, fitCanvas, onColourChange, pageColour } from '../parts/canvas-paint.js';
import { closest, element } from '../parts/elements.js';

/** The least weight that gets a line. */
const threshold = 0.02;
/** Of long texts, while no token is pointed at: fewer lines are seen better, and painted at once. */
const longText = 64;
const longThreshold = 0.1;
const shades = 20;

/**
 * @typedef {'from' | 'to'} Side
 * @typedef {{ side: Side, index: number }} Pointed a token on the left, whose lines go out, or one
 *   on the right, whose lines come in
 * @typedef {[from: number, to: number, weight: number]} Line between two tokens
 *
 * @typedef {object} Layout where the columns are, in CSS pixels, and how large the canvases
 * @property {number} width
 * @property {number} height
 * @property {number} count tokens in a column
 * @property {number} scale pixels for each CSS pixel
 * @property {number} left where lines begin
 * @property {number} right and end
 * @property {number} end of the right column
 * @property {number} top
 * @property {number} row a token's height
 */

export class AttentionHead {
  #onPoint;
  #all = element('canvas', { class: 'head-all', 'aria-hidden': true });
  #own = element('canvas', { 'aria-hidden': true });
  #columns = { from: makeColumn('from'), to: makeColumn('to') };
  /** @type {Record<Side, HTMLElement[]>} the tokens in them */
  #items = { from: [], to: [] };
  /** @type {Float32Array} [T, T] */
  #weights = new Float32Array(0);
  #count = 0;
  /** @type {Layout | null} */
  #layout = null;
  #colour = '';
  /** @type {Pointed | null} */
  #pinned = null;
  /** @type {Pointed | null} */
  #pointed = null;
  #frame = 0;

  /** @param {(pointed: Pointed | null) => void} onPoint called before the next frame */
  constructor(onPoint) {
    this.#onPoint = onPoint;
    const { from, to } = this.#columns;
    this.element = element('div', { class: 'head-lines' }, this.#all, this.#own, from, to);
    this.#listen();
    new ResizeObserver(() => this.#measure()).observe(this.element);
    onColourChange(() => this.#measure());
  }

  /**
   * @param {string[]} tokens
   * @param {Float32Array} weights [T, T]: rows attend to columns
   */
  show(tokens, weights) {
    const isSame = tokens.length === this.#count && this.#written === tokens.join(' ');
    this.#weights = weights;
    this.#count = tokens.length;
    if (!isSame) {
      this.#pinned = null;
      const size = tokens.length <= 32 ? 'large' : tokens.length <= 64 ? 'medium' : 'small';
      this.element.dataset.size = size;
      for (const side of sides) {
        const items = tokens.map((token, i) => makeToken(token, side, i));
        items[0].tabIndex = 0;
        this.#items[side] = items;
        this.#columns[side].replaceChildren(...items);
      }
    }
    this.#measure();
  }

  /** The token whose lines stay. @returns {Pointed | null} */
  get pinned() {
    return this.#pinned;
  }

  get #written() {
    return this.#items.from.map((item) => item.textContent).join(' ');
  }

  #listen() {
    this.element.addEventListener('pointerover', (event) => {
      this.#point(tokenOf(event) ?? this.#pinned);
    });
    this.element.addEventListener('pointerleave', () => this.#point(this.#pinned));
    this.element.addEventListener('focusin', (event) => this.#point(tokenOf(event)));
    this.element.addEventListener('focusout', () => this.#point(this.#pinned));
    this.element.addEventListener('click', (event) => this.#pin(tokenOf(event)));
    this.element.addEventListener('keydown', (event) => this.#key(event, tokenOf(event)));
  }

  /** @param {Pointed | null} token the one that is pinned already: no longer */
  #pin(token) {
    const isSame = token?.side === this.#pinned?.side && token?.index === this.#pinned?.index;
    this.#item(this.#pinned)?.setAttribute('aria-selected', 'false');
    this.#pinned = isSame ? null : token;
    this.#item(this.#pinned)?.setAttribute('aria-selected', 'true');
    this.#point(this.#pinned);
  }

  /** @param {Pointed | null} token */
  #item(token) {
    return token ? this.#items[token.side][token.index] : undefined;
  }

  /** @param {KeyboardEvent} event @param {Pointed | null} token that has the focus */
  #key(event, token) {
    if (event.key === 'Escape' && this.#pinned) this.#pin(null);
    else if (token && (event.key === 'Enter' || event.key === ' ')) this.#pin(token);
    else if (token && event.key in steps) this.#go(token, event.key);
    else return;
    event.preventDefault();
  }

  /** @param {Pointed} from @param {string} key one of `steps` */
  #go({ side, index }, key) {
    const next = steps[key](side, index, this.#count - 1);
    const items = this.#items[next.side];
    for (const item of items) item.tabIndex = -1;
    items[next.index].tabIndex = 0;
    items[next.index].focus();
  }

  /**
   * However many events come between two frames, one picture is drawn.
   * @param {Pointed | null} token
   */
  #point(token) {
    this.#pointed = token;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paintOwn();
      this.#onPoint(this.#pointed);
    });
  }

  /** Where the columns are: asked for once, for asking makes the browser lay out the page. */
  #measure() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (this.#count === 0 || width === 0) return;
    const { from, to } = this.#columns;
    this.#layout = {
      width,
      height,
      count: this.#count,
      scale: this.#fitCanvases(width, height),
      left: from.offsetLeft + from.offsetWidth + 5,
      right: to.offsetLeft - 5,
      end: to.offsetLeft + to.offsetWidth,
      top: from.offsetTop,
      row: from.offsetHeight / this.#count,
    };
    this.#colour = `rgb(${pageColour(this.element, '--pine').join(' ')})`;
    this.#paintAll(this.#layout);
    this.#point(this.#pinned);
  }

  /**
   * Canvases of another size, where it is another.
   * @param {number} width
   * @param {number} height
   * @returns {number} pixels for each CSS pixel
   */
  #fitCanvases(width, height) {
    const before = this.#layout;
    const isSame = before?.width === width && before.height === height;
    if (isSame && before.count === this.#count) return before.scale;
    fitCanvas(this.#own, width, height);
    return fitCanvas(this.#all, width, height);
  }

  /** @param {Layout} layout */
  #paintAll(layout) {
    const context = cleared(this.#all, layout);
    /** @type {Line[]} */
    const lines = [];
    const least = this.#count > longText ? longThreshold : threshold;
    for (let at = 0; at < this.#weights.length; at++) {
      if (this.#weights[at] >= least) {
        lines.push([Math.floor(at / this.#count), at % this.#count, this.#weights[at]]);
      }
    }
    context.lineWidth = 1.2;
    context.strokeStyle = this.#colour;
    strokeLines(context, lines, layout);
  }

  #paintOwn() {
    const token = this.#pointed;
    this.element.classList.toggle('has-own', token !== null);
    const layout = this.#layout;
    if (!layout) return;
    const context = cleared(this.#own, layout);
    if (!token) return;
    const lines = weightsOf(this.#weights, this.#count, token).map(
      /** @returns {Line} */ (weight, other) =>
        token.side === 'from' ? [token.index, other, weight] : [other, token.index, weight],
    );
    const { left, right, end, top, row } = layout;
    // What the lines lead to is tinted too: at the end of a long text they are out of sight.
    context.fillStyle = this.#colour;
    for (const [from, to, weight] of lines) {
      const at = token.side === 'from' ? to : from;
      context.globalAlpha = Math.min(0.6, weight);
      const [x, width] = token.side === 'from' ? [right + 2, end - right - 2] : [0, left - 2];
      context.fillRect(x, top + at * row + 1, width, row - 2);
    }
    context.lineWidth = 2;
    context.strokeStyle = this.#colour;
    const strong = lines.filter(([, , weight]) => weight >= threshold);
    strokeLines(context, strong, layout);
  }
}

/**
 * A canvas with nothing on it, to be drawn on in CSS pixels.
 * @param {HTMLCanvasElement} canvas
 * @param {Layout} layout
 */
function cleared(canvas, { scale }) {
  const context = contextOf(canvas);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return context;
}

/**
 * Lines of one shade are one stroke; the faint ones come first.
 * @param {CanvasRenderingContext2D} context
 * @param {Line[]} lines
 * @param {Layout} layout
 */
function strokeLines(context, lines, { left, right, top, row }) {
  /** @type {(Path2D | null)[]} */
  const paths = Array.from({ length: shades + 1 }, () => null);
  for (const [from, to, weight] of lines) {
    const shade = Math.min(shades, Math.ceil(weight * shades));
    const path = paths[shade] ?? new Path2D();
    paths[shade] = path;
    path.moveTo(left, top + (from + 0.5) * row);
    path.lineTo(right, top + (to + 0.5) * row);
  }
  paths.forEach((path, shade) => {
    if (!path) return;
    context.globalAlpha = shade / shades;
    context.stroke(path);
  });
}

/** @type {Side[]} */
const sides = ['from', 'to'];

/**
 * Where the arrow keys lead.
 * @type {Record<string, (side: Side, index: number, last: number) => Pointed>}
 */
const steps = {
  ArrowDown: (side, index, last) => ({ side, index: Math.min(last, index + 1) }),
  ArrowUp: (side, index) => ({ side, index: Math.max(0, index - 1) }),
  ArrowRight: (_, index) => ({ side: 'to', index }),
  ArrowLeft: (_, index) => ({ side: 'from', index }),
  Home: (side) => ({ side, index: 0 }),
  End: (side, _, last) => ({ side, index: last }),
};

/**
 * The weights of one token's lines, to or from each other token.
 * @param {Float32Array} weights [count, count]
 * @param {number} count
 * @param {Pointed} token
 * @returns {number[]}
 */
export function weightsOf(weights, count, { side, index }) {
  return Array.from({ length: count }, (_, other) =>
    side === 'from' ? weights[index * count + other] : weights[other * count + index],
  );
}

/** The token that an event happened at. @param {Event} event @returns {Pointed | null} */
function tokenOf(event) {
  const item = closest(event, 'li', HTMLElement);
  if (!item) return null;
  return { side: item.dataset.side === 'from' ? 'from' : 'to', index: Number(item.dataset.index) };
}

/** @param {Side} side */
function makeColumn(side) {
  return element('ol', {
    class: `head-column head-${side}`,
    role: 'listbox',
    'aria-label': side === 'from' ? 'Tokens that attend' : 'Tokens attended to',
  });
}

/** @param {string} token @param {Side} side @param {number} index */
function makeToken(token, side, index) {
  return element(
    'li',
    {
      role: 'option',
      tabIndex: -1,
      'aria-selected': false,
      'data-side': side,
      'data-index': index,
    },
    token,
  );
}
