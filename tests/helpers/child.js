// Scripts in a process of their own: whether and how it ends is what is tested.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a module of the given text, which may import 'bertlet', with nothing on its input.
 * @param {string} script
 * @param {{ limit?: number, flags?: string[] }} [options] `limit`: milliseconds, after which it is
 *   taken for one that never ends; a busy machine may need many
 * @returns {Promise<{ code: number | null, output: string }>} `code`: null when it had to be killed
 */
export function runScript(script, { limit = 120_000, flags = [] } = {}) {
  const args = ['--conditions=source', ...flags, '--input-type=module', '--eval', script];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limit,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        output += data;
      });
    }
    child.on('error', reject).on('close', (code) => resolve({ code, output }));
  });
}
