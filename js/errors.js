/** Every failure that bertlet reports: a stable `code` and a sentence that says what to do. */
export class BertletError extends Error {
  /**
   * @param {string} code one of the codes of index.d.ts
   * @param {string} message
   * @param {{ cause?: unknown }} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }

  get name() {
    return this.code === 'ABORTED' ? 'AbortError' : 'BertletError';
  }
}

const codeOfStatus = {
  BL_BAD_ARGUMENT: 'BAD_ARGUMENT',
  BL_OUT_OF_MEMORY: 'OUT_OF_MEMORY',
  BL_BAD_MODEL: 'BAD_MODEL',
  BL_UNSUPPORTED: 'UNSUPPORTED',
  BL_TOO_LONG: 'TOO_LONG',
};

const sentenceOfStatus = {
  BL_BAD_ARGUMENT: 'The core refused an argument.',
  BL_OUT_OF_MEMORY:
    'The memory for this call could not be had: pass fewer or shorter texts at once, or use dtype "int8".',
  BL_BAD_MODEL: 'The model contradicts itself.',
  BL_UNSUPPORTED: 'This build does not support what was asked.',
  BL_TOO_LONG: 'The text has more tokens than the model has positions.',
};

/**
 * The error for a status that C returned.
 * @param {string} statusName e.g. "BL_OUT_OF_MEMORY"
 * @param {string} [sentence] says it better than the general sentence
 */
export function errorOfStatus(statusName, sentence) {
  return new BertletError(
    codeOfStatus[statusName] ?? 'INTERNAL',
    sentence ?? sentenceOfStatus[statusName] ?? `The core failed with ${statusName}.`,
  );
}

/** Throws the ABORTED error when the signal has fired. @param {AbortSignal} [signal] */
export function throwIfAborted(signal) {
  if (signal?.aborted) throw abortError(signal);
}

/** @param {AbortSignal} [signal] */
export function abortError(signal) {
  return new BertletError('ABORTED', 'The call was aborted.', { cause: signal?.reason });
}

/** Errors cross a worker boundary as plain data. @param {unknown} error */
export function errorToData(error) {
  if (error instanceof BertletError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: String(error?.message ?? error) };
}

/** @param {{ code: string, message: string }} data */
export function errorFromData(data) {
  return new BertletError(data.code, data.message);
}
