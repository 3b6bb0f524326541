// Every post-processor as templates: the pieces of a single text and of a pair.
import { addedFlags, maxTemplate, templateFlags, templateKinds } from './tokenizer-blob.js';

/**
 * @param {import('./tokenizer-fields.js').Field} processor
 * @param {{ tokens: string[], ids: number[] }} model
 * @param {{ id: number, flags: number, content: string }[]} added
 * @returns {Pick<import('./tokenizer-blob.js').TokenizerParts, 'surfaces' | 'templateFlags' | 'templates'>}
 */
export function readPostProcessor(processor, model, added) {
  const { single, pair, flags = 0 } = readTemplate(processor);
  const ids = [...single, ...pair].map(({ id }) => id);
  const textOf = textsOf(new Set(ids), model, added);
  const surfaces = [];
  const templates = [single, pair].map((pieces) =>
    pieces.map(({ kind, typeId, id = 0, text }) => {
      let surface = -1;
      if (kind === templateKinds.token && textOf.get(id) !== text) {
        surface = surfaces.indexOf(text);
        if (surface < 0) surface = surfaces.push(text) - 1;
      }
      return { kind, typeId, id, surface };
    }),
  );
  if (Math.max(single.length, pair.length, surfaces.length) > maxTemplate) {
    throw processor.bad(`has more than ${maxTemplate} pieces`);
  }
  return { surfaces, templateFlags: flags, templates };
}

function readTemplate(processor) {
  const a = { kind: templateKinds.first, typeId: 0 };
  const b = { kind: templateKinds.second, typeId: 1 };
  if (processor.value === undefined || processor.value === null)
    return { single: [a], pair: [a, b] };
  const type = processor.at('type');
  switch (type.value) {
    case 'TemplateProcessing':
      return readPieces(processor);
    case 'BertProcessing': {
      const [cls, sep] = readClsAndSep(processor);
      return { single: [cls, a, sep], pair: [cls, a, sep, b, { ...sep, typeId: 1 }] };
    }
    case 'RobertaProcessing': {
      const [cls, sep] = readClsAndSep(processor);
      const flag = (key, bit) => (processor.at(key).boolean() ? bit : 0);
      return {
        single: [cls, a, sep],
        pair: [cls, a, sep, sep, { ...b, typeId: 0 }, sep],
        flags:
          flag('trim_offsets', templateFlags.trimOffsets) |
          flag('add_prefix_space', templateFlags.prefixSpace) |
          templateFlags.overflowType0,
      };
    }
    case 'Sequence': {
      const steps = processor.at('processors').list(maxTemplate);
      if (steps.length === 1) return readTemplate(steps[0]);
      throw type.unsupported('a Sequence of one');
    }
    default:
      throw type.unsupported('TemplateProcessing, BertProcessing, RobertaProcessing, null');
  }
}

function readClsAndSep(processor) {
  return ['cls', 'sep'].map((name) => {
    const pair = processor.at(name).list(2);
    if (pair.length < 2) throw processor.at(name).bad('is not a token and its id');
    return { kind: templateKinds.token, typeId: 0, text: pair[0].text(), id: pair[1].id() };
  });
}

function readPieces(processor) {
  const specials = processor.at('special_tokens');
  const [single, pair] = ['single', 'pair'].map((name) =>
    processor
      .at(name)
      .list(maxTemplate)
      .flatMap((piece) => readPiece(piece, specials)),
  );
  if (single.some(({ kind }) => kind === templateKinds.second)) {
    throw processor.at('single').bad('uses the sequence B, which a single text does not have');
  }
  return { single, pair };
}

function readPiece(piece, specials) {
  if (piece.object().Sequence) {
    const { value: id } = piece.at('Sequence').at('id');
    if (id !== 'A' && id !== 'B') throw piece.bad('is neither "A" nor "B"');
    const kind = id === 'A' ? templateKinds.first : templateKinds.second;
    return [{ kind, typeId: piece.at('Sequence').at('type_id').id() }];
  }
  const special = piece.at('SpecialToken');
  const typeId = special.at('type_id').id();
  const entry = specials.at(special.at('id').text());
  const tokens = entry.at('tokens').list(maxTemplate);
  const ids = entry.at('ids').list(maxTemplate);
  if (ids.length !== tokens.length) throw entry.bad('has more ids or more tokens');
  return ids.map((id, i) => ({
    kind: templateKinds.token,
    typeId,
    id: id.id(),
    text: tokens[i].text(),
  }));
}

/** The texts that C gives for these ids, as far as they are known here (normalised ones aren't). */
function textsOf(wanted, { tokens, ids }, added) {
  const texts = new Map();
  ids.forEach((id, i) => {
    if (wanted.has(id)) texts.set(id, tokens[i]);
  });
  for (const { id, flags, content } of added) {
    if (flags & addedFlags.normalized) texts.delete(id);
    else texts.set(id, content);
  }
  return texts;
}
