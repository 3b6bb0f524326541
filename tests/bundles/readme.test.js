// The README's uses are run, and print what it says they print.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');
const uses = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);

test('the README shows six uses', () => assert.equal(uses.length, 6));

uses.forEach((code, i) => {
  test(`use ${i + 1} prints what the README says`, () => {
    mkdirSync(`${root}build/readme`, { recursive: true });
    const file = `${root}build/readme/use-${i + 1}.mjs`;
    writeFileSync(file, code);
    const printed = execFileSync(process.execPath, [file], { cwd: root, encoding: 'utf8' });
    const promised = [...code.matchAll(/^\/\/ → (.*)$/gm)].map(([, line]) => line);
    assert.ok(promised.length > 0);
    assert.deepEqual(printed.trim().split('\n'), promised);
  });
});
