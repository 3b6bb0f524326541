// Holds the code to the order that ARCHITECTURE.md draws: who may include or import whom, no
// circles, and nothing offered that nobody uses. Prints what is against it, and fails.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A folder of sources with an order.
 * @typedef {{ root: string, allowed: Map<string, Set<string>> }} Layers `allowed`: the rooms that a
 *   room may use, by its name
 *
 * What a file asks of another one.
 * @typedef {{ from: string, to: string, line: number, names: string[], isType: boolean }} Link
 *   `names` that it takes; '*': all. `isType`: it vanishes when the code runs
 */

/** Stand beside the rooms; the command line's has a room of its own. */
const entries = 'entries';
const entryRooms = new Map([['cli.js', 'cli']]);

/**
 * The blocks of a text that are fenced as "layers ROOT": a line a room, `room ← those it may use`.
 * @param {string} text
 * @returns {Layers[]}
 */
export function readLayers(text) {
  const blocks = text.matchAll(/^```layers (\S+)\n([^`]*)^```/gm);
  return Array.from(blocks, ([, root, lines]) => ({
    root,
    allowed: new Map(lines.trim().split('\n').map(readLine)),
  }));
}

/** @param {string} line @returns {[room: string, allowed: Set<string>]} */
function readLine(line) {
  const [room, others = ''] = line.split('←').map((part) => part.trim());
  return [room, new Set(others.split(/\s+/).filter((name) => /^\w/.test(name)))];
}

/** All files below a folder, relative to `base`. @param {string} base @param {string} folder */
function filesBelow(base, folder) {
  if (!existsSync(path.join(base, folder))) return [];
  return readdirSync(path.join(base, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)))
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}

/** @param {string} root @param {string} file of it */
function roomOf(root, file) {
  const parts = path.relative(root, file).split('/');
  return parts.length > 1 ? parts[0] : (entryRooms.get(parts[0]) ?? entries);
}

/** @param {string} text @param {number} at */
const lineAt = (text, at) => text.slice(0, at).split('\n').length;

/** `import` and `export … from`, `import('…')`, and the same of comments' types. */
const importForms =
  /(?:^|\s)(?:import|export|@import)\s*([\w*${},\s]*?)\s*from\s*'(\.[^']+)'|\bimport\('(\.[^']+)'\)(?:\.(\w+))?/g;

/** @param {string} names as `{ a, b as c }`, `* as x` or `x` @returns {string[]} */
function namesTaken(names) {
  const listed = /\{([^}]*)\}/.exec(names);
  if (!listed) return ['*'];
  const parts = listed[1].replaceAll('*', ' ').split(',');
  return parts.map((part) => part.trim().split(/\s+/)[0]).filter(Boolean);
}

/**
 * What a file includes or imports.
 * @param {string} base
 * @param {string} file
 * @returns {Link[]}
 */
function linksOf(base, file) {
  const text = readFileSync(path.join(base, file), 'utf8');
  /** @param {string} name */
  const resolve = (name) => path.posix.join(path.posix.dirname(file), name);
  if (/\.[ch]$/.test(file)) {
    return Array.from(text.matchAll(/^#include "([^"]+)"/gm), (match) => ({
      from: file,
      to: resolve(match[1]),
      line: lineAt(text, match.index),
      names: [],
      isType: false,
    }));
  }
  const comments = Array.from(text.matchAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm), (match) => ({
    begin: match.index,
    end: match.index + match[0].length,
  }));
  return Array.from(text.matchAll(importForms), (match) => {
    const [, names, plain, dynamic, member] = match;
    const at = match.index + match[0].search(/\S/);
    return {
      from: file,
      to: resolve(plain ?? dynamic),
      line: lineAt(text, at),
      names: plain ? namesTaken(names) : [member ?? '*'],
      isType: comments.some(({ begin, end }) => at >= begin && at < end),
    };
  });
}

/**
 * Links that go up, to a sibling, or out of the folder.
 * @param {Layers} layers
 * @param {Link[]} links
 */
function wrongWays({ root, allowed }, links) {
  return links.flatMap(({ from, to, line }) => {
    const room = roomOf(root, from);
    if (!allowed.has(room)) return [`${from}: ${room} is no room of ARCHITECTURE.md's`];
    // Declarations are the public contract, which all rooms keep.
    if (to.endsWith('.d.ts')) return [];
    if (!to.startsWith(`${root}/`)) return [`${from}:${line}: ${to} is outside of ${root}`];
    const other = roomOf(root, to);
    if (other === room || allowed.get(room)?.has(other)) return [];
    return [`${from}:${line}: ${room} may not use ${other} (${to})`];
  });
}

/** Circles of files that need each other to run. @param {Link[]} links */
function circles(links) {
  /** @type {Map<string, string[]>} */
  const next = new Map();
  for (const { from, to, isType } of links) {
    if (!isType) next.set(from, [...(next.get(from) ?? []), to]);
  }
  /** @type {string[]} */
  const found = [];
  /** @type {Set<string>} */
  const done = new Set();
  /** @param {string} file @param {string[]} way */
  const walk = (file, way) => {
    if (way.includes(file)) {
      found.push(`a circle: ${[...way.slice(way.indexOf(file)), file].join(' → ')}`);
    } else if (!done.has(file)) {
      for (const other of next.get(file) ?? []) walk(other, [...way, file]);
      done.add(file);
    }
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}

/**
 * Exports of rooms that no file takes.
 * @param {string} base
 * @param {string[]} files
 * @param {Link[]} links of all that may take them
 */
function unusedExports(base, files, links) {
  return files.flatMap((file) => {
    const text = readFileSync(path.join(base, file), 'utf8');
    const exported = Array.from(
      text.matchAll(/^export (?:async )?(?:function\*?|class|const|let) (\w+)/gm),
      ([, name]) => name,
    );
    const taken = links.filter(({ to }) => to === file).flatMap(({ names }) => names);
    if (taken.includes('*')) return [];
    return exported
      .filter((name) => !taken.includes(name))
      .map((name) => `${file}: nobody takes its export ${name}`);
  });
}

/**
 * Functions of C headers, and exports of the module, that nobody calls.
 * @param {string} base
 * @param {string[]} sources of C
 * @param {string[]} scripts that may call exports
 */
function unusedFunctions(base, sources, scripts) {
  /** @param {string[]} files */
  const read = (files) => files.map((file) => readFileSync(path.join(base, file), 'utf8'));
  const code = read(sources)
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '');
  const js = read(scripts).join('\n');
  const list = 'wasm/exports.txt';
  const listed = existsSync(path.join(base, list)) ? read([list])[0] : '';
  /** @type {string[]} */
  const exported = listed.match(/bl_\w+/g) ?? [];
  const headers = read(sources.filter((file) => file.endsWith('.h'))).join('\n');
  const declared = Array.from(headers.matchAll(/^[\w *]+?\b(bl_\w+)\(/gm), ([, name]) => name);
  /** More than declared and defined, which begins a line. @param {string} name */
  const isCalled = (name) => {
    const named = code.match(new RegExp(`\\b${name}\\b`, 'g')) ?? [];
    const begun = code.match(new RegExp(`^\\w[\\w *]*\\b${name}\\(`, 'gm')) ?? [];
    return named.length > begun.length;
  };
  /** @param {string} name */
  const isImported = (name) => new RegExp(`\\b${name}\\b`).test(js);
  return [
    ...exported
      .filter((name) => !isImported(name))
      .map((name) => `${list}: no script calls ${name}`),
    ...declared
      .filter((name) => !isCalled(name) && !exported.includes(name))
      .map((name) => `src: nobody calls ${name}, which a header offers`),
  ];
}

/**
 * @param {string} base folder of the project
 * @returns {string[]} what is against the order, a sentence each
 */
export function checkLayers(base) {
  const orders = readLayers(readFileSync(path.join(base, 'ARCHITECTURE.md'), 'utf8'));
  const wrong = orders.length > 0 ? [] : ['ARCHITECTURE.md has no block of layers'];
  /** @param {string} folder */
  const scriptsBelow = (folder) => filesBelow(base, folder).filter((file) => file.endsWith('.js'));
  for (const layers of orders) {
    const files = filesBelow(base, layers.root).filter((file) => /\.(c|h|js)$/.test(file));
    const links = files.flatMap((file) => linksOf(base, file));
    wrong.push(...wrongWays(layers, links), ...circles(links));
    if (layers.root === 'src') {
      const others = ['wasm', 'tests/c'].flatMap((folder) => filesBelow(base, folder));
      const sources = [...files, ...others].filter((file) => /\.[ch]$/.test(file));
      const callers = ['js', 'tests'].flatMap(scriptsBelow);
      wrong.push(...unusedFunctions(base, sources, callers));
    } else {
      const others = ['web-demo', 'tools', 'bench', 'tests'].flatMap(scriptsBelow);
      const rooms = files.filter((file) => roomOf(layers.root, file) !== entries);
      const all = [...links, ...others.flatMap((file) => linksOf(base, file))];
      wrong.push(...unusedExports(base, rooms, all));
    }
  }
  return wrong;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wrong = checkLayers(fileURLToPath(new URL('../..', import.meta.url)));
  for (const sentence of wrong) console.log(sentence);
  if (wrong.length > 0) process.exit(1);
}
