// Which options each call has. The declarations have the same: tests/types/declarations.test.js compares.

/** @import * as declared from '../index.d.ts' */

/**
 * What each call takes, as it is declared.
 * @typedef {{
 *   load: declared.LoadOptions,
 *   loadTokenizer: declared.LoadTokenizerOptions,
 *   useAdapter: declared.UseAdapterOptions,
 *   cache: declared.CacheOptions,
 *   embed: declared.EmbedOptions,
 *   similarity: declared.CompareOptions,
 *   classify: declared.ClassifyOptions,
 *   fillMask: declared.FillMaskOptions,
 *   tagTokens: declared.TagTokensOptions,
 *   answer: declared.AnswerOptions,
 *   zeroShot: declared.ZeroShotOptions,
 *   rank: declared.RankOptions,
 *   multipleChoice: declared.WholeTextOptions,
 *   summarize: declared.SummarizeOptions,
 *   nextSentence: declared.WholeTextOptions,
 *   detectReplaced: declared.WholeTextOptions,
 *   embedSparse: declared.EmbedSparseOptions,
 *   forward: declared.ForwardOptions,
 *   encode: declared.EncodeOptions,
 *   encodeBatch: declared.EncodeBatchOptions,
 *   decode: declared.DecodeOptions,
 *   'new Index': Partial<declared.IndexOptions>,
 *   search: declared.SearchOptions,
 *   pipeline: declared.PipelineOptions,
 *   'feature-extraction': declared.FeatureExtractionOptions,
 *   'text-classification': declared.TextClassificationOptions,
 *   'fill-mask': declared.FillMaskPipelineOptions,
 *   'token-classification': declared.TokenClassificationOptions,
 *   'question-answering': declared.QuestionAnsweringOptions,
 *   'zero-shot-classification': declared.ZeroShotClassificationOptions,
 * }} OptionsOf
 */

/** @type {(keyof declared.LoadTokenizerOptions)[]} */
const loading = ['signal', 'onProgress', 'cache', 'integrity'];
/** @type {(keyof declared.CallOptions)[]} */
const call = ['signal', 'maxLength', 'truncation', 'longText', 'onUsage', 'onProgress'];
/**
 * Of calls that read long texts in windows.
 * @type {(keyof declared.WindowOptions)[]}
 */
const windowed = [...call, 'stride'];
/** @type {(keyof declared.EmbedOptions)[]} */
const embedding = [...windowed, 'pooling', 'normalize', 'dimensions', 'precision', 'prompt'];
/** @type {(keyof declared.EncodeBatchOptions)[]} */
const encoding = [
  'addSpecialTokens',
  'truncation',
  'maxLength',
  'stride',
  'padding',
  'paddingSide',
];

/** @type {(keyof declared.LoadOptions)[]} */
const loadingModels = [...loading, 'dtype', 'threads', 'sharedMemory', 'simd', 'worker', 'adapter'];

/** @type {{ readonly [Call in keyof OptionsOf]: readonly (keyof OptionsOf[Call])[] }} */
export const optionNames = {
  load: loadingModels,
  loadTokenizer: loading,
  useAdapter: ['signal', 'onProgress', 'integrity'],
  cache: ['name'],
  embed: embedding,
  similarity: embedding,
  classify: [...windowed, 'topK', 'multiLabel', 'functionToApply'],
  fillMask: [...call, 'topK', 'targets'],
  tagTokens: [...windowed, 'aggregation', 'ignoreLabels'],
  answer: [...windowed, 'topK', 'maxAnswerLength', 'allowNone'],
  zeroShot: [...embedding, 'hypothesisTemplate', 'multiLabel'],
  rank: [...embedding, 'topK', 'history'],
  multipleChoice: call,
  summarize: [...embedding, 'sentences', 'language'],
  nextSentence: call,
  detectReplaced: call,
  embedSparse: [...windowed, 'topK', 'prompt'],
  forward: [
    ...call,
    'hiddenStates',
    'attentions',
    'logits',
    'labels',
    'nextSentenceLabel',
    'startPositions',
    'endPositions',
  ],
  encode: [...encoding, 'pair'],
  encodeBatch: encoding,
  decode: ['skipSpecialTokens'],
  'new Index': ['dimensions', 'precision'],
  search: ['signal'],

  // Options of transformers.js go by their names there, and ours beside them.
  pipeline: [
    ...loadingModels,
    'progress_callback',
    'config',
    'cache_dir',
    'local_files_only',
    'revision',
    'device',
    'subfolder',
    'model_file_name',
    'use_external_data_format',
    'session_options',
  ],
  'feature-extraction': [...embedding, 'quantize'],
  'text-classification': [...windowed, 'top_k', 'topk', 'function_to_apply', 'multiLabel'],
  'fill-mask': [...call, 'top_k', 'topk', 'targets'],
  'token-classification': [...windowed, 'aggregation_strategy', 'ignore_labels'],
  'question-answering': [
    ...windowed,
    'top_k',
    'topk',
    'doc_stride',
    'max_answer_len',
    'max_seq_len',
    'handle_impossible_answer',
  ],
  'zero-shot-classification': [...embedding, 'hypothesis_template', 'multi_label'],
};

/**
 * What transformers and transformers.js call our options.
 * @type {Readonly<Record<string, string>>}
 */
export const foreignNames = {
  top_k: 'topK',
  topk: 'topK',
  function_to_apply: 'functionToApply',
  aggregation_strategy: 'aggregation',
  ignore_labels: 'ignoreLabels',
  doc_stride: 'stride',
  max_answer_len: 'maxAnswerLength',
  max_seq_len: 'maxLength',
  handle_impossible_answer: 'allowNone',
  hypothesis_template: 'hypothesisTemplate',
  multi_label: 'multiLabel',
  progress_callback: 'onProgress',
};
