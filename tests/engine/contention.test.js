// A short run of stress/contention.js, which by itself goes on for as long as one likes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../stress/contention.js', import.meta.url));

test('processes on one core, beside others, come to their end', () => {
  const args = [script, '--runs', '12', '--at-once', '3', '--neighbours', '1', '--limit', '120'];
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=source', ...args], {
    encoding: 'utf8',
  });
  assert.match(stdout, /^12 runs on (one core|all cores), 0 failed\n$/);
  assert.deepEqual([status, stderr], [0, '']);
});
