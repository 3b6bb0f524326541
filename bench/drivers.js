// Starts a contender where it runs (a Node process, a page, a Python process) and lets
// the parent call its host. Only the contender that is called works; the others wait.
import { fork, spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { chromiumProgram, nodeProgram, peerEntry, pythonProgram, ROOT } from './setup.js';
import { startServer } from './server.js';

const CALL_LIMIT_MS = 10 * 60 * 1000;

/** What drives a contender in a process of its own, until that ends. */
function driverOf(child, tail, call, end) {
  const gone = new Promise((resolve) => {
    child.on('exit', (code) => {
      end(`the process ended with ${code}: ${tail()}`);
      resolve();
    });
  });
  return {
    call,
    async close() {
      await call('close').catch(() => child.kill());
      await gone;
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
  return {
    call(method, argument = {}) {
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error(`${method} took more than ${CALL_LIMIT_MS / 1000} s`));
        }, CALL_LIMIT_MS);
        waiting.set(id, { resolve, reject, timer });
        send({ id, method, argument });
      });
    },
    answer({ id, result, error }) {
      const entry = waiting.get(id);
      if (!entry) return;
      waiting.delete(id);
      clearTimeout(entry.timer);
      if (error) entry.reject(new Error(error));
      else entry.resolve(result);
    },
    /** The other side is gone. */
    end(reason) {
      for (const { reject, timer } of waiting.values()) {
        clearTimeout(timer);
        reject(new Error(reason));
      }
      waiting.clear();
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
  const { call, answer, end } = conversation((message) => child.send(message));
  child.on('message', answer);
  return driverOf(child, tail, call, end);
}

function startPython() {
  const program = pythonProgram();
  const script = path.join(ROOT, 'bench/hosts/python.py');
  const env = { ...process.env, RAYON_NUM_THREADS: '1', TOKENIZERS_PARALLELISM: 'false' };
  const child = spawn(program, [script], { cwd: ROOT, env });
  const tail = keepTail(child.stderr);
  const { call, answer, end } = conversation((message) =>
    child.stdin.write(`${JSON.stringify(message)}\n`),
  );
  readline.createInterface({ input: child.stdout }).on('line', (line) => answer(JSON.parse(line)));
  return driverOf(child, tail, call, end);
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
      page.evaluate(([name, value]) => globalThis.bench(name, value), [method, argument]),
    async close() {
      await context.close();
      server.close();
    },
  };
}

async function launchChromium() {
  const { chromium } = await import(peerEntry('playwright-core'));
  return chromium.launch({
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
