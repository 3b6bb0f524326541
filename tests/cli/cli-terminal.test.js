// What file names, labels, tokens and texts hold never steers the terminal: neither controls (also
// those from U+0080 on) nor marks of direction are printed, by any command, in results or errors.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

import { bertlet } from '../helpers/cli.js';
import { tinyModel } from '../helpers/fixtures.js';
import { headModel } from '../helpers/heads.js';

/** A colour by ESC and by U+009B, deletion, overrides and isolates, separators. */
const evil = '\u001b[31m\u009b31m\u007f\u0085\u202egnp\u2066\u2069\u200f\u061c\u2028\u2029\u0007';
const steers = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;

const folder = mkdtempSync(join(tmpdir(), 'bertlet-terminal-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of a model, in a folder with such a name, whose JSON files may be changed. */
function copyModel(from, change = {}) {
  const copy = join(mkdtempSync(join(folder, 'm-')), `model ${evil}`);
  cpSync(from, copy, { recursive: true });
  for (const [file, edit] of Object.entries(change)) {
    const path = join(copy, file);
    const json = JSON.parse(readFileSync(path, 'utf8'));
    edit(json);
    writeFileSync(path, JSON.stringify(json));
  }
  return copy;
}

const withLabels = {
  'config.json': (json) => {
    for (const id of Object.keys(json.id2label)) json.id2label[id] += evil;
  },
};
const text = `The sun ${evil} and Anna.`;

/** Runs a command that may end as it likes, and looks at all it prints. */
async function check(args, input) {
  const { code, out, err } = await bertlet(args, input);
  assert.ok([0, 2].includes(code), `${JSON.stringify(args)}: ${err}`);
  for (const printed of [out, err]) {
    const found = steers.exec(printed);
    assert.equal(found, null, `${args[0]}: ${JSON.stringify(printed.slice(0, 2000))}`);
  }
  return { code, out, err };
}

describe('the terminal is not steered', () => {
  it('by texts and labels, in lines and in JSON', async () => {
    const tags = copyModel(headModel('tags'), withLabels);
    const single = copyModel(headModel('single-label'), withLabels);
    const masks = headModel('masked-lm');
    const commands = [
      ['ner', '-m', tags, text],
      ['classify', '-m', single, text],
      ['classify', '--labels', `a${evil},b${evil}`, '-m', tags, text],
      ['fill-mask', '-m', masks, `${text} [MASK]`],
      ['answer', '-m', headModel('answers'), `Who ${evil}?`, text],
      ['summarize', '-m', tags, `${text} ${text}`],
      ['rank', '-m', tags, text, text, `b ${evil}`],
      ['similar', '-m', tags, text, text, `b ${evil}`],
      ['tokenize', '-m', tags, text],
    ];
    for (const command of commands) {
      const lines = await check(command);
      assert.equal(lines.code, 0, lines.err);
      const [name, ...rest] = command;
      const { code, out } = await check([name, '--json', ...rest]);
      assert.equal(code, 0);
      for (const line of out.trimEnd().split('\n')) JSON.parse(line);
    }
  });

  it('and JSON stays what it was', async () => {
    const { out } = await check(['similar', '--json', '-m', tinyModel('relu'), 'sun', text]);
    assert.equal(JSON.parse(out).text, text);
    const object = ['embed', '--format', 'object', '-m', tinyModel('relu'), text];
    assert.equal(JSON.parse((await check(object)).out).text, text);
    const labels = ['classify', '--json', '-m', copyModel(headModel('single-label'), withLabels)];
    const [{ label }] = JSON.parse((await check([...labels, text])).out).labels;
    assert.ok(label.endsWith(evil), label);
  });

  it('by names of folders and files', async () => {
    const model = copyModel(tinyModel('relu'));
    mkdirSync(join(model, `more ${evil}`));
    writeFileSync(join(model, `more ${evil}`, `notes ${evil}.txt`), '');
    const info = await check(['info', model]);
    assert.equal(info.code, 0);
    assert.match(info.out, /^folder .*\\u202e/m);
    await check(['info', '--json', model]);
    const written = await check(['quantize', model, `${model} copy`]);
    assert.match(written.out, /^wrote .*\\u009b/);
    const picture = join(folder, `picture ${evil}.svg`);
    await check(['attention', '-m', model, 'sun', '--out', picture]);
  });

  it('by a picture on standard output', async () => {
    const { out } = await check(['attention', '-m', tinyModel('vocab-txt'), text, '--layer', '0']);
    assert.match(out, /<svg/);
  });

  it('by what is wrong', async () => {
    const names = [`nowhere ${evil}`, join(folder, evil)];
    for (const name of names) {
      for (const args of [
        ['info', name],
        ['embed', '-m', name, 'a'],
        ['embed', '--file', name],
        ['quantize', name, `out ${evil}`],
        ['tokenize', '-m', name, 'a'],
        [name],
        [`--${name}`],
        ['embed', `--${name}`, 'a'],
        ['embed', '--dtype', name, 'a'],
        ['summarize', '--sentences', name, 'a'],
        ['attention', 'sun', '-m', tinyModel('relu'), '--out', join(name, 'x')],
        ['fill-mask', '-m', headModel('masked-lm'), '--targets', name, 'The [MASK].'],
      ]) {
        const { code, err } = await check(args);
        assert.equal(code, 2, JSON.stringify(args));
        assert.match(err, /^bertlet: [^\n]+\n$/);
      }
    }
    const damaged = copyModel(tinyModel('relu'), {
      'config.json': (json) => {
        json.hidden_act = evil;
      },
    });
    await check(['info', damaged]);
    writeFileSync(join(damaged, 'config.json'), evil);
    await check(['info', damaged]);
  });
});
