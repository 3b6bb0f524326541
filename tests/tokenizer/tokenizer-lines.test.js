// 10,000 lines of mixed languages, ids and offsets by hash.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { makeMixedLines } from '../helpers/mixed-lines.js';
import { miniLM, openFiles, readFixture } from '../helpers/tokenizers.js';

const [header, ...hashes] = readFixture('tokenizer-lines.txt').trimEnd().split('\n');
const seed = Number(/seed (\d+)/.exec(header)[1]);
const lines = makeMixedLines(readFixture('tokenizer-words.json'), hashes.length, seed);

function hashOf({ ids, offsets }) {
  const numbers = [...ids, ...offsets.flat()];
  return createHash('sha256').update(numbers.join(',')).digest('hex').slice(0, 8);
}

const tokenizers = { uncased: miniLM, cased: readFixture('tokenizer-cased.json') };
for (const [column, [name, json]] of Object.entries(tokenizers).entries()) {
  test(`${hashes.length} lines, ${name}`, async () => {
    assert.equal(hashes.length, 10_000);
    const tokenizer = await openFiles({ 'tokenizer.json': json });
    const batch = tokenizer.encodeBatch(lines);
    hashes.forEach((pair, i) => {
      const expected = pair.split(' ')[column];
      const about = `line ${i}: ${lines[i]}`;
      assert.equal(hashOf(batch[i]), expected, about);
      if (i % 10 === 0) assert.equal(hashOf(tokenizer.encode(lines[i])), expected, about);
    });
  });
}
