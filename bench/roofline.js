// The roofline: compiles the loops and kernels, runs them in each engine.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { start } from './drivers.js';
import { CACHE, ROOT } from './setup.js';

const MODULES = ['simd', 'relaxed'];

/** It is one call, and no call may take four minutes. */
const MOST_CALM_MS = 120_000;

/**
 * @param {object} engine of contenders.js
 * @param {boolean} quick
 * @param {number} patienceMs how long to wait for a calm machine
 * @returns {Promise<{ peaks: object[], shapes: object[], layers: object[] }>}
 */
export async function measureRoofline({ runtime, node }, quick, patienceMs) {
  execFileSync('bash', [path.join(ROOT, 'bench/compile.sh')], { stdio: ['ignore', 2, 2] });
  // An isolated page has a clock that ticks twenty times faster.
  const driver = await start({ runtime, node, isolated: true });
  try {
    const location = (module) =>
      runtime === 'page'
        ? `/cache/roofline-${module}.wasm`
        : path.join(CACHE, `roofline-${module}.wasm`);
    const modules = Object.fromEntries(MODULES.map((module) => [module, location(module)]));
    const calmMs = Math.min(patienceMs, MOST_CALM_MS);
    await driver.call('open', { adapter: 'roofline', options: { modules, quick, calmMs } });
    return await driver.call('run', 'roofline');
  } finally {
    await driver.close();
  }
}
