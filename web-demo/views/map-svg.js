// A map of lines as SVG, on the page and as a file.
import { escapeXml, shorten, svgDocument, svgNumber } from '../../js/drawing/svg.js';

/**
 * What is in the picture: for each line a group, `data-line` being its number.
 * @param {import('./map-layout.js').Point[]} points
 * @param {(import('./map-layout.js').Label | null)[]} labels
 * @param {string[]} lines the whole texts
 * @returns {string} SVG without a root
 */
export function mapBody(points, labels, lines) {
  return points
    .map(({ x, y }, i) => {
      const label = labels[i];
      const text = label
        ? `<text x="${svgNumber(label.x)}" y="${svgNumber(label.y)}" ` +
          `text-anchor="${label.anchor}">${escapeXml(label.text)}</text>`
        : '';
      return (
        `<g class="map-point" data-line="${i}"><title>${escapeXml(lines[i])}</title>` +
        `<circle class="mark" cx="${svgNumber(x)}" cy="${svgNumber(y)}" r="4.5"/>${text}</g>\n`
      );
    })
    .join('');
}

/**
 * The picture as a file of its own.
 * @param {string} body of mapBody
 * @param {{ width: number, height: number, caption: string }} picture
 */
export function mapSvg(body, { width, height, caption }) {
  const title = escapeXml(shorten(caption, Math.floor(width / 7)));
  return svgDocument({
    width,
    height: height + 34,
    title: `Map of lines: ${caption}`,
    body: `${body}<text class="soft" x="16" y="${svgNumber(height + 20)}">${title}</text>\n`,
  });
}
