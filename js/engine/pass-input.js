// What goes into forward passes: texts are tokenised some at a time, and their tokens stay in the
// module's memory until a pass takes them.
import { asBertletError, BertletError, errorOfStatus } from '../shared/errors.js';

/**
 * @import { Memory } from '../core/memory.js'
 * @import { EncodeCall, EncodeSettings } from '../tokenizer/encode-call.js'
 * @import { EngineInput, RunRequest, TokensInput } from './interface.js'
 */

/** Tokens that one forward pass takes about (a longer text goes alone). */
const tokensPerPass = 2048;
/** Texts that one forward pass takes at most. */
const textsPerPass = 512;
/** Units of text that are tokenised at a time: about what a pass takes. */
const unitsPerGroup = 4 * tokensPerPass;
/** Of a text that is cut, no more count for its tokens than so many units each. */
const unitsPerToken = 6;
/** Special tokens cost as much as so many units. */
const unitsPerText = 8;

/**
 * Inputs whose tokens are known, in the arena's scratch: all windows end to end.
 * @typedef {{
 *   counts: number[],
 *   truncated: number[],
 *   starts: number[],
 *   ids: number,
 *   typeIds: number,
 *   rows?: number[][],
 * }} Group
 *   `counts`: windows of each input; `truncated`: tokens that each input lost; `starts`: where each
 *   window begins among the tokens, and the end; `ids`, `typeIds`: addresses; `rows` of each window
 *   that heads read, where they do not read all
 *
 * What one pass computes.
 * @typedef {{ address: number, count: number, wanted?: number[], wantedOf?: number[] }} Batch
 *   `count` windows; `wanted`: the rows that heads read, where they do not read all; `wantedOf`:
 *   where those of each window begin among them, and the end
 */

/**
 * The next inputs of a request as tokens: as many as about one pass takes.
 * @param {Memory} memory
 * @param {EncodeCall} call
 * @param {RunRequest} request
 * @param {number} first input
 * @returns {Group}
 */
export function takeGroup(memory, call, request, first) {
  const group =
    'ids' in request.inputs[first]
      ? takeTokens(memory, request.inputs, first)
      : takeTexts(memory, call, request, first);
  if (request.rows === 'first') group.rows = group.starts.slice(1).map(() => [0]);
  return group;
}

/** Inputs that are tokens already. @param {Memory} memory @param {EngineInput[]} inputs @param {number} first */
function takeTokens(memory, inputs, first) {
  /** @type {TokensInput[]} */
  const taken = [];
  const starts = [0];
  let tokens = 0;
  for (let i = first; i < inputs.length && taken.length < textsPerPass; i++) {
    const input = inputs[i];
    if (!('ids' in input) || (taken.length > 0 && tokens + input.ids.length > tokensPerPass)) break;
    taken.push(input);
    tokens += input.ids.length;
    starts.push(tokens);
  }
  /** @param {'ids' | 'typeIds'} name */
  const write = (name) => {
    const address = memory.alloc(4 * tokens);
    const view = memory.int32(address, tokens);
    taken.forEach((input, i) => view.set(input[name], starts[i]));
    return address;
  };
  return {
    counts: taken.map(() => 1),
    truncated: taken.map(() => 0),
    starts,
    ids: write('ids'),
    typeIds: write('typeIds'),
    rows: taken.some(({ rows }) => rows) ? taken.map(({ rows = [] }) => rows) : undefined,
  };
}

/**
 * Texts, which C tokenises and leaves where they are.
 * @param {Memory} memory
 * @param {EncodeCall} call
 * @param {RunRequest} request
 * @param {number} first
 * @returns {Group}
 */
function takeTexts(memory, call, request, first) {
  const { maxLength, longText, stride = 0 } = request;
  const texts = textsOfGroup(request, first);
  const cutsSecond = longText === 'window' && texts[0].pair !== undefined;
  const truncation = request.truncation ?? (cutsSecond ? 'only_second' : 'longest_first');
  const settings = { addSpecialTokens: true, truncation, maxLength, stride };
  const { output } = call;
  /** @param {number} index in the group */
  const nameOf = (index) => `text ${(request.firstIndex ?? 0) + first + index}`;
  runCall(call, texts, settings, longText, nameOf);
  const { uint32 } = memory.heap();
  /** @param {keyof typeof output} field @param {number} count */
  const list = (field, count) => {
    const begin = uint32[output[field]] / 4;
    return Array.from(uint32.subarray(begin, begin + count));
  };
  const truncated = list('input_truncated', texts.length);
  const starts = list('window_starts', uint32[output.window_count] + 1);
  const cut = truncated.findIndex((tokens) => tokens > 0);
  if (longText === 'error' && cut >= 0) {
    const tokens = starts[cut + 1] - starts[cut] + truncated[cut];
    throw new BertletError(
      'TOO_LONG',
      `${upperFirst(nameOf(cut))} has ${tokens} tokens, more than the ${maxLength} allowed.`,
    );
  }
  return {
    counts: differences(list('input_windows', texts.length + 1)),
    truncated: longText === 'window' ? truncated.map(() => 0) : truncated,
    starts,
    ids: uint32[output.ids],
    typeIds: uint32[output.type_ids],
  };
}

/** All pairs, or none. @param {RunRequest} request @param {number} first */
function textsOfGroup({ inputs, maxLength, longText }, first) {
  const most = longText === 'window' ? Infinity : unitsPerToken * maxLength;
  const texts = [];
  let units = 0;
  for (let i = first; i < inputs.length && texts.length < textsPerPass; i++) {
    const input = inputs[i];
    if (
      'ids' in input ||
      (texts.length > 0 && (input.pair === undefined) !== (texts[0].pair === undefined))
    )
      break;
    const length = input.text.length + (input.pair?.length ?? 0);
    if (texts.length > 0 && units + Math.min(length, most) > unitsPerGroup) break;
    units += unitsPerText + Math.min(length, most);
    texts.push(input);
  }
  return texts;
}

/**
 * @param {EncodeCall} call
 * @param {{ text: string, pair?: string }[]} texts
 * @param {EncodeSettings} settings
 * @param {RunRequest['longText']} longText
 * @param {(index: number) => string} nameOf
 */
function runCall(call, texts, settings, longText, nameOf) {
  let status;
  try {
    status = call.run(texts, settings, longText === 'window');
  } catch (error) {
    throw asBertletError(error); // engines have their own for a string without room
  }
  if (status === 'BL_OK') return;
  if (status === 'BL_BAD_MODEL') {
    const name = nameOf(call.problemInput());
    throw errorOfStatus(status, {
      BL_BAD_MODEL: `The vocabulary lacks a word of ${name}, and an unknown token.`,
    });
  }
  if (longText === 'window' || status !== 'BL_BAD_ARGUMENT') {
    throw call.errorOf(status, settings, (index) => ` (${nameOf(index)})`);
  }
  // The part of a pair that may be cut is too short, or the special tokens alone are too many.
  throw new BertletError(
    longText === 'error' ? 'TOO_LONG' : 'BAD_ARGUMENT',
    `${upperFirst(nameOf(call.problemInput()))} cannot be cut to ${settings.maxLength} tokens ` +
      `by truncation "${settings.truncation}".`,
  );
}

/**
 * The next windows of a group as a batch, in the arena's scratch.
 * @param {Memory} memory
 * @param {RunRequest} request
 * @param {Group} group
 * @param {number} first window
 * @returns {Batch}
 */
export function fillBatch(memory, request, group, first) {
  const { starts, rows } = group;
  // What is kept per layer adds up: such texts go one at a time.
  const keepsLayers = request.hiddenStates?.length || request.attentions?.length;
  const count = keepsLayers ? 1 : countWindows(starts, first);
  const end = first + count;
  const address = memory.writeStruct('bl_batch');
  memory.call('bl_batch_create', memory.arena, count, starts[end] - starts[first], address);
  for (let window = first; window < end; window++) {
    const at = 4 * starts[window];
    const length = starts[window + 1] - starts[window];
    memory.call('bl_batch_append', address, group.ids + at, group.typeIds + at, length);
  }
  if (!rows) return { address, count };
  /** @type {number[]} */
  const wanted = [];
  const wantedOf = [0];
  for (let window = first; window < end; window++) {
    for (const row of rows[window]) wanted.push(starts[window] - starts[first] + row);
    wantedOf.push(wanted.length);
  }
  return { address, count, ...(wanted.length && { wanted, wantedOf }) };
}

/** Of the windows that are left, as many as make passes of about one size. @param {number[]} starts @param {number} first */
function countWindows(starts, first) {
  const windows = starts.length - 1;
  const left = starts[windows] - starts[first];
  const wanted = left / Math.ceil(left / tokensPerPass);
  let end = first + 1;
  while (end < windows && end - first < textsPerPass && starts[end] - starts[first] < wanted) end++;
  return end - first;
}

/** @param {number[]} starts */
export const differences = (starts) => starts.slice(1).map((end, i) => end - starts[i]);
/** @param {string} text */
const upperFirst = (text) => text[0].toUpperCase() + text.slice(1);
