// A contender's page: the parent calls `bench(method, argument)`.
import { Host } from './host.js';

const host = new Host((name) => import(`/bench/adapters/${name}.js`));

/** @param {import('./host.js').Message['method']} method @param {any} argument one that it takes */
const bench = async (method, argument) => (await host[method](argument)) ?? null;

Object.assign(globalThis, { bench });
