// One thread of a crew: an instance of the module on the engine's memory, with a stack of
// its own. It works for ever inside the module; ending it is its owner's business.
import { ownPort } from './threads/port.js';

/**
 * What its owner sends it (threads.js).
 * @typedef {{ module: WebAssembly.Module, memory: WebAssembly.Memory, stackTop: number, crew: number,
 *   member: number }} Task
 *
 * @typedef {{ __stack_pointer: WebAssembly.Global,
 *   bl_wasm_thread_main: (crew: number, member: number) => void }} ThreadExports
 */

/** @param {Task} task */
async function start({ module, memory, stackTop, crew, member }) {
  try {
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    const exports = /** @type {ThreadExports} */ (/** @type {unknown} */ (instance.exports));
    exports.__stack_pointer.value = stackTop;
    await heard;
    ownPort.send({ ready: true });
    exports.bl_wasm_thread_main(crew, member);
  } catch (error) {
    setTimeout(() => {
      throw error; // outside of the promise, so that the owner hears of it
    });
  }
}

const heard = ownPort.listen(start);
