/**
 * The page on which a network learns: puts the parts together in the element #train. The training itself
 * is in a worker (worker.js); this file sets the knobs, shows what the worker tells, and keeps the address.
 */

import { GREY, SIGNED, paintTiles, pixelOf } from '../draw/colours.js';
import { find, make } from '../draw/dom.js';
import { bytes, work } from '../draw/parts.js';
import { Chart, thinned } from './chart.js';
import { KNOBS, LESSONS, USUAL, format, lessonOf, parse } from './settings.js';

/**
 * @typedef {import('./settings.js').Settings} Settings
 * @typedef {import('./worker.js').Report} Report
 * @typedef {import('./worker.js').Order} Order
 */

const SIDE = 28;
/** So many test digits are watched one by one. */
const WATCHED = 40;
/** A screen reader hears how far it is after so many milliseconds. */
const SPEAK = 8000;
/** Milliseconds between two pictures; with reduced motion, far more. */
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const every = () => (calm.matches ? 1000 : 80);
/** A weight so many times as far from 0 as is usual (root mean square) has its full colour. */
const STRONG = 4;
/** Loss of ten equal probabilities. */
const GUESSING = Math.log(10);

const root = find(document, '#train', HTMLElement);

const CHOICES = KNOBS.map(
  ({ name, label, choices }) =>
    `<label>${label} <select name="${name}">${choices
      .map(([value, text]) => `<option value="${value}">${text}</option>`)
      .join('')}</select></label>`,
).join('');

root.insertAdjacentHTML(
  'beforeend',
  `<div class="train-live">
    <div class="train-lessons" role="group" aria-label="Lessons: settings that show one thing each">
      ${LESSONS.map(({ key, name }) => `<button type="button" data-lesson="${key}" aria-pressed="false">${name}</button>`).join('')}
    </div>
    <p class="train-watch"></p>
    <div class="train-run">
      <button type="button" class="train-start">Start</button>
      <button type="button" class="train-step">One step</button>
      <button type="button" class="train-epoch">One epoch</button>
      <button type="button" class="train-reset">Reset</button>
      <button type="button" class="train-link">Copy link</button>
    </div>
    <p class="train-problem" role="alert"></p>
    <p class="train-status visually-hidden" role="status"></p>
    <dl class="train-numbers">
      ${[['step', 'steps'], ['epoch', 'epochs'], ['loss', 'loss, training'], ['loss-test', 'loss, test'],
        ['right', 'right, training'], ['right-test', 'right, test']]
        .map(([name, text]) => `<div><dt>${text}</dt><dd class="train-n-${name}">–</dd></div>`).join('')}
    </dl>
    <details class="train-knobs" open><summary>Knobs</summary><div class="train-grid-knobs">${CHOICES}</div></details>
    <div class="train-charts">
      <figure class="train-loss"><figcaption>Loss: how wrong, and how sure of it</figcaption></figure>
      <figure class="train-accuracy"><figcaption>Accuracy: digits read right</figcaption></figure>
    </div>
    <div class="train-pictures">
      <div>
        <h2>What the first layer has learned</h2>
        <div class="train-units"><canvas role="img" aria-label="The weights of the first layer, a picture for each unit"></canvas></div>
        <p class="train-name"><span class="train-scale"></span> <span class="train-off"></span></p>
        <label class="draw-switch"><input type="checkbox" role="switch" class="train-minus" checked>
          Without the first weights</label>
      </div>
      <div>
        <h2>Test digits, read now</h2>
        <ol class="train-digits"></ol>
        <p class="train-name train-digits-name"></p>
      </div>
    </div>
  </div>`,
);

/** @type {(name: string) => HTMLElement} */
const named = (name) => find(root, `.train-${name}`, HTMLElement);
/** @type {Record<string, HTMLElement>} */
const numbers = Object.fromEntries(
  ['step', 'epoch', 'loss', 'loss-test', 'right', 'right-test'].map((name) => [name, named(`n-${name}`)]),
);
const start = named('start');
const [watch, problem, status] = [named('watch'), named('problem'), named('status')];
const canvas = find(root, '.train-units canvas', HTMLCanvasElement);
const minus = find(root, '.train-minus', HTMLInputElement);
const selects = KNOBS.map(({ name }) => find(root, `select[name="${name}"]`, HTMLSelectElement));
const percent = (/** @type {number} */ part) => `${(100 * part).toFixed(1)} %`;
const charts = {
  loss: new Chart(named('loss'), {
    name: 'Curves of the loss over the epochs', top: (largest) => ([3, 5].find((top) => largest <= top) ?? 10),
    write: String, chance: { value: GUESSING, text: 'guessing' },
  }),
  accuracy: new Chart(named('accuracy'), {
    name: 'Curves of the accuracy over the epochs', top: () => 1,
    write: (value) => `${100 * value} %`, chance: { value: 0.1, text: 'guessing' },
  }),
};

/** @type {Settings} */
let settings = { ...USUAL };
/** @type {{epoch: number, loss: [number, number], accuracy: [number, number]}[]} */
let curve = [];
/** @type {Uint8Array} */
let labels = new Uint8Array(0);
/** @type {HTMLElement[]} */
let cells = [];
/** @type {?(Report & {kind: 'look'})} */
let latest = null;
/** @type {?Float32Array} */
let first = null; // the first weights of the first layer
let run = 0;
let running = false;
let startAfter = false; // begin as soon as the reset one is there
let spoken = 0;
let due = false;

/** @type {?Worker} */
let worker = null;
/** @param {Order} order */
const send = (order) => worker?.postMessage(order); // to none, nothing: the page has nothing to show yet

/**
 * Have a screen reader say something now.
 * @param {string} words
 */
function say(words) {
  status.textContent = words;
  spoken = performance.now();
}

// --- What the worker tells -----------------------------------------------------------------------

/** @param {Report} report */
function hear(report) {
  if (report.kind === 'ready') {
    labels = report.labels;
    offerDigits(report.images);
    reset();
    problem.textContent = problems.join(' ');
    return;
  }
  if (report.run !== run) return; // of a network that is gone
  latest = report;
  first ??= report.kernel;
  const { epoch, train, test } = report.look;
  curve = thinned([...curve, {
    epoch, loss: [train.loss, test.loss], accuracy: [train.accuracy, test.accuracy],
  }]);
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    if (latest) show(latest);
    send({ do: 'shown' });
  });
}

async function begin() {
  const [started, digits] = await Promise.all([work('trainer'), bytes('digits')]);
  worker = started;
  worker.addEventListener('message', ({ data }) => hear(data));
  worker.addEventListener('error', fail);
  worker.postMessage({ do: 'begin', digits }, [digits]);
}
// What the page says of its settings is there before the digits are, so that nothing moves when these come.
const problems = location.hash.includes('=') ? fromAddress() : [];
showSettings();
begin().catch(fail);

function fail() {
  problem.textContent = 'The digits, or the program that learns, could not be loaded. Load the page again.';
}

/** @param {Report & {kind: 'look'}} report */
function show({ look, state, kernel }) {
  const { step, epoch, train, test, off, readings } = look;
  numbers.step.textContent = step.toLocaleString('en');
  numbers.epoch.textContent = epoch < 100 ? epoch.toFixed(2) : Math.floor(epoch).toLocaleString('en');
  numbers.loss.textContent = lossText(train.loss);
  numbers['loss-test'].textContent = lossText(test.loss);
  numbers.right.textContent = percent(train.accuracy);
  numbers['right-test'].textContent = percent(test.accuracy);
  charts.loss.show(curve.map(({ epoch, loss: [train, test] }) => ({ epoch, train, test })));
  charts.accuracy.show(curve.map(({ epoch, accuracy: [train, test] }) => ({ epoch, train, test })));
  showUnits(kernel, off);
  showDigits(readings);
  showState(state, look);
  root.dataset.state = state;
  root.dataset.step = String(step);
  root.dataset.run = String(run);
  if (startAfter) {
    startAfter = false;
    go();
  }
}

/** @param {number} loss */
function lossText(loss) {
  if (!Number.isFinite(loss)) return 'no number';
  return loss < 1e4 ? loss.toFixed(loss < 100 ? 3 : 0) : loss.toExponential(0).replace('e+', 'e');
}

/** @param {number} value */
const shortNumber = (value) => (value < 1e4 && value >= 0.001 ? String(Number(value.toPrecision(2))) : value.toExponential(0).replace('e+', 'e'));

/**
 * @param {import('./worker.js').State} state
 * @param {import('./training.js').Look} look
 */
function showState(state, { epoch, train, test }) {
  const was = running;
  running = state === 'running';
  start.textContent = running ? 'Pause' : 'Start';
  start.classList.toggle('train-on', running);
  const over = state === 'diverged' || state === 'finished';
  for (const name of ['start', 'step', 'epoch']) named(name).toggleAttribute('disabled', over);
  const score = `Epoch ${epoch.toFixed(1)}: ${percent(train.accuracy)} of the training digits and ${percent(test.accuracy)} of the test digits are read right.`;
  if (state === 'diverged' && root.dataset.state !== 'diverged') {
    problem.textContent = 'The loss is no number any more: the network has diverged. Choose a smaller learning rate, and it begins again, or reset.';
  } else if (state === 'finished' && root.dataset.state !== 'finished') {
    problem.textContent = 'It stops by itself here, after 1,000 epochs or 200,000 steps. Reset begins again.';
    say(score);
  } else if (was && !running) say(`Paused. ${score}`);
  else if (running && performance.now() - spoken > SPEAK) say(score);
}

/**
 * The weights of each unit as a picture, or how far they have come from the first ones; stripes and a word mark
 * units that are off.
 * @param {Float32Array} kernel (784, U)
 * @param {Uint8Array} off (U,)
 */
function showUnits(kernel, off) {
  const units = off.length;
  const columns = units > 25 ? 10 : 5;
  const from = minus.checked ? first : null;
  const value = (/** @type {number} */ k) => (from ? kernel[k] - from[k] : kernel[k]);
  let squares = 0;
  for (let k = 0; k < kernel.length; k++) squares += value(k) ** 2;
  // A few weights are far stronger than all others; by the largest one, the rest would be pale.
  const usual = Math.sqrt(squares / kernel.length);
  const most = usual > 0 && Number.isFinite(usual) ? STRONG * usual : 1;
  paintTiles(canvas, [SIDE, SIDE, units], columns, (k) => pixelOf(SIGNED, 0.5 + value(k) / most / 2 || 0.5));
  const box = named('units');
  box.style.setProperty('--columns', String(columns));
  box.style.setProperty('--shape', `${columns} / ${Math.ceil(units / columns)}`);
  const marks = [...box.querySelectorAll('span')];
  if (marks.length !== units) {
    marks.forEach((mark) => mark.remove());
    for (let u = 0; u < units; u++) box.append(make('span', { textContent: 'off' }));
  }
  // Not by `hidden`, which would take a mark out of its place, and all after it.
  box.querySelectorAll('span').forEach((mark, u) => mark.classList.toggle('train-dead', off[u] !== 0));
  named('scale').textContent = usual > 0
    ? `Red above 0, blue below; full colour at ${shortNumber(most)}.` : 'Red above 0, blue below; all are 0.';
  const silent = off.reduce((sum, value) => sum + value, 0);
  named('off').textContent = silent ? `${silent} of ${units} units are off: they give 0 for each training digit looked at.` : '';
}

/** @param {Uint8Array} images the test digits */
function offerDigits(images) {
  cells = Array.from({ length: WATCHED }, (_, n) => {
    const picture = make('canvas', { role: 'presentation' });
    const pixels = images.subarray(n * SIDE * SIDE, (n + 1) * SIDE * SIDE);
    paintTiles(picture, [SIDE, SIDE, 1], 1, (k) => pixelOf(GREY, pixels[k] / 255));
    const text = make('span');
    named('digits').append(make('li', {}, picture, text));
    return text;
  });
}

/** @param {Uint8Array} readings of the test digits */
function showDigits(readings) {
  let right = 0;
  cells.forEach((cell, n) => {
    const ok = readings[n] === labels[n];
    if (ok) right++;
    const words = `${ok ? '✓' : '✗'} ${readings[n]}`;
    if (cell.textContent === words) return;
    cell.textContent = words;
    cell.parentElement?.classList.toggle('train-wrong', !ok);
  });
  named('digits-name').textContent = `Below each, what it is read as: ${right} of these ${cells.length} are right.`;
}

// --- What the reader does --------------------------------------------------------------------------

/** Begin again with the settings as they are. */
function reset() {
  run++;
  curve = [];
  latest = null;
  first = null;
  running = false;
  problem.textContent = '';
  showSettings();
  send({ do: 'reset', settings, run });
}

/** Start, or go on. */
function go() {
  running = true;
  start.textContent = 'Pause';
  root.dataset.state = 'running';
  say('It learns.');
  send({ do: 'start', every: every() });
}

/** Knobs, lessons and address follow the settings. */
function showSettings() {
  selects.forEach((select, k) => (select.value = settings[KNOBS[k].name]));
  const lesson = lessonOf(settings);
  for (const button of root.querySelectorAll('[data-lesson]')) {
    const own = /** @type {HTMLElement} */ (button);
    own.setAttribute('aria-pressed', String(own.dataset.lesson === lesson?.key));
  }
  watch.replaceChildren(
    make('strong', { textContent: lesson ? 'Watch: ' : 'Your own settings. ' }),
    lesson ? lesson.watch : 'What do you expect to happen? Start, and see.',
  );
  // A page that was opened at one of its headings, or as it is, keeps its address until something is set.
  const address = lesson?.key === LESSONS[0].key && !location.hash.includes('=') ? location.hash : `#${format(settings)}`;
  if (location.hash !== address) history.replaceState(null, '', location.pathname + location.search + address);
}

/** Take the settings from the address; what it does not say rightly is as usual, and is told. */
function fromAddress() {
  const read = parse(location.hash.slice(1));
  settings = read.settings;
  return read.problems;
}

async function copyLink() {
  const link = named('link');
  let words = 'Copied';
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    words = 'Copy it from above'; // the browser does not allow it; the address has it
  }
  link.textContent = words;
  say(words);
  setTimeout(() => (link.textContent = 'Copy link'), 2000);
}

start.addEventListener('click', () => {
  if (running) send({ do: 'pause' });
  else go();
});
for (const name of /** @type {const} */ (['step', 'epoch'])) {
  named(name).addEventListener('click', () => send({ do: name, every: every() }));
}
named('reset').addEventListener('click', () => {
  startAfter = false;
  reset();
  say('Reset.');
});
named('link').addEventListener('click', copyLink);
for (const button of root.querySelectorAll('[data-lesson]')) {
  button.addEventListener('click', () => {
    const lesson = LESSONS.find(({ key }) => key === /** @type {HTMLElement} */ (button).dataset.lesson);
    settings = { ...USUAL, ...lesson?.settings };
    startAfter = true;
    reset();
  });
}
minus.addEventListener('change', () => latest && showUnits(latest.kernel, latest.look.off));
selects.forEach((select, k) => {
  select.addEventListener('change', () => {
    const knob = KNOBS[k];
    settings = { ...settings, [knob.name]: select.value };
    // A network without numbers learns no more, whatever its rate.
    const gone = root.dataset.state === 'diverged' && knob.name !== 'speed';
    if (knob.live && !gone) {
      showSettings();
      send({ do: 'change', settings, run });
    } else {
      startAfter ||= running; // or was to begin, before another change
      reset();
    }
  });
});
addEventListener('hashchange', () => {
  if (location.hash.slice(1) === format(settings) || !location.hash.includes('=')) return;
  const problems = fromAddress();
  startAfter = false;
  reset();
  problem.textContent = problems.join(' ');
});
find(root, '.train-knobs', HTMLDetailsElement).open = !matchMedia('(max-width: 40rem)').matches;
