// The roofline: compiles the loops and kernels, runs them in each engine.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { MODULES } from './adapters/roofline.js';
import { start } from './drivers.js';
import { CACHE, ROOT } from './setup.js';

/** @import { Module, Roofline } from './adapters/roofline.js' */

/** It is one call, and no call may take four minutes. */
const MOST_CALM_MS = 120_000;

/**
 * @param {import('./contenders.js').Engine} engine
 * @param {boolean} quick
 * @param {number} patienceMs how long to wait for a calm machine
 * @returns {Promise<Roofline>}
 */
export async function measureRoofline({ runtime, node }, quick, patienceMs) {
  execFileSync('bash', [path.join(ROOT, 'bench/compile.sh')], { stdio: ['ignore', 2, 2] });
  // An isolated page has a clock that ticks twenty times faster.
  const driver = await start({ runtime, node, isolated: true });
  try {
    /** @param {Module} module */
    const location = (module) =>
      runtime === 'page'
        ? `/cache/roofline-${module}.wasm`
        : path.join(CACHE, `roofline-${module}.wasm`);
    const modules = Object.fromEntries(MODULES.map((module) => [module, location(module)]));
    const calmMs = Math.min(patienceMs, MOST_CALM_MS);
    await driver.call('open', { adapter: 'roofline', options: { modules, quick, calmMs } });
    const measured = await driver.call('run', 'roofline');
    return /** @type {Roofline} what adapters/roofline.js gives */ (measured);
  } finally {
    await driver.close();
  }
}
