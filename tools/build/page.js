// Builds dist/page: what pages import, with or without a bundler of their own. Three entries
// (the page's side, the engine's worker, a thread) and one file that the first two share:
// the code of js/, minified, without what only Node can reach. Nobody has to be told where
// these files are: they name each other, the modules and the embedded model by
// `new URL('…', import.meta.url)`, which servers need not know and bundlers do.
import { fileURLToPath } from 'node:url';
import { bundle, writeBundle } from './bundle.js';

/** @typedef {import('./bundle.js').BuiltFile} BuiltFile */

const out = 'dist/page';

/** The page's own thread and its worker share most of their code: it is fetched once. */
const entries = { bertlet: 'js/index.js', worker: 'js/worker.js' };
/** A thread needs next to nothing: a file of its own is less than what it would share. */
const threadEntry = { thread: 'js/thread.js' };

/** Files of js/ that are of no use in a page. */
const forNode = /^source\/path\.js$/;

/** Who imports dist/page by its path, as the demo does, has the same types. */
const declarations = {
  name: 'bertlet.d.ts',
  contents: Buffer.from("export * from '../../js/index.js';\n"),
};

/** What a file exports, all undefined: what can only be done with it is dropped. @param {string} text */
function withoutContent(text) {
  const names = text.matchAll(/^export (?:async )?(?:function\*?|class|const|let) (\w+)/gm);
  return Array.from(names, ([, name]) => `export const ${name} = undefined;`).join('\n');
}

/** A file of js/ without what only Node can reach. @param {string} text */
function forPages(text) {
  return (
    text
      // Constants at the beginning of a file or function, so that what depends on them is dropped.
      .replace(/\bbuiltin\('node:[\w/]+'\)/g, 'undefined')
      .replace(/^import \{ builtin \} from '.*';$/m, '')
      // Bundlers know a worker by this name alone.
      .replace(/\bnew WorkerClass\(/g, 'new Worker(')
  );
}

/** @returns {Promise<BuiltFile[]>} the scripts of dist/page */
export function buildPage() {
  /** @param {string} name @param {string} text */
  const change = (name, text) => (forNode.test(name) ? withoutContent(text) : forPages(text));
  /** @type {import('esbuild').BuildOptions} */
  const common = { minify: true, platform: 'browser', target: 'es2022' };
  return bundle(out, change, [
    { ...common, entryPoints: entries, splitting: true, chunkNames: 'core' },
    { ...common, entryPoints: threadEntry },
  ]);
}

/** @param {BuiltFile[]} files @throws when no page could use them */
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await buildPage();
  check(files);
  writeBundle(out, [...files, declarations]);
}
