// Names, places and whatever a model tags, coloured where they stand.
import { element } from './elements.js';
import { LiveCall } from './live-call.js';
import { LabelColours, markText } from './marked-text.js';
import { choice, fillPanel, scoreInWords, textField, timeInWords } from './task-panel.js';
import { tagSamples } from './task-samples.js';

export const id = 'tags';
export const title = 'Names';
export const head = 'token-classification';

const aggregations = {
  first: 'whole words, by the first token',
  average: 'whole words, by the mean',
  max: 'whole words, by the surest token',
  simple: 'as the tokens say, words may be cut',
};

/** @type {import('./app.js').View['mount']} */
export function mount(panel, app) {
  let colours = new LabelColours();
  const { field, area, choose } = textField({
    label: 'Your text',
    rows: 9,
    samples: tagSamples,
    hint: 'Paste any text, also a long one: it is read in overlapping windows.',
    useSample({ text }) {
      area.value = text;
      live.request(0);
    },
    onInput: () => live.request(),
  });
  const how = choice('Entities', aggregations, () => live.request(0));
  const legend = element('ul', { class: 'legend', 'aria-label': 'Labels' });
  const reading = element('div', { class: 'reading', tabIndex: 0, role: 'region' });
  reading.setAttribute('aria-label', 'The text, with its entities marked');
  const table = element('details', { class: 'more' });
  const { note, trouble } = fillPanel(panel, {
    headline: 'Who and *where* is in it?',
    sentence: 'Each token gets a label; neighbours with one label become an entity.',
    resultTitle: 'Entities',
    input: [field, element('div', { class: 'choices' }, how.field)],
    result: [legend, reading, table],
  });

  const live = new LiveCall(app, panel, {
    trouble,
    async compute(model, signal) {
      const text = area.value;
      if (text.trim() === '') return { text, entities: [] };
      const options = { aggregation: how.select.value, longText: 'window', signal };
      return { text, entities: await model.tagTokens(text, options) };
    },
    show({ text, entities }, milliseconds) {
      const count = entities.length;
      note.textContent =
        text.trim() === '' ? '' : `${count === 0 ? 'none' : count} in ${timeInWords(milliseconds)}`;
      legend.replaceChildren(...countLabels(entities, colours));
      reading.replaceChildren(
        ...markText(text, entities, (entity, words) => markEntity(entity, words, colours)),
      );
      reading.hidden = text.trim() === '';
      table.hidden = count === 0;
      fillTable(table, text, entities);
    },
  });

  choose(tagSamples[0]);
  return {
    update(model) {
      colours = new LabelColours();
      live.useModel(model);
    },
    takeText(text) {
      choose();
      area.value = text;
      live.request(0);
    },
  };
}

function countLabels(entities, colours) {
  const counts = new Map();
  for (const { entity } of entities) counts.set(entity, (counts.get(entity) ?? 0) + 1);
  return [...counts].map(([label, count]) =>
    element('li', { class: `tag ${colours.classOf(label)}` }, `${label}: ${count}`),
  );
}

function markEntity({ entity, score }, words, colours) {
  return element(
    'mark',
    { class: `entity ${colours.classOf(entity)}`, title: `${entity}, ${scoreInWords(score)}` },
    words,
    element('span', { class: 'entity-label' }, entity),
  );
}

/** The same as rows: scores and places, and for those who see no colours. */
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
