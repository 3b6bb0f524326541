// The page: a model, and views that show what it does, each in a tab.
import * as answerView from './views/answer-view.js';
import * as attentionView from './views/attention-view.js';
import * as classifyView from './views/classify-view.js';
import { acceptDrops, isModel } from './parts/dropped.js';
import { find } from './parts/elements.js';
import * as fillMaskView from './views/fill-mask-view.js';
import * as mapView from './views/map-view.js';
import { ModelChooser } from './parts/model-chooser.js';
import * as searchView from './views/search-view.js';
import * as shell from './parts/shell.js';
import * as summaryView from './views/summary-view.js';
import * as tagsView from './views/tags-view.js';
import { readTextFiles } from './parts/text-files.js';
import * as tokenView from './views/token-view.js';
import { Tour } from './parts/tour.js';

/**
 * A view is a module with these exports; its own styles are linked in index.html.
 * @typedef {object} View
 * @property {string} id its place in the address; its panel is `#view-ID`
 * @property {string} title its tab's
 * @property {string} [head] of `model.info.heads`: a model without it gets an explanation in
 *   place of the view, which hides whatever the view has put into its panel
 * @property {(panel: HTMLElement, app: App) => Handle} mount called once, when the tab is first
 *   opened, perhaps before there is a model
 *
 * @typedef {object} Handle
 * @property {(model: Model | null) => void} [update] called with the model when the view is first
 *   shown, and again when it is shown with another one: what was computed with the one before is
 *   void, calls under way should be aborted. null: it lacks `head`
 * @property {(text: string) => void} [takeText] text or text files were dropped on the page
 *
 * @typedef {import('../js/index.js').Model} Model
 * @typedef {typeof app} App
 */

/** @type {View[]} in the order of the tabs */
const views = [
  searchView,
  classifyView,
  fillMaskView,
  answerView,
  tagsView,
  summaryView,
  tokenView,
  attentionView,
  mapView,
];

/** @type {Set<(model: Model) => void>} */
const listeners = new Set();
const chooser = new ModelChooser((model) => {
  for (const listener of listeners) listener(model);
});

/** What a view may use of the page. */
const app = {
  /** The current model, null while the first one loads. It may be disposed of when another comes. */
  get model() {
    return chooser.model;
  },
  /** What the page calls it. */
  get modelName() {
    return chooser.name;
  },
  /**
   * Calls back with the model now, if there is one, and whenever it is another; also while a view
   * is hidden. Most views need only their `update`.
   * @param {(model: Model) => void} listener
   * @returns {() => void} ends it
   */
  onModel(listener) {
    listeners.add(listener);
    if (chooser.model) listener(chooser.model);
    return () => listeners.delete(listener);
  },
  /** Lets the user choose a model folder. */
  pickModel: () => chooser.pick(),
  /** Says something for a moment, also to screen readers. @param {string} text */
  status: shell.announce,
  /**
   * A failure as its sentence; those of calls that another model ended are no failures.
   * @param {unknown} error
   */
  showError(error) {
    if (!isEnded(error)) shell.showProblem(shell.explain(error));
  },
  /** The sentence of a failure, for a view that shows it in its own place. */
  explain: shell.explain,
  /** Whether a call ended because it was aborted or its model is gone. @param {unknown} error */
  isEnded,
  showProblem: shell.showProblem,
  setFacts: shell.setFacts,
  showMemory: shell.showMemory,
  openTexts,
};

document.body.dataset.state = 'loading';
const tour = new Tour(views, app);
acceptDrops(
  find(document, '#drop', HTMLElement),
  ({ files, text }) => {
    if (isModel(files)) chooser.openFiles(files);
    else if (files.size > 0) openTexts([...files.values()]);
    else if (text) giveText(text, 'Took the text');
  },
  app.showError,
);
shell.watchRequests();
chooser.openEmbedded();

/** Text files become the text of the view that is open. @param {File[]} files */
async function openTexts(files) {
  const { text, names, refused } = await readTextFiles(files);
  if (refused.length > 0) shell.showProblem(refused.join(' '));
  if (names.length === 0) return;
  giveText(text, names.length === 1 ? `Opened ${names[0]}` : `Opened ${names.length} files`);
}

/** @param {string} text @param {string} done what is said if the view takes it */
function giveText(text, done) {
  if (tour.takeText(text)) shell.announce(done);
  else shell.showProblem('This tab takes no text: drop it on one that does.');
}

/** @param {unknown} error */
function isEnded(error) {
  const code = shell.codeOf(error);
  return code === 'ABORTED' || code === 'DISPOSED';
}
