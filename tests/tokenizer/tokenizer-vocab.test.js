// Folders with vocab.txt, or vocab.json and merges.txt, instead of tokenizer.json, as transformers'
// BertTokenizer and RobertaTokenizer read them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openFiles, readFixture } from '../helpers/tokenizers.js';

const folders = readFixture('tokenizer-vocab.json');

for (const [name, { files, cases, special, vocab, modelMaxLength }] of Object.entries(folders)) {
  test(`without tokenizer.json: ${name}`, async () => {
    const tokenizer = await openFiles(files);
    assert.equal(tokenizer.vocabSize, vocab.length);
    for (const [token, id] of vocab) {
      assert.equal(tokenizer.tokenToId(token), id, JSON.stringify(token));
      assert.equal(tokenizer.idToToken(id), token, `${id}`);
    }
    for (const [text, ids, tokens, offsets, decoded] of cases) {
      const encoding = tokenizer.encode(text, { pair: 'x' });
      assert.deepEqual(Array.from(encoding.ids), ids, text);
      assert.deepEqual(encoding.tokens, tokens, text);
      if (offsets === null) continue; // transformers' classes in Python have none
      assert.deepEqual(encoding.offsets.flat(), offsets, text);
      assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }), decoded, text);
    }
    for (const [key, [token, id]] of Object.entries(special)) {
      assert.equal(tokenizer[`${key}Token`], token, key);
      assert.equal(tokenizer[`${key}TokenId`], id, key);
    }
    const truncate = () => tokenizer.encode('hello '.repeat(99), { truncation: true });
    if (modelMaxLength === null) assert.throws(truncate, { code: 'BAD_ARGUMENT' });
    else assert.equal(truncate().ids.length, modelMaxLength);
  });
}

test('vocab.txt whose class reads it in another way is refused', async () => {
  const config = { tokenizer_class: 'MPNetTokenizer' };
  await assert.rejects(openFiles({ 'vocab.txt': 'a\nb\n', 'tokenizer_config.json': config }), {
    code: 'UNSUPPORTED',
    message: /MPNetTokenizer/,
  });
});

test('merges.txt that is damaged, alone, or of a class that reads it in another way', async () => {
  const files = folders.roberta.files;
  const refuse = (changed, code, message) =>
    assert.rejects(openFiles({ ...files, ...changed }), { code, message });
  const merges = files['merges.txt'];
  await refuse(
    { 'merges.txt': `${merges}\nh e\n` },
    'BAD_MODEL',
    /merges\.txt has nothing in line/,
  );
  await refuse({ 'merges.txt': `${merges}h e l\n` }, 'BAD_MODEL', /model\.merges has 11/);
  await refuse({ 'merges.txt': `${merges}h q\n` }, 'BAD_MODEL', /vocabulary/);
  await refuse({ 'vocab.json': '[]' }, 'BAD_MODEL', /vocab\.json/);
  const config = { tokenizer_class: 'GPT2Tokenizer' };
  await refuse({ 'tokenizer_config.json': config }, 'UNSUPPORTED', /GPT2Tokenizer.*Roberta/);
});
