// Figures that compare two sets of embeddings.

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
export function cosine(a, b) {
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (let i = 0; i < a.length; i += 1) {
    dot += a[i] * b[i];
    normA += a[i] * a[i];
    normB += b[i] * b[i];
  }
  return dot / Math.sqrt(normA * normB);
}

/** Cosines of all pairs i < j of the vectors. @param {Float32Array[]} vectors */
export function pairSimilarities(vectors) {
  const unit = vectors.map((vector) => {
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return Float64Array.from(vector, (value) => value / norm);
  });
  const result = new Float64Array((vectors.length * (vectors.length - 1)) / 2);
  let next = 0;
  for (let i = 0; i < unit.length; i += 1) {
    for (let j = i + 1; j < unit.length; j += 1) {
      let dot = 0;
      const a = unit[i];
      const b = unit[j];
      for (let k = 0; k < a.length; k += 1) dot += a[k] * b[k];
      result[next] = dot;
      next += 1;
    }
  }
  return result;
}

/** Spearman's rank correlation; equal values share their mean rank. */
export function spearman(a, b) {
  return pearson(ranks(a), ranks(b));
}

function ranks(values) {
  const order = Uint32Array.from(values, (_, index) => index).sort((x, y) => values[x] - values[y]);
  const result = new Float64Array(values.length);
  for (let begin = 0; begin < order.length; ) {
    let end = begin + 1;
    while (end < order.length && values[order[end]] === values[order[begin]]) end += 1;
    for (let i = begin; i < end; i += 1) result[order[i]] = (begin + end - 1) / 2;
    begin = end;
  }
  return result;
}

function pearson(a, b) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanA = mean(a);
  const meanB = mean(b);
  let product = 0;
  let squareA = 0;
  let squareB = 0;
  for (let i = 0; i < a.length; i += 1) {
    product += (a[i] - meanA) * (b[i] - meanB);
    squareA += (a[i] - meanA) ** 2;
    squareB += (b[i] - meanB) ** 2;
  }
  return product / Math.sqrt(squareA * squareB);
}

/** @param {number[]} values */
export function summary(values) {
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    least: values.reduce((least, value) => Math.min(least, value), Infinity),
  };
}
