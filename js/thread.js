// One thread of a crew: an instance of the module on the engine's memory, with a stack of
// its own. It works for ever inside the module; ending it is its owner's business.
const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
const port = threads?.parentPort ?? globalThis;

async function start({ module, memory, stackTop }) {
  const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
  exports.__stack_pointer.value = stackTop;
  port.postMessage({ ready: true });
  exports.bl_wasm_thread_main();
}

if (threads?.parentPort) threads.parentPort.once('message', start);
else globalThis.addEventListener('message', (event) => start(event.data), { once: true });
