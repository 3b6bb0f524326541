// Texts that the views with pictures begin with.

/** @type {import('./text-pair.js').PairSample[]} */
export const tokenSamples = [
  {
    name: 'Pieces',
    text: 'The unbelievably quick tokenizer splits antidisestablishmentarianism into pieces.',
  },
  {
    name: 'A pair',
    text: 'When does the bakery open?',
    pair: 'The bakery at the corner opens at half past six, on Sundays at eight.',
  },
  {
    name: 'Numbers, names',
    text: 'Ms. O’Hara paid 1,299.50 € on 2024-05-17 (order #A-77319) to sales@example.org.',
  },
  {
    name: 'Scripts',
    text: 'Crème brûlée, naïve façade, Zürich; 東京 is Tokyo, Москва is Moscow, and 🦊 is a fox.',
  },
];

const story =
  'The keeper of the lighthouse climbed the narrow stairs every evening, although the lamp had ' +
  'been switched by a machine for years. He told the children of the village that a machine ' +
  'could light the lamp but that it could not look out of the window, and somebody had to do ' +
  'that. One night in November, when the fog lay so thick that the harbour had disappeared, he ' +
  'heard a boat that the machine had not seen. He rang the old bell until the men in the boat ' +
  'answered him, and they followed its sound between the rocks. Since then nobody in the ' +
  'village has asked him why he still climbs the stairs.';

/** @type {import('./text-pair.js').PairSample[]} */
export const attentionSamples = [
  { name: 'A sentence', text: 'The cat slept on the sofa because it was warm and quiet.' },
  {
    name: 'A pair',
    text: 'Who repaired the old clock?',
    pair: 'A watchmaker from Bern repaired the clock in the tower last spring.',
  },
  { name: 'A long text', text: story },
];

/** @typedef {{ name: string, lines: string[] }} MapSample */

/** @type {MapSample[]} */
export const mapSamples = [
  {
    name: 'Words',
    lines: [
      ...['apple', 'bread', 'cheese', 'soup', 'honey', 'rice', 'cucumber', 'butter'],
      ...['joy', 'anger', 'fear', 'grief', 'pride', 'envy', 'hope', 'shame'],
      ...['violin', 'drum', 'flute', 'choir', 'opera', 'piano', 'trumpet', 'melody'],
      ...['rain', 'snow', 'thunder', 'fog', 'drought', 'breeze', 'hail', 'storm'],
    ],
  },
  {
    name: 'Requests',
    lines: [
      'I forgot my password',
      'the login page rejects me',
      'reset my account, please',
      'how do I change my user name?',
      'my parcel never came',
      'where is my delivery?',
      'the package was left in the rain',
      'can you ship to an island?',
      'I want my money back',
      'how long does a refund take?',
      'you charged me twice',
      'can I pay in instalments?',
      'the fan is too loud at night',
      'the display stays dark',
      'it smells burnt when it heats up',
      'how often do I clean the filter?',
      'is there a discount for students?',
      'do you sell gift vouchers?',
      'any offers before the holidays?',
      'stop sending me the newsletter',
    ],
  },
  {
    name: 'Same thing, other words',
    lines: [
      'The match ended in a draw.',
      'Neither football team won.',
      'A kitten is asleep in the sun.',
      'The cat naps on the windowsill.',
      'Interest rates went up again.',
      'Borrowing money has become dearer.',
      'The bridge is closed for repairs.',
      'Workers are mending the crossing.',
      'She plays the cello every evening.',
      'After dinner she practises her instrument.',
      'A storm knocked down the old oak.',
      'The ancient tree fell in strong wind.',
    ],
  },
];
