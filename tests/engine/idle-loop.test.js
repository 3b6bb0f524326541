// Node 20 stops for good when its event loop is idle while V8 compiles in the background and wants
// a collection of garbage: the loop waits for the compiler, and the compiler for the loop's thread.
// Scripts that make this likely: strings that the compiler joins, and much garbage.
import assert from 'node:assert/strict';
import test from 'node:test';

import { runScript } from '../helpers/child.js';
import { tinyModel } from '../helpers/fixtures.js';

const calls = {
  'instances for tokenizers': 'await loadTokenizer(files);',
  'instances for models': 'const model = await load(files, { threads: 1 }); model.dispose();',
  'instances for indexes':
    'const index = new Index({ dimensions: 1 }); await index.add(new Float32Array(1));',
  'calls of a worker': 'await inWorker.embed("some text");',
};

for (const [name, call] of Object.entries(calls)) {
  test(name, async () => {
    const { code, output } = await runScript(`
      import { Index, load, loadTokenizer } from 'bertlet';
      import { readFolder } from './tests/helpers/fixtures.js';
      const files = readFolder(${JSON.stringify(tinyModel('wide'))});
      const inWorker = await load(files, { threads: 1, worker: true });
      let garbage = [];
      for (let round = 0; round < 400; round++) {
        const long = 'x'.repeat(2000 + (round % 13));
        const joined = new Function('last', \`
          let text = '';
          for (let i = 0; i < 300; i++) text = "\${long}" + "\${long}\${round}";
          return text + last;\`);
        for (let i = 0; i < 60; i++) joined(i);
        garbage = garbage.length > 800 ? [] : [...garbage, new Array(2000).fill(round)];
        ${call}
      }
      console.log('done');`);
    assert.deepEqual({ code, output }, { code: 0, output: 'done\n' });
  });
}
