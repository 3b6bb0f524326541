// Principal components against what algebra says of them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jacobiEigen, principalComponents } from '../../web-demo/views/pca.js';

/** Numbers from about -1 to 1, the same each time. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

const cloud = (count, width, seed) => {
  const random = generator(seed);
  // Each dimension half as wide as the one before, and none where the others are.
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: width }, (_, i) => 3 + i + random() * 0.7 ** i),
  );
};

const near = (a, b, tolerance, what) =>
  assert.ok(Math.abs(a - b) <= tolerance, `${what}: ${a}, ${b}`);
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const axis = (coordinates, i) => coordinates.map((point) => point[i]);

describe('principal components', () => {
  it('of points on a known plane are the points themselves', () => {
    // Along the unit vectors (1, 2, 2) / 3 and (2, 1, -2) / 3, which are orthogonal.
    const flat = [
      [-9, -1],
      [-3, 2],
      [0, -2],
      [2, 0],
      [10, 1],
    ];
    const points = flat.map(([a, b]) => [
      (a + 2 * b) / 3 + 5,
      (2 * a + b) / 3 - 7,
      (2 * a - 2 * b) / 3,
    ]);
    const { coordinates, shares } = principalComponents(points);
    // The flat points' own scatter matrix is [[194, 13], [13, 10]]: turn them into its axes.
    const { values, vectors } = jacobiEigen(Float64Array.from([194, 13, 13, 10]), 2);
    near(values[0] + values[1], 204, 1e-9, 'trace');
    near(values[0] * values[1], 194 * 10 - 13 * 13, 1e-8, 'determinant');
    for (const [i, vector] of vectors.entries()) {
      const expected = flat.map((point) => dot(point, [...vector]));
      const largest = expected.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      expected.forEach((value, at) => {
        near(coordinates[at][i], value * Math.sign(largest), 1e-7, `point ${at}, axis ${i}`);
      });
      near(shares[i], values[i] / 204, 1e-9, 'share');
    }
  });

  it('are eigenvectors: the variance along them is the largest there is', () => {
    const points = cloud(40, 24, 7);
    const { coordinates, shares } = principalComponents(points, 3);
    const mean = points[0].map((_, i) => points.reduce((sum, p) => sum + p[i] / 40, 0));
    const centred = points.map((point) => Array.from(point, (value, i) => value - mean[i]));
    // All eigenvalues by another way: rotations of the whole 24 × 24 scatter matrix.
    const scatter = new Float64Array(24 * 24);
    for (const point of centred) {
      for (let i = 0; i < 24; i++)
        for (let j = 0; j < 24; j++) scatter[i * 24 + j] += point[i] * point[j];
    }
    const trace = Array.from({ length: 24 }, (_, i) => scatter[i * 25]).reduce((a, b) => a + b);
    const { values, vectors } = jacobiEigen(scatter, 24);
    for (let i = 0; i < 3; i++) {
      near(shares[i], values[i] / trace, 1e-6, `share ${i}`);
      const expected = centred.map((point) => dot(point, [...vectors[i]]));
      const sign = Math.sign(dot(expected, axis(coordinates, i)));
      expected.forEach((value, at) => {
        near(coordinates[at][i], sign * value, 1e-5, `point ${at}, axis ${i}`);
      });
      near(
        axis(coordinates, i).reduce((a, b) => a + b),
        0,
        1e-9,
        'mean',
      );
      for (let j = 0; j < i; j++)
        near(dot(axis(coordinates, i), axis(coordinates, j)), 0, 1e-7, 'right angle');
    }
  });

  it('do not change when all points are moved, and turn no picture over by chance', () => {
    const points = cloud(30, 16, 3);
    const { coordinates } = principalComponents(points);
    const moved = principalComponents(points.map((point) => point.map((value) => value + 2)));
    const turned = principalComponents(points.map((point) => point.toReversed()));
    coordinates.forEach((point, at) => {
      for (const i of [0, 1]) {
        near(moved.coordinates[at][i], point[i], 1e-4, 'moved');
        near(turned.coordinates[at][i], point[i], 1e-6, 'dimensions in another order');
      }
    });
    for (const i of [0, 1]) {
      const values = axis(coordinates, i);
      assert.ok(Math.max(...values) >= -Math.min(...values));
    }
    assert.deepEqual(principalComponents(points).coordinates, coordinates);
  });

  it('tell axes apart that are almost as wide as each other', () => {
    // Points at ± each axis' length: the scatter matrix is diagonal, its eigenvalues are known.
    const lengths = [5, 4.99, 4.98, 3, 1];
    const points = lengths.flatMap((length, i) =>
      [1, -1].map((sign) => lengths.map((_, j) => (i === j ? sign * length : 0))),
    );
    const { coordinates, shares } = principalComponents(points);
    const total = lengths.reduce((sum, length) => sum + length ** 2, 0);
    near(shares[0], 25 / total, 1e-9, 'first');
    near(shares[1], 4.99 ** 2 / total, 1e-9, 'second');
    near(Math.abs(coordinates[0][0]), 5, 1e-6, 'on the first axis');
    near(Math.abs(coordinates[2][1]), 4.99, 1e-6, 'on the second axis');
    near(Math.abs(coordinates[4][0]) + Math.abs(coordinates[4][1]), 0, 1e-3, 'on neither');
  });

  it('exist for any number of points', () => {
    assert.deepEqual(principalComponents([]), { coordinates: [], shares: [0, 0] });
    assert.deepEqual(principalComponents([[1, 2, 3]]).coordinates, [new Float64Array(2)]);
    const same = principalComponents([1, 2, 3].map(() => [0.5, 0.25]));
    assert.deepEqual(same.shares, [0, 0]);
    for (const point of same.coordinates) assert.ok(point.every((value) => Math.abs(value) < 1e-9));
    const two = principalComponents([
      [0, 0, 0],
      [3, 0, 4],
    ]);
    near(two.shares[0], 1, 1e-12, 'all on one line');
    near(Math.abs(two.coordinates[0][0] - two.coordinates[1][0]), 5, 1e-9, 'as far apart');
    near(two.coordinates[0][1], 0, 1e-6, 'and nothing beside it');
  });
});
