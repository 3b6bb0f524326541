// Compiles TypeScript that imports the package, as somebody's project does.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const compiler = join(root, 'node_modules/typescript/bin/tsc');

/** The three ways to find packages, with little and with much around. */
export const settings = {
  node16: { module: 'node16', lib: ['es2022', 'dom'], types: [] },
  nodenext: { module: 'nodenext', lib: ['esnext'], types: ['node'] },
  bundler: { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] },
  newest: { module: 'nodenext', lib: ['esnext', 'dom'], types: [] },
};

/**
 * @param {Record<string, string>} files name → TypeScript
 * @param {object} options of the compiler
 * @throws {assert.AssertionError} with what is wrong
 */
export async function compileTypes(files, options) {
  const folder = mkdtempSync(join(tmpdir(), 'bertlet-types-'));
  try {
    mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
    symlinkSync(root, join(folder, 'node_modules/bertlet'), 'dir');
    const ofNode = 'node_modules/@types/node';
    symlinkSync(join(root, ofNode), join(folder, ofNode), 'dir');
    const strict = { target: 'es2022', strict: true, exactOptionalPropertyTypes: true };
    const project = { compilerOptions: { ...strict, noEmit: true, ...options } };
    const all = {
      ...files,
      'package.json': JSON.stringify({ type: 'module' }),
      'tsconfig.json': JSON.stringify({ ...project, files: Object.keys(files) }),
    };
    for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
    const run = promisify(execFile)(process.execPath, [compiler], { cwd: folder });
    await run.catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
