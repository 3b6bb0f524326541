// check-module.js MODULE EXPORTS: a module of ours is valid, imports nothing (with threads:
// only its memory), exports all that EXPORTS lists, and carries no names of functions.
import { readFileSync } from 'node:fs';
import v8 from 'node:v8';

const [path, list] = process.argv.slice(2);
const bytes = readFileSync(path);
if (!WebAssembly.validate(bytes)) {
  // Node 20 knows relaxed SIMD only on request.
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}
const problems = [];
try {
  const module = new WebAssembly.Module(bytes);
  const imports = WebAssembly.Module.imports(module).map((i) => `${i.module}.${i.name}`);
  const allowed = path.endsWith('-threads.wasm') ? 'env.memory' : '';
  if (imports.join(', ') !== allowed) problems.push(`imports ${imports.join(', ') || 'nothing'}`);

  const own = WebAssembly.Module.exports(module).map((e) => e.name);
  const wanted = readFileSync(list, 'utf8').split(/\s+/).filter(Boolean);
  const names = wanted.map((name) => name.replace(/^_/, ''));
  const missing = names.filter((name) => !own.includes(name));
  if (missing.length > 0) problems.push(`lacks ${missing.join(', ')}`);

  if (WebAssembly.Module.customSections(module, 'name').length > 0) {
    problems.push('carries a name section');
  }
} catch (error) {
  problems.push(`is not valid: ${error instanceof Error ? error.message : error}`);
}
if (problems.length > 0) {
  console.error(`${path} ${problems.join('; ')}`);
  process.exit(1);
}
