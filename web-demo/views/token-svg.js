// Tokens as an SVG picture: boxes in lines, ids below.
import { escapeXml, shorten, svgDocument, svgNumber, textColumns } from '../../js/drawing/svg.js';

const lineHeight = 52;
const margin = 16;

/** @typedef {import('./token-analysis.js').Piece} Piece */

/**
 * @param {Piece[]} pieces
 * @param {string} title
 * @param {number} [width] in pixels
 */
export function tokensSvg(pieces, title, width = 760) {
  const parts = [];
  let x = margin;
  let y = margin + 30;
  pieces.forEach((piece, i) => {
    const label = shorten(piece.token, 40);
    const size = Math.max(textColumns(label), String(piece.id).length * 0.8) * 7.25 + 12;
    const goesOn = i > 0 && piece.source !== null && pieces[i - 1].word === piece.word;
    if (i > 0) x += goesOn && pieces[i - 1].source !== null ? 1 : 7;
    if (x + size > width - margin && x > margin) {
      x = margin;
      y += lineHeight;
    }
    parts.push(box(piece, label, x, y, size));
    x += size;
  });
  parts.unshift(
    `<text class="strong" x="${margin}" y="${margin + 12}">${escapeXml(shorten(title, 90))}</text>\n`,
  );
  return svgDocument({
    width,
    height: y + lineHeight - 8 + margin,
    title: `Tokens: ${title}`,
    body: parts.join(''),
  });
}

/**
 * @param {Piece} piece
 * @param {string} label
 * @param {number} x
 * @param {number} y
 * @param {number} size its width
 */
function box(piece, label, x, y, size) {
  const style = piece.isUnknown ? 'accent' : 'mark';
  const opacity = piece.isSpecial ? 0 : piece.isUnknown ? 0.5 : piece.word % 2 ? 0.3 : 0.14;
  const middle = svgNumber(x + size / 2);
  const [left, width] = [svgNumber(x), svgNumber(size)];
  const dashes = piece.isSpecial ? ' stroke-dasharray="3 3"' : '';
  const segment = piece.segment === 0 ? 'mark' : 'accent';
  const cut = piece.isCut
    ? `<path class="line" d="M${left} ${y + 13}h${width}" stroke-width="1.5"/>`
    : '';
  return (
    `<rect class="${style}" fill-opacity="${opacity}" x="${left}" y="${y}" width="${width}" height="24" rx="4"/>` +
    `<rect class="frame" x="${left}" y="${y}" width="${width}" height="24" rx="4"${dashes}/>` +
    `<rect class="${segment}" x="${left}" y="${y + 26}" width="${width}" height="2"/>` +
    `<text class="mono" x="${middle}" y="${y + 16}" text-anchor="middle">${escapeXml(label)}</text>` +
    `<text class="soft mono" x="${middle}" y="${y + 41}" text-anchor="middle" font-size="10">${piece.id}</text>${cut}\n`
  );
}
