// Reads options and says in words what is wrong with them.
import { parseArgs } from 'node:util';
import { nearest } from '../shared/nearest.js';

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
 * Options are described once, for parsing and for the help text; without `value` it is a switch.
 * @typedef {{ readonly short?: string, readonly value?: string,
 *   readonly choices?: readonly string[], readonly number?: readonly [number, number],
 *   readonly help: string }} OptionSpec
 *
 * @typedef {Readonly<Record<string, OptionSpec>>} OptionSpecs
 */

/**
 * What the line gave for one option.
 * @template {OptionSpec} Spec
 * @typedef {OptionSpec extends Spec ? string | number | boolean
 *   : Spec extends { number: unknown } ? number
 *   : Spec extends { choices: readonly (infer Choice)[] } ? Choice
 *   : Spec extends { value: string } ? string : boolean} ValueOf
 */

/**
 * 'max-length' → 'maxLength'
 * @template Name
 * @typedef {Name extends `${infer First}-${infer Rest}` ? `${First}${Capitalize<CamelCase<Rest>>}`
 *   : Name} CamelCase
 */

/**
 * A command line that has been read; names of options are in camelCase.
 * @template {OptionSpecs} [Specs=OptionSpecs]
 * @typedef {{
 *   values: { -readonly [Name in keyof Specs as CamelCase<Name>]?: ValueOf<Specs[Name]> },
 *   positionals: string[],
 *   output: import('./output.js').Output,
 *   signal: AbortSignal,
 * }} Line
 */

/**
 * @template {OptionSpecs} [Specs=OptionSpecs]
 * @typedef {{ name: string, summary: string, usage: string[], about?: string, options: Specs,
 *   examples: string[], run(line: Line<Specs>): Promise<void> }} Command
 */

/**
 * A command, whose options say what types `run` is given.
 * @param {Command<Specs>} command
 * @returns {Command}
 * @template {OptionSpecs} const Specs
 */
export const defineCommand = (command) => command;

/**
 * @param {Command} command
 * @param {string[]} args
 * @returns {Pick<Line, 'values' | 'positionals'>}
 */
export function parseCommandLine(command, args) {
  /** @type {NonNullable<import('node:util').ParseArgsConfig['options']>} */
  const options = {};
  for (const [name, { value, short }] of Object.entries(command.options)) {
    options[name] = { type: value ? 'string' : 'boolean', ...(short && { short }) };
  }
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(explain(error, Object.keys(options)), command.name);
  }
  /** @type {Line['values']} */
  const values = {};
  for (const [name, value] of Object.entries(parsed.values)) {
    // No option may be given several times, which would make lists of values.
    if (Array.isArray(value) || value === undefined) continue;
    values[camelCase(name)] = typeof value === 'string' ? readValue(command, name, value) : value;
  }
  return { values, positionals: parsed.positionals };
}

/** @param {Command} command @param {string} name of the option @param {string} value */
function readValue(command, name, value) {
  const spec = command.options[name];
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

/** Node's sentences, shortened to ours. @param {unknown} error @param {string[]} known */
function explain(error, known) {
  const { message, code } = /** @type {NodeJS.ErrnoException} */ (error);
  const quoted = message.match(/'([^']*)'/)?.[1] ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const meant = nearest(quoted.replace(/^-+/, ''), known);
    const advice = meant
      ? `did you mean "--${meant}"?`
      : 'a text that begins with "-" comes after "--"';
    return `unknown option "${quoted}"; ${advice}`;
  }
  const option = quoted.match(/--[\w-]+/)?.[0] ?? quoted;
  if (/argument missing/.test(message)) return `${option} needs a value`;
  if (/ambiguous/.test(message)) {
    return `${option} needs a value; write ${option}=VALUE when it begins with "-"`;
  }
  if (/does not take an argument/.test(message)) return `${option} takes no value`;
  return message;
}

/** @param {string} name */
const camelCase = (name) => name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
