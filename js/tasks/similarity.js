import { badArgument, refuseOptions } from '../shared/inputs.js';
import { similarities } from '../shared/vectors.js';
import { embed } from './embed.js';

/**
 * @import { CompareOptions, Floats } from '../index.d.ts'
 * @import { Session } from '../session/session.js'
 */

/**
 * @param {Session} session
 * @param {unknown} a text or a pair
 * @param {unknown} b text or a pair
 * @param {CompareOptions} [options]
 */
export async function similarity(session, a, b, options = {}) {
  const [first, second] = await embedVectors(session, [a, b], options);
  return compare(session, first, second);
}

/**
 * How near two vectors are, as the folder has it; usually their cosine.
 * @param {Session} session
 * @param {Floats} a
 * @param {Floats} b
 */
export function compare({ settings }, a, b) {
  return similarities[settings.sentence.similarity](a, b);
}

/**
 * Options of embed() that say how vectors are made.
 * @type {(keyof CompareOptions)[]}
 */
const ofVectors = ['pooling', 'normalize', 'dimensions', 'precision'];

/**
 * For calls that compare vectors only where the model has no head for it.
 * @param {CompareOptions} options
 * @param {(keyof CompareOptions)[]} others that are for vectors alone, too
 */
export function refuseVectorOptions(options, ...others) {
  const why = "is for comparing embeddings; this model's head scores texts together";
  refuseOptions(options, [...ofVectors, ...others], why);
}

/**
 * One vector a text, to compare them.
 * @param {Session} session
 * @param {unknown[]} texts
 * @param {import('../index.d.ts').EmbedOptions} options
 */
export async function embedVectors(session, texts, options) {
  if (options.pooling === 'none' || (options.precision ?? 'float32') !== 'float32') {
    throw badArgument(
      'Texts are compared by one float32 vector each: choose pooling and precision so.',
    );
  }
  return /** @type {Promise<Floats[]>} */ (embed(session, texts, options));
}
