// Text files and dropped text as lines.

const maxBytes = 32e6;

/**
 * Reads what was picked or dropped as one text.
 * @param {File[]} files
 * @returns {Promise<{ text: string, names: string[], refused: string[] }>} `refused` says why, a
 *   sentence a file
 */
export async function readTextFiles(files) {
  const texts = [];
  const names = [];
  /** @type {string[]} */
  const refused = [];
  for (const file of files) {
    const text = await readOne(file, refused);
    if (text === null) continue;
    texts.push(text.replace(/\s+$/, ''));
    names.push(file.name);
  }
  return { text: texts.join('\n'), names, refused };
}

/** @param {File} file @param {string[]} refused takes a sentence where it is null */
async function readOne(file, refused) {
  if (file.size > maxBytes) {
    refused.push(`“${file.name}” is larger than 32 MB, too much for one page.`);
    return null;
  }
  try {
    const bytes = await file.arrayBuffer();
    const text = decode(bytes);
    if (text !== null) return text;
    refused.push(`“${file.name}” is not a text file.`);
  } catch {
    // A folder has no bytes to read.
    refused.push(`“${file.name}” cannot be read; if it is a folder, drop the files in it.`);
  }
  return null;
}

/**
 * UTF-8, UTF-16 with its mark, or an old Western file; null for what is no text at all.
 * @param {ArrayBuffer} bytes
 */
function decode(bytes) {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  let text;
  if (first === 0xff && second === 0xfe) text = new TextDecoder('utf-16le').decode(bytes);
  else if (first === 0xfe && second === 0xff) text = new TextDecoder('utf-16be').decode(bytes);
  else text = decodeUtf8(bytes) ?? new TextDecoder('windows-1252').decode(bytes);
  return hasControls(text) ? null : text;
}

/** @param {ArrayBuffer} bytes */
function decodeUtf8(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/**
 * Control characters other than tab, line ends and form feed mean that it is no text.
 * @param {string} text
 */
const hasControls = (text) => /[^\P{Cc}\t\n\f\r\x80-\x9f]/u.test(text);
