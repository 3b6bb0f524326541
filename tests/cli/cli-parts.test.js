// Parts of the command line that a whole run can't show: bounded memory, the progress bar.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { linesOf } from '../../js/cli/input.js';
import { Progress } from '../../js/cli/output.js';
import { columnsOf, formatBytes, oneLine, shortestFloat32, visible } from '../../js/cli/text.js';

describe('lines of a file', () => {
  it('come in chunks that stay small, in order, however large the file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bertlet-lines-'));
    const path = join(folder, 'large.txt');
    const lines = Array.from(
      { length: 50_000 },
      (_, at) => `${at} ${'x'.repeat((at * 7919) % 900)}`,
    );
    writeFileSync(path, `${lines.join('\n')}\n`);
    let count = 0;
    let last = 0;
    for await (const { texts, done, total } of linesOf(path)) {
      assert.ok(texts.length <= 64);
      assert.ok(texts.reduce((sum, text) => sum + text.length, 0) < 32768 + 1000);
      for (const text of texts) assert.equal(text, lines[count++]);
      assert.ok(done >= last && done <= total);
      last = done;
    }
    assert.equal(count, lines.length);
    rmSync(folder, { recursive: true });
  });

  it('hold a single line of many megabytes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bertlet-lines-'));
    const path = join(folder, 'long.txt');
    const line = 'ä'.repeat(4e6);
    writeFileSync(path, `${line}\nend`);
    const texts = [];
    for await (const chunk of linesOf(path)) texts.push(...chunk.texts);
    assert.deepEqual(
      texts.map((text) => text.length),
      [4e6, 3],
    );
    assert.ok(texts[0] === line);
    rmSync(folder, { recursive: true });
  });
});

describe('the progress bar', () => {
  const terminal = (isTTY) => ({
    isTTY,
    columns: 80,
    text: '',
    write(part) {
      this.text += part;
    },
  });

  it('shows itself on a terminal when the work takes long, and leaves nothing behind', () => {
    const stream = terminal(true);
    const progress = new Progress('Embedding', { stream, delay: 0 });
    progress.update(50, 200, '12 texts');
    assert.match(stream.text, /Embedding {2}█{6}░{18} +25 % {2}\d+ s left {2}12 texts$/);
    progress.clear();
    assert.ok(stream.text.endsWith('\r\x1b[K'));
  });

  it('is silent before its time, and where nobody looks', () => {
    const early = terminal(true);
    const progress = new Progress('Embedding', { stream: early });
    progress.update(1, 2);
    progress.clear();
    assert.equal(early.text, '');
    const piped = terminal(false);
    new Progress('Embedding', { stream: piped, delay: 0 }).update(1, 2);
    assert.equal(piped.text, '');
  });

  it('fits the line and counts where the end is unknown', () => {
    const stream = terminal(true);
    stream.columns = 20;
    new Progress('Embedding', { stream, delay: 0 }).update(
      5,
      undefined,
      '1,234,567 texts of a pipe',
    );
    assert.equal(stream.text.replace('\r\x1b[K', ''), 'Embedding  1,234,56');
  });
});

describe('texts and numbers', () => {
  it('prints the shortest decimals that are the same float32', () => {
    for (const value of [0.1, 1 / 3, -7.3e-9, 1e-45, 3.4e38, 16777217, 0, 0.05126953]) {
      const single = Math.fround(value);
      assert.equal(Math.fround(shortestFloat32(single)), single);
    }
    assert.equal(String(shortestFloat32(Math.fround(0.1))), '0.1');
  });

  it('keeps control characters from the terminal', () => {
    assert.equal(oneLine('a\r\nb\x1b[2Jc\u2028'), 'a b [2Jc');
    assert.equal(visible('a\tb\u202e'), 'a\\u0009b\\u202e');
  });

  it('counts columns and bytes', () => {
    assert.equal(columnsOf('Zu\u0308rich'), 6);
    assert.equal(columnsOf('漢字🙂'), 6);
    assert.deepEqual([999, 1500, 22.9e6, 3e9].map(formatBytes), [
      '999 B',
      '1.5 kB',
      '22.9 MB',
      '3.00 GB',
    ]);
  });
});
