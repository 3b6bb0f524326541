// What a head gives: token ids in, its values for the rows that the task asks for out. With
// `everyRow`, whatever the task needs, all rows go through the last layer, and those of a
// masked LM through its decoder.
import { makeRequest, openEngine, outputsOf } from './bertlet-engine.js';

/**
 * @import { HeadWorkload, TextWorkload } from '../workloads.js'
 * @import { RunRequest } from '../../js/engine/interface.js'
 * @typedef {Awaited<ReturnType<typeof openEngine>>} Opened
 */

/**
 * @param {import('./bertlet-engine.js').EngineOptions & { everyRow: boolean }} options
 * @returns {Promise<import('../hosts/host.js').Adapter>}
 */
export async function create({ everyRow, ...options }) {
  /** @type {Opened} */
  let opened;
  /** @type {Record<string, RunRequest>} */
  const requests = {};

  /** @param {HeadWorkload} workload @returns {RunRequest} */
  function requestOf({ head, rows, ids }) {
    const request = makeRequest(ids);
    if (!everyRow) for (const [i, input] of request.inputs.entries()) input.rows = [rows[i]];
    return { ...request, heads: [head] };
  }

  return {
    async load() {
      opened = await openEngine(options);
    },
    /** @param {string} name @param {HeadWorkload | TextWorkload} workload */
    run(name, workload) {
      requests[name] ??= 'head' in workload ? requestOf(workload) : makeRequest(workload.ids);
      return outputsOf(opened.engine, requests[name]);
    },
    /**
     * The head's values of the first and the last text, for the row that was asked for.
     * @param {string} name
     * @param {HeadWorkload} workload
     */
    async vectors(name, workload) {
      const { head, rows, ids } = workload;
      const outputs = await outputsOf(opened.engine, requestOf(workload));
      return [0, outputs.length - 1].map((i) => {
        const values = outputs[i].heads[head];
        if (!everyRow || head !== 'masked-lm') return values;
        const width = values.length / ids[i].length;
        return values.slice(rows[i] * width, (rows[i] + 1) * width);
      });
    },
    memory: () => undefined,
    describe: () => opened.loaded.info,
    dispose: () => opened?.loaded.dispose(),
  };
}
