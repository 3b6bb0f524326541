// Runs a test file for each of the two WASM modules. Where the engine has relaxed SIMD only
// behind a flag (Node 20), the file is run once more in a process with that flag.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import assert from 'node:assert/strict';

const flag = '--experimental-wasm-relaxed-simd';
const insideChild = process.env.BERTLET_TEST_RELAXED === '1';

// () -> i8x16.relaxed_swizzle(splat(0), splat(0))
const relaxedModule = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 0, 253, 15,
  65, 0, 253, 15, 253, 128, 2, 11,
]);

/** Whether this process runs relaxed SIMD. */
export const hasRelaxed = WebAssembly.validate(relaxedModule);

/**
 * The modules that this process is to test: values for the option `simd`.
 * @param {string} testFile import.meta.url; the test that runs it again is added when needed
 * @returns {('baseline' | 'relaxed')[]}
 */
export function modulesToTest(testFile) {
  if (insideChild) return ['relaxed'];
  if (hasRelaxed) return ['baseline', 'relaxed'];
  test('the same with the relaxed module, in a process that has it', (t) => {
    const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
    const run = spawnSync(
      process.execPath,
      [flag, '--conditions=source', '--test-reporter=tap', fileURLToPath(testFile)],
      {
        env: { ...environment, BERTLET_TEST_RELAXED: '1', NODE_OPTIONS: '' },
        encoding: 'utf8',
        maxBuffer: 1e8,
      },
    );
    if (/bad option/.test(run.stderr)) {
      t.skip(`Node ${process.version} has no relaxed SIMD`);
      return;
    }
    assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
    for (const line of run.stdout.match(
      /^# (?!Subtest|tests|suites|pass|fail|cancel|skip|todo|dur).*/gm,
    ) ?? []) {
      t.diagnostic(`relaxed: ${line.slice(2)}`);
    }
  });
  return ['baseline'];
}
