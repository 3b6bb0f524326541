export { BertletError } from './shared/errors.js';
export { load, loadTokenizer } from './load/load.js';
export { pipeline } from './pipeline.js';
export { Index } from './search/vector-index.js';
