// What drawing on a canvas needs of the page: its colours, and the screen's pixels.

/**
 * One of the page's colours as it is now, light or dark.
 * @param {Element} element
 * @param {string} property e.g. `--pine`
 * @returns {[red: number, green: number, blue: number]}
 */
export function pageColour(element, property) {
  const [canvas, value] = [document.createElement('canvas'), getComputedStyle(element)];
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d');
  context.fillStyle = value.getPropertyValue(property).trim();
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/** Gives a canvas as many pixels as the screen shows of it. Returns pixels for each CSS pixel. */
export function fitCanvas(canvas, width, height) {
  // Beyond 2 nobody sees a difference, and memory grows with the square.
  const scale = Math.min(2, devicePixelRatio || 1);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  return scale;
}

/** Calls back when the colours of the page have changed. @param {() => void} listener */
export function onColourChange(listener) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener);
}
