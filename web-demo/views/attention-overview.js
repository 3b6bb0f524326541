// All heads at a glance: a map each, painted on one canvas, with a button over each of them.
import { attentionShade, poolWeights } from '../../js/drawing/attention-svg.js';
import { contextOf, fitCanvas, onColourChange, pageColour } from '../parts/canvas-paint.js';
import { closest, element } from '../parts/elements.js';

/**
 * @typedef {{ data: Float32Array, shape: number[] }} Attention of a layer: [heads, T, T]
 * @typedef {{ layer: number, head: number }} Place
 */

export class AttentionOverview {
  #onChoose;
  #canvas = element('canvas', { 'aria-hidden': true });
  #grid = element('div', {
    class: 'heads-grid',
    role: 'radiogroup',
    'aria-label': 'Heads of all layers',
  });
  /** @type {Attention[]} */
  #attentions = [];
  #count = 0;
  #heads = 0;
  #chosen = { layer: 0, head: 0 };

  /** @param {(layer: number, head: number) => void} onChoose by click or arrow keys */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    this.element = element('div', { class: 'heads' }, this.#canvas, this.#grid);
    this.#grid.addEventListener('click', (event) => {
      const cell = closest(event, 'button', HTMLElement);
      if (cell) this.#choose(Number(cell.dataset.layer), Number(cell.dataset.head));
    });
    this.#grid.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.#paint()).observe(this.element);
    onColourChange(() => this.#paint());
  }

  /**
   * @param {Attention[]} attentions a layer each
   * @param {Place} chosen
   */
  show(attentions, chosen) {
    const [heads, count] = attentions[0].shape;
    const isSame = heads === this.#heads && attentions.length === this.#attentions.length;
    this.#attentions = attentions;
    this.#heads = heads;
    this.#count = count;
    if (!isSame) this.#build();
    this.mark(chosen);
    this.#paint();
  }

  /** Shows which head is chosen. @param {Place} chosen */
  mark({ layer, head }) {
    const before = this.#cell(this.#chosen);
    before?.setAttribute('aria-checked', 'false');
    if (before) before.tabIndex = -1;
    this.#chosen = { layer, head };
    const cell = this.#cell(this.#chosen);
    if (!cell) return;
    cell.setAttribute('aria-checked', 'true');
    cell.tabIndex = 0;
  }

  /** @param {Place} place @returns {HTMLButtonElement | null} null: another model had it */
  #cell({ layer, head }) {
    return this.#grid.querySelector(`[data-layer="${layer}"][data-head="${head}"]`);
  }

  #build() {
    const heads = Array.from({ length: this.#heads }, (_, head) => head);
    const names = ['', ...heads].map((name) => element('span', { class: 'heads-name' }, `${name}`));
    const rows = this.#attentions.flatMap((_, layer) => [
      element('span', { class: 'heads-name' }, String(layer)),
      ...heads.map((head) =>
        element('button', {
          type: 'button',
          class: 'heads-cell',
          role: 'radio',
          tabIndex: -1,
          'aria-checked': false,
          'aria-label': `layer ${layer}, head ${head}`,
          title: `Layer ${layer}, head ${head}`,
          'data-layer': layer,
          'data-head': head,
        }),
      ),
    ]);
    this.#grid.style.gridTemplateColumns = `auto repeat(${this.#heads}, minmax(0, 1fr))`;
    this.#grid.replaceChildren(...names, ...rows);
  }

  /** One image of the whole, painted once for each text, size and colour scheme. */
  #paint() {
    const { clientWidth: width, clientHeight: height } = this.#grid;
    if (this.#attentions.length === 0 || width === 0) return;
    const scale = fitCanvas(this.#canvas, width, height);
    const context = contextOf(this.#canvas);
    const image = context.createImageData(this.#canvas.width, this.#canvas.height);
    const colour = pageColour(this.element, '--pine');
    const frame = this.#grid.getBoundingClientRect();
    for (const cell of this.#grid.querySelectorAll('button')) {
      const place = cell.getBoundingClientRect();
      const [x, y] = [place.left - frame.left, place.top - frame.top];
      const area = {
        x: Math.round(x * scale),
        y: Math.round(y * scale),
        size: Math.floor(place.width * scale),
      };
      const layer = Number(cell.dataset.layer);
      paintMap(image, area, this.#weights(layer, Number(cell.dataset.head)), this.#count, colour);
    }
    context.putImageData(image, 0, 0);
  }

  /** @param {number} layer @param {number} head */
  #weights(layer, head) {
    const size = this.#count ** 2;
    return this.#attentions[layer].data.subarray(head * size, (head + 1) * size);
  }

  /** @param {number} layer @param {number} head */
  #choose(layer, head) {
    this.mark({ layer, head });
    this.#onChoose(layer, head);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { layer, head } = this.#chosen;
    /** @type {Record<string, [layer: number, head: number]>} */
    const places = {
      ArrowRight: [layer, head + 1],
      ArrowLeft: [layer, head - 1],
      ArrowDown: [layer + 1, head],
      ArrowUp: [layer - 1, head],
      Home: [layer, 0],
      End: [layer, this.#heads - 1],
    };
    const place = places[event.key];
    if (!place) return;
    event.preventDefault();
    /** @param {number} value @param {number} count */
    const clamp = (value, count) => Math.min(count - 1, Math.max(0, value));
    this.#choose(clamp(place[0], this.#attentions.length), clamp(place[1], this.#heads));
    this.#cell(this.#chosen)?.focus();
  }
}

/**
 * Paints one head's weights into a square of an image: the deeper, the larger the weight. Where
 * there are more tokens than pixels, the largest of those that share one.
 * @param {ImageData} image
 * @param {{ x: number, y: number, size: number }} square
 * @param {Float32Array} weights [count, count]
 * @param {number} count
 * @param {import('../parts/canvas-paint.js').Colour} colour
 */
function paintMap({ data, width }, { x, y, size }, weights, count, [red, green, blue]) {
  const map = poolWeights(weights, count, size);
  const cellOf = Array.from({ length: size }, (_, i) => Math.floor((i * map.size) / size));
  for (let row = 0; row < size; row++) {
    const line = cellOf[row] * map.size;
    for (let column = 0; column < size; column++) {
      const at = ((y + row) * width + x + column) * 4;
      data[at] = red;
      data[at + 1] = green;
      data[at + 2] = blue;
      data[at + 3] = 255 * attentionShade(map.values[line + cellOf[column]]);
    }
  }
}
