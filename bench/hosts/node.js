// A contender's process in Node: the parent's messages are calls of host.js.
import { Host } from './host.js';

const host = new Host((name) => import(new URL(`../adapters/${name}.js`, import.meta.url).href));

process.on('message', async ({ id, method, argument }) => {
  let answer;
  try {
    answer = { id, result: (await host[method](argument)) ?? null };
  } catch (error) {
    answer = { id, error: error?.stack ?? String(error) };
  }
  process.send(answer, () => {
    if (method === 'close') process.exit();
  });
});

process.on('disconnect', () => process.exit());
