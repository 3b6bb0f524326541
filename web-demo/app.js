// Starts the engine and hands it to the views. Each view is one module with `mount`.
import { load } from '../dist/page/bertlet.js';
import * as searchView from './search-view.js';
import * as shell from './shell.js';

/** Each gets the same context; a further view joins this list and index.html. */
const views = [searchView];

const context = {
  /** Resolves with the model; a view may wait for it as often as it likes. */
  model: openModel(),
  explain: shell.explain,
  announce: shell.announce,
  setFacts: shell.setFacts,
  showProblem: shell.showProblem,
};

document.body.dataset.state = 'loading';
for (const view of views) view.mount(document.getElementById(view.id), context);
shell.watchRequests();

async function openModel() {
  const begin = performance.now();
  for (;;) {
    try {
      const model = await load(undefined, { onProgress: shell.showLoading });
      shell.hideLoading();
      showEngine(model, performance.now() - begin);
      return model;
    } catch (error) {
      await new Promise((resolve) => shell.showProblem(shell.explain(error), resolve));
    }
  }
}

function showEngine(model, milliseconds) {
  const { dtype, simd, threads, memoryBytes, parameters } = model.info;
  shell.setFacts({
    model: `MiniLM-L6, ${(parameters / 1e6).toFixed(1)} M parameters`,
    precision: dtype,
    SIMD: simd,
    threads: String(threads),
    memory: `${(memoryBytes / 1e6).toFixed(0)} MB`,
    'loaded in': `${Math.round(milliseconds)} ms`,
  });
}
