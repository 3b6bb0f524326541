// An adapter's folder into the core, beside the base model whose memory it shares.
import { readAdapterConfig } from '../adapters/config.js';
import { adapterConfigFile, adapterWeightsFile } from '../adapters/files.js';
import { AdapterWriter } from '../adapters/writer.js';
import { throwIfAborted } from '../shared/errors.js';
import { readHeadConfig } from '../weights/heads.js';
import { checkObject } from '../shared/kind.js';
import { streamTensors } from '../weights/safetensors.js';
import { openSource } from '../source/source.js';

/**
 * @typedef {import('../weights/weights.js').LoadedModel & { head: import('../weights/heads.js').HeadConfig,
 *   region: import('../core/regions.js').Region }} LoadedAdapter `region`: what it takes of the memory
 *
 * @param {{ memory: import('../core/memory.js').Memory, regions: import('../core/regions.js').Regions,
 *   config: import('../weights/config.js').Config }} engine with nothing in its scratch memory
 * @param {import('../weights/weights.js').LoadedModel} base
 * @param {unknown} given as openSource takes it
 * @param {import('../source/source.js').SourceOptions & { report?: import('../shared/progress.js').FileProgress }}
 *   options
 * @returns {Promise<LoadedAdapter>}
 */
export async function openAdapter(engine, base, given, { report, ...options }) {
  const source = await openSource(given, { ...options, onFileProgress: report });
  try {
    return await loadAdapter(engine, base, source, options);
  } finally {
    await source.close();
  }
}

/**
 * @param {Parameters<typeof openAdapter>[0]} engine
 * @param {import('../weights/weights.js').LoadedModel} base
 * @param {import('../source/source.js').Source} source the adapter's folder
 * @param {{ signal?: AbortSignal }} control
 * @returns {Promise<LoadedAdapter>}
 */
async function loadAdapter({ memory, regions, config }, base, source, { signal }) {
  const settings = readAdapterConfig(await source.readJson(adapterConfigFile));
  const head = await readHead(source, config, settings);
  await source.checkPins();
  const writer = new AdapterWriter(memory, regions, { ...config, head }, base, settings);
  try {
    const stream = await source.openStream(adapterWeightsFile);
    await streamTensors(stream, adapterWeightsFile, {
      onHeader: ({ tensors }) => writer.create(tensors),
      wanted: (name, info) => writer.sinkFor(name, info),
    });
    throwIfAborted(signal);
    return { ...writer.finish(), head };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/**
 * What the adapter's own config.json says of heads, or else the base's.
 * @param {import('../source/source.js').Source} source
 * @param {import('../weights/config.js').Config} config
 * @param {import('../adapters/config.js').AdapterConfig} settings
 */
async function readHead(source, config, settings) {
  const file = 'the adapter’s config.json';
  const json = await source.readJson('config.json', { optional: true });
  const own = json === undefined ? config.head : readHeadConfig(checkObject(file, json), { file });
  return { ...own, tied: config.head.tied, classifier: own.classifier ?? settings.classifier };
}
