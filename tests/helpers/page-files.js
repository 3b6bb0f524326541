// dist/page, which tests of the bundle and the demo use: made by ./build.sh, not by the tests.
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('../../js/', import.meta.url));
const made = fileURLToPath(new URL('../../dist/page/bertlet.js', import.meta.url));

/** @throws when the bundle is missing or older than what it is made of: old code would be tested */
export function requireFreshPage() {
  const time = statSync(made, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newer = readdirSync(sources, { recursive: true }).find(
    (name) => /^(?!cli).*\.js$/.test(name) && statSync(sources + name).mtimeMs > time,
  );
  if (newer) throw new Error(`dist/page is older than js/${newer}: run ./build.sh page`);
}
