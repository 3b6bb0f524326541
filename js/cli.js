#!/usr/bin/env node
// The `bertlet` command. Node only; nothing of it is imported by the library.
import { run } from './cli/run.js';

await run(process.argv.slice(2));
