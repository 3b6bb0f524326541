// What a page and its engine worker say to each other. To the worker:
//   { id, method, args }     a call: open, copy, snapshot, openAdapter,
//                            closeAdapter, run
//   { id, abort: true }      the call's signal has fired
//   { give }                 what open waits for: { options }, { tokenizerBlob }; or copy: { snapshot }
//   { end: true }            keep what was downloaded, then end
// From the worker:
//   { lock }                 in a page: the lock that it holds as long as it lives (port.js)
//   { begun: true }          it has got its first call
//   { stored: true }         what was downloaded is in the cache
//   { ended: true }          nothing is left to do
//   { id, progress }         an event of a call under way
//   { id, result, info }     the call's result, and engine.info() after it
//   { id, error }            its error as data (errors.js)

/**
 * @import { EngineInfo, EngineOptions, EngineSnapshot, RunRequest, RunResult } from '../engine/interface.js'
 * @import { errorToData } from '../shared/errors.js'
 * @import { FileProgress } from '../shared/progress.js'
 * @import { SourceOptions } from '../source/source.js'
 */

/**
 * The calls of a worker: their arguments,
 * @typedef {{
 *   open: { source: unknown, sourceOptions: SourceOptions, wantsProgress: boolean },
 *   copy: {},
 *   snapshot: {},
 *   openAdapter: { number: number, source: unknown, sourceOptions: SourceOptions },
 *   closeAdapter: { number: number },
 *   run: { request: RunRequest },
 * }} Arguments
 *
 * and what they give.
 * @typedef {{
 *   open: undefined,
 *   copy: undefined,
 *   snapshot: EngineSnapshot,
 *   openAdapter: undefined,
 *   closeAdapter: undefined,
 *   run: RunResult,
 * }} Results
 *
 * What open and copy wait for.
 * @typedef {{
 *   options: Omit<EngineOptions, 'packTokenizer'>,
 *   tokenizerBlob: Uint8Array,
 *   snapshot: EngineSnapshot & { module: WebAssembly.Module },
 * }} Given
 *
 * Of a run, or of files as they come.
 * @typedef {{ done: number, total: number } | { bytes: Parameters<FileProgress> }} Progress
 *
 * @typedef {{
 *   id: number,
 *   method?: keyof Arguments,
 *   args?: Arguments[keyof Arguments],
 *   abort?: true,
 *   give?: Partial<Given>,
 *   end?: true,
 * }} ToWorker
 *
 * @typedef {{
 *   begun?: true,
 *   stored?: true,
 *   ended?: true,
 *   id?: number,
 *   progress?: Progress,
 *   result?: Results[keyof Results],
 *   info?: EngineInfo,
 *   error?: ReturnType<typeof errorToData>,
 * }} FromWorker
 */

/**
 * The buffers of a run's result, which are moved instead of copied.
 * @param {RunResult} result
 * @returns {ArrayBuffer[]}
 */
export function transferablesOf({ vectors, outputs }) {
  if (vectors) return [vectors.buffer];
  return (outputs ?? []).flatMap(({ lastHiddenState, hiddenStates = [], attentions = [], heads }) =>
    [lastHiddenState, ...hiddenStates, ...attentions, ...Object.values(heads)].flatMap(
      (array) => array?.buffer ?? [],
    ),
  );
}
