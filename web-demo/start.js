// `npm start`: a first result in the terminal, then the demo in the browser.
import { parseArgs } from 'node:util';
import { load } from '../js/index.js';
import { startServer } from './server.js';

const sentences = [
  'The cat naps on the warm windowsill.',
  'A kitten is asleep in the sun.',
  'The match ended in a goalless draw.',
  'Neither football team scored.',
  'Interest rates went up again.',
];

const help = `Shows a first result in the terminal, then serves the demo on this machine.

Usage: npm start -- [OPTIONS]

Options:
  --port N    the port to serve on (default: 8080, or the next free one; also PORT=N)
  --isolate   send the headers that shared memory needs (COOP and COEP)
  -h, --help  show this text`;

const color = process.stdout.isTTY && !process.env.NO_COLOR;
/** @param {number | string} code @param {string} text */
const paint = (code, text) => (color ? `\x1b[${code}m${text}\x1b[0m` : text);
/** @param {string} text */
const dim = (text) => paint(2, text);
/** @param {string} text */
const bold = (text) => paint(1, text);

/** @param {unknown} error */
function inWords(error) {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE' && 'port' in error) {
    return `port ${error.port} is in use; choose another with --port N`;
  }
  // Node adds a second sentence about arguments, of which there are none here.
  return code.startsWith('ERR_PARSE_ARGS') ? error.message.split('. ')[0] : error.message;
}

async function main() {
  const options = readOptions();
  if (options.help) return console.log(help);
  await showFirstResult();
  const { url } = await startServer({ ...options, search: !options.given });
  console.log(`\n  ${bold('The demo:')} ${url}   ${dim('(Ctrl-C ends it)')}`);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      isolate: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const text = values.port ?? process.env.PORT;
  const port = text ? Number(text) : 8080;
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new Error(`the port is a number from 0 to 65535, not "${text}"`);
  }
  return { port, given: Boolean(text), isolate: values.isolate, help: values.help };
}

async function showFirstResult() {
  const begin = performance.now();
  const model = await load();
  const loaded = performance.now();
  const vectors = await model.embed(sentences);
  const embedded = performance.now();
  const { architecture, parameters, dtype, simd, memoryBytes } = model.info;
  console.log(
    `\n  ${bold('bertlet')}  ${dim(
      `${architecture}, ${(parameters / 1e6).toFixed(1)} million parameters, ${dtype}, ` +
        `${simd} SIMD, ${(memoryBytes / 1e6).toFixed(0)} MB`,
    )}\n`,
  );
  console.log(`${' '.repeat(42)}${sentences.map((_, at) => String(at + 1).padStart(6)).join('')}`);
  vectors.forEach((a, row) => {
    const cells = vectors.map((b, column) => (column > row ? ' '.repeat(6) : cell(dot(a, b))));
    console.log(`  ${row + 1}  ${sentences[row].padEnd(37)}${cells.join('')}`);
  });
  const query = await medianTime(() => model.embed(sentences[0]));
  console.log(
    `\n  ${dim(
      `loaded in ${ms(loaded - begin)}, ${sentences.length} sentences embedded in ` +
        `${ms(embedded - loaded)}, one sentence ${ms(query)}`,
    )}`,
  );
  await model.dispose();
}

/** One similarity, the stronger the brighter. @param {number} score */
function cell(score) {
  const text = score.toFixed(2).padStart(6);
  if (score > 0.999) return dim(text);
  return score > 0.4 ? paint('1;32', text) : score > 0.2 ? paint(33, text) : dim(text);
}

/** @param {() => Promise<unknown>} call */
async function medianTime(call) {
  const times = [];
  for (let round = 0; round < 15; round++) {
    const begin = performance.now();
    await call();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[7];
}

/** @param {number} milliseconds */
const ms = (milliseconds) => `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function dot(a, b) {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bertlet: ${inWords(error)}\n`);
  process.exitCode = 2;
}
