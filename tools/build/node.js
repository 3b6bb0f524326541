// Builds dist/node: what Node imports. Two files instead of seventy, which take Node three times
// as long to find and read; legible, because stack traces lead into them.
import { bundle, writeBundle } from './bundle.js';

const out = 'dist/node';
/** @type {import('esbuild').BuildOptions} */
const common = { platform: 'node', target: 'node20.16' };

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
