// What comes out of one forward pass: vectors, states, and what heads make of them.

/** Numbers that a head gives at a time at most: other events get their turn in between. */
const numbersPerBlock = 1 << 20;

/**
 * @typedef {import('./pass-input.js').Batch} Batch
 * @typedef {{ memory: import('./memory.js').Memory, config: import('./config.js').Config,
 *   model: import('./weights.js').LoadedModel }} Pass the memory and which model computes in it
 */

/** One vector a text, into `vectors` from text `first` on. */
export function readVectors({ memory, model, config }, request, first, batch, run, vectors) {
  const width = config.hidden_size;
  const { hidden } = memory.readStruct('bl_encoder_run', run);
  const pointer = memory.alloc(4);
  memory.call(
    'bl_pool',
    memory.arena,
    model.address,
    batch.address,
    hidden,
    memory.constants[`BL_POOLING_${request.pooling.toUpperCase()}`],
    request.normalize,
    pointer,
  );
  vectors.set(memory.float32(memory.readU32(pointer), batch.count * width), first * width);
}

/**
 * The states of each text, where all rows were computed.
 * @param {Pass} pass
 * @param {import('./engine.js').RunRequest} request
 * @param {Batch} batch
 * @param {number} run address of the bl_encoder_run
 */
export function readStates({ memory, config }, { hiddenStates, attentions }, batch, run) {
  const states = memory.readStruct('bl_encoder_run', run);
  return rowRanges(memory, batch).map(([begin, end]) => ({
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

/** Of each text, the rows [begin, end) of the last hidden state. */
function rowRanges(memory, { address, count, wantedOf }) {
  const { starts: pointer } = memory.readStruct('bl_batch', address);
  const starts = wantedOf ?? memory.uint32(pointer, count + 1);
  return Array.from({ length: count }, (_, i) => [starts[i], starts[i + 1]]);
}

/** The last hidden state of one text, without the padding between rows. */
function copyRows(memory, width, { hidden, hidden_stride: stride }, begin, end) {
  const view = memory.float32(hidden + begin * stride * 4, (end - begin) * stride);
  const data = new Float32Array((end - begin) * width);
  for (let row = 0; row < end - begin; row++) {
    data.set(view.subarray(row * stride, row * stride + width), row * width);
  }
  return data;
}

/** Blocks of floats that stand end to end, one a layer that was asked for. */
function copyBlocks(memory, address, layers, floats) {
  if (address === 0) return undefined;
  return layers.map((_, i) => memory.float32(address + i * floats * 4, floats).slice());
}

/** Heads that read a text's first row alone. */
const pooledHeads = ['POOLER', 'POOLED_CLASSIFIER', 'NEXT_SENTENCE'];

/**
 * Computes heads and puts their values into `outputs`, one a text.
 * @param {Pass} pass
 * @param {string[]} names of heads, or pooler
 * @param {Batch} batch
 * @param {number} run address of the bl_encoder_run
 * @param {{ heads: Record<string, Float32Array> }[]} outputs
 * @returns {Generator<void>} stops between blocks, so that other events get their turn
 */
export function* headBlocks({ memory, model }, names, batch, run, outputs) {
  const ranges = rowRanges(memory, batch);
  const { hidden } = memory.readStruct('bl_encoder_run', run);
  for (const name of names) {
    const head = model.heads[name] ?? 'POOLER';
    const rows = ranges.map(([begin, end]) =>
      pooledHeads.includes(head)
        ? [begin]
        : Array.from({ length: end - begin }, (_, i) => begin + i),
    );
    const all = rows.flat();
    let values;
    for (let done = 0; done < all.length; ) {
      const block = runHead(memory, model, head, hidden, all, done);
      values ??= new Float32Array(all.length * block.width);
      values.set(block.values, done * block.width);
      done += block.values.length / block.width;
      yield;
    }
    const width = values.length / all.length;
    let at = 0;
    outputs.forEach((output, i) => {
      const end = at + rows[i].length * width;
      output.heads[name] = outputs.length === 1 ? values : values.slice(at, end);
      at = end;
    });
  }
}

/** A head's values for rows from the one numbered `first` on, as many as make a block: a copy. */
function runHead(memory, model, head, hidden, rows, first) {
  return memory.scratch(() => {
    const output = memory.writeStruct('bl_head_output');
    const width = memory.exports.bl_head_width(model.address, memory.constants[`BL_HEAD_${head}`]);
    const count = Math.min(rows.length - first, Math.max(1, Math.floor(numbersPerBlock / width)));
    memory.call(
      'bl_head_run',
      memory.arena,
      model.address,
      memory.constants[`BL_HEAD_${head}`],
      hidden,
      memory.writeNumbers(rows.slice(first, first + count)),
      count,
      output,
    );
    const { values } = memory.readStruct('bl_head_output', output);
    return { width, values: memory.float32(values, count * width).slice() };
  });
}
