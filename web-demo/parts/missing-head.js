// What a tab says when the model has not the head that it needs: what is missing, how to get it.
import { element } from './elements.js';

/**
 * @typedef {{ what: string, architecture: string, example: string }} Head what it is called here,
 *   the class that config.json names, and a model that has it
 */

/** @type {Record<string, Head>} */
const heads = {
  'masked-lm': {
    what: 'a masked language model',
    architecture: 'BertForMaskedLM',
    example: 'google-bert/bert-base-uncased',
  },
  'sequence-classification': {
    what: 'a classifier of texts',
    architecture: 'BertForSequenceClassification',
    example: 'nlptown/bert-base-multilingual-uncased-sentiment',
  },
  'token-classification': {
    what: 'a classifier of tokens',
    architecture: 'BertForTokenClassification',
    example: 'dslim/bert-base-NER',
  },
  'question-answering': {
    what: 'a head that finds answers',
    architecture: 'BertForQuestionAnswering',
    example: 'deepset/bert-base-cased-squad2',
  },
};

/** @param {string} head of model.info.heads @returns {string} in words */
export const headInWords = (head) => heads[head]?.what ?? head;

/** @param {string} head @param {import('../app.js').App} app */
export function explainMissingHead(head, app) {
  const { what, architecture, example } = heads[head];
  /** @param {string} text */
  const code = (text) => element('code', {}, text);
  const command = `hf download ${example} --local-dir my-model`;
  return element(
    'div',
    { class: 'missing-head', role: 'note' },
    element('h2', {}, `This needs ${what}`),
    element(
      'p',
      {},
      `“${app.modelName}” has none (`,
      code(head),
      ' is what it lacks). Any Hugging Face folder whose ',
      code('config.json'),
      ' says ',
      code(architecture),
      ' will do, with ',
      code('model.safetensors'),
      ' and its tokenizer. For example:',
    ),
    element('pre', {}, code(command)),
    element(
      'p',
      {},
      'Then drop the folder on this page, or ',
      element(
        'button',
        { type: 'button', class: 'link', onclick: () => app.pickModel() },
        'choose it',
      ),
      '. It is read here and sent nowhere.',
    ),
  );
}
