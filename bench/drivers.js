// Starts a contender where it runs (a Node process, a page, a Python process) and lets
// the parent call its host. Only the contender that is called works; the others wait.
import { fork, spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { chromiumProgram, nodeProgram, peerEntry, pythonProgram, ROOT } from './setup.js';
import { startServer } from './server.js';

/** Nothing that is measured takes so long: who does not answer by then is out. */
const CALL_LIMIT_MS = 4 * 60 * 1000;

const CLOSE_LIMIT_MS = 10_000;

const limitError = (method) => new Error(`${method} took more than ${CALL_LIMIT_MS / 1000} s`);

/** A promise, or an error when it takes too long. */
function withLimit(method, promise) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(limitError(method)), CALL_LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** What drives a contender in a process of its own, until that ends. */
function driverOf(child, tail, { call, end }) {
  const gone = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      end(`the process ended with ${signal ?? code}: ${tail()}`);
      resolve();
    });
    child.on('error', (error) => {
      end(error.message);
      resolve();
    });
  });
  return {
    call,
    async close() {
      const forced = setTimeout(() => child.kill('SIGKILL'), CLOSE_LIMIT_MS);
      await call('close').catch(() => child.kill('SIGKILL'));
      await gone;
      clearTimeout(forced);
    },
  };
}

/**
 * Requests and answers over any pair of streams.
 * @param {(message: object) => void} send
 */
function conversation(send) {
  const waiting = new Map();
  let nextId = 0;
  let ended;
  return {
    call(method, argument = {}) {
      if (ended) return Promise.reject(ended);
      const id = nextId++;
      const answered = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      send({ id, method, argument });
      return withLimit(method, answered).finally(() => waiting.delete(id));
    },
    answer({ id, result, error }) {
      if (error) waiting.get(id)?.reject(new Error(error));
      else waiting.get(id)?.resolve(result);
    },
    /** The other side is gone. */
    end(reason) {
      ended ??= new Error(reason);
      for (const { reject } of waiting.values()) reject(ended);
    },
  };
}

/** What a child printed last: the reason when it ends early. */
function keepTail(stream) {
  let tail = '';
  stream.on('data', (chunk) => (tail = (tail + chunk).slice(-2000)));
  return () => tail.trim();
}

function startNode({ node }) {
  const program = nodeProgram(node);
  // Node 20 has relaxed SIMD behind a flag.
  const execArgv = node < 22 ? ['--experimental-wasm-relaxed-simd'] : [];
  const file = path.join(ROOT, 'bench/hosts/node.js');
  const child = fork(file, { execPath: program, execArgv, cwd: ROOT, silent: true });
  const tail = keepTail(child.stderr);
  child.stdout.resume();
  const talk = conversation((message) => child.send(message, () => {}));
  child.on('message', talk.answer);
  return driverOf(child, tail, talk);
}

function startPython() {
  const program = pythonProgram();
  const script = path.join(ROOT, 'bench/hosts/python.py');
  const env = { ...process.env, RAYON_NUM_THREADS: '1', TOKENIZERS_PARALLELISM: 'false' };
  const child = spawn(program, [script], { cwd: ROOT, env });
  const tail = keepTail(child.stderr);
  const talk = conversation((message) => child.stdin.write(`${JSON.stringify(message)}\n`));
  child.stdin.on('error', (error) => talk.end(error.message)); // its end, seen from here
  const lines = readline.createInterface({ input: child.stdout });
  lines.on('line', (line) => talk.answer(JSON.parse(line)));
  return driverOf(child, tail, talk);
}

let browser;

/** One Chromium for all pages; each contender has a context, so a process, of its own. */
async function startPage({ isolated }) {
  browser ??= await launchChromium();
  const server = await startServer({ isolated });
  const context = await browser.newContext();
  let page;
  const visit = async () => {
    await page?.close();
    page = await context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => globalThis.bench !== undefined);
  };
  await visit();
  return {
    bytes: server.bytes,
    /** The same visitor comes again: a new page, caches as the first one left them. */
    visit,
    call: (method, argument = {}) =>
      withLimit(
        method,
        page.evaluate(([name, value]) => globalThis.bench(name, value), [method, argument]),
      ),
    async close() {
      await context.close();
      server.close();
    },
  };
}

async function launchChromium() {
  const { chromium } = await import(peerEntry('playwright-core'));
  const launched = await chromium.launch({
    executablePath: chromiumProgram(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  // After a crash the next page gets a new one.
  launched.on('disconnected', () => {
    if (browser === launched) browser = undefined;
  });
  return launched;
}

/** Ends the browser, if one was started. */
export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

export async function chromiumVersion() {
  browser ??= await launchChromium();
  return browser.version();
}

/** @param {{ runtime: 'node' | 'page' | 'python' }} contender */
export async function start(contender) {
  if (contender.runtime === 'page') return startPage(contender);
  return contender.runtime === 'python' ? startPython() : startNode(contender);
}
