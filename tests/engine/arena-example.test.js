import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumInArena } from '../examples/arena.js';

test('the arena works without the loader', () => {
  const numbers = Array.from({ length: 1_000_000 }, (_, i) => i % 7);
  const result = sumInArena(numbers);
  assert.equal(
    result.sum,
    numbers.reduce((a, b) => a + b, 0),
  );
  assert.ok(result.aligned);
  assert.equal(result.top, result.mark, 'reset gives the scratch memory back');
  assert.ok(result.highWater >= result.mark + 4_000_000);
});

test('a request that memory cannot hold is refused, and the arena stays usable', () => {
  assert.throws(() => sumInArena({ length: 2 ** 30 - 20 }), /no memory \(status 2\)/);
  assert.equal(sumInArena([1, 2, 3]).sum, 6);
});
