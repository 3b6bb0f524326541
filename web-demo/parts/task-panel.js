// What the views of single tasks have in common: a text on one side, what was found on the other.
import { button, element, intro } from './elements.js';

/**
 * Fills a panel with two columns.
 * @param {HTMLElement} panel
 * @param {{ headline: string, sentence: string, input: Node[], result: Node[],
 *   resultTitle: string }} parts `*` around the headline's important word
 * @returns {{ note: HTMLElement, trouble: HTMLElement }} `note` stands beside the result's title
 *   and is read aloud; `trouble` is for LiveCall
 */
export function fillPanel(panel, { headline, sentence, input, result, resultTitle }) {
  const note = element('p', { class: 'panel-note', role: 'status', 'aria-live': 'polite' });
  const trouble = element('p', { class: 'trouble', role: 'alert', hidden: true });
  const head = element('div', { class: 'panel-head' }, element('h2', {}, resultTitle), note);
  panel.append(
    intro(headline, sentence),
    element(
      'div',
      { class: 'columns task' },
      element('div', { class: 'task-input' }, ...input),
      element('div', { class: 'task-result' }, head, trouble, ...result),
    ),
  );
  return { note, trouble };
}

/**
 * A text area with its label, and samples to begin with.
 * @template {{ name: string }} Sample
 * @param {{ label: string, rows: number, samples: Sample[], hint?: string,
 *   useSample: (sample: Sample) => void, onInput: () => void }} parts
 * @returns {{ field: HTMLElement, area: HTMLTextAreaElement, choose: (sample?: Sample) => void }}
 *   `choose` uses a sample and shows which one it is; without one, that it is none
 */
export function textField({ label, rows, samples, hint, useSample, onInput }) {
  /** @param {Sample} [sample] */
  const mark = (sample) => {
    for (const [at, chip] of [...chips.children].entries()) {
      chip.setAttribute('aria-pressed', String(samples[at] === sample));
    }
  };
  /** @param {Sample} [sample] */
  const choose = (sample) => {
    mark(sample);
    if (sample) useSample(sample);
  };
  const chips = element(
    'div',
    { class: 'samples', role: 'group', 'aria-label': 'Sample texts' },
    ...samples.map((sample) => button(sample.name, () => choose(sample), 'sample')),
  );
  const area = element('textarea', {
    class: 'text-field',
    rows,
    spellcheck: false,
    oninput: () => {
      mark();
      onInput();
    },
  });
  const title = element('span', { class: 'field-title' }, label);
  const field = element(
    'div',
    { class: 'field' },
    element('label', {}, title, area),
    hint ? element('p', { class: 'hint' }, hint) : null,
  );
  field.prepend(chips);
  return { field, area, choose };
}

/**
 * @template {string} Value
 * @param {string} label
 * @param {Record<Value, string>} choices value → words
 * @param {() => void} onChange
 */
export function choice(label, choices, onChange) {
  const options = Object.entries(choices).map(([value, words]) =>
    element('option', { value }, words),
  );
  const select = element('select', { onchange: onChange }, ...options);
  return {
    field: element('label', { class: 'choice' }, `${label} `, select),
    select,
    /** What is chosen: the field offers nothing else. */
    chosen: () => /** @type {Value} */ (select.value),
  };
}

/** @param {string} label @param {() => void} onChange */
export function checkbox(label, onChange) {
  const box = element('input', { type: 'checkbox', onchange: onChange });
  return { field: element('label', { class: 'choice' }, box, ` ${label}`), box };
}

/** A score from 0 to 1 as a share of 100; any other as it is. @param {number} score */
export function scoreInWords(score) {
  if (score < 0 || score > 1) return score.toFixed(3).replace('-', '−');
  const percent = score * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`;
}

/** A bar below what has a score; screen readers read the score itself. @param {number} score */
export function bar(score) {
  const made = element('span', { class: 'bar', 'aria-hidden': true });
  made.style.setProperty('--share', String(Math.max(0, Math.min(1, score))));
  return made;
}

/** @param {number} milliseconds */
export const timeInWords = (milliseconds) =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
