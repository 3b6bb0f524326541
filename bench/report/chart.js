// The chart of the README: how many times faster than a peer, a bar for each workload, as a
// plain SVG that follows the reader's light or dark setting.
import { digits } from './format.js';
import { EMBEDDED, targetsOf } from './targets.js';
import { enginesOf } from './view.js';

const WIDTH = 760;
const LABEL = 190;
const BAR = 18;
const GAP = 6;
const TITLE = 34;

const escapeText = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/** Bars of a table of targets: [{ title, bars: [{ label, value, limit }] }], a group each row. */
function groupsOf(tables) {
  return tables.flatMap(({ columns, rows, name }) =>
    rows.map(({ label, cells }) => ({
      title: name(label),
      bars: cells.flatMap(({ found, limit }, i) =>
        found ? [{ label: columns[i], value: found.median, limit }] : [],
      ),
    })),
  );
}

/** One group's bars, from `top` down; returns [svg, height]. */
function drawGroup({ title, bars }, top, scale) {
  const lines = [`<text class="title" x="0" y="${top + 18}">${escapeText(title)}</text>`];
  bars.forEach(({ label, value, limit }, i) => {
    const y = top + TITLE + i * (BAR + GAP);
    const width = Math.max(2, value * scale);
    const x = (LABEL + limit * scale).toFixed(1);
    lines.push(
      `<text x="${LABEL - 10}" y="${y + 13}" text-anchor="end">${escapeText(label)}</text>`,
      `<rect class="bar" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3"/>`,
      `<line class="target" x1="${x}" x2="${x}" y1="${y - 2}" y2="${y + BAR + 2}"/>`,
      `<text x="${(LABEL + Math.max(width, limit * scale) + 8).toFixed(1)}" y="${y + 13}">${digits(value)}×</text>`,
    );
  });
  return [lines.join('\n'), TITLE + bars.length * (BAR + GAP) + 10];
}

/**
 * @param {object} results of run.js
 * @returns {string | null} null when there is no bar
 */
export function drawChart(results) {
  const engines = enginesOf(results);
  const view = engines.find(({ engine }) => engine === 'chromium') ?? engines[0];
  const tables = view ? targetsOf(view, results) : [];
  const pick = (start, name) =>
    tables.filter(({ title }) => title.startsWith(start)).map((table) => ({ ...table, name }));
  const groups = groupsOf([
    ...pick('Encoder', (label) => `${label.replace(/ against .*/, '')} ÷ onnxruntime-web`),
    ...pick(
      'Text in',
      () => `${EMBEDDED.replace(/ relaxed$/, '')} ÷ transformers.js q8, whole call`,
    ),
  ]).filter(({ bars }) => bars.length);
  if (!groups.length) return null;

  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const scale = (WIDTH - LABEL - 60) / longest;
  const parts = [];
  let top = 46;
  for (const group of groups) {
    const [svg, height] = drawGroup(group, top, scale);
    parts.push(svg);
    top += height;
  }
  const one = (LABEL + scale).toFixed(1);
  const { machine, date } = results;
  const caption = `${view.title}, ${machine.cpu}, one thread, ${date.slice(0, 10)}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img">
<title>How many times faster bertlet is than its peers</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 15px; }
.caption { fill: #57606a; }
.bar { fill: #0a7d6c; }
.one { stroke: #8c959f; stroke-dasharray: 3 3; }
.target { stroke: #bf5b00; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.caption { fill: #9aa4ae; }
.bar { fill: #2fbfa5; }
.one { stroke: #6e7681; }
.target { stroke: #ffa657; }
}
</style>
<text class="caption" x="0" y="14">How many times faster: time of the peer ÷ time of bertlet</text>
<text class="caption" x="0" y="34">${escapeText(caption)}; the thin mark is the target</text>
<line class="one" x1="${one}" x2="${one}" y1="44" y2="${top - 6}"/>
${parts.join('\n')}
</svg>
`;
}
