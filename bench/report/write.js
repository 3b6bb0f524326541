// Writes what a run gives: data, Markdown, chart, and the README's part.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../setup.js';
import { drawChart } from './chart.js';
import { renderMarkdown } from './markdown.js';
import { readmeBlock, replaceBlock } from './readme.js';

/** @import { Results } from '../store.js' */

const README = path.join(ROOT, 'README.md');

/**
 * Four significant digits tell more than a run can repeat.
 * @param {string} _ key
 * @param {unknown} value
 */
const shorten = (_, value) =>
  typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

/**
 * The results as they are kept: what is shown is made of these, so that it can be made again.
 * @param {Results} results
 */
export function packResults(results) {
  const text = JSON.stringify(results, shorten, 1);
  // A list of numbers is one line.
  const lists = text.replace(
    /\[\s+([-+\d.e,\s]+?)\s+\]/g,
    (_, list) => `[${list.replace(/\s+/g, ' ')}]`,
  );
  return `${lists}\n`;
}

/**
 * @param {Results} given
 * @param {string} folder
 * @returns {string} the Markdown
 */
export function writeReport(given, folder) {
  const text = packResults(given);
  const results = JSON.parse(text);
  const markdown = renderMarkdown(results);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'results.json'), text);
  writeFileSync(path.join(folder, 'results.md'), markdown);
  const chart = drawChart(results);
  if (chart) writeFileSync(path.join(folder, 'chart.svg'), chart);
  return markdown;
}

/** Puts the results into the README. @param {Results} results */
export function updateReadme(results) {
  const text = JSON.parse(packResults(results));
  writeFileSync(README, replaceBlock(readFileSync(README, 'utf8'), readmeBlock(text)));
}
