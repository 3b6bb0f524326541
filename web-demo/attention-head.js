// One head: its tokens in two columns, and lines between them as opaque as the weights. All lines
// are painted once, and those of one token each time it is pointed at, on a second canvas.
import { fitCanvas, onColourChange, pageColour } from './canvas-paint.js';
import { element } from './elements.js';

/** The least weight that gets a line. */
const threshold = 0.02;
/** Of long texts, while no token is pointed at: fewer lines are seen better, and painted at once. */
const longText = 64;
const longThreshold = 0.1;
const shades = 20;

/**
 * @typedef {{ side: 'from' | 'to', index: number }} Pointed a token on the left, whose lines go
 *   out, or one on the right, whose lines come in
 */

export class AttentionHead {
  #onPoint;
  #all = element('canvas', { class: 'head-all', 'aria-hidden': true });
  #own = element('canvas', { 'aria-hidden': true });
  #columns = { from: makeColumn('from'), to: makeColumn('to') };
  #weights = new Float32Array(0);
  #count = 0;
  #layout = null;
  #colour = '';
  /** @type {Pointed | null} */
  #pinned = null;
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
      for (const [side, column] of Object.entries(this.#columns)) {
        column.replaceChildren(...tokens.map((token, i) => makeToken(token, side, i)));
        column.firstChild.tabIndex = 0;
      }
    }
    this.#measure();
  }

  /** The token whose lines stay. @returns {Pointed | null} */
  get pinned() {
    return this.#pinned;
  }

  get #written() {
    return [...this.#columns.from.children].map((item) => item.textContent).join(' ');
  }

  #listen() {
    const target = ({ target: at }) => {
      const item = at.closest?.('li');
      return item ? { side: item.dataset.side, index: Number(item.dataset.index) } : null;
    };
    this.element.addEventListener('pointerover', (event) => {
      this.#point(target(event) ?? this.#pinned);
    });
    this.element.addEventListener('pointerleave', () => this.#point(this.#pinned));
    this.element.addEventListener('focusin', (event) => this.#point(target(event)));
    this.element.addEventListener('focusout', () => this.#point(this.#pinned));
    this.element.addEventListener('click', (event) => this.#pin(target(event)));
    this.element.addEventListener('keydown', (event) => this.#key(event, target(event)));
  }

  #pin(token) {
    const isSame = token?.side === this.#pinned?.side && token?.index === this.#pinned?.index;
    this.#item(this.#pinned)?.setAttribute('aria-selected', 'false');
    this.#pinned = isSame ? null : token;
    this.#item(this.#pinned)?.setAttribute('aria-selected', 'true');
    this.#point(this.#pinned);
  }

  #item(token) {
    return token ? this.#columns[token.side].children[token.index] : undefined;
  }

  #key(event, token) {
    if (event.key === 'Escape' && this.#pinned) this.#pin(null);
    else if (token && (event.key === 'Enter' || event.key === ' ')) this.#pin(token);
    else if (token && event.key in steps) this.#go(token, event.key);
    else return;
    event.preventDefault();
  }

  #go({ side, index }, key) {
    const next = steps[key](side, index, this.#count - 1);
    for (const item of this.#columns[next.side].children) item.tabIndex = -1;
    const item = this.#item(next);
    item.tabIndex = 0;
    item.focus();
  }

  /** However many events come between two frames, one picture is drawn. */
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
    const isSame = this.#layout?.width === width && this.#layout?.height === height;
    if (!isSame || this.#layout.count !== this.#count) {
      const scale = fitCanvas(this.#all, width, height);
      fitCanvas(this.#own, width, height);
      this.#layout = { width, height, scale, count: this.#count };
    }
    Object.assign(this.#layout, {
      left: from.offsetLeft + from.offsetWidth + 5,
      right: to.offsetLeft - 5,
      end: to.offsetLeft + to.offsetWidth,
      top: from.offsetTop,
      row: from.offsetHeight / this.#count,
    });
    this.#colour = `rgb(${pageColour(this.element, '--pine').join(' ')})`;
    this.#paintAll();
    this.#point(this.#pinned);
  }

  #paintAll() {
    const context = this.#clear(this.#all);
    const lines = [];
    const least = this.#count > longText ? longThreshold : threshold;
    for (let at = 0; at < this.#weights.length; at++) {
      if (this.#weights[at] >= least) {
        lines.push([Math.floor(at / this.#count), at % this.#count, this.#weights[at]]);
      }
    }
    context.lineWidth = 1.2;
    this.#strokeLines(context, lines);
  }

  #paintOwn() {
    const token = this.#pointed;
    this.element.classList.toggle('has-own', token !== null);
    if (!this.#layout) return;
    const context = this.#clear(this.#own);
    if (!token) return;
    const lines = weightsOf(this.#weights, this.#count, token).map((weight, other) =>
      token.side === 'from' ? [token.index, other, weight] : [other, token.index, weight],
    );
    const { left, right, end, top, row } = this.#layout;
    // What the lines lead to is tinted too: at the end of a long text they are out of sight.
    context.fillStyle = this.#colour;
    for (const [from, to, weight] of lines) {
      const at = token.side === 'from' ? to : from;
      context.globalAlpha = Math.min(0.6, weight);
      const [x, width] = token.side === 'from' ? [right + 2, end - right - 2] : [0, left - 2];
      context.fillRect(x, top + at * row + 1, width, row - 2);
    }
    context.lineWidth = 2;
    this.#strokeLines(
      context,
      lines.filter(([, , weight]) => weight >= threshold),
    );
  }

  #clear(canvas) {
    const context = canvas.getContext('2d');
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(this.#layout.scale, 0, 0, this.#layout.scale, 0, 0);
    return context;
  }

  /** Lines of one shade are one stroke; the faint ones come first. */
  #strokeLines(context, lines) {
    const { left, right, top, row } = this.#layout;
    const paths = Array.from({ length: shades + 1 }, () => null);
    for (const [from, to, weight] of lines) {
      const shade = Math.min(shades, Math.ceil(weight * shades));
      paths[shade] ??= new Path2D();
      const path = paths[shade];
      path.moveTo(left, top + (from + 0.5) * row);
      path.lineTo(right, top + (to + 0.5) * row);
    }
    context.strokeStyle = this.#colour;
    paths.forEach((path, shade) => {
      if (!path) return;
      context.globalAlpha = shade / shades;
      context.stroke(path);
    });
  }
}

/** Where the arrow keys lead. */
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

function makeColumn(side) {
  return element('ol', {
    class: `head-column head-${side}`,
    role: 'listbox',
    'aria-label': side === 'from' ? 'Tokens that attend' : 'Tokens attended to',
  });
}

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
