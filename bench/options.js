// The command line of the bench.
import { parseArgs } from 'node:util';
import { ENGINES } from './contenders.js';
import { PARTS, SHORT, STEADY, narrowParts, partsFor } from './parts.js';

/**
 * @import { EngineName } from './contenders.js'
 * @import { Part, Wish } from './parts.js'
 */

const KINDS = [...STEADY, 'heads', 'load', 'roofline'];

export const HELP = `Usage: npm run bench -- [OPTIONS]

A complete run, in parts that are kept as they end:
  (no option)       all parts, from the first
  --resume          only the parts that are missing, if the code is still the same
  --minutes N       begin no part that would end after N minutes (with --resume)
  --calm N          wait up to N times a part's length while others use the same core
  --part A,B        these parts, added to the others of the same code
  --parts           list the parts
  --render          results.md, chart.svg and the README's part again from results.json

A question of one's own:
  --quick           a rough picture in Node, under a minute once everything is cached
  --in A,B          engines: ${Object.keys(ENGINES).join(', ')}
  --only A,B        of ${KINDS.join(', ')}
  --peers A,B       only peers whose name contains one of these; "none": no peer
  --ours A,B        only our contenders whose name contains one of these; "none"
  --threads A,B     numbers of threads (1)
  --rounds N        rounds of each workload
  --part A,B        with --quick, --peers, --ours or --rounds: these parts, in short
  --out FOLDER      where results.json, results.md and chart.svg go (.cache/bench/last)

Environment: BERTLET_PYTHON (an interpreter that has torch already), BERTLET_CHROMIUM.
`;

export class UsageError extends Error {}

/** As parseArgs takes them. */
const OPTIONS = /** @type {const} */ ({
  help: { type: 'boolean' },
  quick: { type: 'boolean' },
  resume: { type: 'boolean' },
  parts: { type: 'boolean' },
  render: { type: 'boolean' },
  minutes: { type: 'string' },
  calm: { type: 'string' },
  part: { type: 'string' },
  in: { type: 'string' },
  only: { type: 'string' },
  peers: { type: 'string' },
  ours: { type: 'string' },
  threads: { type: 'string' },
  rounds: { type: 'string' },
  out: { type: 'string' },
});

/** @typedef {ReturnType<typeof parse>} Values of the options that are given */

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Options of a question of one's own: what is measured, and what of it.
 * @type {(keyof Values)[]}
 */
const CHOOSING = ['in', 'only', 'threads'];
/** @type {(keyof Values)[]} */
const NARROWING = ['quick', 'peers', 'ours', 'rounds'];

/** @param {string} name @param {string | undefined} text */
function readCount(name, text) {
  return text === undefined ? undefined : countOf(name, text);
}

/** @param {string} name @param {string} text */
function countOf(name, text) {
  const value = Number(text);
  if (!(value >= 1)) throw new UsageError(`--${name} is not a number from 1 on: ${text}`);
  return value;
}

/** @param {string} text */
const wordsOf = (text) => text.split(',').filter(Boolean);

/**
 * @template {string} Name
 * @param {string} option
 * @param {string | undefined} text
 * @param {readonly Name[]} known
 */
function readNames(option, text, known) {
  if (text === undefined) return undefined;
  const words = wordsOf(text);
  const wrong = words.filter((word) => !known.some((name) => name === word));
  if (wrong.length) throw new UsageError(`--${option}: unknown: ${wrong.join(', ')}`);
  return words.flatMap((word) => known.filter((name) => name === word));
}

/** Words of --ours or --peers; undefined: everybody. @param {string | undefined} text */
function readContenders(text) {
  if (text === undefined) return undefined;
  return text === 'none' ? [] : wordsOf(text);
}

/** What narrows the parts of a question of one's own. @param {Values} values @returns {Wish} */
function readWish(values) {
  return {
    quick: values.quick ?? false,
    ours: readContenders(values.ours),
    peers: readContenders(values.peers),
    rounds: readCount('rounds', values.rounds),
  };
}

/** Parts of a question of one's own: an engine each. @param {Values} values */
function ownParts(values) {
  const wish = readWish(values);
  const usualEngine = wish.quick ? ENGINE_NAMES.filter((name) => name === 'node24') : ENGINE_NAMES;
  const engines = readNames('in', values.in, ENGINE_NAMES) ?? usualEngine;
  const usual = wish.quick ? [...SHORT, 'tokenizer', 'load', 'roofline'] : KINDS;
  const chosen = readNames('only', values.only, KINDS) ?? usual;

  return partsFor({
    ...wish,
    engines,
    workloads: STEADY.filter((name) => chosen.includes(name)),
    heads: chosen.includes('heads'),
    load: chosen.includes('load'),
    roofline: chosen.includes('roofline'),
    threads: wordsOf(values.threads ?? '1').map((text) => countOf('threads', text)),
  });
}

const ENGINE_NAMES = /** @type {EngineName[]} */ (Object.keys(ENGINES));

const NAMES = PARTS.map(({ name }) => name);

/** Whether any of these options is given. @param {Values} values @param {(keyof Values)[]} names */
const has = (values, names) => names.some((name) => values[name] !== undefined);

/**
 * @typedef {{ help?: boolean, list?: boolean, render?: boolean, quick: boolean, own: boolean,
 *   parts: Part[], named: boolean, keep: boolean, minutes: number, calm: number,
 *   out?: string }} Options `own`: no part of a complete run; `keep`: adds to the run that was
 *   begun; `named`: `parts` even if that run has them
 */

/** @param {string[]} args @returns {Options} */
export function readOptions(args) {
  const values = parse(args);
  const asked = readNames('part', values.part, NAMES);
  const own = has(values, [...CHOOSING, ...NARROWING]);
  if (own && values.resume) throw new UsageError('--resume goes on with a complete run only');
  if (asked && has(values, CHOOSING)) {
    throw new UsageError(`--part goes without --${CHOOSING.join(', --')}`);
  }
  const parts = PARTS.filter(({ name }) => !asked || asked.includes(name));
  const { help, render, quick = false, resume = false, out } = values;
  return {
    ...{ help, render, quick, own, out, list: values.parts },
    parts: own ? (asked ? narrowParts(parts, readWish(values)) : ownParts(values)) : parts,
    named: asked !== undefined,
    keep: !own && (resume || asked !== undefined),
    minutes: readCount('minutes', values.minutes) ?? Infinity,
    calm: readCount('calm', values.calm) ?? 0,
  };
}
