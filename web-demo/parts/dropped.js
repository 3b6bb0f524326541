// What is picked or dropped: folders with all that is in them, files, or text.
import { closest } from './elements.js';

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

/** What a file input holds. @param {ArrayLike<File>} list @returns {Files} */
export function pickedFiles(list) {
  /** @type {Files} */
  const files = new Map();
  for (const file of Array.from(list)) {
    const path = file.webkitRelativePath || file.name;
    if (!isHidden(path)) files.set(path, file);
  }
  return files;
}

/**
 * Makes the whole page a place to drop files, folders and text on.
 * @param {HTMLElement} overlay shown while something hovers
 * @param {(dropped: { files: Files, text: string }) => void} onDrop
 * @param {(error: unknown) => void} onError
 */
export function acceptDrops(overlay, onDrop, onError) {
  let depth = 0;
  /** @param {boolean} visible */
  const show = (visible) => overlay.classList.toggle('is-visible', visible);
  addEventListener('dragenter', (event) => {
    if (!takenFrom(event)) return;
    depth++;
    show(true);
  });
  addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) show(false);
  });
  addEventListener('dragover', (event) => {
    const data = takenFrom(event);
    if (!data) return;
    event.preventDefault();
    data.dropEffect = 'copy';
  });
  addEventListener('drop', (event) => {
    depth = 0;
    show(false);
    const data = takenFrom(event);
    if (!data) return;
    event.preventDefault();
    const text = data.getData('text/plain');
    droppedFiles(data).then((files) => onDrop({ files, text }), onError);
  });
}

/**
 * What is dragged, if the page takes it: text that is dragged into a field is the browser's own
 * business.
 * @param {DragEvent} event
 * @returns {DataTransfer | null}
 */
function takenFrom(event) {
  const data = event.dataTransfer;
  if (data?.types.includes('Files')) return data;
  const isText = data?.types.includes('text/plain');
  return isText && !closest(event, 'textarea, input', HTMLElement) ? data : null;
}

/**
 * Must begin while the event lasts: afterwards a DataTransfer is empty.
 * @param {DataTransfer} data
 */
async function droppedFiles({ items }) {
  const roots = Array.from(items)
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  /** @type {Files} */
  const files = new Map();
  for (const root of roots) {
    if (root instanceof File) files.set(root.name, root);
    else if (root) await collect(root, root.name, files);
  }
  return files;
}

/**
 * @param {FileSystemEntry} entry a file, or a folder with all that is in it
 * @param {string} path
 * @param {Files} files takes them
 */
async function collect(entry, path, files) {
  if (isHidden(path)) return;
  if (files.size === maxFiles) {
    throw new Error(`That is more than ${maxFiles} files: drop the model's own folder.`);
  }
  if (isFile(entry)) {
    files.set(path, await fileOf(entry));
    return;
  }
  if (!isFolder(entry)) return;
  const reader = entry.createReader();
  for (;;) {
    // It gives a hundred at a time, and none when there are no more.
    const some = await someOf(reader);
    if (some.length === 0) return;
    for (const child of some) await collect(child, `${path}/${child.name}`, files);
  }
}

/** @param {FileSystemEntry} entry @returns {entry is FileSystemFileEntry} */
const isFile = (entry) => entry.isFile;

/** @param {FileSystemEntry} entry @returns {entry is FileSystemDirectoryEntry} */
const isFolder = (entry) => entry.isDirectory;

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** @param {FileSystemDirectoryReader} reader @returns {Promise<FileSystemEntry[]>} */
const someOf = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));

/** @param {string} path */
const isHidden = (path) => path.split('/').some((part) => part.startsWith('.'));
