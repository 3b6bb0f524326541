// The roofline: compiles the loops and kernels, runs them in each engine.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { SECTIONS, obstacle } from './contenders.js';
import { start } from './drivers.js';
import { CACHE, ROOT } from './setup.js';

const MODULES = ['simd', 'relaxed'];

/**
 * @param {{ sections: string[], quick: boolean }} options
 * @returns {Promise<{ title: string, peaks: object[], shapes: object[], layers: object[] }[]>}
 */
export async function measureRoofline({ sections, quick }) {
  execFileSync('bash', [path.join(ROOT, 'bench/compile.sh')], { stdio: ['ignore', 2, 2] });
  const results = [];
  for (const name of sections.filter((section) => !obstacle(section))) {
    const { title, runtime, node } = SECTIONS[name];
    const driver = await start({ runtime, node, isolated: false });
    try {
      const location = (module) =>
        runtime === 'page'
          ? `/cache/roofline-${module}.wasm`
          : path.join(CACHE, `roofline-${module}.wasm`);
      const modules = Object.fromEntries(MODULES.map((module) => [module, location(module)]));
      await driver.call('open', { adapter: 'roofline', options: { modules, quick } });
      results.push({ title, ...(await driver.call('run', 'roofline')) });
    } finally {
      await driver.close();
    }
  }
  return results;
}
