// Starts a contender where it runs (a Node process, a page, a Python process) and lets
// the parent call its host. Only the contender that is called works; the others wait.
import { fork, spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';
import { chromiumProgram, nodeProgram, peerEntry, pythonProgram, ROOT } from './setup.js';
import { startServer } from './server.js';

/**
 * @import { ChildProcess } from 'node:child_process'
 * @import { Readable } from 'node:stream'
 * @import { Browser, Page } from 'playwright-core'
 * @import { Host, Message, Method } from './hosts/host.js'
 * @import { Contender, Runtime } from './contenders.js'
 * @import { SentBytes } from './server.js'
 *
 * @typedef {<Name extends Method>(method: Name, argument?: Parameters<Host[Name]>[0])
 *   => Promise<Awaited<ReturnType<Host[Name]>>>} Call of a method of the contender's host
 *
 * @typedef {object} Driver
 * @property {Call} call
 * @property {() => Promise<void>} close
 * @property {() => SentBytes} [bytes] of a page: what it has fetched
 * @property {() => Promise<void>} [visit] of a page: the same visitor comes again: a new page,
 *   caches as the first one left them
 *
 * @typedef {{ id: number, result?: unknown, error?: string }} Answer
 * @typedef {{ call: Call, answer(answer: Answer): void, end(reason: string): void }} Conversation
 *   `answer`: takes what the other side says, `end`: that it is gone
 */

/** Nothing that is measured takes so long: who does not answer by then is out. */
const CALL_LIMIT_MS = 4 * 60 * 1000;

const CLOSE_LIMIT_MS = 10_000;

/** @param {string} method */
const limitError = (method) => new Error(`${method} took more than ${CALL_LIMIT_MS / 1000} s`);

/**
 * A promise, or an error when it takes too long.
 * @template T
 * @param {string} method
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function withLimit(method, promise) {
  /** @type {NodeJS.Timeout} */
  let timer;
  /** @type {Promise<never>} */
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(limitError(method)), CALL_LIMIT_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/**
 * What drives a contender in a process of its own, until that ends.
 * @param {ChildProcess} child
 * @param {() => string} tail what it printed last
 * @param {Conversation} conversation
 * @returns {Driver}
 */
function driverOf(child, tail, { call, end }) {
  /** @type {Promise<void>} */
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
 * @param {(message: Message) => void} send
 * @returns {Conversation}
 */
function conversation(send) {
  /** @type {Map<number, { resolve(result: any): void, reject(error: Error): void }>} */
  const waiting = new Map();
  let nextId = 0;
  /** @type {Error | undefined} */
  let ended;
  return {
    call(method, argument) {
      if (ended) return Promise.reject(ended);
      const id = nextId++;
      const answered = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      send({ id, method, argument: argument ?? {} });
      return withLimit(method, answered).finally(() => waiting.delete(id));
    },
    answer({ id, result, error }) {
      if (error) waiting.get(id)?.reject(new Error(error));
      else waiting.get(id)?.resolve(result);
    },
    end(reason) {
      ended ??= new Error(reason);
      for (const { reject } of waiting.values()) reject(ended);
    },
  };
}

/**
 * What a child prints last: the reason when it ends early.
 * @param {Readable | null} stream
 */
function keepTail(stream) {
  let tail = '';
  stream?.on('data', (chunk) => (tail = (tail + chunk).slice(-2000)));
  return () => tail.trim();
}

/** @param {number} node its major version @returns {Driver} */
function startNode(node) {
  const program = nodeProgram(node);
  if (!program) throw new Error(`there is no Node ${node}`);
  // Node 20 has relaxed SIMD behind a flag.
  const execArgv = node < 22 ? ['--experimental-wasm-relaxed-simd'] : [];
  const file = path.join(ROOT, 'bench/hosts/node.js');
  const child = fork(file, [], { execPath: program, execArgv, cwd: ROOT, silent: true });
  const tail = keepTail(child.stderr);
  child.stdout?.resume();
  const talk = conversation((message) => child.send(message, () => {}));
  child.on('message', (answer) => talk.answer(/** @type {Answer} of hosts/node.js */ (answer)));
  return driverOf(child, tail, talk);
}

/** @returns {Driver} */
function startPython() {
  const program = pythonProgram();
  if (!program) throw new Error('there is no Python');
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

/** @type {Browser | undefined} */
let browser;

/**
 * One Chromium for all pages; each contender has a context, so a process, of its own.
 * @param {boolean} isolated
 * @returns {Promise<Driver>}
 */
async function startPage(isolated) {
  const server = await startServer({ isolated });
  const context = await (await openBrowser()).newContext();
  const visit = async () => {
    const opened = await context.newPage();
    await opened.goto(server.url);
    await opened.waitForFunction(() => 'bench' in globalThis);
    return opened;
  };
  let page = await visit();
  return {
    bytes: server.bytes,
    async visit() {
      await page.close();
      page = await visit();
    },
    call: (method, argument) => withLimit(method, askPage(page, method, argument ?? {})),
    async close() {
      await context.close();
      server.close();
    },
  };
}

/**
 * Calls the page's `bench` (hosts/page.js).
 * @param {Page} page
 * @param {Method} method
 * @param {unknown} argument
 */
function askPage(page, method, argument) {
  const message = { method, argument };
  return page.evaluate(
    (asked) => Reflect.get(globalThis, 'bench')(asked.method, asked.argument),
    message,
  );
}

async function openBrowser() {
  browser ??= await launchChromium();
  return browser;
}

async function launchChromium() {
  /** @type {typeof import('playwright-core')} */
  const { chromium } = await import(peerEntry('playwright-core'));
  const launched = await chromium.launch({
    executablePath: chromiumProgram() ?? undefined,
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
  return (await openBrowser()).version();
}

/**
 * @param {{ runtime: Runtime, node?: number, isolated?: boolean }} contender
 * @returns {Promise<Driver>}
 */
export async function start({ runtime, node = 0, isolated = false }) {
  if (runtime === 'page') return startPage(isolated);
  return runtime === 'python' ? startPython() : startNode(node);
}
