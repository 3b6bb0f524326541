// Builds dist/page: what pages import, with or without a bundler of their own. Three entries
// (the page's side, the engine's worker, a thread) and one file that the first two share:
// the code of js/, minified, without what only Node can reach. Nobody has to be told where
// these files are: they name each other, the modules and the embedded model by
// `new URL('…', import.meta.url)`, which servers need not know and bundlers do.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = path.join(root, 'js');
const out = path.join(root, 'dist/page');

/** The page's own thread and its worker share most of their code: it is fetched once. */
const entries = { bertlet: 'js/index.js', worker: 'js/worker.js' };
/** A thread needs next to nothing: a file of its own is less than what it would share. */
const threadEntry = { thread: 'js/thread.js' };

/** Files of js/ that are of no use in a page. */
const forNode = /^source-path\.js$/;

/** Entries stay beside each other; other files are named as they are seen from dist/page. */
function moveUrls(text, file) {
  return text.replace(/new URL\(\s*'([^']+)',\s*import\.meta\.url,?\s*\)/g, (_, name) => {
    const target = path.resolve(path.dirname(file), name);
    const isEntry = path.dirname(target) === sources;
    const moved = isEntry ? `./${path.basename(target)}` : path.relative(out, target);
    return `new URL('${moved.replaceAll('\\', '/')}', import.meta.url)`;
  });
}

/** What a file exports, all undefined: what can only be done with it is dropped. */
function withoutContent(text) {
  const names = text.matchAll(/^export (?:async )?(?:function\*?|class|const|let) (\w+)/gm);
  return Array.from(names, ([, name]) => `export const ${name} = undefined;`).join('\n');
}

/** @param {RegExp} [leaveOut] further files of js/ */
function forPages(leaveOut) {
  return {
    name: 'for pages',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path: file }) => {
        const text = readFileSync(file, 'utf8');
        const name = path.relative(sources, file).replaceAll('\\', '/');
        if (forNode.test(name) || leaveOut?.test(name)) return { contents: withoutContent(text) };
        const changed = text
          // Constants at the beginning of a file or function, so that what depends on them is
          // dropped.
          .replace(/\bbuiltin\('node:[\w/]+'\)/g, 'undefined')
          .replace(/^import \{ builtin \} from '.*';$/m, '')
          // Bundlers know a worker by this name alone.
          .replace(/\bnew WorkerClass\(/g, 'new Worker(');
        return { contents: moveUrls(changed, file) };
      });
    },
  };
}

/**
 * @param {{ leaveOut?: RegExp }} [options] `leaveOut`: names of files in js/, to see what there
 *   is without them
 * @returns {Promise<{ name: string, contents: Uint8Array }[]>} the files of dist/page
 */
export async function buildPage({ leaveOut } = {}) {
  const common = {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    outdir: out,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    define: { setImmediate: 'undefined' },
    logLevel: 'warning',
    plugins: [forPages(leaveOut)],
  };
  const results = await Promise.all([
    build({ ...common, entryPoints: entries, splitting: true, chunkNames: 'core' }),
    build({ ...common, entryPoints: threadEntry }),
  ]);
  return results
    .flatMap(({ outputFiles }) => outputFiles)
    .map((file) => ({ name: path.relative(out, file.path), contents: file.contents }));
}

/** @param {{ name: string, contents: Uint8Array }[]} files @throws when no page could use them */
function check(files) {
  const names = files.map(({ name }) => name).sort();
  const expected = ['bertlet.js', 'core.js', 'thread.js', 'worker.js'];
  if (String(names) !== String(expected)) throw new Error(`made ${names}, not ${expected}`);
  const text = Buffer.concat(files.map(({ contents }) => contents)).toString();
  const found = /node:[a-z]+|\beval\(|\bimport\(/.exec(text);
  if (found) throw new Error(`${found[0]} is left, which no page can do`);
  for (const name of ['worker', 'thread']) {
    const expression = `new Worker(new URL("./${name}.js",import.meta.url),{type:"module"})`;
    if (!text.includes(expression)) throw new Error(`no bundler would find ${name}.js`);
  }
}

/** A page that loads meanwhile gets old files or new ones, but none that is half written. */
function write(files) {
  mkdirSync(out, { recursive: true });
  for (const { name, contents } of files) writeFileSync(path.join(out, `${name}.new`), contents);
  for (const { name } of files) renameSync(path.join(out, `${name}.new`), path.join(out, name));
  const names = files.map(({ name }) => name);
  for (const name of readdirSync(out)) if (!names.includes(name)) rmSync(path.join(out, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await buildPage();
  check(files);
  write(files);
}
