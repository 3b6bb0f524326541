// The token view: what the tokenizer makes of a text, as it is typed.
import { closest, element, intro } from '../parts/elements.js';
import { tokenSamples } from '../parts/picture-samples.js';
import { saveButton } from '../parts/svg-export.js';
import { TextPair } from '../parts/text-pair.js';
import { analyseTokens } from './token-analysis.js';
import { tokensSvg } from './token-svg.js';

export const id = 'tokens';
export const title = 'Tokens';

/** So many boxes; of longer texts the rest is counted but not drawn. */
const mostShown = 600;
/** Neighbouring words get different ones. */
const hues = 5;

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { Analysis, Piece } from './token-analysis.js'
 */

/** @param {HTMLElement} panel @param {App} app @returns {Handle} */
export function mount(panel, app) {
  const view = new TokenView(panel, app);
  return {
    update: (model) => model && view.useModel(model),
    takeText: (text) => view.takeText(text),
  };
}

/** `data-tokens` on the root says how many tokens the picture that is shown has. */
class TokenView {
  #root;
  #app;
  /** @type {Model | null} */
  #model = null;
  #input;
  #numbers = element('dl', { class: 'token-numbers' });
  #meter = element('div', { class: 'token-meter', 'aria-hidden': true }, element('div'));
  #sources = element('div', { class: 'token-sources' });
  #list = element('ol', {
    class: 'token-list',
    role: 'listbox',
    'aria-label': 'Tokens',
    'aria-orientation': 'horizontal',
  });
  #detail = element('p', { class: 'picture-detail', role: 'status', 'aria-live': 'polite' });
  #more = element('p', { class: 'hint' });
  /** @type {Piece[]} */
  #pieces = [];
  /** @type {HTMLElement[]} of the pieces that are shown */
  #boxes = [];
  /** @type {Map<number, HTMLElement>} piece → where it stands in the text */
  #spans = new Map();
  #active = -1;
  #frame = 0;

  /** @param {HTMLElement} root @param {App} app */
  constructor(root, app) {
    this.#root = root;
    this.#app = app;
    this.#input = new TextPair('tokens', tokenSamples, () => this.#changed());
    const save = saveButton('Save as SVG', () => this.#draw(), app);
    root.append(
      intro(
        'Read the *pieces* it is read in.',
        'A model knows a fixed set of words and pieces of words, each by its number. Whatever you ' +
          'type is cut into these first.',
      ),
      this.#input.element,
      element('div', { class: 'token-summary' }, this.#numbers, this.#meter),
      this.#sources,
      element('div', { class: 'panel-head' }, this.#detail, save),
      this.#list,
      this.#more,
      legend(),
    );
    this.#listen();
  }

  /** @param {Model} model */
  useModel(model) {
    this.#model = model;
    this.#changed();
  }

  /** @param {string} text */
  takeText(text) {
    this.#input.setText(text);
  }

  #listen() {
    for (const part of [this.#list, this.#sources]) {
      part.addEventListener('pointerover', (event) => this.#point(event));
      part.addEventListener('pointerleave', () => this.#activate(this.#focused));
    }
    this.#list.addEventListener('focusin', (event) => this.#point(event));
    this.#list.addEventListener('focusout', () => this.#activate(-1));
    this.#list.addEventListener('keydown', (event) => this.#key(event));
  }

  /** Several changes before the next frame are one. */
  #changed() {
    if (!this.#model || this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#model) this.#show(this.#model);
    });
  }

  /** @param {Model} model */
  #show({ tokenizer, info }) {
    const { text, pair } = this.#input;
    let found;
    try {
      found = analyseTokens(tokenizer, text, pair, info.maxLength);
    } catch (error) {
      return this.#app.showError(error);
    }
    this.#pieces = found.pieces;
    this.#active = -1;
    this.#spans.clear();
    this.#showNumbers(found, info.maxLength);
    const shown = found.pieces.slice(0, mostShown);
    this.#showSources([text, pair ?? ''], shown);
    this.#boxes = shown.map(makeBox);
    this.#list.replaceChildren(...this.#boxes);
    if (this.#boxes.length > 0) this.#boxes[0].tabIndex = 0;
    this.#more.textContent =
      found.pieces.length > mostShown
        ? `The first ${mostShown} of ${found.pieces.length.toLocaleString('en')} tokens are shown.`
        : '';
    this.#activate(-1);
    this.#root.dataset.tokens = String(found.pieces.length);
  }

  /** @param {Analysis} found @param {number} maxLength */
  #showNumbers({ pieces, words, unknown, special, cut }, maxLength) {
    const entries = {
      [`of ${maxLength} tokens`]: pieces.length,
      words,
      'special tokens': special,
      unknown,
      ...(cut > 0 && { 'cut off': cut }),
    };
    this.#numbers.replaceChildren(
      ...Object.entries(entries).map(([name, value]) =>
        element(
          'div',
          { class: value > 0 && /unknown|cut/.test(name) ? 'is-trouble' : '' },
          element('dd', {}, value.toLocaleString('en')),
          element('dt', {}, name),
        ),
      ),
    );
    const share = Math.min(1, pieces.length / maxLength);
    this.#meter.style.setProperty('--share', String(share));
    this.#meter.classList.toggle('is-full', cut > 0);
  }

  /**
   * The texts themselves, each token's part in its colour.
   * @param {string[]} texts
   * @param {Piece[]} pieces those that are shown
   */
  #showSources(texts, pieces) {
    const lines = texts.map((text, source) => {
      const own = pieces.flatMap((piece, i) => (piece.source === source ? [{ piece, i }] : []));
      if (own.length === 0) return null;
      const parts = [];
      let done = 0;
      /** @type {HTMLElement | null} */
      let span = null;
      for (const { piece, i } of own) {
        // One character may be several tokens: they share the part.
        if (piece.start >= done && piece.end > piece.start) {
          parts.push(text.slice(done, piece.start));
          const words = text.slice(piece.start, piece.end);
          span = element('span', { class: boxClass(piece), 'data-token': i }, words);
          parts.push(span);
          done = piece.end;
        }
        if (span) this.#spans.set(i, span);
      }
      const rest = pieces.length < this.#pieces.length ? ' …' : text.slice(done);
      return element('p', { class: 'token-source' }, ...parts, rest);
    });
    this.#sources.replaceChildren(...lines.filter((line) => line !== null));
  }

  /** @param {Event} event */
  #point(event) {
    const index = closest(event, '[data-token]', HTMLElement)?.dataset.token;
    if (index !== undefined) this.#activate(Number(index));
  }

  get #focused() {
    const { activeElement } = document;
    return activeElement instanceof HTMLElement ? this.#boxes.indexOf(activeElement) : -1;
  }

  /** Shows where one token stands, here and there. @param {number} index -1 for none */
  #activate(index) {
    for (const at of [this.#active, index]) {
      this.#spans.get(at)?.classList.toggle('is-active', at === index);
      this.#boxes[at]?.classList.toggle('is-active', at === index);
    }
    this.#boxes[this.#active]?.setAttribute('aria-selected', 'false');
    this.#boxes[index]?.setAttribute('aria-selected', 'true');
    this.#active = index;
    this.#detail.replaceChildren(...this.#describe(this.#pieces[index]));
  }

  /** @param {Piece | undefined} piece */
  #describe(piece) {
    if (!piece) return ['Point at a token, or go through them with the arrow keys.'];
    const { text, pair = '' } = this.#input;
    const part = (piece.source === 1 ? pair : text).slice(piece.start, piece.end);
    const where =
      piece.source === null
        ? 'added, not in your text'
        : `characters ${piece.start} to ${piece.end}: “${part}”`;
    const state = piece.isUnknown ? ' · not in the vocabulary' : piece.isCut ? ' · cut off' : '';
    return [
      element('code', {}, piece.token),
      ` id ${piece.id} · segment ${piece.segment} · ${where}${state}`,
    ];
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#boxes.length - 1;
    const at = this.#focused;
    /** @type {Record<string, number>} */
    const places = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last };
    if (!(event.key in places) || at < 0) return;
    event.preventDefault();
    const next = this.#boxes[Math.min(last, Math.max(0, places[event.key]))];
    this.#boxes[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  #draw() {
    if (this.#pieces.length === 0) return null;
    const { text, pair } = this.#input;
    const caption = [text, pair].filter(Boolean).join(' / ').replace(/\s+/g, ' ');
    return { name: 'tokens.svg', svg: tokensSvg(this.#pieces.slice(0, mostShown), caption) };
  }
}

/** @param {Piece} piece */
function boxClass(piece) {
  const state =
    (piece.isSpecial ? ' is-special' : '') +
    (piece.isUnknown ? ' is-unknown' : '') +
    (piece.isCut ? ' is-cut' : '');
  return `token hue-${piece.word % hues} segment-${Math.min(1, piece.segment)}${state}`;
}

/** @param {Piece} piece @param {number} i @param {Piece[]} shown all of them */
function makeBox(piece, i, shown) {
  const goesOn = i > 0 && piece.source !== null && shown[i - 1].word === piece.word;
  return element(
    'li',
    {
      class: `${boxClass(piece)}${goesOn && shown[i - 1].source !== null ? ' goes-on' : ''}`,
      role: 'option',
      tabIndex: -1,
      'aria-selected': false,
      'data-token': i,
    },
    element('span', { class: 'token-text' }, piece.token),
    element('span', { class: 'token-id' }, String(piece.id)),
  );
}

function legend() {
  const entries = {
    'segment-0': 'segment 0',
    'segment-1': 'segment 1',
    'is-special': 'special',
    'is-unknown': 'unknown',
    'is-cut': 'cut off',
  };
  return element(
    'ul',
    { class: 'token-legend', 'aria-label': 'What the boxes mean' },
    ...Object.entries(entries).map(([style, words]) =>
      element('li', {}, element('span', { class: `token ${style}` }, 'abc'), ` ${words}`),
    ),
  );
}
