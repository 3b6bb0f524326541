// Text to UTF-8 and back in portions, against Node's own whole conversions.
import assert from 'node:assert/strict';
import test from 'node:test';

import { writeUtf8, toUtf8, fromUtf8 } from '../../js/shared/utf8.js';

const texts = [
  '',
  'a',
  'Grüße aus Köln',
  '日本語のテキスト',
  '𝒳a𝒴é𝒵',
  '\ud800',
  'a\udc00b\ud83d',
  '\ufeffa\0b',
];
const wellFormed = (text) => text.toWellFormed();

test('encoded in portions of any size as in one', () => {
  for (const text of texts) {
    const expected = new Uint8Array(Buffer.from(wellFormed(text)));
    assert.deepEqual(toUtf8(text), expected);
    for (let most = 4; most < 40; most++) {
      const target = new Uint8Array(3 * text.length + 1);
      const written = writeUtf8(text, target, most);
      assert.deepEqual(target.slice(0, written), expected, `${text}, portions of ${most}`);
      assert.ok(target.subarray(written).every((byte) => byte === 0));
    }
  }
});

test('read in portions of any size as in one, of shared memory too', () => {
  for (const text of texts) {
    const bytes = new Uint8Array(Buffer.from(wellFormed(text)));
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    for (const view of [bytes, shared]) {
      assert.equal(fromUtf8(view), wellFormed(text));
      for (let most = 1; most < 20; most++) assert.equal(fromUtf8(view, most), wellFormed(text));
    }
  }
});

test('an encoder that does less than it was asked is noticed', (t) => {
  assert.throws(() => writeUtf8('text', new Uint8Array(0)), { code: 'INTERNAL' });
  const nothing = { read: 0, written: 0 };
  t.mock.method(TextEncoder.prototype, 'encodeInto', () => nothing);
  t.mock.method(TextEncoder.prototype, 'encode', () => new Uint8Array(3));
  assert.throws(() => writeUtf8('text', new Uint8Array(12)), { code: 'INTERNAL' });
  assert.throws(() => toUtf8('text'), { code: 'INTERNAL' });
  assert.equal(writeUtf8('', new Uint8Array(0)), 0);
});

test('what no string can hold is out of memory', (t) => {
  t.mock.method(TextDecoder.prototype, 'decode', () => {
    throw new Error('Cannot create a string longer than 0x1fffffe8 characters');
  });
  const refused = { code: 'OUT_OF_MEMORY', message: /longer than a string can be/ };
  assert.throws(() => fromUtf8(new Uint8Array(3)), refused);
});
