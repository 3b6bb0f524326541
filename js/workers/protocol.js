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

/** The buffers of a run's result, which are moved instead of copied. */
export function transferablesOf({ vectors, outputs }) {
  if (vectors) return [vectors.buffer];
  return outputs.flatMap(({ lastHiddenState, hiddenStates = [], attentions = [], heads }) =>
    [lastHiddenState, ...hiddenStates, ...attentions, ...Object.values(heads)]
      .filter(Boolean)
      .map((array) => array.buffer),
  );
}
