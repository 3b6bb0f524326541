export { BertletError } from './errors.js';
export { load, loadTokenizer } from './load.js';
export { pipeline } from './pipeline.js';
export { Index } from './vector-index.js';
