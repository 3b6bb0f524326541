// What a page and its engine worker say to each other. To the worker:
//   { id, method, args }     a call: open, openAdapter, run
//   { id, abort: true }      the call's signal has fired
// From the worker:
//   { ready: true }          it runs and listens
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
