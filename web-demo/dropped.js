// What is picked or dropped: folders with all that is in them, files, or text.

/** More than any model folder holds; whoever drops a whole disk is told so. */
const maxFiles = 2000;

/**
 * Files by their paths; what begins with a point is left out (`.git`, `.cache`).
 * @typedef {Map<string, File>} Files
 */

/** Whether files are a model's, and not texts. @param {Files} files */
export const isModel = (files) =>
  [...files.keys()].some((path) =>
    /(^|\/)(config\.json|tokenizer\.json|vocab\.txt)$|\.(safetensors|bin|onnx|gguf)$/.test(path),
  );

/** The folder that a model's files are in, or that they are just files. @param {Files} files */
export function nameOf(files) {
  const paths = [...files.keys()];
  const folder = paths[0].split('/')[0];
  return paths.every((path) => path.startsWith(`${folder}/`)) ? folder : 'the files dropped';
}

/** What a file input holds. @param {Iterable<File>} list @returns {Files} */
export function pickedFiles(list) {
  const files = Array.from(list, (file) => [file.webkitRelativePath || file.name, file]);
  return new Map(files.filter(([path]) => !isHidden(path)));
}

/**
 * Makes the whole page a place to drop files, folders and text on.
 * @param {HTMLElement} overlay shown while something hovers
 * @param {(dropped: { files: Files, text: string }) => void} onDrop
 * @param {(error: Error) => void} onError
 */
export function acceptDrops(overlay, onDrop, onError) {
  let depth = 0;
  const show = (visible) => overlay.classList.toggle('is-visible', visible);
  // Text that is dragged into the editor is the browser's own business.
  const isOurs = (event) =>
    event.dataTransfer?.types.includes('Files') ||
    (event.dataTransfer?.types.includes('text/plain') &&
      !event.target.closest?.('textarea, input'));
  addEventListener('dragenter', (event) => {
    if (!isOurs(event)) return;
    depth++;
    show(true);
  });
  addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) show(false);
  });
  addEventListener('dragover', (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
  });
  addEventListener('drop', (event) => {
    depth = 0;
    show(false);
    if (!isOurs(event)) return;
    event.preventDefault();
    const text = event.dataTransfer.getData('text/plain');
    droppedFiles(event.dataTransfer).then((files) => onDrop({ files, text }), onError);
  });
}

/** Must begin while the event lasts: afterwards a DataTransfer is empty. */
async function droppedFiles({ items }) {
  const roots = Array.from(items)
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const files = new Map();
  for (const root of roots) {
    if (root instanceof File) files.set(root.name, root);
    else if (root) await collect(root, root.name, files);
  }
  return files;
}

async function collect(entry, path, files) {
  if (isHidden(path)) return;
  if (files.size === maxFiles) {
    throw new Error(`That is more than ${maxFiles} files: drop the model's own folder.`);
  }
  if (entry.isFile) {
    files.set(path, await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // It gives a hundred at a time, and none when there are no more.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const child of some) await collect(child, `${path}/${child.name}`, files);
  }
}

const isHidden = (path) => path.split('/').some((part) => part.startsWith('.'));
