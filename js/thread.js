// One thread of a crew: an instance of the module on the engine's memory, with a stack of
// its own. It works for ever inside the module; ending it is its owner's business.
import { ownPort } from './threads/port.js';

const heard = ownPort.listen(async ({ module, memory, stackTop, crew, member }) => {
  try {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    exports.__stack_pointer.value = stackTop;
    await heard;
    ownPort.send({ ready: true });
    exports.bl_wasm_thread_main(crew, member);
  } catch (error) {
    setTimeout(() => {
      throw error; // outside of the promise, so that the owner hears of it
    });
  }
});
