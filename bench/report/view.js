// Results as their readers look at them: by engine, each contender once.
import { ratioOfRounds } from '../statistics.js';

/**
 * @import { EngineName } from '../contenders.js'
 * @import { Group } from '../parts.js'
 * @import { LoadSummary, Row, RoundsSummary } from '../schedule.js'
 * @import { Ratio } from '../statistics.js'
 * @import { MeasuredPart, Results } from '../store.js'
 *
 * @typedef {object} View what was measured in an engine
 * @property {EngineName} engine
 * @property {string} title
 * @property {Row[]} rows of one thread
 * @property {Row[]} threadRows measured beside more threads
 * @property {Row[]} headRows of heads
 * @property {import('../adapters/roofline.js').Roofline} [roofline]
 * @property {{ id: string, error: string, part: string }[]} failures
 *
 * @typedef {Ratio & { peer: string }} PeerRatio time of a peer ÷ ours, round by round
 */

/**
 * Rows of several parts, one for each contender: a workload is measured in one part alone.
 * @param {MeasuredPart[]} parts
 */
function mergeRows(parts) {
  /** @type {Map<string, Row>} */
  const merged = new Map();
  for (const row of parts.flatMap(({ rows }) => rows ?? [])) {
    const known = merged.get(row.id);
    if (!known) merged.set(row.id, { ...row, rows: { ...row.rows } });
    else {
      Object.assign(known.rows, row.rows);
      known.load ??= row.load;
      known.agreement ??= row.agreement;
      known.info ??= row.info;
    }
  }
  return [...merged.values()];
}

/** @param {Results} results @returns {View[]} */
export function enginesOf({ parts }) {
  return [...new Set(parts.map(({ engine }) => engine))].map((engine) => {
    const own = parts.filter((part) => part.engine === engine);
    /** @param {Group} name */
    const rowsOf = (name) => mergeRows(own.filter(({ group }) => (group ?? 'one') === name));
    const failed = own.flatMap(({ name, rows }) =>
      (rows ?? []).flatMap(({ id, error }) => (error ? [{ id, error, part: name }] : [])),
    );
    return {
      engine,
      title: own.find(({ title }) => title)?.title ?? engine,
      rows: rowsOf('one'),
      threadRows: rowsOf('threads'),
      headRows: rowsOf('heads'),
      roofline: own.find(({ roofline }) => roofline)?.roofline,
      failures: failed,
    };
  });
}

/**
 * The fastest of some contenders in a workload, or undefined.
 * @param {Row[]} rows
 * @param {string[]} ids
 * @param {string} workload
 * @returns {Row | undefined}
 */
export function fastest(rows, ids, workload) {
  return rows
    .filter(({ id, rows: own }) => ids.includes(id) && own[workload])
    .sort((a, b) => a.rows[workload].median - b.rows[workload].median)[0];
}

/**
 * Time of the fastest of `peers` ÷ time of `id`, round by round.
 * @param {Row[]} rows
 * @param {string} id
 * @param {string[]} peers
 * @param {string} workload
 * @returns {PeerRatio | null} null where one of them was not measured
 */
export function ratioIn(rows, id, peers, workload) {
  const own = rows.find((row) => row.id === id)?.rows[workload];
  const peer = fastest(rows, peers, workload);
  if (!own || !peer) return null;
  return { ...ratioOfRounds(peer.rows[workload].rounds, own.rounds), peer: peer.id };
}

/**
 * The same of loading: `pick` gives the samples of one contender.
 * @param {Row[]} rows
 * @param {string} id
 * @param {string} peer
 * @param {(load: LoadSummary) => RoundsSummary} pick
 * @returns {PeerRatio | null}
 */
export function loadRatio(rows, id, peer, pick) {
  /** @param {string} name */
  const samples = (name) => {
    const load = rows.find((row) => row.id === name)?.load;
    return load && pick(load).rounds;
  };
  const [own, other] = [samples(id), samples(peer)];
  return own && other ? { ...ratioOfRounds(other, own), peer } : null;
}
