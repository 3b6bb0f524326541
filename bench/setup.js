// Provides what the bench measures against, in the ignored folder .cache/bench: the
// peers' packages, other Nodes, the model as ONNX. Each step is skipped when its result
// is already there and was made from the same inputs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const ROOT = path.dirname(here);
export const CACHE = path.join(ROOT, '.cache/bench');
export const FLOAT_MODEL = path.join(ROOT, '.cache/minilm-float');
export const ONNX_MODEL = path.join(CACHE, 'models/minilm');
export const PEERS = path.join(CACHE, 'peers');
const GGUF_TYPES = ['f32', 'q8_0'];
const VENV_PYTHON = path.join(CACHE, 'venv/bin/python');

/** @param {string} type of GGUF_TYPES */
export function ggufModel(type) {
  return path.join(ONNX_MODEL, 'gguf', `model-${type}.gguf`);
}

export function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Runs a program, its output kept for the error message. */
function run(what, program, args, options = {}) {
  const result = spawnSync(program, args, { encoding: 'utf8', cwd: ROOT, ...options });
  if (result.status !== 0) {
    const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
    throw new Error(`${what} failed:\n${output.split('\n').slice(-20).join('\n')}`);
  }
  return result.stdout;
}

/** Runs `make` unless `.cache/bench/NAME.stamp` says it was done from the same inputs. */
function once(name, inputs, exists, make) {
  const stamp = path.join(CACHE, `${name}.stamp`);
  const hash = createHash('sha256').update(inputs.join('\n')).digest('hex');
  if (exists() && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  mkdirSync(CACHE, { recursive: true });
  make();
  writeFileSync(stamp, hash);
}

export function readPeers() {
  return JSON.parse(readFileSync(path.join(here, 'peers.json'), 'utf8'));
}

/** Installs the pinned packages of peers.json, without their install scripts. */
export function providePeers() {
  const { nodes, ...manifest } = readPeers();
  const wanted = { ...manifest.dependencies };
  const ownMajor = process.versions.node.split('.')[0];
  const onLinux = process.platform === 'linux' && process.arch === 'x64';
  for (const [major, spec] of Object.entries(nodes)) {
    if (major !== ownMajor && onLinux) wanted[`node-${major}`] = `npm:${spec}`;
  }
  const text = JSON.stringify({ ...manifest, dependencies: wanted }, null, 2);
  const isThere = () => existsSync(path.join(PEERS, 'node_modules'));
  once('peers', [text], isThere, () => {
    say('Installing the peers into .cache/bench/peers (about 800 MB)');
    mkdirSync(PEERS, { recursive: true });
    writeFileSync(path.join(PEERS, 'package.json'), text);
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
    run('npm install of the peers', 'npm', ['install', '--prefix', PEERS, ...flags]);
    // Modules beside the peers' node_modules, so that Node resolves them by itself.
    for (const name of Object.keys(manifest.dependencies)) {
      const text = `import * as all from '${name}';\nexport default all.default ?? all;\n`;
      writeFileSync(peerEntry(name), `${text}export * from '${name}';\n`);
    }
  });
}

/** Version of an installed peer. @param {string} name */
export function peerVersion(name) {
  const file = path.join(PEERS, 'node_modules', name, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

/** Module that exports a peer, for Node. @param {string} name */
export function peerEntry(name) {
  return path.join(PEERS, `${name.replace('/', '-')}.mjs`);
}

/** The program of a Node major version, or null where it cannot be had. */
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
  once(
    'venv',
    inputs,
    () => existsSync(VENV_PYTHON),
    () => {
      say('Providing Python with torch and onnxruntime in .cache/bench/venv (several GB, minutes)');
      rmSync(venv, { recursive: true, force: true });
      const what =
        'python -m venv (on Debian: apt-get install python3-venv; or set BERTLET_PYTHON)';
      run(what, given ?? 'python3', ['-m', 'venv', venv]);
      if (given) {
        const ask = ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'];
        const borrowed = run('python', given, ask).trim();
        const own = run('python', VENV_PYTHON, ask).trim();
        writeFileSync(path.join(own, 'borrowed.pth'), `${borrowed}\n`);
      }
      const quiet = ['-q', '--disable-pip-version-check'];
      run('pip install', VENV_PYTHON, ['-m', 'pip', 'install', ...quiet, '-r', requirements]);
    },
  );
}

/** The float model, and the same weights as ONNX in the peers' folder layout. */
export function provideModels() {
  if (!existsSync(path.join(FLOAT_MODEL, 'model.safetensors'))) {
    const script = path.join(ROOT, 'tests/fixtures/fetch-minilm.sh');
    say('Fetching the float model into .cache/minilm-float');
    run('Fetching the float model', 'bash', [script]);
  }
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

/**
 * The same weights as GGUF, by the converter that llama.cpp ships in a source package.
 * @returns {boolean} false when that failed: then wllama is left out
 */
export function provideGguf() {
  const version = '0.3.36';
  const folder = path.join(CACHE, 'gguf');
  const isThere = () => GGUF_TYPES.every((type) => existsSync(ggufModel(type)));
  try {
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
      run('tar', 'tar', ['xzf', archive, '--strip-components=1'], { cwd: folder });
      const script = path.join(folder, 'vendor/llama.cpp/convert_hf_to_gguf.py');
      mkdirSync(path.dirname(ggufModel('f32')), { recursive: true });
      for (const type of GGUF_TYPES) {
        // A trailing slash: the folder may be a link.
        const conversion = [`${FLOAT_MODEL}/`, '--outtype', type, '--outfile', ggufModel(type)];
        run('convert_hf_to_gguf.py', VENV_PYTHON, [script, ...conversion]);
      }
      rmSync(folder, { recursive: true, force: true });
    });
    return true;
  } catch (error) {
    say(`Without wllama: ${error.message}`);
    return false;
  }
}

/** The Python of the venv, or null when the models were exported elsewhere. */
export function pythonProgram() {
  return existsSync(VENV_PYTHON) ? VENV_PYTHON : null;
}

/** An installed Chromium or Chrome, or null. */
export function chromiumProgram() {
  const given = process.env.BERTLET_CHROMIUM;
  const names = ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return [given, ...names, mac].find((file) => file && existsSync(file)) ?? null;
}
