// What the bench uses of its peers. They are installed when it runs, not with the project, so
// their own declarations are not there.

/** onnxruntime-web and onnxruntime-node. */
export interface OnnxRuntime {
  env: { wasm: { numThreads: number; wasmPaths: string } };
  Tensor: new (type: 'int64', data: BigInt64Array, shape: number[]) => OnnxTensor;
  InferenceSession: {
    create(model: string, options: object): Promise<OnnxSession>;
  };
}

export interface OnnxTensor {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
}

export interface OnnxSession {
  run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
  release(): Promise<void>;
}

/** transformers.js. */
export interface Transformers {
  env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    backends: { onnx: { wasm: { wasmPaths: string; numThreads: number; proxy: boolean } } };
  };
  pipeline(task: 'feature-extraction', model: string, options: object): Promise<FeatureExtraction>;
  AutoTokenizer: {
    from_pretrained(model: string): Promise<TransformersTokenizer>;
  };
}

export interface FeatureExtraction {
  (texts: string | string[], options: object): Promise<{ data: Float32Array; dims: number[] }>;
  dispose(): Promise<void>;
}

export type TransformersTokenizer = (
  text: string,
  options: { return_tensor: false },
) => { input_ids: number[] };

/** @wllama/wllama. */
export interface Wllama {
  loadModelFromUrl(url: string, options: object): Promise<void>;
  createEmbedding(options: { input: string }): Promise<{ data: { embedding: number[] }[] }>;
  exit(): Promise<void>;
}

export interface WllamaModule {
  Wllama: new (paths: { default: string }, options: object) => Wllama;
}

/** node-llama-cpp. */
export interface NodeLlama {
  getLlama(options: object): Promise<Llama>;
  LlamaLogLevel: { error: string };
}

export interface Llama {
  readonly systemInfo: string;
  loadModel(options: { modelPath: string }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}

export interface LlamaModel {
  createEmbeddingContext(options: object): Promise<LlamaContext>;
  dispose(): Promise<void>;
}

export interface LlamaContext {
  getEmbeddingFor(text: string): Promise<{ vector: readonly number[] }>;
  dispose(): Promise<void>;
}
