// One progress bar over all files of a load.

/**
 * Sums what is known of each file into the events that the user sees.
 * `loaded` never decreases, not even when a file is read twice; `total` is undefined as
 * long as the size of a file under way is not known, and never less than `loaded`.
 * @param {((event: { phase: 'download', file: string, loaded: number,
 *   total: number | undefined, fromCache: boolean }) => void) | undefined} onProgress
 * @returns {FileProgress | undefined}
 *
 * @typedef {(file: string, loaded: number, total: number | undefined, fromCache: boolean)
 *   => void} FileProgress bytes of one file; its plain arguments may cross to another thread
 */
export function createProgress(onProgress) {
  if (!onProgress) return undefined;
  /** @type {Map<string, { loaded: number, total: number | undefined }>} */
  const files = new Map();
  return (file, fileLoaded, fileTotal, fromCache) => {
    const loadedSoFar = Math.max(files.get(file)?.loaded ?? 0, fileLoaded);
    files.set(file, { loaded: loadedSoFar, total: fileTotal });
    let loaded = 0;
    let total = 0;
    for (const entry of files.values()) {
      loaded += entry.loaded;
      // NaN as long as one is not known.
      total += Math.max(entry.total ?? Number.NaN, entry.loaded);
    }
    onProgress({
      phase: 'download',
      file,
      loaded,
      total: total >= 0 ? total : undefined,
      fromCache,
    });
  };
}
