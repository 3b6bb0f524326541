// Every post-processor as templates: the pieces of a single text and of a pair.
import { addedFlags, maxTemplate, templateFlags, templateKinds } from './tokenizer-blob.js';

/**
 * @param {import('./tokenizer-fields.js').Fields} fields
 * @param {object | null} processor
 * @param {{ tokens: string[], ids: number[] }} model
 * @param {{ id: number, flags: number, content: string }[]} added
 * @returns {Pick<import('./tokenizer-blob.js').TokenizerParts, 'surfaces' | 'templateFlags' | 'templates'>}
 */
export function readPostProcessor(fields, processor, model, added) {
  const template = readTemplate(fields, processor);
  const ids = [...template.single, ...template.pair].map(({ id }) => id);
  const textOf = textsOf(new Set(ids), model, added);
  const surfaces = [];
  const flags = template.flags ?? 0;
  const templates = [template.single, template.pair].map((pieces) =>
    pieces.map(({ kind, typeId, id = 0, text }) => {
      let surface = -1;
      if (kind === templateKinds.token && textOf.get(id) !== text) {
        surface = surfaces.indexOf(text);
        if (surface < 0) surface = surfaces.push(text) - 1;
      }
      return { kind, typeId, id, surface };
    }),
  );
  if (Math.max(...templates.map((pieces) => pieces.length), surfaces.length) > maxTemplate) {
    throw fields.bad(`post_processor has more than ${maxTemplate} pieces`);
  }
  return { surfaces, templateFlags: flags, templates };
}

/** Every post-processor as a template: a single text's pieces and a pair's. */
function readTemplate(fields, processor, where = 'post_processor') {
  fields.depth(where);
  const { first, second } = templateKinds;
  const a = { kind: first, typeId: 0 };
  if (processor === null) return { single: [a], pair: [a, { kind: second, typeId: 1 }] };
  const { type } = fields.object(processor, 'post_processor');
  switch (type) {
    case 'TemplateProcessing':
      return readPieces(fields, processor);
    case 'BertProcessing': {
      const [cls, sep] = readClsAndSep(fields, processor);
      const tail = [
        { kind: second, typeId: 1 },
        { ...sep, typeId: 1 },
      ];
      return { single: [cls, a, sep], pair: [cls, a, sep, ...tail] };
    }
    case 'RobertaProcessing': {
      const [cls, sep] = readClsAndSep(fields, processor);
      const trims = fields.boolean(processor.trim_offsets, 'post_processor.trim_offsets');
      const prefixed = fields.boolean(
        processor.add_prefix_space,
        'post_processor.add_prefix_space',
      );
      return {
        single: [cls, a, sep],
        pair: [cls, a, sep, sep, { kind: second, typeId: 0 }, sep],
        flags:
          (trims ? templateFlags.trimOffsets : 0) |
          (prefixed ? templateFlags.prefixSpace : 0) |
          templateFlags.overflowType0,
      };
    }
    case 'Sequence': {
      const steps = fields.array(processor.processors, `${where}.processors`, maxTemplate);
      if (steps.length === 1) {
        const only = `${where}.processors[0]`;
        return readTemplate(fields, fields.object(steps[0], only), only);
      }
      throw fields.unsupported('a post_processor Sequence of several', 'a Sequence of one');
    }
    default:
      throw fields.unsupported(
        `the post_processor type ${JSON.stringify(type)}`,
        'TemplateProcessing, BertProcessing, RobertaProcessing, null',
      );
  }
}

function readClsAndSep(fields, processor) {
  return ['cls', 'sep'].map((name) => {
    const where = `post_processor.${name}`;
    const [text, id] = fields.array(processor[name], where, 2);
    const piece = { text: fields.text(text, `${where}[0]`), id: fields.id(id, `${where}[1]`) };
    return { kind: templateKinds.token, typeId: 0, ...piece };
  });
}

function readPieces(fields, processor) {
  const specials = fields.object(processor.special_tokens, 'post_processor.special_tokens');
  const pieces = (name) =>
    fields
      .array(processor[name], `post_processor.${name}`, maxTemplate)
      .flatMap((piece, i) => readPiece(fields, piece, specials, `post_processor.${name}[${i}]`));
  const single = pieces('single');
  if (single.some(({ kind }) => kind === templateKinds.second)) {
    throw fields.bad(
      'post_processor.single uses the sequence B, which a single text does not have',
    );
  }
  return { single, pair: pieces('pair') };
}

function readPiece(fields, piece, specials, where) {
  const { Sequence: sequence, SpecialToken: special } = fields.object(piece, where);
  const typeId = fields.id((sequence ?? special)?.type_id, `${where}.type_id`);
  if (sequence) {
    if (!['A', 'B'].includes(sequence.id)) throw fields.bad(`${where}.id is neither "A" nor "B"`);
    return [{ kind: sequence.id === 'A' ? templateKinds.first : templateKinds.second, typeId }];
  }
  const name = fields.text(special.id, `${where}.id`);
  if (!Object.hasOwn(specials, name)) {
    throw fields.bad(
      `${where} uses ${JSON.stringify(name)}, which post_processor.special_tokens lacks`,
    );
  }
  const entry = fields.object(
    specials[name],
    `post_processor.special_tokens[${JSON.stringify(name)}]`,
  );
  const ids = fields.array(entry.ids, `the ids of ${JSON.stringify(name)}`, maxTemplate);
  const tokens = fields.array(entry.tokens, `the tokens of ${JSON.stringify(name)}`, maxTemplate);
  if (ids.length !== tokens.length)
    throw fields.bad(`${JSON.stringify(name)} has more ids or more tokens`);
  return ids.map((id, i) => ({
    kind: templateKinds.token,
    typeId,
    id: fields.id(id, `an id of ${JSON.stringify(name)}`),
    text: fields.text(tokens[i], `a token of ${JSON.stringify(name)}`),
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
