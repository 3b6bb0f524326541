// The models and expected values of tests/fixtures/families.py.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFixture, readFolder } from './fixtures.js';

const models = fileURLToPath(new URL('../fixtures/family-models/', import.meta.url));

/** What transformers computes, by model. */
export const references = readFixture('families.json');

/** A model's folder with the tokenizer that it shares with others. @param {string} name */
export const familySource = (name) => ({
  ...readFolder(join(models, name)),
  'tokenizer.json': readFolder(models)[references[name].tokenizer],
});
