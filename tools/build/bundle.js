// What the bundles of js/ for pages (tools/build/page.js) and for Node (tools/build/node.js) share.
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** The folder js/. */
export const sources = path.join(root, 'js');

/**
 * @typedef {{ name: string, contents: Uint8Array, parts: Record<string, number> }} BuiltFile
 *   `parts`: how many bytes of it each file of js/ became
 */

/**
 * Entries stay beside each other; other files are named as they are seen from `out`.
 * @param {string} text of a file of js/
 * @param {string} file its path
 * @param {string} out the folder that is built
 */
function moveUrls(text, file, out) {
  return text.replace(/new URL\(\s*'([^']+)',\s*import\.meta\.url,?\s*\)/g, (_, name) => {
    const target = path.resolve(path.dirname(file), name);
    const isEntry = path.dirname(target) === sources;
    const moved = isEntry ? `./${path.basename(target)}` : path.relative(out, target);
    return `new URL('${moved.replaceAll('\\', '/')}', import.meta.url)`;
  });
}

/**
 * @param {string} folder to build for, such as dist/page; nothing is written yet
 * @param {(name: string, text: string) => string} change a file of js/ on its way
 * @param {import('esbuild').BuildOptions[]} builds `entryPoints` at least
 * @returns {Promise<BuiltFile[]>} its files
 */
export async function bundle(folder, change, builds) {
  const out = path.join(root, folder);
  /** @type {import('esbuild').Plugin} */
  const plugin = {
    name: 'files of js',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, async ({ path: file }) => {
        const name = path.relative(sources, file).replaceAll('\\', '/');
        return { contents: moveUrls(change(name, await readFile(file, 'utf8')), file, out) };
      });
    },
  };
  /** @type {import('esbuild').BuildOptions} */
  const common = {
    absWorkingDir: root,
    bundle: true,
    outdir: out,
    format: 'esm',
    logLevel: 'warning',
    plugins: [plugin],
  };
  const results = await Promise.all(
    builds.map((options) => build({ ...common, ...options, write: false, metafile: true })),
  );
  return results.flatMap(({ outputFiles, metafile }) => {
    const outputs = Object.entries(metafile?.outputs ?? {});
    return (outputFiles ?? []).map((file) => {
      const [, made] = outputs.find(([name]) => path.join(root, name) === file.path) ?? [];
      const parts = Object.entries(made?.inputs ?? {}).map(([name, { bytesInOutput }]) => [
        path.relative('js', name).replaceAll('\\', '/'),
        bytesInOutput,
      ]);
      const name = path.relative(out, file.path);
      return { name, contents: file.contents, parts: Object.fromEntries(parts) };
    });
  });
}

/**
 * Who loads meanwhile gets old files or new ones, but none that is half written.
 * @param {string} folder
 * @param {Pick<BuiltFile, 'name' | 'contents'>[]} files
 */
export function writeBundle(folder, files) {
  const out = path.join(root, folder);
  mkdirSync(out, { recursive: true });
  for (const { name, contents } of files) writeFileSync(path.join(out, `${name}.new`), contents);
  for (const { name } of files) renameSync(path.join(out, `${name}.new`), path.join(out, name));
  const names = files.map(({ name }) => name);
  for (const name of readdirSync(out)) if (!names.includes(name)) rmSync(path.join(out, name));
}
