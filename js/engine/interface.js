// What an engine takes, does and gives. There are three: engine.js computes on the thread that it is
// on, workers/client.js stands in for one in a worker, workers/workers.js puts several together.
// All are checked against the types here.

/**
 * @import { Config } from '../weights/config.js'
 * @import { Dtype, Floats, Truncation } from '../index.d.ts'
 * @import { MemorySnapshot } from '../core/memory.js'
 * @import { FileProgress } from '../shared/progress.js'
 * @import { TextOrPair } from '../shared/inputs.js'
 * @import { SourceOptions } from '../source/source.js'
 * @import { HeadConfig } from '../weights/heads.js'
 * @import { LoadedModel } from '../weights/weights.js'
 * @import { Region } from '../core/regions.js'
 */

/**
 * @typedef {object} Engine
 * @property {(request: RunRequest, control?: RunControl) => Promise<RunResult>} run
 *   Calls end in the order they began. An abort while one waits or works leaves the others alone.
 * @property {() => EngineInfo} info of an engine that has opened
 * @property {(number: number, source: unknown, options: SourceOptions, control?: AdapterControl)
 *   => Promise<unknown>} openAdapter loads an adapter, after all calls before it. `number`: for
 *   requests to name it, which no other had; `source`: as openSource takes it
 * @property {(number: number) => Promise<unknown>} closeAdapter lets go of an adapter, after all
 *   calls before it. What was never loaded is none to let go of
 * @property {() => void} dispose calls under way and later ones reject with DISPOSED
 */

/**
 * An engine with one memory, of which there can be copies.
 * @typedef {Engine & {
 *   snapshot: () => Promise<EngineSnapshot>,
 *   readonly ended?: boolean,
 *   readonly opened?: Promise<unknown>,
 * }} SingleEngine
 *   `snapshot`: all that calls use, after all calls before it; data that can be sent. Of an engine
 *   in a worker, `ended`: by itself or disposed of; `opened`: it can be called
 *
 * What engines are opened with.
 * @typedef {{
 *   module: WebAssembly.Module,
 *   packTokenizer: (constants: Record<string, number>) => Uint8Array | Promise<Uint8Array>,
 *   config: Config,
 *   dtype: Dtype,
 *   threads: number,
 * }} EngineOptions `packTokenizer`: makes the blob (tokenizer/blob.js), by the core's constants;
 *   with more than one thread, `module` is one with threads
 *
 * @typedef {{ signal?: AbortSignal, onProgress?: (event: { done: number, total: number }) => void
 *   }} RunControl
 * @typedef {{ signal?: AbortSignal, report?: FileProgress }} AdapterControl
 */

/**
 * @typedef {{
 *   inputs: EngineInput[],
 *   maxLength: number,
 *   truncation?: Truncation,
 *   longText: 'truncate' | 'error' | 'window',
 *   stride?: number,
 *   pooling?: 'mean' | 'cls' | 'max',
 *   leftOut?: number,
 *   normalize?: boolean,
 *   hiddenStates?: number[],
 *   attentions?: number[],
 *   adapter?: number,
 *   heads?: string[],
 *   rows?: 'all' | 'first',
 *   firstIndex?: number,
 * }} RunRequest
 *   `truncation`: what is cut; usually the longest, and of a pair in windows the second. `stride`:
 *   tokens that windows share. With `pooling` the run gives vectors, of all tokens but the first
 *   `leftOut`. Without it each window's states (`hiddenStates` and `attentions`: of which layers),
 *   and the values of `heads` (names of heads.js, or pooler); if some inputs have rows of their own,
 *   or `rows` is "first", then only the heads' values. `firstIndex`: what errors call the first
 *   input (0).
 *
 * @typedef {{ ids: Int32Array, typeIds: Int32Array, rows?: number[] }} TokensInput
 * @typedef {TextOrPair | TokensInput} EngineInput
 *   a text, or tokens, with the rows (ascending) that heads are computed for
 *
 * @typedef {{ vectors?: Floats, outputs?: RunOutput[], counts: Uint32Array, tokens: Uint32Array,
 *   truncated: Uint32Array }} RunResult
 *   By windows, of which an input has one unless `longText` says otherwise: vectors (end to end) or
 *   outputs, and `tokens`. By inputs: `counts` of windows, and how many tokens were `truncated`
 *
 * @typedef {{ lastHiddenState?: Floats, hiddenStates?: Floats[], attentions?: Floats[],
 *   heads: Record<string, Floats> }} RunOutput
 */

/**
 * @typedef {{
 *   memoryBytes: number,
 *   parameters: number,
 *   threads: number,
 *   reason?: string,
 *   models: Map<number, ModelDescription>,
 * }} EngineInfo `reason`: why there are fewer threads than were wanted; `models`: the base (0) and
 *   adapters by their numbers
 *
 * @typedef {{ heads: string[], labels: number, hasPooler: boolean, bytes: number, head: HeadConfig
 *   }} ModelDescription `bytes`: what an adapter takes
 *
 * The base or an adapter in the core's memory; `region`: the adapter's.
 * @typedef {LoadedModel & { head: HeadConfig, region?: Region }} EngineModel
 *
 * @typedef {{ memory: MemorySnapshot, free: Region[], tokenizer: number,
 *   models: Map<number, EngineModel>, config: Config }} EngineSnapshot
 *   `free`: permanent memory that nothing uses; `tokenizer`: its address
 */

export {};
