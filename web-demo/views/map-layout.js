// Where the points of a map and their labels stand on the picture.

const dot = 5;
const line = 15;
const gap = 5;

/**
 * @typedef {{ x: number, y: number }} Point in pixels, y downwards
 * @typedef {{ x: number, y: number, width: number, height: number }} Box
 * @typedef {'start' | 'middle' | 'end'} Anchor where in a text its x is
 * @typedef {{ text: string, anchor: Anchor, x: number, y: number, box: Box }} Label `y`: of the
 *   text's baseline
 */

/**
 * Fits points into a picture, both axes at one scale, so that distances can be compared.
 * @param {ArrayLike<number>[]} coordinates x and y of each point, y upwards
 * @param {number} width in pixels
 * @param {number} height
 * @param {number} [margin]
 * @returns {Point[]}
 */
export function fitPoints(coordinates, width, height, margin = 28) {
  const xs = coordinates.map((point) => point[0]);
  const ys = coordinates.map((point) => -point[1]);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  const scale = Math.min(
    (width - 2 * margin) / Math.max(right - left, 1e-9),
    (height - 2 * margin) / Math.max(bottom - top, 1e-9),
  );
  return coordinates.map((_, i) => ({
    x: width / 2 + (xs[i] - (left + right) / 2) * scale,
    y: height / 2 + (ys[i] - (top + bottom) / 2) * scale,
  }));
}

/**
 * Places labels beside their points so that none covers another label or a point. One that finds
 * no place is left out. Several orders are tried, and the one that places most is kept.
 * @param {Point[]} points
 * @param {string[]} texts one a point
 * @param {{ width: number, height: number, measure: (text: string) => number }} picture
 *   `measure`: a text's width in pixels
 * @returns {(Label | null)[]} one a point
 */
export function placeLabels(points, texts, { width, height, measure }) {
  const widths = texts.map(measure);
  const dots = points.map(({ x, y }) => ({
    x: x - dot,
    y: y - dot,
    width: 2 * dot,
    height: 2 * dot,
  }));
  const crowd = points.map((point) => points.filter((other) => isNear(point, other)).length);
  const order = points.map((_, i) => i);
  const orders = [
    order,
    order.toSorted((a, b) => crowd[b] - crowd[a]),
    order.toSorted((a, b) => crowd[a] - crowd[b]),
    order.toSorted((a, b) => points[a].x - points[b].x),
    order.toSorted((a, b) => points[a].y - points[b].y),
    order.toSorted((a, b) => widths[a] - widths[b]),
  ];
  const places = points.map((point, i) => candidates(point, texts[i], widths[i]));
  /** @type {{ placed: number, labels: (Label | null)[] }} */
  let best = { placed: -1, labels: [] };
  for (const one of orders) {
    const labels = placeInOrder(one, places, dots, { width, height });
    const placed = labels.filter(Boolean).length;
    if (placed > best.placed) best = { placed, labels };
    if (placed === points.length) break;
  }
  return best.labels;
}

/** @param {Point} a @param {Point} b */
const isNear = (a, b) => Math.abs(a.x - b.x) < 90 && Math.abs(a.y - b.y) < 30;

/**
 * @param {number[]} order of the points: the first ones have the choice
 * @param {Label[][]} places for each point's label, the best first
 * @param {Box[]} dots the points themselves
 * @param {{ width: number, height: number }} picture
 * @returns {(Label | null)[]} one a point
 */
function placeInOrder(order, places, dots, { width, height }) {
  /** @type {(Label | null)[]} */
  const labels = new Array(places.length).fill(null);
  /** @type {Box[]} */
  const taken = [];
  for (const i of order) {
    const label = places[i].find(({ box }) => {
      const isInside =
        box.x >= 2 &&
        box.y >= 2 &&
        box.x + box.width <= width - 2 &&
        box.y + box.height <= height - 2;
      return (
        isInside &&
        !taken.some((other) => overlap(box, other)) &&
        !dots.some((other, j) => j !== i && overlap(box, other))
      );
    });
    if (!label) continue;
    labels[i] = label;
    taken.push(label.box);
  }
  return labels;
}

/**
 * Places for one label, the best first: beside the point, above, below, then at its corners.
 * @param {Point} point
 * @param {string} text
 * @param {number} width of the text
 * @returns {Label[]}
 */
function candidates({ x, y }, text, width) {
  const side = dot + gap - 2;
  /** @type {[anchor: Anchor, dx: number, dy: number][]} */
  const places = [
    ['start', side, 0],
    ['end', -side, 0],
    ['middle', 0, -(dot + line / 2 + 1)],
    ['middle', 0, dot + line / 2 + 1],
    ['start', gap, -line * 0.75],
    ['start', gap, line * 0.75],
    ['end', -gap, -line * 0.75],
    ['end', -gap, line * 0.75],
    ['start', -width / 4, -(dot + line / 2 + 2)],
    ['start', -width / 4, dot + line / 2 + 2],
    ['end', width / 4, -(dot + line / 2 + 2)],
    ['end', width / 4, dot + line / 2 + 2],
  ];
  return places.map(([anchor, dx, dy]) => {
    const start = { start: 0, middle: width / 2, end: width }[anchor];
    const box = { x: x + dx - start, y: y + dy - line / 2, width, height: line };
    return { text, anchor, x: x + dx, y: y + dy + 4, box };
  });
}

/** @param {Box} a @param {Box} b */
export function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
