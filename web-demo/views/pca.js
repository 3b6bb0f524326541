// Principal components: the flat picture of many-dimensional points that keeps most of their
// spread. With n points of d numbers, n is small here, so the work is done on the n × n matrix of
// inner products (the Gram matrix of the centred points). Its eigenvectors, each times the square
// root of its eigenvalue, are the points' coordinates: Jolliffe, Principal Component Analysis,
// 2nd ed., section 3.5.

/** @typedef {ArrayLike<number>} Vector */

/** More directions than are asked for: the more, the faster the first ones become exact. */
const extraDirections = 8;
const rounds = 200;
/** Of the largest eigenvalue: what an eigenvector's equation may be wrong by. */
const exactness = 1e-7;

/**
 * @param {Vector[]} points of equal length
 * @param {number} [dimensions]
 * @returns {{ coordinates: Float64Array[], shares: number[] }} `coordinates`: for each point, as
 *   many numbers as `dimensions`, their mean 0; of each axis, the point farthest from 0 is on the
 *   positive side. `shares`: of the whole variance, how much each axis has
 */
export function principalComponents(points, dimensions = 2) {
  const count = points.length;
  const gram = centredGram(points);
  let total = 0;
  for (let i = 0; i < count; i++) total += gram[i * count + i];
  const { values, vectors } = largestEigenpairs(gram, count, Math.min(dimensions, count));
  const coordinates = Array.from({ length: count }, () => new Float64Array(dimensions));
  const shares = new Array(dimensions).fill(0);
  vectors.forEach((vector, axis) => {
    const length = Math.sqrt(Math.max(0, values[axis]));
    const farthest = vector.reduce((a, b) => (Math.abs(b) > Math.abs(a) * (1 + 1e-9) ? b : a), 0);
    const sign = farthest < 0 ? -1 : 1;
    for (let i = 0; i < count; i++) coordinates[i][axis] = sign * length * vector[i];
    shares[axis] = total > 0 ? Math.max(0, values[axis]) / total : 0;
  });
  return { coordinates, shares };
}

/** Inner products of the points after their mean was taken away: [n, n]. @param {Vector[]} points */
function centredGram(points) {
  const count = points.length;
  const width = points[0]?.length ?? 0;
  const mean = new Float64Array(width);
  for (const point of points) for (let i = 0; i < width; i++) mean[i] += point[i] / count;
  const centred = points.map((point) => mean.map((value, i) => point[i] - value));
  const gram = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      gram[i * count + j] = gram[j * count + i] = dot(centred[i], centred[j]);
    }
  }
  return gram;
}

/**
 * Subspace iteration: several vectors are multiplied by the matrix again and again and kept
 * orthogonal, and in the space between them the small eigenproblem is solved exactly (Golub and
 * Van Loan, Matrix Computations, 4th ed., section 8.2).
 * @param {Float64Array} matrix [n, n], symmetric, no eigenvalue below 0
 * @param {number} size n
 * @param {number} wanted
 */
function largestEigenpairs(matrix, size, wanted) {
  const width = Math.min(size, wanted + extraDirections);
  let basis = orthonormal(startVectors(size, width));
  let values = new Float64Array(width);
  for (let round = 0; round < rounds; round++) {
    const images = basis.map((vector) => multiply(matrix, size, vector));
    const small = new Float64Array(width * width);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) small[i * width + j] = dot(basis[i], images[j]);
    }
    const { values: found, vectors } = jacobiEigen(small, width);
    values = found;
    basis = vectors.map((weights) => combine(basis, weights));
    const turned = vectors.map((weights) => combine(images, weights));
    const wrong = Math.max(
      ...turned.slice(0, wanted).map((image, i) => distance(image, basis[i], values[i])),
    );
    if (wrong <= exactness * values[0]) break;
    basis = orthonormal(turned);
  }
  return { values: values.slice(0, wanted), vectors: basis.slice(0, wanted) };
}

/**
 * The same each time: the picture of the same points is the same picture.
 * @param {number} size of a vector
 * @param {number} width how many there are
 */
function startVectors(size, width) {
  let state = 12345;
  return Array.from({ length: width }, () =>
    Float64Array.from({ length: size }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    }),
  );
}

/**
 * All eigenpairs of a small symmetric matrix, the largest first, by Jacobi's rotations.
 * @param {Float64Array} matrix [n, n], overwritten
 * @param {number} size
 */
export function jacobiEigen(matrix, size) {
  const vectors = Array.from({ length: size }, (_, i) => {
    const vector = new Float64Array(size);
    vector[i] = 1;
    return vector;
  });
  for (let sweep = 0; sweep < 60; sweep++) {
    let turned = false;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) turned = rotate(matrix, size, vectors, p, q) || turned;
    }
    if (!turned) break;
  }
  const order = vectors.map((_, i) => i);
  order.sort((a, b) => matrix[b * size + b] - matrix[a * size + a]);
  return {
    values: Float64Array.from(order, (i) => matrix[i * size + i]),
    vectors: order.map((i) => vectors[i]),
  };
}

/**
 * Makes one entry beside the diagonal 0, turning the vectors with it.
 * @param {Float64Array} matrix [n, n]
 * @param {number} size n
 * @param {Float64Array[]} vectors
 * @param {number} p the entry's row
 * @param {number} q and its column
 * @returns {boolean} false where it is as good as 0 already
 */
function rotate(matrix, size, vectors, p, q) {
  const [pp, qq, pq] = [matrix[p * size + p], matrix[q * size + q], matrix[p * size + q]];
  if (Math.abs(pq) <= 1e-15 * Math.sqrt(Math.abs(pp * qq)) || pq === 0) return false;
  const theta = (qq - pp) / (2 * pq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let i = 0; i < size; i++) {
    const [a, b] = [matrix[i * size + p], matrix[i * size + q]];
    matrix[i * size + p] = c * a - s * b;
    matrix[i * size + q] = s * a + c * b;
  }
  for (let i = 0; i < size; i++) {
    const [a, b] = [matrix[p * size + i], matrix[q * size + i]];
    matrix[p * size + i] = c * a - s * b;
    matrix[q * size + i] = s * a + c * b;
    const [x, y] = [vectors[p][i], vectors[q][i]];
    vectors[p][i] = c * x - s * y;
    vectors[q][i] = s * x + c * y;
  }
  return true;
}

/**
 * Gram and Schmidt, each vector twice: once is not exact enough for those nearly parallel.
 * @param {Float64Array[]} vectors
 */
function orthonormal(vectors) {
  /** @type {Float64Array[]} */
  const done = [];
  for (const vector of vectors) {
    const start = Math.sqrt(dot(vector, vector));
    for (let pass = 0; pass < 2; pass++) {
      for (const other of done) addScaled(vector, other, -dot(vector, other));
    }
    const length = Math.sqrt(dot(vector, vector));
    // What depends on the others (the points lie in few dimensions) becomes 0.
    const scale = length > 1e-12 * start ? 1 / length : 0;
    done.push(vector.map((value) => value * scale));
  }
  return done;
}

/** @param {Float64Array} matrix [size, size] @param {number} size @param {Float64Array} vector */
function multiply(matrix, size, vector) {
  const image = new Float64Array(size);
  for (let i = 0; i < size; i++) image[i] = dot(matrix.subarray(i * size, (i + 1) * size), vector);
  return image;
}

/** A sum of vectors, each times its weight. @param {Float64Array[]} vectors @param {Vector} weights */
function combine(vectors, weights) {
  const sum = new Float64Array(vectors[0].length);
  vectors.forEach((vector, i) => addScaled(sum, vector, weights[i]));
  return sum;
}

/** @param {Float64Array} sum changed @param {Vector} vector @param {number} scale */
function addScaled(sum, vector, scale) {
  for (let i = 0; i < sum.length; i++) sum[i] += scale * vector[i];
}

/**
 * How far a vector's image is from a multiple of the vector.
 * @param {Vector} image
 * @param {Vector} vector
 * @param {number} value
 */
function distance(image, vector, value) {
  let sum = 0;
  for (let i = 0; i < image.length; i++) sum += (image[i] - value * vector[i]) ** 2;
  return Math.sqrt(sum);
}

/** @param {Vector} a @param {Vector} b */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
