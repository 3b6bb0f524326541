// `bertlet info`: what a model folder holds, and whether its calls work, after really making them.
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import path from 'node:path';
import { readConfig } from '../weights/config.js';
import { parseExactly } from '../shared/json.js';
import { defineCommand, InputError, UsageError } from './arguments.js';
import { embeddedModel, modelOptions, openModel } from './open-model.js';
import { formatBytes, formatCount, visible } from './text.js';
import { tryCalls } from './trial.js';

export default defineCommand({
  name: 'info',
  summary: 'say what a model folder holds and whether it works',
  usage: ['bertlet info [OPTIONS] [DIR]'],
  about:
    'Loads the model (default: the embedded one) and makes each call once, as a program would: so a ' +
    'damaged file is found, and what a call refuses. Then the exit code is 2.',
  options: {
    dtype: modelOptions.dtype,
    json: { help: 'one JSON object' },
  },
  examples: ['bertlet info ./my-model', 'bertlet info --json ./my-model | jq .parameters'],

  async run({ values, positionals, output, signal }) {
    if (positionals.length > 1) throw new UsageError('one folder at a time', 'info');
    const folder = positionals[0] ?? embeddedModel;
    const started = performance.now();
    const model = await openModel({ model: positionals[0], dtype: values.dtype }, signal);
    try {
      const found = collect(folder, model, performance.now() - started);
      const facts = { ...found, ...(await tryCalls(model, signal)) };
      await output.line(values.json ? JSON.stringify(facts) : describe(facts));
      if (facts.problems.length === 0) return;
      await output.flush();
      const refused = facts.problems.flatMap(({ calls }) => calls).join(', ');
      throw new InputError(`not everything works with ${folder}: ${refused}`);
    } finally {
      await model.dispose();
    }
  },
});

/**
 * @import { Model } from '../index.d.ts'
 *
 * @typedef {{ name: string, bytes: number }} FileSize
 *
 * @typedef {ReturnType<typeof collect> & Awaited<ReturnType<typeof tryCalls>>} Facts
 */

/** @param {string} folder @param {Model} model @param {number} milliseconds of loading */
function collect(folder, model, milliseconds) {
  const text = readFileSync(path.join(folder, 'config.json'), 'utf8').replace(/^\ufeff/, '');
  const config = readConfig(parseExactly(text));
  /** @type {FileSize[]} */
  const files = [];
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    const stats = statSync(path.join(folder, name), { throwIfNoEntry: false });
    if (stats?.isFile()) files.push({ name, bytes: stats.size }); // a link may lead nowhere
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    folder,
    ...model.info,
    intermediateSize: config.intermediate_size,
    positions: config.max_length,
    storedAs: storedTypes(folder, files),
    loadMilliseconds: Math.round(milliseconds),
    files,
  };
}

/**
 * Element types in the safetensors headers with their number of tensors, e.g. { I8: 39, F32: 106 }.
 * @param {string} folder
 * @param {FileSize[]} files
 */
function storedTypes(folder, files) {
  /** @type {Record<string, number>} */
  const types = {};
  for (const { name } of files.filter((file) => /^[^/]*\.safetensors$/.test(file.name))) {
    for (const [key, value] of Object.entries(readHeader(path.join(folder, name)))) {
      const type = String(value?.dtype);
      if (key !== '__metadata__') types[type] = (types[type] ?? 0) + 1;
    }
  }
  return types;
}

/**
 * Of a file that is none of the model's nothing is known.
 * @param {string} file
 * @returns {Record<string, { dtype?: unknown } | null>}
 */
function readHeader(file) {
  const descriptor = openSync(file, 'r');
  try {
    const length = Buffer.alloc(8);
    readSync(descriptor, length, 0, 8, 0);
    const header = Buffer.alloc(Number(length.readBigUInt64LE(0)));
    readSync(descriptor, header, 0, header.length, 8);
    return Object(JSON.parse(header.toString('utf8')));
  } catch {
    return {};
  } finally {
    closeSync(descriptor);
  }
}

/** @param {Facts} facts */
function longestInput({ maxLength, positions }) {
  const most = `${formatCount(positions)} tokens`;
  return maxLength < positions ? `${formatCount(maxLength)} tokens, at most ${most}` : most;
}

/** @param {Facts} facts */
function describe(facts) {
  const shape =
    `${facts.layers} layers, hidden ${facts.hiddenSize}, ${facts.attentionHeads} heads, ` +
    `intermediate ${facts.intermediateSize}`;
  const stored = Object.entries(facts.storedAs).map(
    ([type, count]) => `${type} (${count} tensors)`,
  );
  const rows = [
    ['folder', facts.folder],
    ['architecture', facts.architecture],
    ['parameters', formatCount(facts.parameters)],
    ['shape', shape],
    ['longest input', longestInput(facts)],
    ['vocabulary', `${formatCount(facts.vocabSize)} pieces`],
    ['stored as', stored.join(', ')],
    ['heads', facts.heads.length ? facts.heads.join(', ') : 'none: embeddings only'],
    [
      'runs as',
      `${facts.dtype}, ${facts.simd} SIMD, ${facts.threads} thread${facts.threads === 1 ? '' : 's'}`,
    ],
    ['memory', formatBytes(facts.memoryBytes)],
    ['loaded in', `${facts.loadMilliseconds} ms`],
    ['works', facts.works.join(', ') || 'nothing'],
    ...facts.problems.map(({ calls, message }, at) => [
      at === 0 ? 'problems' : '',
      `${calls.join(', ')}: ${message}`,
    ]),
    ...facts.files.map(({ name, bytes }, at) => [
      at === 0 ? 'files' : '',
      `${formatBytes(bytes).padStart(9)}  ${name}`,
    ]),
  ];
  return rows.map(([name, value]) => `${name.padEnd(15)}${visible(String(value))}`).join('\n');
}
