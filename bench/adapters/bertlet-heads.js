// What a head gives: token ids in, its values for the rows that the task asks for out. With
// `everyRow`, whatever the task needs, all rows go through the last layer, and those of a
// masked LM through its decoder.
import { makeRequest, openEngine } from './bertlet-engine.js';

/** @param {Parameters<typeof openEngine>[0] & { everyRow: boolean }} options */
export async function create({ everyRow, ...options }) {
  let loaded;
  let engine;
  const requests = {};

  /** @param {{ head: string, rows: number[], ids: number[][] }} workload `rows`: one of each text */
  function requestOf({ head, rows, ids }) {
    const request = { ...makeRequest(ids), heads: [head] };
    if (!everyRow) for (const [i, input] of request.inputs.entries()) input.rows = [rows[i]];
    return request;
  }

  return {
    async load() {
      ({ engine, loaded } = await openEngine(options));
    },
    async run(name, workload) {
      requests[name] ??= workload.head ? requestOf(workload) : makeRequest(workload.ids);
      return (await engine.run(requests[name])).outputs;
    },
    /** The head's values of the first and the last text, for the row that was asked for. */
    async vectors(name, workload) {
      const { outputs } = await engine.run(requestOf(workload));
      return [0, outputs.length - 1].map((i) => {
        const values = outputs[i].heads[workload.head];
        if (!everyRow || workload.head !== 'masked-lm') return values;
        const width = values.length / workload.ids[i].length;
        return values.slice(workload.rows[i] * width, (workload.rows[i] + 1) * width);
      });
    },
    memory: () => undefined,
    describe: () => loaded.info,
    dispose: () => loaded?.dispose(),
  };
}
