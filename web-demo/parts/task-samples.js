// Texts to begin with in the views of single tasks.

/** @type {{ name: string, text: string, byLine?: boolean }[]} */
export const classifySamples = [
  { name: 'Praise', text: 'The soup was wonderful, and the waiter remembered our names.' },
  { name: 'Complaint', text: 'After two weeks the zip broke, and nobody answered my letters.' },
  {
    name: 'Ten lines',
    byLine: true,
    text: `The room was bright, quiet and spotless.
We waited an hour for cold coffee.
I would not change a single page of this book.
The update deleted half of my photographs.
Our guide knew every bird by its song.
The chair wobbles, although I tightened every screw.
A film so dull that I counted the lamps.
They mended the bicycle while I waited, and charged nothing.
The concert was cancelled and the money never came back.
Best tomatoes I have ever grown from seed.`,
  },
];

/** The mask stands as [MASK]; a model may write it in another way. */
export const maskSamples = [
  { name: 'Capital', text: 'Paris is the [MASK] of France.' },
  { name: 'Farm', text: 'The farmer milked the [MASK] before sunrise.' },
  { name: 'Two masks', text: 'She opened the [MASK] and looked out at the [MASK].' },
];

/** @type {{ name: string, context: string, questions: string[] }[]} */
export const answerSamples = [
  {
    name: 'Lighthouse',
    context: `The lighthouse on Skerry Point was built in 1867 from granite that came by barge \
from a quarry forty miles to the north. Its lamp first burned rapeseed oil, then paraffin, and was \
changed to electric light in 1931. Until then two keepers lived in the tower with their families; \
the last of them left when the light was made automatic in the autumn of 1984. Today the tower \
belongs to the harbour board. On Sundays in summer visitors may climb its 142 steps, and from the \
gallery seals can be seen on the rocks below.`,
    questions: [
      'When was the lighthouse built?',
      'What did the lamp burn at first?',
      'Who owns the tower today?',
      'How many steps are there?',
    ],
  },
  {
    name: 'Beehive',
    context: `A hive in June holds about forty thousand bees, nearly all of them workers. A \
worker lives for six weeks: she cleans cells first, then feeds the brood, builds comb, guards the \
entrance, and only in her last three weeks does she fly out for nectar and pollen. Bees that hatch \
in autumn live until spring, because they raise no brood. The queen may live for five years and \
lays up to two thousand eggs a day. Drones have no sting; in August the workers drive them out of \
the hive.`,
    questions: [
      'How long does a worker live?',
      'How many eggs does the queen lay?',
      'When are drones driven out?',
    ],
  },
];

export const tagSamples = [
  {
    name: 'Travel',
    text: `In the spring Anna took the night train from Berlin to Rome. Karl stayed in Paris, \
where he works for a bank on the north side of the river.`,
  },
  {
    name: 'News',
    text: `Officials in Geneva said on Friday that the Red Cross would open two more offices in \
Kenya and one in Nepal. The United Nations welcomed the decision. Norway and Canada promised to \
share the costs.`,
  },
];

export const summarySamples = [
  {
    name: 'Harbour',
    text: `The town council has decided to rebuild the old harbour wall, which was damaged by the \
storms of last winter. Work will begin in April and is expected to take eighteen months. During \
this time the small quay stays open for fishing boats, but ferries will land at the northern pier. \
Several shop owners fear that fewer visitors will come through the old town. The council has \
promised them lower rents until the wall is finished. An engineer explained that the new wall will \
stand a metre higher, because the sea level has risen and storms have become stronger. Part of the \
stone will be taken from the old wall and used again. The costs of nine million are shared by the \
town and the state. Divers found the remains of a wooden ship while they measured the ground. The \
museum hopes to show its timbers once they have been dried and preserved. Children of the local \
school painted pictures of the harbour as they imagine it in a hundred years. The pictures can be \
seen in the town hall until the end of the month.`,
  },
  {
    name: 'Sleep',
    text: `Most adults need between seven and nine hours of sleep. Those who sleep less than six \
hours over a long time fall ill more often and find it harder to concentrate. While we sleep, the \
brain sorts what was learned during the day. Deep sleep comes mostly in the first half of the \
night, dreams mostly in the second. Light in the evening, above all from screens, delays the hour \
at which we become tired. Coffee works for longer than many people think: half of it is still in \
the blood after five hours. A bedroom should be dark, quiet and rather cool. It helps to get up at \
the same time every day, at weekends too. A short nap at noon does no harm as long as it ends \
after half an hour. Whoever lies awake for long should get up and read a few pages. Elephants, by \
the way, sleep for two hours only.`,
  },
];
