// Uses that must type-check against js/index.d.ts, and misuses that must not.
import {
  BertletError,
  load,
  loadTokenizer,
  pipeline,
  type Answer,
  type Classification,
  type Encoding,
  type Entity,
  type FilledMasks,
  type FillMaskOutput,
  type ForwardResult,
  type LoadProgress,
  type Matrix,
  type Model,
  type ModelInfo,
  type TextClassificationOutput,
} from 'bertlet';

export async function loading(file: File, signal: AbortSignal): Promise<Model> {
  await load();
  await load('models/all-MiniLM-L6-v2', { dtype: 'int8-fast', threads: 2, simd: 'baseline' });
  await load(new URL('https://example.org/model/'), { cache: { name: 'mine' }, worker: true });
  await load({ 'config.json': '{}', 'model.safetensors': file, 'tokenizer.json': new Blob() });
  // @ts-expect-error: no such dtype
  await load(undefined, { dtype: 'int4' });
  // @ts-expect-error: a number is no source
  await load(7);
  const progress: LoadProgress[] = [];
  return load(undefined, {
    signal,
    integrity: { 'model.safetensors': 'sha256-abc=' },
    onProgress: (event) => progress.push(event),
  });
}

export async function embedding(model: Model): Promise<void> {
  const one: Float32Array = await model.embed('a text');
  const many: Float32Array[] = await model.embed(['a', { text: 'b', pair: 'c' }]);
  const rows: Matrix = await model.embed('a', { pooling: 'none' });
  const bytes: Int8Array = await model.embed('a', { precision: 'int8' });
  const bits: Uint8Array[] = await model.embed(['a'], { precision: 'binary', dimensions: 128 });
  const score: number = await model.similarity('a', 'b', { longText: 'error', maxLength: 64 });
  // @ts-expect-error: no such pooling
  await model.embed('a', { pooling: 'sum' });
  // @ts-expect-error: not a text
  await model.embed(5);
  console.log(one.length, many.length, rows.shape, bytes, bits, score);
}

export async function forward(model: Model): Promise<number> {
  const result: ForwardResult = await model.forward('a', { hiddenStates: true, attentions: true });
  const [first] = await model.forward(['a', 'b']);
  const info: ModelInfo = model.info;
  const end: number | undefined = first?.offsets[0]?.[1];
  return (result.attentions?.[0]?.data[0] ?? 0) + (end ?? 0) + info.memoryBytes;
}

export async function heads(model: Model): Promise<void> {
  const labels: Classification[] = await model.classify({ text: 'a', pair: 'b' }, { topK: 1 });
  const lists: Classification[][] = await model.classify(['a'], { functionToApply: 'none' });
  const filled: FilledMasks = await model.fillMask('a [MASK]', { targets: ['b', 'c'], topK: 3 });
  const [best] = await model.fillMask('a [MASK]');
  const entities: Entity[] = await model.tagTokens('a', { aggregation: 'max', ignoreLabels: [] });
  const question = { question: 'a?', context: 'b' };
  const answers: Answer[] = await model.answer(question, { topK: 2, stride: 64, allowNone: true });
  const many: Answer[][] = await model.answer([question], { maxAnswerLength: 4 });
  const { isNext } = await model.nextSentence('a', 'b', { truncation: 'only_first' });
  const { loss, logits } = await model.forward('a', { labels: Int32Array.of(1, 2, -100) });
  await model.forward(['a', 'b'], { labels: [[1, 2], [0]], hiddenStates: [-1], attentions: 0 });
  await model.forward('a', { startPositions: 1, endPositions: 2, logits: true });
  const text: string = model.tokenizer.joinTokens(['a', '##b']);
  // @ts-expect-error: pairs have no places in one text
  await model.tagTokens({ text: 'a', pair: 'b' });
  // @ts-expect-error: no such aggregation
  await model.tagTokens('a', { aggregation: 'mean' });
  // @ts-expect-error: a context is missing
  await model.answer({ question: 'a?' });
  console.log(labels, lists, filled, best?.token, entities[0]?.index, answers, many, isNext, loss);
  console.log(logits?.shape, text);
}

export async function tokenizing(): Promise<string> {
  const tokenizer = await loadTokenizer('some/folder');
  const encoding: Encoding = tokenizer.encode('a', { pair: 'b', truncation: true, maxLength: 8 });
  const [start, end] = encoding.offsets[0] ?? [0, 0];
  const rest: Encoding[] = encoding.overflowing ?? [];
  const mask: number | null = tokenizer.maskTokenId;
  console.log(start, end, rest.length, mask, tokenizer.tokenToId('x'));
  return tokenizer.decode(encoding.ids, { skipSpecialTokens: true });
}

export async function likeTransformers(): Promise<number[]> {
  const extractor = await pipeline('feature-extraction');
  const output = await extractor(['a', 'b'], { pooling: 'mean', normalize: true });
  for (const row of output) console.log(row.dims);
  // @ts-expect-error: no such task
  await pipeline('text-generation');
  return output.dims;
}

export async function morePipelines(signal: AbortSignal): Promise<void> {
  const classify = await pipeline('sentiment-analysis', 'folder', {
    dtype: 'q8',
    progress_callback: ({ status, progress, file }) => console.log(status, progress, file),
  });
  const [first] = await classify('a', { top_k: null, signal });
  const each: TextClassificationOutput[] = await classify(['a', { text: 'b', text_pair: 'c' }]);
  const lists: TextClassificationOutput[][] = await classify(['a'], { top_k: 2 });
  const fill = await pipeline('fill-mask');
  const [best] = await fill('a [MASK]', { targets: ['b'], top_k: 3 });
  const [firstMask] = await fill<FillMaskOutput[][]>('[MASK] [MASK]');
  const tag = await pipeline('ner');
  const index: number | undefined = (await tag('a'))[0]?.index;
  const [groups] = await tag(['a'], { aggregation_strategy: 'simple', stride: 2 });
  const answer = await pipeline('question-answering');
  const { start, end } = await answer('a?', 'b');
  const several = await answer({ question: 'a?', context: 'b' }, { top_k: 2, doc_stride: 64 });
  const sort = await pipeline('zero-shot-classification');
  const { labels, scores } = await sort('a', ['b', 'c'], { multi_label: true });
  // @ts-expect-error: the labels are missing
  await sort('a');
  // @ts-expect-error: no such strategy
  await tag('a', { aggregation_strategy: 'mean' });
  console.log(first?.label, each, lists, best?.token_str, firstMask?.[0]?.token, index);
  console.log(groups?.[0]?.entity_group, start, end, several[0]?.answer, labels, scores);
  await using disposed = classify;
  await disposed.dispose();
}

export async function disposing(): Promise<string | undefined> {
  const model = await load();
  try {
    await model.embed('a', { signal: AbortSignal.timeout(1000) });
  } catch (error) {
    if (error instanceof BertletError && error.code === 'ABORTED') return error.message;
    // @ts-expect-error: no such code
    if (error instanceof BertletError && error.code === 'OOPS') return error.message;
  } finally {
    model.dispose();
  }
  return undefined;
}
