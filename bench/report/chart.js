// The chart of the README: how many times faster than a peer, a bar for each workload, as a
// plain SVG that follows the reader's light or dark setting.
import { digits } from './format.js';
import { targetsOf } from './targets.js';
import { enginesOf } from './view.js';

/**
 * @import { Results } from '../store.js'
 * @import { Table } from './targets.js'
 * @typedef {{ label: string, value: number, limit: number }} Bar
 * @typedef {{ title: string, bars: Bar[] }} Group
 */

const WIDTH = 760;
const EDGE = 14;
const LABEL = 190;
const BAR = 18;
const GAP = 6;
const TITLE = 34;

/** @param {string} text */
const escapeText = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/**
 * Bars of a table of targets, a group each row.
 * @param {Table} table
 * @param {(label: string) => string} name makes a group's title of its row's label
 * @returns {Group[]}
 */
function groupsOf({ columns, rows }, name) {
  return rows.map(({ label, cells }) => ({
    title: name(label),
    bars: cells.flatMap(({ found, limit }, i) =>
      found && limit !== undefined ? [{ label: columns[i], value: found.median, limit }] : [],
    ),
  }));
}

/**
 * One group's bars.
 * @param {Group} group
 * @param {number} top where they begin
 * @param {number} scale width of a ratio of 1
 * @returns {{ svg: string, height: number }}
 */
function drawGroup({ title, bars }, top, scale) {
  const height = TITLE + bars.length * (BAR + GAP) + 10;
  const one = (LABEL + scale).toFixed(1);
  const lines = [`<text class="title" x="${EDGE}" y="${top + 18}">${escapeText(title)}</text>`];
  bars.forEach(({ label, value, limit }, i) => {
    const y = top + TITLE + i * (BAR + GAP);
    const width = Math.max(2, value * scale);
    const target = LABEL + limit * scale;
    const end = Math.max(LABEL + width, target) + 8;
    lines.push(
      `<text x="${LABEL - 10}" y="${y + 13}" text-anchor="end">${escapeText(label)}</text>`,
      `<rect class="bar" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3"/>`,
      `<line class="target" x1="${target.toFixed(1)}" x2="${target.toFixed(1)}" y1="${y - 2}" y2="${y + BAR + 2}"/>`,
      `<text x="${end.toFixed(1)}" y="${y + 13}">${digits(value)}×</text>`,
    );
  });
  const bottom = top + height - 12;
  lines.push(`<line class="one" x1="${one}" x2="${one}" y1="${top + TITLE - 4}" y2="${bottom}"/>`);
  return { svg: lines.join('\n'), height };
}

/** The groups of the chart, of Chromium if that was measured. @param {Results} results */
function chartGroups(results) {
  const engines = enginesOf(results);
  const view = engines.find(({ engine }) => engine === 'chromium') ?? engines[0];
  const tables = view ? targetsOf(view, results) : [];
  /** @param {string} start of the tables' titles @param {(label: string) => string} name */
  const pick = (start, name) =>
    tables.filter(({ title }) => title.startsWith(start)).flatMap((table) => groupsOf(table, name));
  const groups = [
    ...pick('Encoder', (label) => `onnxruntime-web ÷ bertlet ${label.replace(/ against .*/, '')}`),
    ...pick('Text in', () => 'transformers.js q8 ÷ bertlet int8, the whole call'),
  ];
  return { title: view?.title, groups: groups.filter(({ bars }) => bars.length) };
}

/**
 * @param {Results} results
 * @returns {string | null} null when there is no bar
 */
export function drawChart(results) {
  const { title, groups } = chartGroups(results);
  if (!groups.length) return null;
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const scale = (WIDTH - LABEL - 80) / longest;
  const parts = [];
  let top = 62;
  for (const group of groups) {
    const { svg, height } = drawGroup(group, top, scale);
    parts.push(svg);
    top += height;
  }
  const { machine, date } = results;
  const caption = `${title}, ${machine.cpu}, one thread, ${date.slice(0, 10)}`;
  const legend = 'dashed: as fast; solid mark: the target';
  // A ground of its own: the reader's setting need not be that of the page around it.
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img">
<title>How many times faster bertlet is than its peers</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.ground { fill: #ffffff; }
.title { font-weight: 600; font-size: 15px; }
.caption { fill: #57606a; }
.bar { fill: #0a7d6c; }
.one { stroke: #24292f; stroke-dasharray: 3 3; }
.target { stroke: #bf5b00; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.ground { fill: #0d1117; }
.caption { fill: #9aa4ae; }
.bar { fill: #2a9d8a; }
.one { stroke: #e6edf3; }
.target { stroke: #ffa657; }
}
</style>
<rect class="ground" width="${WIDTH}" height="${top}" rx="6"/>
<text class="caption" x="${EDGE}" y="26">How many times faster: time of the peer ÷ time of bertlet (${legend})</text>
<text class="caption" x="${EDGE}" y="46">${escapeText(caption)}</text>
${parts.join('\n')}
</svg>
`;
}
