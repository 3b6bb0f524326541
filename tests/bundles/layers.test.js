// tools/check/layers.js: what it refuses, on a small tree that is against its own order.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

import { checkLayers } from '../../tools/check/layers.js';

const order = `
\`\`\`layers src
base ← —
top  ← base
\`\`\`

\`\`\`layers js
low     ← —
high    ← low
entries ← low high
\`\`\`
`;

const good = {
  'ARCHITECTURE.md': order,
  'src/base/base.h': 'int bl_base_count(void);\n',
  'src/base/base.c': '#include "base.h"\nint bl_base_count(void) {\n    return 1;\n}\n',
  'src/top/top.c': '#include "../base/base.h"\nint f(void) {\n    return bl_base_count();\n}\n',
  'js/index.js': "export { high } from './high/high.js';\n",
  'js/high/high.js': "import { low } from '../low/low.js';\nexport const high = low;\n",
  'js/low/low.js': 'export const low = 1;\n',
};

/** What is found in the good tree with some files changed. @param {Record<string, string>} changes */
function found(changes) {
  const base = mkdtempSync(path.join(tmpdir(), 'bertlet-layers-'));
  try {
    for (const [name, text] of Object.entries({ ...good, ...changes })) {
      mkdirSync(path.dirname(path.join(base, name)), { recursive: true });
      writeFileSync(path.join(base, name), text);
    }
    return checkLayers(base);
  } finally {
    rmSync(base, { recursive: true });
  }
}

test('what keeps the order passes, this project too', () => {
  assert.deepEqual(found({}), []);
  assert.deepEqual(checkLayers(fileURLToPath(new URL('../..', import.meta.url))), []);
});

for (const [what, changes, expected] of [
  [
    'an include of a higher folder',
    { 'src/base/base.h': '#include "../top/top.h"\nint bl_base_count(void);\n' },
    'src/base/base.h:1: base may not use top (src/top/top.h)',
  ],
  [
    'an import of a higher room',
    {
      'js/low/low.js': "import { high } from '../high/high.js';\nexport const low = () => high;\n",
    },
    'js/low/low.js:1: low may not use high (js/high/high.js)',
  ],
  [
    'a type of a higher room',
    {
      'js/low/low.js':
        "export const low = 1;\n/** @type {import('../high/high.js').High} */\nexport let other;\n",
      'js/high/high.js':
        "import { low, other } from '../low/low.js';\nexport const high = [low, other];\n",
    },
    'js/low/low.js:2: low may not use high (js/high/high.js)',
  ],
  [
    'files that need each other',
    {
      'js/low/low.js': "import { more } from './more.js';\nexport const low = more;\n",
      'js/low/more.js': "import { low } from './low.js';\nexport const more = () => low;\n",
    },
    'a circle: js/low/low.js → js/low/more.js → js/low/low.js',
  ],
  [
    'an export that nobody takes',
    { 'js/low/low.js': 'export const low = 1;\nexport function extra() {}\n' },
    'js/low/low.js: nobody takes its export extra',
  ],
  [
    'a function of a header that nobody calls',
    { 'src/top/top.c': 'int f(void) {\n    return 0;\n}\n' },
    'src: nobody calls bl_base_count, which a header offers',
  ],
  [
    'an export of the module that no script calls',
    { 'wasm/exports.txt': '_bl_base_count\n' },
    'wasm/exports.txt: no script calls bl_base_count',
  ],
  [
    'a room that the order does not know',
    { 'js/attic/old.js': 'const old = 1;\nvoid old;\n', 'js/index.js': '' },
    undefined,
  ],
]) {
  test(`${what} is refused`, () => {
    const sentences = found(changes);
    if (expected === undefined) assert.notDeepEqual(sentences, []);
    else assert.ok(sentences.includes(expected), sentences.join('\n'));
  });
}
