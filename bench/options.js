// The command line of the bench.
import { parseArgs } from 'node:util';
import { ENGINES } from './contenders.js';
import { PARTS, SHORT, STEADY, narrowParts, partsFor } from './parts.js';

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

const OPTIONS = {
  help: 'boolean',
  quick: 'boolean',
  resume: 'boolean',
  parts: 'boolean',
  render: 'boolean',
  minutes: 'string',
  calm: 'string',
  part: 'string',
  in: 'string',
  only: 'string',
  peers: 'string',
  ours: 'string',
  threads: 'string',
  rounds: 'string',
  out: 'string',
};

/** Options of a question of one's own: what is measured, and what of it. */
const CHOOSING = ['in', 'only', 'threads'];
const NARROWING = ['quick', 'peers', 'ours', 'rounds'];

function readCount(name, text) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value >= 1)) throw new UsageError(`--${name} is not a number from 1 on: ${text}`);
  return value;
}

function readNames(name, text, known) {
  if (text === undefined) return undefined;
  const names = text.split(',').filter(Boolean);
  const wrong = known ? names.filter((one) => !known.includes(one)) : [];
  if (wrong.length) throw new UsageError(`--${name}: unknown: ${wrong.join(', ')}`);
  return names;
}

/** Words of --ours or --peers; undefined: everybody. */
function readContenders(text) {
  return text === 'none' ? [] : readNames('peers', text);
}

/** What narrows the parts of a question of one's own. */
function readWish(values) {
  return {
    quick: values.quick ?? false,
    ours: readContenders(values.ours),
    peers: readContenders(values.peers),
    rounds: readCount('rounds', values.rounds),
  };
}

/** Parts of a question of one's own: an engine each. */
function ownParts(values) {
  const wish = readWish(values);
  const all = Object.keys(ENGINES);
  const engines = readNames('in', values.in, all) ?? (wish.quick ? ['node24'] : all);
  const usual = wish.quick ? [...SHORT, 'tokenizer', 'load', 'roofline'] : KINDS;
  const chosen = readNames('only', values.only, KINDS) ?? usual;
  const threads = readNames('threads', values.threads) ?? ['1'];
  return partsFor({
    ...wish,
    engines,
    workloads: STEADY.filter((name) => chosen.includes(name)),
    heads: chosen.includes('heads'),
    load: chosen.includes('load'),
    roofline: chosen.includes('roofline'),
    threads: threads.map((text) => readCount('threads', text)),
  });
}

const NAMES = PARTS.map(({ name }) => name);

/** Whether any of these options is given. */
const has = (values, names) => names.some((name) => values[name] !== undefined);

/**
 * @param {string[]} args
 * @returns {{ help?: boolean, list?: boolean, render?: boolean, quick: boolean, own: boolean,
 *   parts: object[], named: boolean, keep: boolean, minutes: number, calm: number,
 *   out?: string }} `own`: no part of a complete run; `keep`: adds to the run that was begun;
 *   `named`: `parts` even if that run has them
 */
export function readOptions(args) {
  const options = Object.fromEntries(
    Object.entries(OPTIONS).map(([name, type]) => [name, { type }]),
  );
  let values;
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new UsageError(error.message);
  }
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
