// Builds dist/tokenizer.bin: what reading the embedded model's tokenizer.json comes to, so that
// nobody who loads it has to wait for that.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Memory } from '../../js/core/memory.js';
import { openSource } from '../../js/source/source.js';
import { readTokenizerFiles } from '../../js/tokenizer/files.js';
import { packTokenizer } from '../../js/tokenizer/packed.js';
import { loadModule } from '../../js/core/wasm-module.js';

/** @param {string} name of a file of the package */
const at = (name) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const { constants } = await Memory.instantiate(await loadModule('baseline'));
const { pack, info } = await readTokenizerFiles(await openSource(undefined));
const packed = packTokenizer({ blob: pack(constants), info });
mkdirSync(at('dist'), { recursive: true });
// Whoever loads meanwhile gets the old file or the new one.
writeFileSync(at('dist/tokenizer.bin.new'), packed);
renameSync(at('dist/tokenizer.bin.new'), at('dist/tokenizer.bin'));
