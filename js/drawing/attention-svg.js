// Pictures of attention as SVG: all heads at a glance, or one head token by token.
import { BertletError } from '../shared/errors.js';
import { escapeXml, shorten, svgDocument, svgNumber, textColumns } from './svg.js';

/** Of a head's map in the overview: more rows than these are put together. */
const overviewCells = 40;
/** Steps from no attention to all of it. Few steps mean few paths, and a small file. */
const overviewShades = 12;
const matrixShades = 24;
const lineShades = 20;

/**
 * Of one layer: [heads, T, T] weights, as `forward` gives them.
 * @typedef {{ data: ArrayLike<number>, shape: number[] }} Attention
 */

const tile = 64;
const tileGap = 6;
const row = 18;
const letter = 7.25;
const longestToken = 22;
const margin = 16;

/**
 * How dark a weight is shown in a map: its square root, for most weights are small and all of them
 * matter.
 * @param {number} weight from 0 to 1
 * @returns {number} from 0 to 1
 */
export function attentionShade(weight) {
  return Math.sqrt(Math.min(1, Math.max(0, weight)));
}

/**
 * A picture of all heads: a row for each layer, a column for each head, in each place a small map
 * whose rows are the tokens that attend and whose columns are those attended to. Of more than 40
 * tokens neighbours are put together, and the largest weight among them is shown.
 *
 * The same input gives the same text. For 72 heads it is about 140 KB with 20 tokens, 400 KB with
 * 40 or more.
 * @param {{
 *   tokens: string[],
 *   attentions: Attention[],
 *   layers?: number[],
 *   heads?: number[],
 *   title?: string,
 * }} options `attentions`: [heads, T, T] for each layer, as `forward` gives them; `layers`: the
 *   number of each of them (default 0, 1, …); `heads`: those to show (default all); `title`:
 *   default, the tokens
 * @returns {string} an SVG document
 * @throws BertletError BAD_ARGUMENT
 */
export function attentionOverviewSvg({ tokens, attentions, layers, heads, title }) {
  const { count, headCount } = checkAttentions(tokens, attentions);
  const layerNames = layers ?? attentions.map((_, i) => i);
  if (layerNames.length !== attentions.length) {
    throw badArgument(`there are ${attentions.length} attentions for ${layerNames.length} layers`);
  }
  const shown = heads ?? Array.from({ length: headCount }, (_, i) => i);
  for (const head of shown) checkHead(head, headCount);
  const [left, top] = [margin + 52, margin + 60];
  const step = tile + tileGap;
  const caption = title ?? tokens.join(' ');
  const parts = [heading(caption, 96), note(`${count} tokens`, margin + 30)];
  shown.forEach((head, column) => {
    const x = left + column * step + tile / 2;
    parts.push(text(x, top - 8, String(head), 'soft', 'middle'));
  });
  parts.push(text(left - 8, top - 8, 'head', 'soft', 'end'));
  attentions.forEach((matrix, i) => {
    const y = top + i * step;
    const label = i === 0 ? `layer ${layerNames[i]}` : String(layerNames[i]);
    parts.push(text(left - 8, y + tile / 2 + 4, label, 'soft', 'end'));
    shown.forEach((head, column) => {
      const pooled = poolWeights(headWeights(matrix, head, count), count, overviewCells);
      const place = { x: left + column * step, y, size: tile };
      const name = `layer ${layerNames[i]}, head ${head}`;
      parts.push(heatMap(pooled.values, pooled.size, place, overviewShades, name));
    });
  });
  return svgDocument({
    width: Math.max(left + shown.length * step - tileGap + margin, 360),
    height: top + attentions.length * step - tileGap + margin,
    title: `Attention of ${attentions.length} layers and ${shown.length} heads: ${caption}`,
    body: parts.join(''),
  });
}

/**
 * A picture of one head. As `lines`, the tokens stand in two columns, and a line leads from each
 * token on the left to those it attends to on the right, as opaque as the weight. As `matrix`,
 * each row is a token that attends, each column one attended to.
 *
 * The same input gives the same text.
 * @param {{
 *   tokens: string[],
 *   attention: Attention,
 *   layer: number,
 *   head: number,
 *   form?: 'lines' | 'matrix',
 *   token?: number,
 *   threshold?: number,
 *   title?: string,
 * }} options `attention`: [heads, T, T] of the layer; `layer`: its number, for the title; `head`:
 *   from 0; `token`: only the lines of this one, with the weights in figures beside those it attends to;
 *   `threshold`: the least weight that gets a line, default 0.025
 * @returns {string} an SVG document
 * @throws BertletError BAD_ARGUMENT
 */
export function attentionHeadSvg(options) {
  const { tokens, attention, layer, head, form = 'lines', token, title } = options;
  const { count, headCount } = checkAttentions(tokens, [attention]);
  checkHead(head, headCount);
  if (form !== 'lines' && form !== 'matrix') {
    throw badArgument(`form is "lines" or "matrix", not "${form}"`);
  }
  if (token !== undefined && !(Number.isInteger(token) && token >= 0 && token < count)) {
    throw badArgument(`token is ${token}; it is a number from 0 to ${count - 1}`);
  }
  const weights = headWeights(attention, head, count);
  const name = `Layer ${layer}, head ${head}`;
  const labels = tokens.map((part) => shorten(part, longestToken));
  const draw = form === 'lines' ? drawLines : drawMatrix;
  const { threshold } = options;
  const { width, height, body } = draw({ labels, weights, count, token, threshold });
  const caption = title ? `${name}: ${title}` : name;
  return svgDocument({
    width: Math.max(width, 260),
    height,
    title: `Attention. ${caption}`,
    body: heading(caption, Math.floor((width - 2 * margin) / letter)) + body,
  });
}

/**
 * What one head's picture is drawn of: the tokens' names, and [count, count] weights.
 * @typedef {{ labels: string[], weights: number[], count: number, token?: number,
 *   threshold?: number }} HeadPicture
 */

/** @param {HeadPicture} picture */
function drawLines({ labels, weights, count, token, threshold = 0.025 }) {
  const widest = Math.max(...labels.map(textColumns)) * letter;
  const [left, top] = [margin + widest, margin + 52];
  const right = left + 220;
  /** @param {number} at */
  const middle = (at) => top + at * row + row / 2;
  const parts = [
    text(left, top - 8, 'from', 'soft', 'end'),
    text(right, top - 8, 'to', 'soft', 'start'),
  ];
  /** @type {Map<number, string>} the lines of each shade */
  const shades = new Map();
  for (let at = 0; at < count * count; at++) {
    const [from, to] = [Math.floor(at / count), at % count];
    if (weights[at] < threshold || (token ?? from) !== from) continue;
    const shade = Math.min(lineShades, Math.ceil(weights[at] * lineShades));
    if (shade <= 0) continue;
    const line = `M${svgNumber(left + 6)} ${middle(from)}L${svgNumber(right - 6)} ${middle(to)}`;
    shades.set(shade, (shades.get(shade) ?? '') + line);
  }
  // The faint ones first: a strong line is never crossed out by a weak one.
  for (const [shade, lines] of [...shades].sort(([a], [b]) => a - b)) {
    const opacity = svgNumber(shade / lineShades);
    parts.push(
      `<path class="line" stroke-width="${token === undefined ? 1.5 : 2}" stroke-opacity="${opacity}" d="${lines}"/>\n`,
    );
  }
  labels.forEach((label, at) => {
    const weight = token === undefined ? undefined : weights[token * count + at];
    const style = token === at ? 'mono strong' : 'mono';
    parts.push(text(left, middle(at) + 4, label, style, 'end'));
    parts.push(text(right, middle(at) + 4, label, 'mono', 'start'));
    if (weight === undefined || weight < 0.005) return;
    const bar = { x: right + widest + 10, y: middle(at) - 5 };
    parts.push(
      `<rect class="mark" x="${svgNumber(bar.x)}" y="${bar.y}" width="${svgNumber(weight * 80)}" ` +
        'height="10"/>\n',
      text(bar.x + 86, middle(at) + 4, weight.toFixed(2), 'mono soft', 'start'),
    );
  });
  return {
    width: right + widest + margin + (token === undefined ? 0 : 128),
    height: top + count * row + margin,
    body: parts.join(''),
  };
}

/** @param {HeadPicture} picture */
function drawMatrix({ labels, weights, count }) {
  const widest = Math.max(...labels.map(textColumns)) * letter;
  const cell = 16;
  const [left, top] = [margin + widest + 8, margin + 36 + widest];
  const size = count * cell;
  const parts = [heatMap(weights, count, { x: left, y: top, size }, matrixShades, 'weights')];
  labels.forEach((label, at) => {
    const along = at * cell + cell / 2;
    parts.push(text(left - 6, top + along + 4, label, 'mono', 'end'));
    const [x, y] = [svgNumber(left + along + 4), svgNumber(top - 6)];
    parts.push(
      `<text class="mono" transform="translate(${x} ${y}) rotate(-90)">${escapeXml(label)}</text>\n`,
    );
  });
  const scale = drawScale(left, top + size + 14);
  return {
    width: Math.max(left + size, left + scale.width) + margin,
    height: top + size + 14 + scale.height + margin,
    body: parts.join('') + scale.body,
  };
}

/** What the shades of a map mean. @param {number} x @param {number} y */
function drawScale(x, y) {
  const parts = [0.01, 0.1, 0.25, 0.5, 1].map((weight, i) => {
    const at = x + i * 52;
    const opacity = svgNumber(attentionShade(weight));
    return (
      `<rect class="mark" x="${svgNumber(at)}" y="${svgNumber(y)}" width="12" height="12" ` +
      `fill-opacity="${opacity}"/>\n${text(at + 17, y + 10, String(weight), 'soft', 'start')}`
    );
  });
  return { width: 5 * 52, height: 12, body: parts.join('') };
}

/**
 * Cells of one shade are one path; those beside each other one stroke.
 * @param {ArrayLike<number>} values [size, size]
 * @param {number} size
 * @param {{ x: number, y: number, size: number }} place
 * @param {number} shades how many there are
 * @param {string} name
 */
function heatMap(values, size, place, shades, name) {
  /** @type {Map<number, string>} */
  const paths = new Map();
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; ) {
      const shade = shadeOf(values[y * size + x], shades);
      let end = x + 1;
      while (end < size && shadeOf(values[y * size + end], shades) === shade) end++;
      if (shade > 0) paths.set(shade, `${paths.get(shade) ?? ''}M${x} ${y}h${end - x}`);
      x = end;
    }
  }
  const scale = Number((place.size / size).toFixed(6));
  const [x, y] = [svgNumber(place.x), svgNumber(place.y)];
  const cells = [...paths]
    .sort(([a], [b]) => a - b)
    .map(([shade, d]) => `<path stroke-opacity="${svgNumber(shade / shades)}" d="${d}"/>`);
  return (
    `<g transform="translate(${x} ${y})"><title>${escapeXml(name)}</title>` +
    `<g class="line" shape-rendering="crispEdges" ` +
    `transform="scale(${scale}) translate(0 .5)">${cells.join('')}</g>` +
    `<rect class="frame" width="${place.size}" height="${place.size}"/></g>\n`
  );
}

/** @param {number} weight @param {number} shades how many there are */
const shadeOf = (weight, shades) => Math.round(attentionShade(weight) * shades);

/**
 * A smaller map: each cell has the largest of the weights that fall in it.
 * @param {ArrayLike<number>} weights [count, count]
 * @param {number} count
 * @param {number} most rows of the result at most
 * @returns {{ values: Float32Array, size: number }} [size, size]
 */
export function poolWeights(weights, count, most) {
  const size = Math.min(count, most);
  const values = new Float32Array(size * size);
  const cellOf = Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      const cell = cellOf[from] * size + cellOf[to];
      values[cell] = Math.max(values[cell], weights[from * count + to]);
    }
  }
  return { values, size };
}

/**
 * One head's weights out of a layer's.
 * @param {Attention} attention
 * @param {number} head
 * @param {number} count
 * @returns {number[]} [count, count]
 */
function headWeights({ data }, head, count) {
  const size = count * count;
  return Array.prototype.slice.call(data, head * size, (head + 1) * size);
}

/** @param {string[]} tokens @param {Attention[]} attentions */
function checkAttentions(tokens, attentions) {
  const count = tokens?.length;
  if (!(count > 0)) throw badArgument('tokens is empty');
  if (!Array.isArray(attentions) || attentions.length === 0) {
    throw badArgument('attentions is empty: ask forward for them with { attentions: true }');
  }
  const headCount = attentions[0]?.shape?.[0];
  for (const attention of attentions) {
    const { shape = [], data } = attention ?? {};
    const isRight =
      shape.length === 3 && shape[0] === headCount && shape[1] === count && shape[2] === count;
    if (!isRight || data?.length !== headCount * count * count) {
      throw badArgument(`attentions have the shape [${shape}], not [heads, ${count}, ${count}]`);
    }
  }
  return { count, headCount };
}

/** @param {number} head @param {number} headCount */
function checkHead(head, headCount) {
  if (Number.isInteger(head) && head >= 0 && head < headCount) return;
  throw badArgument(`there is no head ${head}: heads are numbered from 0 to ${headCount - 1}`);
}

/** @param {string} what */
const badArgument = (what) => new BertletError('BAD_ARGUMENT', `${what}.`);

/** @param {string} caption @param {number} columns */
const heading = (caption, columns) =>
  text(margin, margin + 12, shorten(caption, Math.max(24, columns)), 'strong', 'start');

/** @param {string} caption @param {number} y */
const note = (caption, y) => text(margin, y, caption, 'soft', 'start');

/**
 * @param {number} x
 * @param {number} y
 * @param {string} content
 * @param {string} style classes of svgDocument
 * @param {'start' | 'middle' | 'end'} anchor
 */
function text(x, y, content, style, anchor) {
  return (
    `<text class="${style}" x="${svgNumber(x)}" y="${svgNumber(y)}" ` +
    `text-anchor="${anchor}">${escapeXml(content)}</text>\n`
  );
}
