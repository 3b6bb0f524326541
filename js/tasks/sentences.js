import { BertletError } from '../shared/errors.js';
import { badArgument, readText } from '../shared/inputs.js';
import { show } from '../shared/show.js';

/** A line of so many characters goes on in the next one, unless that is empty. */
const wrappedFrom = 40;

/** What ends in a point without ending a sentence. */
const abbreviation =
  /(?:^|[\s(.])(?:\p{Lu}|Mrs?|Ms|Dr|Prof|St|Gen|Lt|Col|Sgt|Rev|vs)\.[^\S\r\n]+$/u;

/** Characters that are segmented at once, and how far an end is looked for beyond a sentence. */
const blockSize = 4096;
const lookAhead = 512;

/**
 * The sentences of a text, without space around; what has no letter and no digit is none.
 * @param {string} text
 * @param {string} [language] a BCP 47 tag
 * @returns {{ text: string, start: number, end: number }[]} in UTF-16 units
 */
export function splitSentences(text, language = 'en') {
  const unwrapped = text.replace(/\r?\n(?=\S)/g, (end, at) =>
    at - text.lastIndexOf('\n', at - 1) > wrappedFrom ? ' '.repeat(end.length) : end,
  );
  /** @type {{ text: string, start: number, end: number }[]} */
  const sentences = [];
  let start = 0;
  for (const end of findEnds(unwrapped, openSegmenter(language))) {
    const part = unwrapped.slice(start, end);
    if (abbreviation.test(part.slice(-16)) && end < text.length) continue;
    const trimmed = text.slice(start, end).trim();
    const begin = end - part.trimStart().length;
    if (/[\p{L}\p{N}]/u.test(trimmed)) {
      sentences.push({ text: trimmed, start: begin, end: begin + trimmed.length });
    }
    start = end;
  }
  return sentences;
}

/**
 * Where segments end. In blocks: some engines take the square of a text's length.
 * @param {string} text
 * @param {Intl.Segmenter} segmenter
 */
function* findEnds(text, segmenter) {
  let size = blockSize;
  for (let start = 0; start < text.length; ) {
    const isLast = start + size >= text.length;
    let end = 0;
    for (const { segment, index } of segmenter.segment(text.slice(start, start + size))) {
      if (!isLast && index + segment.length > size - lookAhead) break;
      end = index + segment.length;
      yield start + end;
    }
    start += end;
    size = end === 0 ? size * 2 : blockSize;
  }
}

/** @param {string} language */
function openSegmenter(language) {
  if (typeof Intl.Segmenter !== 'function') {
    throw new BertletError('UNSUPPORTED', 'This runtime has no Intl.Segmenter to find sentences.');
  }
  try {
    return new Intl.Segmenter(readText('language', language), { granularity: 'sentence' });
  } catch {
    throw badArgument(`language is ${show(language)}, which is no language tag (like "en").`);
  }
}
