// What was said before, joined with what is asked now.

/**
 * @import { CallOptions } from '../index.d.ts'
 * @import { Tokenizer } from '../tokenizer/tokenizer.js'
 */

/** Tokens of a text by itself. @param {Tokenizer} tokenizer @param {string} text */
export const countTokens = (tokenizer, text) =>
  tokenizer.encode(text, { addSpecialTokens: false }).length;

/**
 * Turns as one text. Where there is no room for all, the oldest are left out, whole, until the
 * others leave the text beside them its length, or half of the room. The last turn always stays.
 * @param {Tokenizer} tokenizer
 * @param {string[]} turns the oldest first
 * @param {string[]} beside
 * @param {number} room tokens for both texts; Infinity keeps all turns
 * @returns {{ text: string, dropped: number }[]} for each of `beside`; tokens that are left out
 */
export function joinTurns(tokenizer, turns, beside, room) {
  const whole = turns.join(' ');
  if (turns.length === 1 || room === Infinity)
    return beside.map(() => ({ text: whole, dropped: 0 }));
  const total = countTokens(tokenizer, whole);
  /** @type {{ text: string, tokens: number, dropped: number }[]} */
  const choices = [];
  for (let first = turns.length - 1; first >= 0; first--) {
    const text = turns.slice(first).join(' ');
    const tokens = countTokens(tokenizer, text);
    choices.push({ text, tokens, dropped: total - tokens });
    if (tokens > room) break;
  }
  return beside.map((other) => {
    const left = room - Math.min(countTokens(tokenizer, other), room >> 1);
    return choices.findLast(({ tokens }) => tokens <= left) ?? choices[0];
  });
}

/**
 * The options of a call whose onUsage also counts what joinTurns left out.
 * @param {Options} options
 * @param {{ dropped: number }[]} joined
 * @returns {Options}
 * @template {CallOptions} Options
 */
export function countDropped(options, joined) {
  const { onUsage } = options;
  if (!onUsage) return options;
  let next = 0;
  return {
    ...options,
    onUsage: (usage) => onUsage({ ...usage, truncated: usage.truncated + joined[next++].dropped }),
  };
}
