// Names, places and whatever a model tags, coloured where they stand.
import { element } from '../parts/elements.js';
import { LiveCall } from '../parts/live-call.js';
import { LabelColours, markText } from '../parts/marked-text.js';
import { choice, fillPanel, scoreInWords, textField, timeInWords } from '../parts/task-panel.js';
import { tagSamples } from '../parts/task-samples.js';

export const id = 'tags';
export const title = 'Names';
export const head = 'token-classification';

const aggregations = {
  first: 'whole words, by the first token',
  average: 'whole words, by the mean',
  max: 'whole words, by the surest token',
  simple: 'as the tokens say, words may be cut',
};

/**
 * @import { App, Handle, Model } from '../app.js'
 * @import { Entity } from '../../js/index.js'
 * @typedef {{ text: string, entities: Entity[] }} Tagged
 */

/** @param {HTMLElement} panel @param {App} app @returns {Handle} */
export function mount(panel, app) {
  const view = new TagsView(panel, app);
  return { update: (model) => view.useModel(model), takeText: (text) => view.takeText(text) };
}

class TagsView {
  #colours = new LabelColours();
  #text = textField({
    label: 'Your text',
    rows: 9,
    samples: tagSamples,
    hint: 'Paste any text, also a long one: it is read in overlapping windows.',
    useSample: ({ text }) => {
      this.#text.area.value = text;
      this.#live.request(0);
    },
    onInput: () => this.#live.request(),
  });
  #how = choice('Entities', aggregations, () => this.#live.request(0));
  #legend = element('ul', { class: 'legend', 'aria-label': 'Labels' });
  #reading = element('div', {
    class: 'reading',
    tabIndex: 0,
    role: 'region',
    'aria-label': 'The text, with its entities marked',
  });
  #table = element('details', { class: 'more' });
  #note;
  #live;

  /** @param {HTMLElement} panel @param {App} app */
  constructor(panel, app) {
    const { note, trouble } = fillPanel(panel, {
      headline: 'Who and *where* is in it?',
      sentence: 'Each token gets a label; neighbours with one label become an entity.',
      resultTitle: 'Entities',
      input: [this.#text.field, element('div', { class: 'choices' }, this.#how.field)],
      result: [this.#legend, this.#reading, this.#table],
    });
    this.#note = note;
    this.#live = new LiveCall(app, panel, {
      trouble,
      compute: (model, signal) => this.#tag(model, signal),
      show: (tagged, milliseconds) => this.#show(tagged, milliseconds),
    });
    this.#text.choose(tagSamples[0]);
  }

  /** @param {Model | null} model */
  useModel(model) {
    this.#colours = new LabelColours();
    this.#live.useModel(model);
  }

  /** @param {string} text */
  takeText(text) {
    this.#text.choose();
    this.#text.area.value = text;
    this.#live.request(0);
  }

  /** @param {Model} model @param {AbortSignal} signal @returns {Promise<Tagged>} */
  async #tag(model, signal) {
    const text = this.#text.area.value;
    if (text.trim() === '') return { text, entities: [] };
    const aggregation = this.#how.chosen();
    const entities = await model.tagTokens(text, { aggregation, longText: 'window', signal });
    return { text, entities };
  }

  /** @param {Tagged} tagged @param {number} milliseconds */
  #show({ text, entities }, milliseconds) {
    const count = entities.length;
    this.#note.textContent =
      text.trim() === '' ? '' : `${count === 0 ? 'none' : count} in ${timeInWords(milliseconds)}`;
    this.#legend.replaceChildren(...countLabels(entities, this.#colours));
    this.#reading.replaceChildren(
      ...markText(text, entities, (entity, words) => markEntity(entity, words, this.#colours)),
    );
    this.#reading.hidden = text.trim() === '';
    this.#table.hidden = count === 0;
    fillTable(this.#table, text, entities);
  }
}

/** How often each label stands in the text. @param {Entity[]} entities @param {LabelColours} colours */
function countLabels(entities, colours) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { entity } of entities) counts.set(entity, (counts.get(entity) ?? 0) + 1);
  return [...counts].map(([label, count]) =>
    element('li', { class: `tag ${colours.classOf(label)}` }, `${label}: ${count}`),
  );
}

/** @param {Entity} entity @param {string} words @param {LabelColours} colours */
function markEntity({ entity, score }, words, colours) {
  return element(
    'mark',
    { class: `entity ${colours.classOf(entity)}`, title: `${entity}, ${scoreInWords(score)}` },
    words,
    element('span', { class: 'entity-label' }, entity),
  );
}

/**
 * The same as rows: scores and places, and for those who see no colours.
 * @param {HTMLElement} details
 * @param {string} text
 * @param {Entity[]} entities
 */
function fillTable(details, text, entities) {
  const rows = entities.map(({ entity, score, start, end }) =>
    element(
      'tr',
      {},
      element('td', {}, text.slice(start, end)),
      element('td', {}, entity),
      element('td', { class: 'number' }, scoreInWords(score)),
      element('td', { class: 'number' }, `${start}–${end}`),
    ),
  );
  const names = ['Words', 'Label', 'Score', 'Place'];
  const heads = names.map((name) => element('th', { scope: 'col' }, name));
  details.replaceChildren(
    element('summary', {}, 'As a table'),
    element(
      'table',
      { class: 'rows' },
      element('thead', {}, element('tr', {}, ...heads)),
      element('tbody', {}, ...rows),
    ),
  );
}
