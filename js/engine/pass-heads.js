// What a forward pass has more where it is not for vectors: states of layers, and what heads make
// of them.

/** Numbers that a head gives at a time at most: other events get their turn in between. */
const numbersPerBlock = 1 << 20;

/** Heads that read a text's first row alone. */
const pooledHeads = [
  'pooler',
  'sequence-classification',
  'multiple-choice',
  'next-sentence-prediction',
];

/**
 * @typedef {import('./pass-input.js').Batch} Batch
 * @typedef {import('./pass-output.js').Pass} Pass
 * @typedef {import('./interface.js').RunRequest} RunRequest
 * @typedef {import('./interface.js').RunOutput} RunOutput
 * @typedef {import('../core/memory.js').Memory} Memory
 * @typedef {[begin: number, end: number]} Range of rows
 *
 * The rows of a head: `width` numbers each; `rows` of each text.
 * @typedef {{ values: Floats, width: number, rows: number[][] }} HeadValues
 * @typedef {import('../index.d.ts').Floats} Floats
 */

/**
 * What the core is to keep, as fields of bl_encoder_run.
 * @param {Pass} pass
 * @param {RunRequest} request
 * @param {Batch} batch
 */
export function fieldsToKeep({ memory, config }, { hiddenStates, attentions }, { wanted }) {
  /** @param {number[] | undefined} chosen layers @param {number} count of them */
  const choose = (chosen, count) =>
    chosen?.length
      ? memory.writeBytes(
          Uint8Array.from({ length: count }, (_, i) => (chosen.includes(i) ? 1 : 0)),
        )
      : 0;
  return {
    hidden_layers: choose(hiddenStates, config.layers + 1),
    attention_layers: choose(attentions, config.layers),
    ...(wanted && { wanted: memory.writeNumbers(wanted), wanted_count: wanted.length }),
  };
}

/**
 * What there is of each text.
 * @param {Pass} pass
 * @param {RunRequest} request
 * @param {Batch} batch
 * @param {number} run address of the bl_encoder_run
 * @param {() => Promise<void>} giveWay lets other events have their turn
 * @returns {Promise<RunOutput[]>}
 */
export async function readOutputs(pass, request, batch, run, giveWay) {
  const ranges = rowRanges(pass.memory, batch);
  const outputs = readStates(pass, request, batch, run, ranges);
  for (const name of request.heads ?? []) {
    const { values, width, rows } = await computeHead(pass, name, run, ranges, giveWay);
    let at = 0;
    outputs.forEach((output, i) => {
      const end = at + rows[i].length * width;
      output.heads[name] = outputs.length === 1 ? values : values.slice(at, end);
      at = end;
    });
  }
  return outputs;
}

/**
 * The states of each text, where all rows were computed.
 * @param {Pass} pass
 * @param {RunRequest} request
 * @param {Batch} batch
 * @param {number} run
 * @param {Range[]} ranges
 * @returns {RunOutput[]}
 */
function readStates({ memory, config }, { hiddenStates, attentions }, batch, run, ranges) {
  const states = memory.readStruct('bl_encoder_run', run);
  return ranges.map(([begin, end]) => ({
    ...(!batch.wanted && {
      lastHiddenState: copyRows(memory, config.hidden_size, states, begin, end),
      hiddenStates: copyBlocks(
        memory,
        states.hidden_states,
        hiddenStates,
        (end - begin) * config.hidden_size,
      ),
      attentions: copyBlocks(memory, states.attentions, attentions, states.attention_floats),
    }),
    heads: {},
  }));
}

/**
 * Of each text, the rows [begin, end) of the last hidden state.
 * @param {Memory} memory
 * @param {Batch} batch
 * @returns {Range[]}
 */
function rowRanges(memory, { address, count, wantedOf }) {
  const { starts: pointer } = memory.readStruct('bl_batch', address);
  const starts = wantedOf ?? memory.uint32(pointer, count + 1);
  return Array.from({ length: count }, (_, i) => [starts[i], starts[i + 1]]);
}

/**
 * The last hidden state of one text, without the padding between rows.
 * @param {Memory} memory
 * @param {number} width
 * @param {Record<string, number>} states a bl_encoder_run
 * @param {number} begin
 * @param {number} end
 */
function copyRows(memory, width, { hidden, hidden_stride: stride }, begin, end) {
  const view = memory.float32(hidden + begin * stride * 4, (end - begin) * stride);
  const data = new Float32Array((end - begin) * width);
  for (let row = 0; row < end - begin; row++) {
    data.set(view.subarray(row * stride, row * stride + width), row * width);
  }
  return data;
}

/**
 * Blocks of floats that stand end to end, one a layer that was asked for.
 * @param {Memory} memory
 * @param {number} address 0: none was
 * @param {number[] | undefined} layers
 * @param {number} floats of a block
 */
function copyBlocks(memory, address, layers, floats) {
  if (address === 0) return undefined;
  return layers?.map((_, i) => memory.float32(address + i * floats * 4, floats).slice());
}

/**
 * A head's values of all texts.
 * @param {Pass} pass
 * @param {string} name of a head, or pooler
 * @param {number} run
 * @param {Range[]} ranges
 * @param {() => Promise<void>} giveWay
 * @returns {Promise<HeadValues>}
 */
async function computeHead({ memory, model }, name, run, ranges, giveWay) {
  const head = model.heads[name] ?? 'POOLER';
  const rows = ranges.map(([begin, end]) =>
    pooledHeads.includes(name) ? [begin] : Array.from({ length: end - begin }, (_, i) => begin + i),
  );
  const all = rows.flat();
  const { hidden } = memory.readStruct('bl_encoder_run', run);
  const width = memory.exports.bl_head_width(model.address, memory.constants[`BL_HEAD_${head}`]);
  const perBlock = Math.max(1, Math.floor(numbersPerBlock / width));
  const values = new Float32Array(all.length * width);
  for (let done = 0; done < all.length; done += perBlock) {
    const block = all.slice(done, done + perBlock);
    runHead(memory, model, head, hidden, block, width, values.subarray(done * width));
    await giveWay();
  }
  return { values, width, rows };
}

/**
 * Puts a head's values for some rows at the start of `target`.
 * @param {Memory} memory
 * @param {Pass['model']} model
 * @param {string} head
 * @param {number} hidden address of the last hidden state
 * @param {number[]} rows
 * @param {number} width
 * @param {Float32Array} target
 */
function runHead(memory, model, head, hidden, rows, width, target) {
  memory.scratch(() => {
    const output = memory.writeStruct('bl_head_output');
    memory.call(
      'bl_head_run',
      memory.arena,
      model.address,
      memory.constants[`BL_HEAD_${head}`],
      hidden,
      memory.writeNumbers(rows),
      rows.length,
      output,
    );
    const { values } = memory.readStruct('bl_head_output', output);
    target.set(memory.float32(values, rows.length * width));
  });
}
