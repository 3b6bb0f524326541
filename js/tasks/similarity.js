import { badArgument, refuseOptions } from '../inputs.js';
import { similarities } from '../vectors.js';
import { embed } from './embed.js';

/**
 * See index.d.ts.
 * @param {import('../session.js').Session} session
 */
export async function similarity(session, a, b, options = {}) {
  const [first, second] = await embedVectors(session, [a, b], options);
  return compare(session, first, second);
}

/** How near two vectors are, as the folder has it; usually their cosine. */
export function compare({ settings }, a, b) {
  return similarities[settings.sentence.similarity](a, b);
}

/** Options of embed() that say how vectors are made. */
const ofVectors = ['pooling', 'normalize', 'dimensions', 'precision'];

/** For calls that compare vectors only where the model has no head for it. */
export function refuseVectorOptions(options, ...others) {
  const why = "is for comparing embeddings; this model's head scores texts together";
  refuseOptions(options, [...ofVectors, ...others], why);
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
