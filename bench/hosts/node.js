// A contender's process in Node: the parent's messages are calls of host.js.
import { Host } from './host.js';

const host = new Host((name) => import(new URL(`../adapters/${name}.js`, import.meta.url).href));

process.on('message', async (/** @type {import('./host.js').Message} */ message) => {
  const { id, method, argument } = message;
  let answer;
  try {
    answer = { id, result: (await host[method](argument)) ?? null };
  } catch (error) {
    const reason = error instanceof Error ? error.stack : String(error);
    answer = { id, error: reason };
  }
  process.send?.(answer, () => {
    if (method === 'close') process.exit();
  });
});

process.on('disconnect', () => process.exit());
