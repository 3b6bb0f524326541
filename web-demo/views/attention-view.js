// The attention view: which tokens each head of each layer looks at.
import { attentionHeadSvg, attentionOverviewSvg } from '../../js/drawing/attention-svg.js';
import { AttentionHead, weightsOf } from './attention-head.js';
import { AttentionOverview } from './attention-overview.js';
import { element, intro } from '../parts/elements.js';
import { attentionSamples } from '../parts/picture-samples.js';
import { saveButton } from '../parts/svg-export.js';
import { TextPair } from '../parts/text-pair.js';

export const id = 'attention';
export const title = 'Attention';

/** More would be read by the model, but by no one who looks at it. */
const mostTokens = 128;
const typingDelay = 120;

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { Pointed } from './attention-head.js'
 * @import { Place } from './attention-overview.js'
 * @typedef {import('../../js/index.js').ForwardResultWith<false, true>} Result
 */

/** @param {HTMLElement} panel @param {App} app @returns {Handle} */
export function mount(panel, app) {
  const view = new AttentionView(panel, app);
  return {
    update: (model) => model && view.useModel(model),
    takeText: (text) => view.takeText(text),
  };
}

/** `data-tokens` on the root says of how many tokens the picture is, once it is drawn. */
class AttentionView {
  #root;
  #app;
  /** @type {Model | null} */
  #model = null;
  #input;
  #overview = new AttentionOverview((layer, head) => this.#choose(layer, head));
  #head = new AttentionHead((pointed) => this.#describe(pointed));
  #note = element('p', { class: 'panel-note', role: 'status', 'aria-live': 'polite' });
  #headTitle = element('h2', {}, 'One head');
  #detail = element('p', { class: 'picture-detail' });
  #panels;
  /** @type {Result | null} */
  #result = null;
  /** @type {Place | null} null until the first text has been read: then the head that shows most */
  #chosen = null;
  #timer = 0;
  #call = new AbortController();

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#root = root;
    this.#app = app;
    this.#input = new TextPair('attention', attentionSamples, () => this.#changed(typingDelay));
    this.#panels = element('div', { class: 'columns attention', hidden: true });
    this.#panels.append(this.#overviewPanel(), this.#headPanel());
    root.append(
      intro(
        'Watch words *look* at each other.',
        'In each layer, each head lets every token gather from others. Choose a head, then point ' +
          'at a token to see where it looks.',
      ),
      this.#input.element,
      this.#panels,
    );
  }

  /** @param {Model} model */
  useModel(model) {
    this.#model = model;
    this.#chosen = null;
    this.#changed(0);
  }

  /** @param {string} text */
  takeText(text) {
    this.#input.setText(text);
  }

  #overviewPanel() {
    const save = saveButton('Save as SVG', () => this.#drawOverview(), this.#app);
    return element(
      'section',
      { class: 'attention-overview', 'aria-label': 'All heads' },
      element('div', { class: 'panel-head' }, element('h2', {}, 'All heads'), this.#note),
      this.#overview.element,
      element(
        'p',
        { class: 'hint' },
        'A row for each layer, a column for each head. In each map every line is a token, and ' +
          'its strongest places are what it looks at.',
      ),
      element('div', { class: 'actions' }, save),
    );
  }

  #headPanel() {
    const lines = saveButton('Save lines', () => this.#drawHead('lines'), this.#app);
    const matrix = saveButton('Save matrix', () => this.#drawHead('matrix'), this.#app);
    return element(
      'section',
      { class: 'attention-head', 'aria-label': 'One head' },
      element(
        'div',
        { class: 'attention-bar' },
        element(
          'div',
          { class: 'panel-head' },
          this.#headTitle,
          element('div', { class: 'actions' }, lines, matrix),
        ),
        this.#detail,
      ),
      this.#head.element,
    );
  }

  /** @param {number} delay */
  #changed(delay) {
    clearTimeout(this.#timer);
    this.#call.abort();
    delete this.#root.dataset.tokens;
    this.#timer = window.setTimeout(() => this.#read(), delay);
  }

  async #read() {
    const model = this.#model;
    const { text, pair } = this.#input;
    if (!model) return;
    this.#call = new AbortController();
    const { signal } = this.#call;
    let left = 0;
    try {
      const result = await model.forward(
        { text, pair },
        {
          attentions: true,
          logits: false,
          maxLength: Math.min(mostTokens, model.info.maxLength),
          longText: 'truncate',
          onUsage: ({ truncated }) => {
            left = truncated;
          },
          signal,
        },
      );
      if (!signal.aborted) this.#show(result, left);
    } catch (error) {
      if (!signal.aborted) this.#app.showError(error);
    }
  }

  /** @param {Result} result @param {number} left tokens that were left out */
  #show(result, left) {
    this.#result = result;
    this.#panels.hidden = false;
    const chosen = this.#chosen ?? mostTelling(result);
    const count = result.tokens.length;
    this.#note.textContent = left > 0 ? `${count} tokens, ${left} left out` : `${count} tokens`;
    this.#overview.show(result.attentions, chosen);
    this.#choose(chosen.layer, chosen.head);
    this.#root.dataset.tokens = String(count);
  }

  /** @param {number} layer @param {number} head */
  #choose(layer, head) {
    this.#chosen = { layer, head };
    this.#headTitle.textContent = `Layer ${layer}, head ${head}`;
    this.#root.dataset.head = `${layer}.${head}`;
    if (this.#result) {
      this.#head.show(this.#result.tokens, headWeights(this.#result, this.#chosen));
    }
    this.#describe(this.#head.pinned);
  }

  /** @param {Pointed | null} token */
  #describe(token) {
    if (!token || !this.#result || !this.#chosen) {
      this.#detail.textContent = 'Point at a token; click to keep its lines.';
      return;
    }
    const { tokens } = this.#result;
    const strongest = weightsOf(headWeights(this.#result, this.#chosen), tokens.length, token)
      .map((weight, i) => ({ weight, name: tokens[i] }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, 4)
      .map(({ weight, name }) => `${name} ${weight.toFixed(2)}`);
    const verb = token.side === 'from' ? ' looks at ' : ' is looked at by ';
    this.#detail.replaceChildren(
      element('code', {}, tokens[token.index]),
      verb + strongest.join(' · '),
    );
  }

  #drawOverview() {
    return this.#result && { name: 'attention.svg', svg: attentionOverviewSvg(this.#result) };
  }

  /** @param {'lines' | 'matrix'} form */
  #drawHead(form) {
    if (!this.#result || !this.#chosen) return null;
    const { tokens, attentions } = this.#result;
    const { layer, head } = this.#chosen;
    const { pinned } = this.#head;
    const token = form === 'lines' && pinned?.side === 'from' ? pinned.index : undefined;
    return {
      name: `attention-${layer}-${head}-${form}.svg`,
      svg: attentionHeadSvg({ tokens, attention: attentions[layer], layer, head, form, token }),
    };
  }
}

/** @param {Result} result @param {Place} place */
function headWeights({ tokens, attentions }, { layer, head }) {
  const size = tokens.length ** 2;
  return attentions[layer].data.subarray(head * size, (head + 1) * size);
}

/**
 * The head to begin with: where tokens look most at one other word that is not their neighbour.
 * Many heads look at the first token, at themselves or at what stands beside them.
 * @param {Result} result
 * @returns {Place}
 */
function mostTelling(result) {
  const { tokens, offsets, attentions } = result;
  const count = tokens.length;
  const isWord = offsets.map(([start, end], i) => end > start && /\p{L}/u.test(tokens[i]));
  let best = { layer: 0, head: 0, sum: -1 };
  attentions.forEach(({ shape: [heads] }, layer) => {
    for (let head = 0; head < heads; head++) {
      const weights = headWeights(result, { layer, head });
      let sum = 0;
      for (let from = 0; from < count; from++) {
        let largest = 0;
        for (let to = 0; to < count; to++) {
          const counts = isWord[from] && isWord[to] && Math.abs(from - to) > 1;
          if (counts) largest = Math.max(largest, weights[from * count + to]);
        }
        sum += largest;
      }
      if (sum > best.sum) best = { layer, head, sum };
    }
  });
  return { layer: best.layer, head: best.head };
}
