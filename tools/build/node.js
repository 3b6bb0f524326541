// Builds dist/node: what Node imports. Two files instead of many, which take Node three times as
// long to find and read; minified, because to read a script is a sixth of what loading takes.
// Maps lead stack traces back into js/, with `node --enable-source-maps`.
import { bundle, writeBundle } from './bundle.js';

const out = 'dist/node';
/** @type {import('esbuild').BuildOptions} */
const common = {
  platform: 'node',
  target: 'node20.16',
  minify: true,
  sourcemap: true,
  sourcesContent: false,
};

const files = await bundle(out, (_, text) => text, [
  {
    ...common,
    entryPoints: { bertlet: 'js/index.js', worker: 'js/worker.js' },
    splitting: true,
    chunkNames: 'core',
  },
  { ...common, entryPoints: { thread: 'js/thread.js' } },
]);
writeBundle(out, files);
