// Reads options and says in words what is wrong with them.
import { parseArgs } from 'node:util';
import { nearest } from '../nearest.js';

/** Something about the command line itself is wrong; carries the command to ask help for. */
export class UsageError extends Error {
  /** @param {string} message @param {string} [command] */
  constructor(message, command) {
    super(message);
    this.command = command;
  }
}

/** The line is well formed, but what it names can't be used. */
export class InputError extends Error {}

/**
 * Options are described once, for parsing and for the help text:
 * `{ name: { short?, value?, choices?, number?, help } }`; without `value` it is a switch.
 * @typedef {{ short?: string, value?: string, choices?: string[], number?: [number, number],
 *   help: string }} OptionSpec
 * @typedef {{ name: string, summary: string, usage: string[], about?: string,
 *   options: Record<string, OptionSpec>, examples: string[],
 *   run(call: { values: Record<string, any>, positionals: string[],
 *     output: import('./output.js').Output, signal: AbortSignal }): Promise<void> }} Command
 */

/**
 * @param {Command} command
 * @param {string[]} args
 * @returns {{ values: Record<string, any>, positionals: string[] }} names in camelCase
 */
export function parseCommandLine(command, args) {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, spec]) => [
      name,
      { type: spec.value ? 'string' : 'boolean', ...(spec.short && { short: spec.short }) },
    ]),
  );
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(explain(error, Object.keys(options)), command.name);
  }
  const values = {};
  for (const [name, text] of Object.entries(parsed.values)) {
    values[camelCase(name)] = check(command, name, command.options[name], text);
  }
  return { values, positionals: parsed.positionals };
}

function check(command, name, spec, value) {
  if (spec.choices && !spec.choices.includes(value)) {
    const choices = spec.choices.join(', ');
    throw new UsageError(`--${name} is one of ${choices}, not "${value}"`, command.name);
  }
  if (spec.number) {
    const [least, most] = spec.number;
    const number = Number(value);
    if (value.trim() === '' || !Number.isInteger(number) || number < least || number > most) {
      const range = most === Infinity ? `from ${least} on` : `from ${least} to ${most}`;
      throw new UsageError(`--${name} is a whole number ${range}, not "${value}"`, command.name);
    }
    return number;
  }
  if (spec.value && value === '') {
    throw new UsageError(`--${name} needs a value: ${spec.value}`, command.name);
  }
  return value;
}

/** Node's sentences, shortened to ours. */
function explain(error, known) {
  const quoted = error.message.match(/'([^']*)'/)?.[1] ?? '';
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const meant = nearest(quoted.replace(/^-+/, ''), known);
    const advice = meant
      ? `did you mean "--${meant}"?`
      : 'a text that begins with "-" comes after "--"';
    return `unknown option "${quoted}"; ${advice}`;
  }
  const option = quoted.match(/--[\w-]+/)?.[0] ?? quoted;
  if (/argument missing/.test(error.message)) return `${option} needs a value`;
  if (/ambiguous/.test(error.message)) {
    return `${option} needs a value; write ${option}=VALUE when it begins with "-"`;
  }
  if (/does not take an argument/.test(error.message)) return `${option} takes no value`;
  return error.message;
}

const camelCase = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
