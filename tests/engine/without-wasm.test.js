// Where there is no WebAssembly, as in Lockdown Mode, every call says so.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = `
const { WebAssembly } = globalThis;
delete globalThis.WebAssembly;
const { load, loadTokenizer, pipeline, Index } = await import('bertlet');
const calls = {
  load: () => load(),
  'load in a worker': () => load(undefined, { worker: true }),
  loadTokenizer: () => loadTokenizer(),
  pipeline: () => pipeline('fill-mask'),
  Index: () => new Index({ dimensions: 2 }).add([new Float32Array(2)]),
};
const told = {};
for (const [name, call] of Object.entries(calls)) {
  told[name] = await call().then(() => 'resolved', ({ name, code, message }) => ({ name, code, message }));
}
globalThis.WebAssembly = WebAssembly;
const model = await load();
told.later = (await model.embed('text')).length;
await model.dispose();
console.log(JSON.stringify(told));
`;

test('without WebAssembly every call is NO_SIMD, and nothing is remembered of it', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=source', '--input-type=module', '--eval', script],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), timeout: 60_000 },
  );
  const { later, ...told } = JSON.parse(stdout);
  assert.equal(later, 384);
  for (const [call, error] of Object.entries(told)) {
    assert.equal(error.code, 'NO_SIMD', `${call}: ${JSON.stringify(error)}`);
    assert.equal(error.name, 'BertletError');
    assert.match(error.message, /no WebAssembly: Lockdown Mode/);
  }
});
