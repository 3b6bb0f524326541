// Provides what the bench measures against, in the ignored folder .cache/bench: the
// peers' packages, other Nodes, the model in the peers' formats. Each step is skipped when
// its result is already there and was made from the same inputs. A step that fails leaves
// its peers out: `leftOut` says which and why.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeHeadModels } from './heads-model.js';

const here = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.dirname(here);
export const CACHE = path.join(ROOT, '.cache/bench');
export const FLOAT_MODEL = path.join(ROOT, '.cache/minilm-float');
export const EMBEDDED_MODEL = path.join(ROOT, 'models/all-MiniLM-L6-v2');
export const ONNX_MODEL = path.join(CACHE, 'models/minilm');
/** Models with heads, ours alone. */
export const HEAD_MODELS = {
  minilm: path.join(CACHE, 'models/heads-minilm'),
  base: path.join(CACHE, 'models/heads-base'),
};
export const PEERS = path.join(CACHE, 'peers');
const LLAMA = path.join(CACHE, 'llama');
const GGUF_TYPES = ['f32', 'q8_0'];
const VENV_PYTHON = path.join(CACHE, 'venv/bin/python');
const NPM_FLAGS = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];

/** What could not be provided: lines for the report. @type {string[]} */
export const leftOut = [];

/** @param {string} text */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** @param {string} what @param {unknown} error */
function leaveOut(what, error) {
  const line = `${what}: ${error instanceof Error ? error.message : error}`;
  leftOut.push(line);
  say(`Left out: ${line}`);
}

/**
 * Runs a program, its output kept for the error message.
 * @param {string} what
 * @param {string} program
 * @param {string[]} args
 * @param {string} [cwd]
 */
function run(what, program, args, cwd = ROOT) {
  const result = spawnSync(program, args, { encoding: 'utf8', cwd });
  if (result.status !== 0) {
    const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
    throw new Error(`${what} failed:\n${output.split('\n').slice(-20).join('\n')}`);
  }
  return result.stdout;
}

/**
 * Runs `make` unless `.cache/bench/NAME.stamp` says it was done from the same inputs.
 * @param {string} name
 * @param {string[]} inputs
 * @param {() => boolean} exists whether what it makes is still there
 * @param {() => void} make
 */
function once(name, inputs, exists, make) {
  const stamp = path.join(CACHE, `${name}.stamp`);
  const hash = createHash('sha256').update(inputs.join('\n')).digest('hex');
  if (exists() && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  mkdirSync(CACHE, { recursive: true });
  make();
  writeFileSync(stamp, hash);
}

/**
 * Does one step; what it would have provided is left out when it fails.
 * @param {string} what
 * @param {() => void} step
 */
function attempt(what, step) {
  try {
    step();
    return true;
  } catch (error) {
    leaveOut(what, error);
    return false;
  }
}

/**
 * @typedef {Record<string, string>} Dependencies name → version
 * @typedef {{ name: string, private: boolean, type: string, dependencies?: Dependencies,
 *   optionalDependencies?: Dependencies }} Manifest
 * @typedef {Manifest & { nodes: Record<string, string>, llama: Dependencies,
 *   dependencies: Dependencies }} Peers `nodes`: packages of Node by major version
 */

/** @returns {Peers} */
function readPeers() {
  return JSON.parse(readFileSync(path.join(here, 'peers.json'), 'utf8'));
}

/** @param {string} folder @param {Manifest} manifest @param {string[]} flags of npm */
function install(folder, manifest, ...flags) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  run('npm install', 'npm', ['install', '--prefix', folder, ...NPM_FLAGS, ...flags]);
  // Modules beside node_modules, so that Node resolves the packages by itself.
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const text = `import * as all from '${name}';\nexport default all.default ?? all;\n`;
    writeFileSync(entryIn(folder, name), `${text}export * from '${name}';\n`);
  }
}

/** @param {string} folder @param {string} name of a package */
const entryIn = (folder, name) => path.join(folder, `${name.replace('/', '-')}.mjs`);

/** Installs the pinned packages of peers.json, without their install scripts. */
export function providePeers() {
  const { nodes, llama, dependencies, ...manifest } = readPeers();
  const wanted = { ...dependencies };
  const ownMajor = process.versions.node.split('.')[0];
  const onLinux = process.platform === 'linux' && process.arch === 'x64';
  for (const [major, spec] of Object.entries(nodes)) {
    if (major !== ownMajor && onLinux) wanted[`node-${major}`] = `npm:${spec}`;
  }
  // Optional: what cannot be had here does not keep npm from installing the others.
  const whole = { ...manifest, optionalDependencies: wanted };
  const isThere = () => existsSync(path.join(PEERS, 'node_modules'));
  attempt('peers', () =>
    once('peers', [JSON.stringify(whole)], isThere, () => {
      say('Installing the peers into .cache/bench/peers (about 800 MB)');
      install(PEERS, whole);
    }),
  );
  for (const name of Object.keys(wanted)) {
    if (peerVersion(name)) continue;
    leaveOut(name, new Error('npm could not install it here'));
  }
}

/** Where node-llama-cpp has a prebuilt library for the processor alone. @type {Record<string, string>} */
const LLAMA_PLATFORMS = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'mac-x64',
  'darwin-arm64': 'mac-arm64-metal',
  'win32-x64': 'win-x64',
};

/** llama.cpp for Node, in a folder of its own: without what it has for graphics cards. */
function provideLlama() {
  const { llama, type } = readPeers();
  const [[name, version]] = Object.entries(llama);
  const platform = LLAMA_PLATFORMS[`${process.platform}-${process.arch}`];
  if (!platform) throw new Error('no prebuilt library for this platform');
  const dependencies = { [name]: version, [`@node-llama-cpp/${platform}`]: version };
  const manifest = { name: 'bertlet-bench-llama', private: true, type, dependencies };
  const isThere = () => existsSync(path.join(LLAMA, 'node_modules', name));
  once('llama', [JSON.stringify(manifest)], isThere, () => {
    say('Installing llama.cpp for Node into .cache/bench/llama (85 MB)');
    install(LLAMA, manifest, '--omit=optional');
  });
}

/** @param {string} folder @param {string} name @returns {string | null} */
function versionIn(folder, name) {
  try {
    const file = path.join(folder, 'node_modules', name, 'package.json');
    return JSON.parse(readFileSync(file, 'utf8')).version;
  } catch {
    return null;
  }
}

/** Version of an installed peer, or null. @param {string} name */
export function peerVersion(name) {
  return versionIn(PEERS, name);
}

/** Module that exports a peer, for Node. @param {string} name */
export function peerEntry(name) {
  return entryIn(PEERS, name);
}

/** Module that exports llama.cpp for Node, or null where it is not installed. */
export function llamaEntry() {
  return versionIn(LLAMA, 'node-llama-cpp') ? entryIn(LLAMA, 'node-llama-cpp') : null;
}

/** The program of a Node major version, or null where it cannot be had. @param {number} major */
export function nodeProgram(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const program = path.join(PEERS, `node_modules/node-${major}/bin/node`);
  return existsSync(program) ? program : null;
}

/**
 * A Python with the pinned packages of requirements.txt. BERTLET_PYTHON names an
 * interpreter that has (some of) them already: its packages are borrowed.
 */
function providePython() {
  const requirements = path.join(here, 'requirements.txt');
  const given = process.env.BERTLET_PYTHON;
  const venv = path.join(CACHE, 'venv');
  const inputs = [readFileSync(requirements, 'utf8')];
  const isThere = () => existsSync(VENV_PYTHON);
  once('venv', inputs, isThere, () => {
    say('Providing Python with torch and onnxruntime in .cache/bench/venv (several GB, minutes)');
    rmSync(venv, { recursive: true, force: true });
    const what = 'python -m venv (on Debian: apt-get install python3-venv; or set BERTLET_PYTHON)';
    run(what, given ?? 'python3', ['-m', 'venv', venv]);
    if (given) {
      const ask = ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'];
      const borrowed = run('python', given, ask).trim();
      const own = run('python', VENV_PYTHON, ask).trim();
      writeFileSync(path.join(own, 'borrowed.pth'), `${borrowed}\n`);
    }
    const quiet = ['-q', '--disable-pip-version-check'];
    run('pip install', VENV_PYTHON, ['-m', 'pip', 'install', ...quiet, '-r', requirements]);
  });
}

/** The float model, and the same weights in the peers' formats and folder layouts. */
export function provideModels() {
  attempt('heads', provideHeadModels);
  if (!hasFloatModel()) {
    const script = path.join(ROOT, 'tests/fixtures/fetch-minilm.sh');
    attempt('fp32, and all models made from the float weights', () => {
      say('Fetching the float model into .cache/minilm-float');
      run('Fetching the float model', 'bash', [script]);
    });
  }
  if (!hasFloatModel()) return;
  attempt('onnxruntime and transformers.js', exportOnnx);
  if (attempt('wllama and llama.cpp', convertGguf)) attempt('llama.cpp', provideLlama);
}

function provideHeadModels() {
  const folders = Object.values(HEAD_MODELS);
  const inputs = ['bench/heads-model.js', 'models/all-MiniLM-L6-v2/config.json'].map((name) =>
    readFileSync(path.join(ROOT, name), 'utf8'),
  );
  const isThere = () => folders.every((folder) => existsSync(path.join(folder, 'config.json')));
  once('heads', inputs, isThere, () => {
    say('Making models with heads in .cache/bench/models');
    makeHeadModels(EMBEDDED_MODEL, HEAD_MODELS);
  });
}

/** Whether the float weights are there, so that fp32 can take part. */
export function hasFloatModel() {
  return existsSync(path.join(FLOAT_MODEL, 'model.safetensors'));
}

/** @param {string} name of export.py's files */
export function onnxModel(name) {
  return path.join(ONNX_MODEL, 'onnx', name);
}

/** @param {string} type of GGUF_TYPES */
export function ggufModel(type) {
  return path.join(ONNX_MODEL, 'gguf', `model-${type}.gguf`);
}

function exportOnnx() {
  const inputs = ['export.py', 'requirements.txt'].map((name) =>
    readFileSync(path.join(here, name), 'utf8'),
  );
  const isThere = () =>
    existsSync(path.join(ONNX_MODEL, 'onnx')) &&
    readdirSync(path.join(ONNX_MODEL, 'onnx')).filter((name) => name.endsWith('.onnx')).length ===
      3;
  once('models', inputs, isThere, () => {
    providePython();
    say('Exporting the model as ONNX into .cache/bench/models');
    run('export.py', VENV_PYTHON, [path.join(here, 'export.py'), FLOAT_MODEL, ONNX_MODEL]);
  });
}

/** The same weights as GGUF, by the converter that llama.cpp ships in a source package. */
function convertGguf() {
  const version = '0.3.36';
  const folder = path.join(CACHE, 'gguf');
  const isThere = () => GGUF_TYPES.every((type) => existsSync(ggufModel(type)));
  once('gguf', [version], isThere, () => {
    providePython();
    say('Converting the model to GGUF in .cache/bench/models (77 MB to fetch)');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const name = 'llama-cpp-python';
    const flags = ['-q', '--disable-pip-version-check', '--no-deps', '--no-binary', name];
    const args = ['-m', 'pip', 'download', ...flags, '-d', folder, `${name}==${version}`];
    run('pip download of llama.cpp', VENV_PYTHON, args);
    const archive = readdirSync(folder).find((file) => file.endsWith('.tar.gz'));
    if (!archive) throw new Error(`pip download of ${name} gave no archive`);
    run('tar', 'tar', ['xzf', archive, '--strip-components=1'], folder);
    const script = path.join(folder, 'vendor/llama.cpp/convert_hf_to_gguf.py');
    mkdirSync(path.dirname(ggufModel('f32')), { recursive: true });
    for (const type of GGUF_TYPES) {
      // A trailing slash: the folder may be a link.
      const conversion = [`${FLOAT_MODEL}/`, '--outtype', type, '--outfile', ggufModel(type)];
      run('convert_hf_to_gguf.py', VENV_PYTHON, [script, ...conversion]);
    }
    rmSync(folder, { recursive: true, force: true });
  });
}

/** The Python of the venv, or null when the models were exported elsewhere. */
export function pythonProgram() {
  return existsSync(VENV_PYTHON) ? VENV_PYTHON : null;
}

/**
 * Versions of everything that takes part, by name; null where it is missing.
 * @returns {Record<string, string | null>}
 */
export function peerVersions() {
  const names = Object.keys(readPeers().dependencies).filter((name) => name !== 'playwright-core');
  /** @type {Record<string, string | null>} */
  const versions = Object.fromEntries(names.map((name) => [name, peerVersion(name)]));
  const [llama] = Object.keys(readPeers().llama);
  versions[llama] = versionIn(LLAMA, llama);
  for (const name of pythonProgram() ? ['torch', 'tokenizers'] : []) {
    const ask = `import importlib.metadata as m; print(m.version("${name}"))`;
    versions[name] = run('python', VENV_PYTHON, ['-c', ask]).trim();
  }
  return versions;
}

/** An installed Chromium or Chrome, or null. */
export function chromiumProgram() {
  const given = process.env.BERTLET_CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return [given, ...names, mac].find((file) => file && existsSync(file)) ?? null;
}
