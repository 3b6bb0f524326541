// The chart of the README: bars of time for each workload, as a plain SVG that follows
// the reader's light or dark setting.
import { digits } from './report.js';

const WORKLOADS = [
  ['query', 'a query of 8 tokens'],
  ['tok128', 'a text of 128 tokens'],
  ['batch32', '32 texts of 16 tokens'],
];

const CONTENDERS = [
  'bertlet int8-fast relaxed',
  'bertlet int8 relaxed',
  'bertlet fp32 relaxed',
  'transformers.js q8',
  'onnxruntime-web int8',
  'transformers.js fp32',
  'onnxruntime-web fp32 fused',
];

const WIDTH = 760;
const LABEL = 210;
const BAR = 18;
const GAP = 6;
const HEADER = 34;

const escapeText = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

/** One workload's bars, from `top` down; returns [svg, height]. */
function drawGroup(title, rows, workload, top) {
  const able = CONTENDERS.map((id) => rows.find((row) => row.id === id)).filter(
    (row) => row?.rows[workload],
  );
  const longest = Math.max(...able.map((row) => row.rows[workload].median));
  const lines = [`<text class="title" x="0" y="${top + 18}">${escapeText(title)}</text>`];
  able.forEach((row, i) => {
    const { median } = row.rows[workload];
    const y = top + HEADER + i * (BAR + GAP);
    const width = Math.max(2, ((WIDTH - LABEL - 80) * median) / longest);
    const kind = row.ours ? 'ours' : 'peer';
    lines.push(
      `<text x="${LABEL - 10}" y="${y + 13}" text-anchor="end">${escapeText(row.id)}</text>`,
      `<rect class="${kind}" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3"/>`,
      `<text x="${(LABEL + width + 8).toFixed(1)}" y="${y + 13}">${digits(median)} ms</text>`,
    );
  });
  return [lines.join('\n'), HEADER + able.length * (BAR + GAP) + 14];
}

/**
 * @param {object} results of run.js
 * @returns {string | null} null when no section has a bar
 */
export function drawChart({ sections, machine, date }) {
  const section = sections.find(({ name }) => name === 'chromium') ?? sections[0];
  const workloads = WORKLOADS.filter(([name]) =>
    section?.rows.some((row) => CONTENDERS.includes(row.id) && row.rows[name]),
  );
  if (!workloads.length) return null;
  const parts = [];
  let top = 30;
  for (const [name, title] of workloads) {
    const [svg, height] = drawGroup(title, section.rows, name, top);
    parts.push(svg);
    top += height;
  }
  const caption = `${section.title}, ${machine.cpu}, one thread, ${date.slice(0, 10)}; shorter is faster`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" height="${top}" role="img">
<title>Time of bertlet and its peers</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 15px; }
.caption { fill: #57606a; }
.ours { fill: #0a7d6c; }
.peer { fill: #b4bcc6; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.caption { fill: #9aa4ae; }
.ours { fill: #2fbfa5; }
.peer { fill: #57606a; }
}
</style>
<text class="caption" x="0" y="14">${escapeText(caption)}</text>
${parts.join('\n')}
</svg>
`;
}
