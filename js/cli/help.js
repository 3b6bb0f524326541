// Help texts, made from the same descriptions that parse the options.

const width = 80;

/** @param {import('./arguments.js').Command[]} commands */
export function generalHelp(commands) {
  return [
    'bertlet: BERT encoders in WebAssembly, on this machine only.',
    '',
    'Usage: bertlet COMMAND [OPTIONS] [ARGUMENTS]',
    '',
    'Commands:',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Options:',
    ...columns([
      ['-h, --help', 'show this text, or that of a command: bertlet embed --help'],
      ['-v, --version', 'show the version'],
    ]),
    '',
    'Examples:',
    ...commands.map(({ examples }) => `  ${examples[0]}`),
    '',
    'Results go to standard output, messages to standard error. The exit code is 0 for',
    'success, 2 for input that could not be used, 1 for a fault of bertlet itself.',
  ].join('\n');
}

/** @param {import('./arguments.js').Command} command */
export function commandHelp(command) {
  /** @type {Row[]} */
  const options = Object.entries(command.options).map(([name, spec]) => [
    `${spec.short ? `-${spec.short}, ` : '    '}--${name}${spec.value ? ` ${spec.value}` : ''}`,
    spec.help,
  ]);
  options.push(['-h, --help', 'show this text']);
  return [
    sentence(command.summary),
    '',
    ...command.usage.map((line, at) => `${at === 0 ? 'Usage: ' : '       '}${line}`),
    ...(command.about ? ['', ...wrap(command.about, width)] : []),
    '',
    'Options:',
    ...columns(options),
    '',
    'Examples:',
    ...command.examples.map((line) => `  ${line}`),
  ].join('\n');
}

/** A name and what is said of it. @typedef {[name: string, text: string]} Row */

/** @param {string} text */
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;

/** @param {Row[]} rows */
function columns(rows) {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows.flatMap(([name, text]) =>
    wrap(text, width - left).map((line, at) => `  ${at ? '' : name}`.padEnd(left) + line),
  );
}

/** @param {string} text @param {number} limit columns */
function wrap(text, limit) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last && last.length + 1 + word.length > limit) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}
