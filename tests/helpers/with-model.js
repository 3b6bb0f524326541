import { load } from 'bertlet';

/**
 * Loads a model, runs `body` with it and disposes of it.
 * @template T
 * @param {Parameters<typeof load>[0]} source
 * @param {Parameters<typeof load>[1]} options
 * @param {(model: import('bertlet').Model) => T | Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withModel(source, options, body) {
  const model = await load(source, options);
  try {
    return await body(model);
  } finally {
    await model.dispose();
  }
}
