// Figures and tables as text.

/** Three significant digits. @param {number} value */
export function digits(value) {
  if (!Number.isFinite(value)) return '';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** @param {number | null | undefined} bytes */
export const megabytes = (bytes) => (bytes == null ? '' : (bytes / 1e6).toFixed(1));

/** @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(0)} %`;

/** @param {string[]} head @param {string[][]} rows the first column is text, the others figures */
export function table(head, rows) {
  /** @param {string[]} cells */
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i ? '--:' : '---'))), ...rows.map(line)].join('\n');
}

/**
 * "2026-11-22, AMD EPYC (family 26) avx_vnni, 2 cores, Linux 6.18 x64"
 * @param {import('../store.js').Results} results
 */
export function describeRun({ date, machine }) {
  const processor = [machine.cpu, ...machine.dotInstructions].join(' ');
  return `${date.slice(0, 10)}, ${processor}, ${machine.cores} cores, ${machine.system}`;
}
