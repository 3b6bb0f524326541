// Patterns that name modules, against Python's `re` (fixtures/module_patterns.py), and the time
// that hostile ones take.
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  createPatternWork,
  ModulePattern,
  PatternError,
} from '../../js/adapters/module-pattern.js';
import { readFixture } from '../helpers/fixtures.js';

const { names, patterns } = readFixture('module-patterns.json');
const compile = (source, work = createPatternWork()) => new ModulePattern(source, work);

/** @returns {string | null} as module_patterns.py writes it; null: no pattern */
function digitsOf(source) {
  try {
    const [pattern, key] = [compile(source), compile(`(.*\\.)?(${source})$`)];
    return names
      .map((name) => {
        const ways = [pattern.matchesAll(name), pattern.matchesStart(name), key.matchesStart(name)];
        return ways.reduce((sum, matches, i) => sum + (matches ? 2 ** i : 0), 0);
      })
      .join('');
  } catch (error) {
    assert.ok(error instanceof PatternError, `${source}: ${error}`);
    return error.code === 'UNSUPPORTED' ? undefined : null;
  }
}

test('patterns match what Python matches with them', () => {
  for (const [source, expected] of Object.entries(patterns)) {
    const actual = digitsOf(source);
    if (actual !== undefined) assert.equal(actual, expected, source);
  }
});

test('what cannot be told without going back, or is not known, is refused by name', () => {
  const refused = {
    'a(?=b)': /look-around/,
    '(?i)query': /flag/,
    '(?P<name>a)': /name/,
    '(a)\\1': /reference \\1/,
    'a*+': /possessive/,
    '\\x41': /escape \\x/,
    '\\Bquery': /escape \\B/,
    'a{1001}': /repetitions/,
    [`a${'a'.repeat(20_000)}`]: /more than 20000 characters/,
    [`${'('.repeat(200)}a${')'.repeat(200)}`]: /nested/,
  };
  for (const [source, message] of Object.entries(refused)) {
    assert.throws(() => compile(source), { code: 'UNSUPPORTED', message });
  }
  const unsupported = Object.keys(patterns).filter((source) => digitsOf(source) === undefined);
  assert.ok(
    unsupported.every((source) => /[*+?}]\+|\(\?/.test(source)),
    `${unsupported}`,
  );
});

test('hostile patterns take no longer than others, or are refused', () => {
  const name = 'bert.encoder.layer.10.attention.output.dense';
  const hostile = ['(a|a)*!', '(((.*)*)*)*!', '(.*.*.*.*.*.*)*!', '(\\w|\\w|.)*(\\w|\\.|.)*!'];
  for (const source of hostile) {
    const work = createPatternWork();
    const { left } = work;
    assert.equal(compile(`(.*\\.)?(${source})$`, work).matchesStart(name), false);
    assert.ok(left - work.left < 30_000, `${source}: ${left - work.left} steps`);
  }
  const many = { code: 'UNSUPPORTED', message: /too much work/ };
  assert.throws(() => compile('(((a{1000}){1000}){1000}){1000}'), many);
  assert.throws(() => compile('(((){1000}){1000}){1000}'), many);

  const work = { left: 100_000 };
  const pattern = compile('(.{10}){100}', work);
  const matchOften = () => {
    for (let i = 0; i < 1e6; i++) pattern.matchesAll(name);
  };
  assert.throws(matchOften, many);
});

test('what is as long as a list of all modules is matched', () => {
  const modules = Array.from({ length: 144 }, (_, i) => `bert.encoder.layer.${i}.output.dense`);
  const pattern = compile(modules.join('|'));
  assert.ok(modules.every((name) => pattern.matchesAll(name)));
  assert.ok(!pattern.matchesAll('bert.encoder.layer.144.output.dense'));
});
