/**
 * What can be set, how the page's address holds it, and the lessons: settings that show one thing each.
 * Knows nothing of the page.
 */

/**
 * @typedef {object} Settings
 * @property {string} digits for training
 * @property {string} units of the first hidden layer
 * @property {string} units2 of the second; 0: there is none
 * @property {string} activation of the hidden layers
 * @property {string} start first weights
 * @property {string} optimiser
 * @property {string} rate learning rate
 * @property {string} batch digits a step
 * @property {string} seed of the random numbers
 * @property {string} speed
 *
 * @typedef {keyof Settings} Name
 * @typedef {{name: Name, label: string, choices: [string, string][], usual: string, live?: boolean}} Knob
 *   choices: what the address holds, and what the page shows, in order; live: it may change while the network learns
 * @typedef {{key: string, name: string, watch: string, settings: Partial<Settings>}} Lesson
 */

/** @type {(value: string, text: string) => [string, string]} */
const pair = (value, text) => [value, text];
/** @param {number[]} values */
const same = (values) => values.map((value) => pair(String(value), Number(value).toLocaleString('en')));
const RATES = ['0.0001', '0.0003', '0.001', '0.003', '0.01', '0.03', '0.1', '0.3', '1', '3', '10'];

/** @type {Knob[]} */
export const KNOBS = [
  { name: 'digits', label: 'Training digits', choices: same([200, 1000, 3000, 10000]), usual: '10000' },
  { name: 'units', label: 'Hidden units', choices: same([5, 10, 25, 50, 100]), usual: '25' },
  { name: 'units2', label: 'Second layer', choices: [['0', 'none'], ...same([10, 15, 25, 50])], usual: '15' },
  {
    name: 'activation', label: 'Activation', usual: 'relu',
    choices: [['relu', 'ReLU'], ['tanh', 'tanh'], ['sigmoid', 'sigmoid'], ['linear', 'linear']],
  },
  {
    name: 'start', label: 'First weights', usual: 'he',
    choices: [['zeros', 'zeros'], ['small', 'small'], ['glorot', 'Glorot'], ['he', 'He'], ['large', 'too large']],
  },
  {
    name: 'optimiser', label: 'Optimiser', usual: 'adam',
    choices: [['sgd', 'SGD'], ['momentum', 'momentum'], ['adam', 'Adam']],
  },
  {
    name: 'rate', label: 'Learning rate', usual: '0.001', live: true,
    choices: RATES.map((rate) => pair(rate, rate)),
  },
  { name: 'batch', label: 'Batch size', choices: same([1, 8, 32, 128, 512]), usual: '32', live: true },
  { name: 'seed', label: 'Random start', choices: same([1, 2, 3, 4, 5]), usual: '1' },
  {
    name: 'speed', label: 'Speed', usual: 'normal', live: true,
    choices: [['slow', 'slow'], ['normal', 'normal'], ['fast', 'full speed']],
  },
];

/** @type {Settings} */
export const USUAL = /** @type {Settings} */ (Object.fromEntries(KNOBS.map(({ name, usual }) => [name, usual])));

/** @type {Lesson[]} */
export const LESSONS = [
  {
    key: 'good', name: 'It learns', settings: {},
    watch: 'This is the dense network of chapter 2. Both losses fall together, fast at first, and most test digits turn right in the first two seconds. In the weights of the first layer, pictures form: places where ink speaks for a unit, red, or against it, blue.',
  },
  {
    key: 'slow', name: 'Too slow', settings: { optimiser: 'sgd', rate: '0.001', batch: '128' },
    watch: 'The step is too small. The loss creeps down, and after ten seconds the network still reads less than half of the digits right. It is not stuck: choose a larger learning rate while it runs.',
  },
  {
    key: 'diverges', name: 'Diverges', settings: { optimiser: 'sgd', rate: '1', activation: 'linear', units2: '0', batch: '512', speed: 'slow' },
    watch: 'The step is too large. Each one goes past the valley and lands higher on the other side: the loss leaves its frame after a few steps, and in the end it is no number any more. With a rate of 0.3 it jumps, and comes down.',
  },
  {
    key: 'dead', name: 'Dead ReLUs', settings: { rate: '0.1', units: '50' },
    watch: 'A few steps that are too large push units below zero for every digit. A ReLU then gives 0, its gradient is 0 too, and it never comes back: count the units marked “off”.',
  },
  {
    key: 'overfits', name: 'Overfits', settings: { digits: '200', units: '100', units2: '0', rate: '0.003' },
    watch: 'There are only 200 digits to learn from. Soon the network reads all of them right, and the test digits no better than before. The test loss rises again: it learns these 200 by heart.',
  },
  {
    key: 'zeros', name: 'Zero weights', settings: { start: 'zeros' },
    watch: 'With zeros everywhere the hidden units give 0, and no gradient reaches their weights: nothing in the pictures moves. Only the last biases learn which digit is a little more common.',
  },
];

/**
 * Write settings as the page's address holds them.
 * @param {Settings} settings
 */
export const format = (settings) => new URLSearchParams(KNOBS.map(({ name }) => [name, settings[name]])).toString();

/**
 * Read settings from the page's address. What it does not say, or says wrongly, is as usual.
 * @param {string} text without the #
 * @returns {{settings: Settings, problems: string[]}} and a sentence for each thing that could not be read
 */
export function parse(text) {
  const settings = { ...USUAL };
  /** @type {string[]} */
  const problems = [];
  // Of two values of a knob the last one counts.
  for (const [name, value] of new Map(new URLSearchParams(text))) {
    const knob = KNOBS.find((each) => each.name === name);
    if (!knob) {
      problems.push(`The address has “${short(name)}”, which is no knob of this page.`);
    } else if (!knob.choices.some(([known]) => known === value)) {
      const known = knob.choices.map(([each]) => each).join(', ');
      problems.push(`${knob.label}: expected one of ${known}, found “${short(value)}”; it is ${knob.usual} now.`);
      settings[knob.name] = knob.usual;
    } else {
      settings[knob.name] = value;
    }
  }
  return { settings, problems };
}

/** @param {string} text */
const short = (text) => (text.length > 20 ? `${text.slice(0, 20)}…` : text);

/**
 * The lesson that settings are those of, whatever the speed and the random start.
 * @param {Settings} settings
 * @returns {Lesson | undefined}
 */
export const lessonOf = (settings) =>
  LESSONS.find((lesson) =>
    KNOBS.every(({ name }) => {
      const expected = lesson.settings[name] ?? USUAL[name];
      return name === 'speed' || name === 'seed' || settings[name] === expected;
    }),
  );
