// bertlet's encoder alone: token ids in, last hidden state out, copied from the module's
// memory as the peers do.
import { makeRequest, openEngine } from './bertlet-engine.js';

/** @param {Parameters<typeof openEngine>[0]} options */
export async function create(options) {
  let loaded;
  let engine;
  const requests = {};

  async function meanOfRow(ids) {
    const { outputs } = await engine.run(makeRequest([ids]));
    const { lastHiddenState: data } = outputs[0];
    const vector = new Float64Array(data.length / ids.length);
    data.forEach((value, i) => (vector[i % vector.length] += value));
    return vector;
  }

  return {
    async load() {
      ({ engine, loaded } = await openEngine(options));
    },
    async run(name, { ids }) {
      requests[name] ??= makeRequest(ids);
      return (await engine.run(requests[name])).outputs;
    },
    vectors: (name, { ids }) => Promise.all([ids[0], ids[ids.length - 1]].map(meanOfRow)),
    memory: () => undefined,
    describe: () => loaded.info,
    dispose: () => loaded?.dispose(),
  };
}
