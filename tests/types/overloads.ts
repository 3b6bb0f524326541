// What comes out, by what goes in: types that must be exactly these.
import {
  Index,
  load,
  pipeline,
  type Answer,
  type Bytes,
  type Classification,
  type EmbedOptions,
  type Embedding,
  type Entity,
  type FilledMask,
  type FilledMasks,
  type FillMaskOutput,
  type Floats,
  type ForwardResult,
  type Match,
  type Matrix,
  type Model,
  type Question,
  type Ranked,
  type SignedBytes,
  type Source,
  type Summary,
  type TextInput,
  type ZeroShotResult,
} from 'bertlet';

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** `gives<A>()(promise, true)`: the promise is of an A, and of nothing wider or narrower. */
const gives =
  <A>() =>
  <B>(_: Promise<B>, same: Same<A, B>) =>
    same;

declare const model: Model;
declare const either: string | string[];
declare const inputs: readonly TextInput[];
declare const some: EmbedOptions;
declare const flag: boolean;
// biome-ignore lint/suspicious/noExplicitAny: what it is about
declare const anything: any;

export function embedding(): void {
  gives<Floats>()(model.embed('a'), true);
  gives<Floats>()(model.embed({ text: 'a', pair: null }, { normalize: false }), true);
  gives<Floats[]>()(model.embed(inputs), true);
  gives<Floats[]>()(model.embed(['a', 'b'] as const, {}), true);
  gives<Floats | Floats[]>()(model.embed(either), true);
  gives<Matrix>()(model.embed('a', { pooling: 'none' }), true);
  gives<Matrix[]>()(model.embed(['a'], { pooling: 'none', normalize: true }), true);
  gives<SignedBytes>()(model.embed('a', { precision: 'int8' }), true);
  gives<Bytes[]>()(model.embed(['a'], { precision: 'binary', pooling: undefined }), true);
  gives<Floats>()(model.embed('a', { precision: 'float32', pooling: flag ? 'cls' : 'max' }), true);
  gives<Floats | Matrix>()(model.embed('a', { pooling: flag ? 'mean' : 'none' }), true);
  gives<Floats | Matrix | SignedBytes | Bytes>()(model.embed('a', some), true);
  gives<Floats>()(model.embed(anything), true);
  const kept: Embedding<'mean', 'int8'> = new Int8Array(3);
  console.log(new Blob([kept]));
  // @ts-expect-error: no such option
  model.embed('a', { pooling: 'mean', normalise: true });
  // @ts-expect-error: no such part of a pair
  model.embed({ text: 'a', pari: 'b' });
  // @ts-expect-error: a matrix can't be compared
  model.similarity('a', 'b', { pooling: 'none' });
}

export function masks(text: string): void {
  gives<FilledMask[]>()(model.fillMask('a [MASK]'), true);
  gives<FilledMask[][]>()(model.fillMask('a [MASK] [MASK]', { topK: 2 }), true);
  gives<FilledMask[][]>()(model.fillMask('<mask> a <mask>'), true);
  gives<FilledMask[]>()(model.fillMask(text), true);
  gives<FilledMask[]>()(model.fillMask(anything), true);
  gives<FilledMask[][]>()(model.fillMask<FilledMask[][]>(text), true);
  gives<FilledMasks[]>()(model.fillMask<FilledMasks>([text]), true);
  // @ts-expect-error: one text has one list for all masks or one for each
  gives<FilledMask[][]>()(model.fillMask(text), true);
}

export async function forward(): Promise<number> {
  const { attentions, hiddenStates } = await model.forward('a', { attentions: true });
  // @ts-expect-error: they were not asked for
  console.log(hiddenStates.length);
  const [first] = await model.forward(['a'], { hiddenStates: [0, -1] as const });
  const maybe = await model.forward('a', { attentions: flag });
  // @ts-expect-error: perhaps they were not asked for
  console.log(maybe.attentions.length);
  gives<ForwardResult['tokens']>()(
    model.forward('a').then(({ tokens }) => tokens),
    true,
  );
  // @ts-expect-error: it has no windows
  await model.forward('a', { longText: 'window' });
  // @ts-expect-error: neither has this
  await model.nextSentence('a', 'b', { stride: 2 });
  return attentions.length + (first?.hiddenStates.length ?? 0);
}

export function tasks(questions: readonly Question[], names: readonly string[]): void {
  gives<Classification[][]>()(model.classify(inputs, { truncation: true }), true);
  gives<Classification[] | Classification[][]>()(model.classify(either), true);
  gives<Entity[][]>()(model.tagTokens(names, { ignoreLabels: names }), true);
  gives<Answer[][]>()(model.answer(questions), true);
  gives<ZeroShotResult>()(model.zeroShot('a', names, { multiLabel: true }), true);
  gives<ZeroShotResult[]>()(model.zeroShot(['a'], 'b, c'), true);
  gives<Ranked[]>()(model.rank('a', names, { history: names, topK: 3 }), true);
  gives<Summary>()(model.summarize('a', { sentences: 2, language: 'de' }), true);
  gives<Summary[]>()(model.summarize(names), true);
  gives<number>()(
    model.multipleChoice('a', names).then(([best]) => best?.score ?? 0),
    true,
  );
}

export async function adapters(adapter: Source, files: FileList): Promise<void> {
  const adapted = await load(null, { adapter: 'my-adapter' });
  await adapted.useAdapter(adapter, { onProgress: ({ loaded }) => console.log(loaded) });
  await adapted.useAdapter(null);
  await load(files, { cache: { name: 'mine' }, signal: undefined });
  // @ts-expect-error: no such option of the cache
  await load(files, { cache: { nam: 'mine' } });
}

export async function searching(vectors: readonly Float32Array[]): Promise<Match[]> {
  const index = new Index({ dimensions: 384, precision: 'int8' });
  await index.add(vectors);
  await index.add(new Int8Array(384), ['a name']);
  const named = new Index<string>({ dimensions: 384 });
  await named.add(vectors, ['a', 'b'] as const);
  const [best] = await named.search(new Float32Array(384), 1);
  console.log(best?.id.length);
  // @ts-expect-error: ids of another kind
  await named.add(vectors, [1, 2]);
  // @ts-expect-error: vectors come first
  await index.add(['a'], vectors);
  // @ts-expect-error: how many is a number
  await index.search(new Float32Array(384), { topK: 1 });
  const copy = await Index.from<string>(await named.toBytes());
  console.log(copy instanceof Index, new Blob([await index.toBytes()]), copy.size);
  return index.search(new Float32Array(384), 3, { signal: AbortSignal.timeout(9) });
}

export async function pipelines(): Promise<void> {
  const fill = await pipeline('fill-mask', null, { device: 'wasm', progress_callback: null });
  gives<FillMaskOutput[]>()(fill('a [MASK]'), true);
  gives<FillMaskOutput[][]>()(fill('[MASK] [MASK]', { targets: ['a'] as const }), true);
  // @ts-expect-error: it has another name there
  await fill('a [MASK]', { topK: 1 });
  // @ts-expect-error: no such device
  await pipeline('fill-mask', null, { device: 'webgpu' });
}
