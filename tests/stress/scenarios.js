// What a process of contention.js does. Each takes random numbers in [0, 1), and a function to be
// called at every step, and disposes of nothing: how a process ends is a part of it.
import threads from 'node:worker_threads';

import { readFolder, readSentences, sameBits, tinyModel } from '../helpers/fixtures.js';

/** Numbers that look like chance, the same for the same seed. */
export function createRandom(seed) {
  let state = Math.imul(seed, 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const sentences = readSentences();
const ownWorkers = [];

/** The library, whose workers are listed from now on. */
async function importLibrary() {
  threads.Worker = class extends threads.Worker {
    constructor(...given) {
      super(...given);
      ownWorkers.push(this);
    }
  };
  return import('bertlet');
}

function chooseTexts(random, most) {
  const count = 1 + Math.floor(random() * most);
  return Array.from({ length: count }, () => sentences[Math.floor(random() * sentences.length)]);
}

/** All texts give what they give alone. */
async function assertSame(model, texts, known) {
  const vectors = await model.embed(texts);
  texts.forEach((text, i) => {
    known[text] ??= vectors[i];
    if (!sameBits(vectors[i], known[text])) throw new Error(`another result for "${text}"`);
  });
}

export const scenarios = {
  /** Instances of the module, one after the other and several at a time. */
  async instances(random, step) {
    const { loadTokenizer } = await importLibrary();
    const files = readFolder(tinyModel('wide'));
    for (let round = 0; round < 60; round++) {
      const some = Array.from({ length: 1 + Math.floor(random() * 4) }, () => loadTokenizer(files));
      for (const tokenizer of await Promise.all(some)) tokenizer.encode('some text');
      step();
    }
  },

  /** The usual case: a model by default options, an array, the end. */
  async usual(random, step) {
    const { load } = await importLibrary();
    const model = await load(random() < 0.2 ? undefined : tinyModel('wide'));
    step();
    await assertSame(model, chooseTexts(random, 60), {});
  },

  /** Threads on one memory: many calls, which begin while threads are still starting. */
  async threads(random, step) {
    const { load } = await importLibrary();
    const known = {};
    for (let round = 0; round < 3; round++) {
      const count = 2 + Math.floor(random() * 4);
      const model = await load(tinyModel('wide'), { threads: count, sharedMemory: true });
      for (let call = 0; call < 8; call++) {
        await assertSame(model, chooseTexts(random, 100), known);
        step();
        if (random() < 0.2) await new Promise((resolve) => setTimeout(resolve, random() * 20));
      }
      if (random() < 0.5) model.dispose();
    }
  },

  /** Engines, copies and threads that are ended at any moment. */
  async ending(random, step) {
    const { load } = await importLibrary();
    const model = await load(tinyModel('wide'), {
      worker: random() < 0.5,
      threads: 1 + Math.floor(random() * 3),
      sharedMemory: random() < 0.5,
    });
    const known = {};
    for (let call = 0; call < 12; call++) {
      const calling = assertSame(model, chooseTexts(random, 100), known).catch((error) => {
        if (error.code !== 'INTERNAL') throw error;
      });
      const ended = ownWorkers[Math.floor(random() * ownWorkers.length)];
      await new Promise((resolve) => setTimeout(resolve, random() * 10));
      if (random() < 0.5) ended?.terminate();
      await calling;
      step();
    }
    await assertSame(model, chooseTexts(random, 20), known).catch(() => {});
  },
};
