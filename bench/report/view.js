// Results as their readers look at them: by engine, each contender once.
import { ratioOfRounds } from '../statistics.js';

/** Rows of several parts, one for each contender: a workload is measured in one part alone. */
function mergeRows(parts) {
  const merged = new Map();
  for (const row of parts.flatMap(({ rows }) => rows ?? [])) {
    const known = merged.get(row.id);
    if (!known) merged.set(row.id, { ...row, rows: { ...row.rows } });
    else {
      Object.assign(known.rows, row.rows);
      for (const key of ['load', 'agreement', 'info']) known[key] ??= row[key];
    }
  }
  return [...merged.values()];
}

/**
 * @param {object} results of run.js
 * @returns {{ engine: string, title: string, rows: object[], threadRows: object[],
 *   headRows: object[], roofline?: object, failures: { id: string, error: string }[] }[]}
 *   `rows`: of one thread; `threadRows`: measured beside more threads; `headRows`: of heads
 */
export function enginesOf({ parts }) {
  return [...new Set(parts.map(({ engine }) => engine))].map((engine) => {
    const own = parts.filter((part) => part.engine === engine);
    const rowsOf = (name) => mergeRows(own.filter(({ group }) => (group ?? 'one') === name));
    const failed = own.flatMap(({ name, rows }) =>
      (rows ?? []).filter(({ error }) => error).map(({ id, error }) => ({ id, error, part: name })),
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

/** The fastest of some contenders in a workload, or undefined. */
export function fastest(rows, ids, workload) {
  return rows
    .filter(({ id, rows: own }) => ids.includes(id) && own[workload])
    .sort((a, b) => a.rows[workload].median - b.rows[workload].median)[0];
}

/**
 * Time of the fastest of `peers` ÷ time of `id`, round by round.
 * @returns {{ median: number, low: number, high: number, peer: string } | null}
 */
export function ratioIn(rows, id, peers, workload) {
  const own = rows.find((row) => row.id === id)?.rows[workload];
  const peer = fastest(rows, peers, workload);
  if (!own || !peer) return null;
  return { ...ratioOfRounds(peer.rows[workload].rounds, own.rounds), peer: peer.id };
}

/** The same of loading: `pick` gives the samples of one contender. */
export function loadRatio(rows, id, peer, pick) {
  const samples = (name) => {
    const load = rows.find((row) => row.id === name)?.load;
    return load && pick(load).rounds;
  };
  const [own, other] = [samples(id), samples(peer)];
  return own && other ? { ...ratioOfRounds(other, own), peer } : null;
}
