// What drawing on a canvas needs of the page: its colours, and the screen's pixels.

/**
 * The 2D context of a canvas, which none of ours is refused.
 * @param {HTMLCanvasElement} canvas
 */
export function contextOf(canvas) {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The browser gave no canvas to draw on.');
  return context;
}

/** @typedef {[red: number, green: number, blue: number]} Colour */

/**
 * One of the page's colours as it is now, light or dark.
 * @param {Element} element
 * @param {string} property e.g. `--pine`
 * @returns {Colour}
 */
export function pageColour(element, property) {
  const [canvas, value] = [document.createElement('canvas'), getComputedStyle(element)];
  canvas.width = canvas.height = 1;
  const context = contextOf(canvas);
  context.fillStyle = value.getPropertyValue(property).trim();
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/**
 * Gives a canvas as many pixels as the screen shows of it.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width in CSS pixels
 * @param {number} height
 * @returns {number} pixels for each CSS pixel
 */
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
