// The declarations say what runs: every export, method, option and result, no more and no less;
// and they compile wherever users compile them.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as bertlet from 'bertlet';

import { optionNames } from '../../js/shared/option-names.js';
import { tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';
import { compileTypes, settings } from '../helpers/typescript.js';
import { statusNames } from '../../js/shared/errors.js';

const { BertletError, Index, load, pipeline } = bertlet;
const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);

/** What the declarations give each call of option-names.js as its options. */
const optionTypes = {
  load: 'Parameters<typeof load>[1]',
  loadTokenizer: 'Parameters<typeof loadTokenizer>[1]',
  useAdapter: "Parameters<Model['useAdapter']>[1]",
  cache: "Extract<LoadOptions['cache'], object>",
  embed: "Parameters<Model['embed']>[1]",
  similarity: "Parameters<Model['similarity']>[2]",
  classify: "Parameters<Model['classify']>[1]",
  fillMask: "Parameters<Model['fillMask']>[1]",
  tagTokens: "Parameters<Model['tagTokens']>[1]",
  answer: "Parameters<Model['answer']>[1]",
  zeroShot: "Parameters<Model['zeroShot']>[2]",
  rank: "Parameters<Model['rank']>[2]",
  multipleChoice: "Parameters<Model['multipleChoice']>[2]",
  summarize: "Parameters<Model['summarize']>[1]",
  nextSentence: "Parameters<Model['nextSentence']>[2]",
  detectReplaced: "Parameters<Model['detectReplaced']>[1]",
  embedSparse: "Parameters<Model['embedSparse']>[1]",
  forward: "Parameters<Model['forward']>[1]",
  encode: "Parameters<Tokenizer['encode']>[1]",
  encodeBatch: "Parameters<Tokenizer['encodeBatch']>[1]",
  decode: "Parameters<Tokenizer['decode']>[1]",
  'new Index': 'ConstructorParameters<typeof Index>[0]',
  search: "Parameters<Index['search']>[2]",
  pipeline: 'Parameters<typeof pipeline>[2]',
  'feature-extraction': "Parameters<Pipelines['feature-extraction']>[1]",
  'text-classification': "Parameters<Pipelines['text-classification']>[1]",
  'fill-mask': "Parameters<Pipelines['fill-mask']>[1]",
  'token-classification': 'TokenClassificationOptions',
  'question-answering': "Parameters<Pipelines['question-answering']>[1]",
  'zero-shot-classification': "Parameters<Pipelines['zero-shot-classification']>[2]",
};

const usingDisposal = `
import { Index, load, pipeline } from 'bertlet';
await using model = await load();
await using extract = await pipeline('feature-extraction');
await using index = new Index({ dimensions: 3 });
const all: AsyncDisposable[] = [model, extract, index];
console.log(all.length);
`;

for (const [name, options] of Object.entries(settings)) {
  test(`README's uses compile: ${name}`, async () => {
    assert.equal(blocks.length, 6);
    const files = Object.fromEntries(blocks.map((code, i) => [`readme-${i + 1}.ts`, code]));
    if (options.lib.includes('esnext')) files['using.ts'] = usingDisposal;
    await compileTypes(files, options);
  });
}

const preamble = `
import * as bertlet from 'bertlet';
import { Index, load, loadTokenizer, pipeline } from 'bertlet';
import type * as types from 'bertlet';
import type {
  BertletError, ErrorCode, LoadOptions, Model, Pipelines, Tokenizer, TokenClassificationOptions,
} from 'bertlet';

type Same<Declared, Running> = [Exclude<Declared, Running>, Exclude<Running, Declared>] extends
  [never, never]
  ? true
  : { onlyDeclared: Exclude<Declared, Running>; onlyRunning: Exclude<Running, Declared> };
type Required<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? never : K }[keyof T];
type Covers<T, Running> = [Exclude<Running, keyof T>, Exclude<Required<T>, Running>] extends
  [never, never]
  ? true
  : { onlyDeclared: Exclude<Required<T>, Running>; onlyRunning: Exclude<Running, keyof T> };
const check = <T extends true>() => {};
type Named<T> = Extract<keyof T, string>;
`;

test('what runs is what is declared', async () => {
  const lines = [];
  /** Both have these names. */
  const same = (what, type, names) =>
    lines.push(`check<Same<${type}, ${union(names)}>>(); // ${what}`);
  /** All names are declared; names that are declared as optional may be missing. */
  const covers = (what, type, names) =>
    lines.push(`check<Covers<${type}, ${union(names)}>>(); // ${what}`);

  same('exports', 'keyof typeof bertlet', Object.keys(bertlet));
  assert.deepEqual(Object.keys(optionTypes).sort(), Object.keys(optionNames).sort());
  for (const [call, names] of Object.entries(optionNames)) {
    same(`options of ${call}`, `keyof NonNullable<${optionTypes[call]}>`, names);
  }
  same('codes of errors', 'ErrorCode', codesInUse());
  await useEverything(same, covers);
  await compileTypes({ 'names.ts': `${preamble}\n${lines.join('\n')}\n` }, settings.newest);
});

const union = (names) => names.map((name) => JSON.stringify(name)).join(' | ') || 'never';

/** Names of an object's own and inherited members, symbols left out. */
function membersOf(object, last = Object.prototype) {
  const names = new Set();
  for (let one = object; one !== last; one = Object.getPrototypeOf(one)) {
    for (const name of Object.getOwnPropertyNames(one)) names.add(name);
  }
  names.delete('constructor');
  return [...names];
}

function codesInUse() {
  const ofStatuses = statusNames.filter((name) => name !== 'BL_OK').map((name) => name.slice(3));
  const codes = new Set(['BAD_MODEL', ...ofStatuses]);
  for (const name of readdirSync(join(root, 'js'), { recursive: true })) {
    if (!name.endsWith('.js')) continue;
    const code = readFileSync(join(root, 'js', name), 'utf8');
    for (const [, found] of code.matchAll(/BertletError\(\s*'([A-Z_]+)'/g)) codes.add(found);
  }
  return [...codes];
}

/** One call of each kind, and the members of what it gives. */
async function useEverything(same, covers) {
  const result = (type, value) => covers(type, `types.${type}`, Object.keys(value));
  const heads = ['single-label', 'tags', 'answers', 'choices', 'next-sentence', 'pretraining'];
  const models = {};
  for (const head of heads) models[head] = await load(headModel(head));
  let progress;
  let usage;
  const model = await load(tinyModel('masked-lm'), { onProgress: (event) => (progress = event) });
  models.plain = model;
  const onUsage = (event) => (usage = event);
  result('LoadProgress', progress);
  result('ModelInfo', model.info);
  same('Model', 'Named<Model>', membersOf(model));
  same('Tokenizer', 'Named<Tokenizer>', membersOf(model.tokenizer));
  const encoding = model.tokenizer.encode('The sun sings.');
  same('Encoding', 'Named<types.Encoding>', membersOf(encoding));
  const error = new BertletError('INTERNAL', '');
  const own = membersOf(error, Error.prototype).filter((name) => !(name in Error('')));
  same('BertletError', 'Exclude<Named<BertletError>, Named<Error>>', own);

  result('Matrix', await model.embed('sun', { pooling: 'none', onUsage }));
  result('Usage', usage);
  result('Classification', (await models['single-label'].classify('sun'))[0]);
  result('FilledMask', (await model.fillMask('The [MASK] sings.'))[0]);
  const [entity] = await models.tags.tagTokens('The sun sings.', { ignoreLabels: [] });
  result('Entity', entity);
  const question = { question: 'Who sings?', context: 'The sun sings.' };
  result('Answer', (await models.answers.answer(question))[0]);
  result('ZeroShotResult', await model.zeroShot('sun', ['warm']));
  result('Ranked', (await model.rank('sun', ['sea']))[0]);
  result('Choice', (await models.choices.multipleChoice('sun', ['sea', 'wind']))[0]);
  const summary = await model.summarize('The sun sings.');
  result('Summary', summary);
  result('SummarySentence', summary.sentences[0]);
  result('SparseWeight', (await model.embedSparse('sun'))[0]);
  const next = await models['next-sentence'].nextSentence('sun', 'sea');
  covers('nextSentence', "Awaited<ReturnType<Model['nextSentence']>>", Object.keys(next));
  const all = { hiddenStates: true, attentions: true };
  result('ForwardResult', await models.pretraining.forward('sun', all));
  result(
    'ForwardResult',
    await models.answers.forward('sun', { startPositions: 0, endPositions: 0 }),
  );

  const index = new Index({ dimensions: 2 });
  await index.add(new Float32Array(2));
  same('Index', 'Named<Index>', membersOf(index));
  same('static members of Index', 'Named<typeof Index>', [
    'prototype',
    ...membersOf(Index, Function.prototype).filter(
      (name) => !['length', 'name', 'prototype'].includes(name),
    ),
  ]);
  result('Match', (await index.search(new Float32Array(2)))[0]);
  index.dispose();

  const extract = await pipeline('feature-extraction', tinyModel('masked-lm'));
  const ofFunctions = ['length', 'name'];
  const parts = Object.keys(extract).filter((name) => !ofFunctions.includes(name));
  same('PipelineParts', 'Named<types.PipelineParts>', parts);
  same('Tensor', 'Named<types.Tensor>', membersOf(await extract('sun')));
  await extract.dispose();
  for (const one of Object.values(models)) one.dispose();
}
