// What most forward passes are for: one vector a text. pass-heads.js reads everything else.
import { errorOfStatus } from '../shared/errors.js';

/**
 * @typedef {{ memory: import('../core/memory.js').Memory, config: import('../weights/config.js').Config,
 *   model: import('../weights/weights.js').LoadedModel }} Pass the memory and which model computes in it
 */

/**
 * One vector a window of the batch, end to end.
 * @param {Pass} pass
 * @param {import('./interface.js').RunRequest} request
 * @param {import('./pass-input.js').Batch} batch
 * @param {number} run address of the bl_encoder_run
 * @returns {import('../index.d.ts').Floats}
 */
export function readVectors({ memory, model, config }, request, batch, run) {
  const width = config.hidden_size;
  const { hidden } = memory.readStruct('bl_encoder_run', run);
  const pointer = memory.alloc(4);
  const status = memory.tryCall(
    'bl_pool',
    memory.arena,
    model.address,
    batch.address,
    hidden,
    memory.constants[`BL_POOLING_${String(request.pooling).toUpperCase()}`],
    request.leftOut ?? 0,
    request.normalize ? 1 : 0,
    pointer,
  );
  if (status !== 'BL_OK') throw errorOfStatus(status, nothingLeft, 'bl_pool');
  return memory.float32(memory.readU32(pointer), batch.count * width).slice();
}

const nothingLeft = {
  BL_BAD_ARGUMENT: 'A text has no token but those of the prompt, which the folder leaves out.',
};
