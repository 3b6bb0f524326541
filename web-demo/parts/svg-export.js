// Pictures leave the page as SVG files, which stand alone.
import { button } from './elements.js';

/**
 * A button that saves a picture.
 * @param {string} text
 * @param {() => { name: string, svg: string } | null} draw called when it is pressed; null: there
 *   is nothing to draw yet
 * @param {{ status(text: string): void, showError(error: unknown): void }} app
 */
export function saveButton(text, draw, app) {
  return button(
    text,
    () => {
      try {
        const picture = draw();
        if (!picture) return app.status('There is no picture yet');
        save(picture);
        app.status(`Saved ${picture.name}`);
      } catch (error) {
        app.showError(error);
      }
    },
    'button save',
  );
}

/** @param {{ name: string, svg: string }} picture */
function save({ name, svg }) {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has to have begun reading it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
