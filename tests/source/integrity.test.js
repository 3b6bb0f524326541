// Hashes of pinned files.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { IntegrityCheck, readIntegrity } from '../../js/source/integrity.js';
import { Sha256 } from '../../js/source/sha256.js';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const encode = (text) => new TextEncoder().encode(text);

describe('SHA-256', () => {
  it('gives the published results', () => {
    // FIPS 180-2, appendix B, and the empty message.
    const vectors = [
      ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
      ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
      [
        'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
        '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
      ],
      ['a'.repeat(1e6), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
    ];
    for (const [text, expected] of vectors) {
      assert.equal(hex(new Sha256().update(encode(text)).digest()), expected);
    }
  });

  it("gives node:crypto's result for every length and any cut", () => {
    const bytes = Uint8Array.from({ length: 400 }, (_, i) => (i * 167 + 13) % 256);
    for (let length = 0; length <= bytes.length; length++) {
      const input = bytes.subarray(0, length);
      const expected = createHash('sha256').update(input).digest('hex');
      for (const step of [1, 3, 55, 64, 65, 128, 400]) {
        const hash = new Sha256();
        for (let at = 0; at < length; at += step) {
          hash.update(input.subarray(at, Math.min(at + step, length)));
        }
        assert.equal(hex(hash.digest()), expected, `${length} bytes by ${step}`);
      }
    }
  });

  it('counts beyond 2^32 bits', () => {
    const block = new Uint8Array(1 << 20).fill(0xa5);
    const ours = new Sha256();
    const theirs = createHash('sha256');
    for (let i = 0; i < 515; i++) {
      // 515 MiB are 2^32 bits and some
      ours.update(block);
      theirs.update(block);
    }
    assert.equal(hex(ours.digest()), theirs.digest('hex'));
  });
});

describe('the integrity option', () => {
  const good = `sha256-${createHash('sha256').update('abc').digest('base64')}`;

  it('is an object of SHA-256 hashes', () => {
    assert.deepEqual(readIntegrity({ 'a/b.json': good }), new Map([['a/b.json', good]]));
    assert.equal(readIntegrity(undefined).size, 0);
    const bad = [
      7,
      'x',
      [good],
      { a: 7 },
      { a: null },
      { a: '' },
      { a: good.slice(7) },
      { a: good.slice(0, -1) },
      { a: `${good}=` },
      { a: ` ${good}` },
      { a: `${good}\n` },
      { a: good.replace('sha256', 'sha512') },
      { a: `sha256-${hex(createHash('sha256').update('abc').digest())}` },
      { a: good.replace(/.=$/, 'B=') }, // bits beyond the 256th
    ];
    for (const value of bad) {
      assert.throws(() => readIntegrity(value), { code: 'BAD_ARGUMENT' }, JSON.stringify(value));
    }
  });

  it('passes the right bytes and no others', () => {
    const check = new IntegrityCheck('x.json', good);
    check.update(encode('a'));
    check.update(encode('bc'));
    check.finish();
    const other = new IntegrityCheck('x.json', good);
    other.update(encode('abd'));
    const actual = createHash('sha256').update('abd').digest('base64');
    assert.throws(
      () => other.finish(),
      (error) => {
        assert.equal(error.code, 'INTEGRITY');
        assert.match(error.message, /^x\.json is not/);
        return error.message.includes(actual) && error.message.includes(good);
      },
    );
  });
});
