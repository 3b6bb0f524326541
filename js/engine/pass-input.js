// What goes into one forward pass: texts are tokenised into a batch until it is full.
import { BertletError, errorOfStatus } from '../shared/errors.js';
import { appendTokens } from './pass-heads.js';

/** Tokens that one forward pass takes at most (a longer text goes alone). */
const tokensPerPass = 2048;
/** Texts that one forward pass takes at most. */
const textsPerPass = 512;

/**
 * @typedef {{ address: number, count: number, wanted?: number[], wantedOf?: number[] }} Batch
 *   `wanted`: the rows that heads read, where they do not read all; `wantedOf`: where those of
 *   each text begin among them, and the end
 *
 * @param {import('./engine.js').Engine} engine
 * @param {import('./engine.js').RunRequest} request
 * @param {number} first input
 * @param {Uint32Array} usage receives tokens and truncated tokens of each input
 * @returns {Batch} in the arena's scratch
 */
export function fillBatch({ memory, tokenizer }, request, first, usage) {
  const { inputs, maxLength } = request;
  // What is kept per layer adds up: such texts go one at a time.
  const keepsLayers = request.hiddenStates?.length || request.attentions?.length;
  const sequences = Math.min(inputs.length - first, keepsLayers ? 1 : textsPerPass);
  const lengths = inputs.slice(first, first + sequences).map(({ ids }) => ids?.length ?? 0);
  const longest = Math.max(maxLength, ...lengths);
  const capacity = Math.min(tokensPerPass, sequences * longest) + longest;
  const address = memory.writeStruct('bl_batch');
  const usageStruct = memory.writeStruct('bl_text_usage');
  memory.call('bl_batch_create', memory.arena, sequences, capacity, address);

  const wanted = [];
  const wantedOf = [0];
  let count = 0;
  let tokens = 0;
  while (count < sequences && tokens < tokensPerPass) {
    const index = first + count;
    const input = inputs[index];
    const used = memory.scratch(() =>
      input.ids
        ? appendTokens(memory, input, address)
        : appendText(memory, tokenizer, request, index, address, usageStruct),
    );
    if (used.truncated > 0 && request.longText === 'error') {
      throw new BertletError(
        'TOO_LONG',
        `Text ${nameOf(request, index)} has ${used.tokens + used.truncated} tokens, more than the ${maxLength} allowed.`,
      );
    }
    usage[index * 2] = used.tokens;
    usage[index * 2 + 1] = used.truncated;
    const rows = request.rows === 'first' ? [0] : input.rows;
    for (const row of rows ?? []) wanted.push(tokens + row);
    wantedOf.push(wanted.length);
    tokens += used.tokens;
    count++;
  }
  return { address, count, ...(wanted.length && { wanted, wantedOf }) };
}

function appendText(memory, tokenizer, request, index, batch, usage) {
  const { inputs, maxLength, truncation, longText } = request;
  const { text, pair } = inputs[index];
  const first = memory.writeText(text);
  const second = pair === undefined ? { address: 0, length: 0 } : memory.writeText(pair);
  const input = memory.writeStruct('bl_encode_input', {
    text: first.address,
    text_bytes: first.length,
    pair: second.address,
    pair_bytes: second.length,
    add_special_tokens: 1,
    truncation: memory.constants[`BL_TRUNCATION_${truncation.toUpperCase()}`],
    max_length: maxLength,
  });
  const status = memory.tryCall(
    'bl_wasm_batch_append',
    memory.arena,
    batch,
    tokenizer,
    input,
    usage,
  );
  if (status === 'BL_OK') return memory.readStruct('bl_text_usage', usage);
  if (status !== 'BL_BAD_ARGUMENT') {
    throw errorOfStatus(status, {
      BL_BAD_MODEL: `The vocabulary lacks a word of text ${nameOf(request, index)}, and an unknown token.`,
    });
  }
  // The part of a pair that may be cut is too short, or the special tokens alone are too many.
  throw new BertletError(
    longText === 'error' ? 'TOO_LONG' : 'BAD_ARGUMENT',
    `Text ${nameOf(request, index)} cannot be cut to ${maxLength} tokens by truncation "${truncation}".`,
  );
}

/** What the caller knows an input by. */
const nameOf = ({ firstIndex = 0 }, index) => firstIndex + index;
