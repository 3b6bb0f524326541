// Picks the command, and turns whatever goes wrong into one line and an exit code.
import { readFileSync } from 'node:fs';
import { InputError, parseCommandLine, UsageError } from './arguments.js';
import { generalHelp, commandHelp } from './help.js';
import { Output, say } from './output.js';
import { oneLine } from './text.js';
import embed from './embed.js';
import similar from './similar.js';
import classify from './classify.js';
import fillMask from './fill-mask.js';
import answer from './answer.js';
import ner from './ner.js';
import summarize from './summarize.js';
import rank from './rank.js';
import attention from './attention.js';
import tokenize from './tokenize.js';
import info from './info.js';
import quantize from './quantize.js';

const commands = [
  embed,
  similar,
  classify,
  fillMask,
  answer,
  ner,
  summarize,
  rank,
  attention,
  tokenize,
  info,
  quantize,
];

// What people type; 2 stands for every kind of bad input.
const exitOk = 0;
const exitInternal = 1;
const exitBadInput = 2;

/**
 * Runs one command line and sets the exit code.
 * @param {string[]} argv without the names of Node and of the script
 */
export async function run(argv) {
  const output = new Output(process.stdout);
  const interrupt = new AbortController();
  // The first Ctrl-C stops the work, a second one the process.
  process.once('SIGINT', () => interrupt.abort());
  try {
    await dispatch(argv, output, interrupt.signal);
    await output.flush();
    process.exitCode = exitOk;
  } catch (error) {
    // The reader of a pipe has gone away (`| head`): nothing is wrong.
    if (partsOf(error).code === 'EPIPE') process.exit(exitOk);
    // Die by the signal, so that a shell script stops as well.
    if (interrupt.signal.aborted) process.kill(process.pid, 'SIGINT');
    else fail(error);
  }
}

/** @param {string[]} argv @param {Output} output @param {AbortSignal} signal */
async function dispatch(argv, output, signal) {
  const [first, ...rest] = argv;
  if (first === undefined) {
    throw new UsageError(`say what to do: ${commands.map(({ name }) => name).join(', ')}`);
  }
  if (['--help', '-h'].includes(first)) return output.line(generalHelp(commands));
  if (['--version', '-v', '-V'].includes(first)) return output.line(version());
  if (first === 'help') {
    return output.line(rest.length ? commandHelp(find(rest[0])) : generalHelp(commands));
  }
  const command = find(first);
  if (asksForHelp(rest)) return output.line(commandHelp(command));
  const { values, positionals } = parseCommandLine(command, rest);
  return command.run({ values, positionals, output, signal });
}

/**
 * `--help` wins over whatever else is wrong with the line, but not behind `--`.
 * @param {string[]} args
 */
function asksForHelp(args) {
  const end = args.indexOf('--');
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

/** @param {string} name */
function find(name) {
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return command;
  const kind = name.startsWith('-') ? 'option' : 'command';
  const known = commands.map((candidate) => candidate.name).join(', ');
  throw new UsageError(`unknown ${kind} "${name}"; the commands are ${known}`);
}

function version() {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

/**
 * What errors have, whatever was thrown.
 * @param {unknown} error
 * @returns {{ name?: string, code?: string, message?: unknown, stack?: string, syscall?: unknown }}
 */
const partsOf = (error) => Object(error);

/** @param {unknown} error */
function fail(error) {
  const isInput = isUserError(error);
  const hint = error instanceof UsageError ? ` (see: bertlet ${helpTopic(error)}--help)` : '';
  const { message, stack } = partsOf(error);
  say(`bertlet: ${oneLine(String(message ?? error))}${hint}`);
  if (!isInput && stack) say(stack);
  process.exitCode = isInput ? exitBadInput : exitInternal;
}

/** @param {UsageError} error */
const helpTopic = (error) => (error.command ? `${error.command} ` : '');

/**
 * A BertletError other than our own fault, or a file that can't be read or written.
 * @param {unknown} error
 */
function isUserError(error) {
  if (error instanceof UsageError || error instanceof InputError) return true;
  const { name = '', code, syscall } = partsOf(error);
  if (['BertletError', 'AbortError'].includes(name)) return code !== 'INTERNAL';
  return typeof syscall === 'string';
}
