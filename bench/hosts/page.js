// A contender's page: the parent calls `bench(method, argument)`.
import { Host } from './host.js';

const host = new Host((name) => import(`/bench/adapters/${name}.js`));

globalThis.bench = async (method, argument) => (await host[method](argument)) ?? null;
