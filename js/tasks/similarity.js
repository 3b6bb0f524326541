import { badArgument } from '../inputs.js';
import { cosine } from '../vectors.js';
import { embed } from './embed.js';

/**
 * See index.d.ts.
 * @param {import('../session.js').Session} session
 */
export async function similarity(session, a, b, options = {}) {
  const [first, second] = await embedVectors(session, [a, b], options);
  return cosine(first, second);
}

/** One vector a text, to compare them. @returns {Promise<Float32Array[]>} */
export async function embedVectors(session, texts, options) {
  if (options.pooling === 'none' || (options.precision ?? 'float32') !== 'float32') {
    throw badArgument(
      'Texts are compared by one float32 vector each: choose pooling and precision so.',
    );
  }
  return embed(session, texts, options);
}
