/**
 * Trains in a thread of its own, so that the page stays quick. The page says what to do; the worker tells
 * how far it has come, and goes on only when that has been shown: a page that nobody sees costs nothing.
 */

import { unpack } from './digits.js';
import { Training } from './training.js';

/**
 * @typedef {import('./settings.js').Settings} Settings
 * @typedef {import('./training.js').Look} Look
 * @typedef {'paused' | 'running' | 'diverged' | 'finished'} State
 * @typedef {{do: 'begin', digits: ArrayBuffer} | {do: 'reset' | 'change', settings: Settings, run: number}
 *   | {do: 'start' | 'pause' | 'step' | 'epoch' | 'shown', every?: number}} Order
 *   digits: the file digits.bin; every: milliseconds between two reports; run: which training it is, to tell late reports
 * @typedef {{kind: 'ready', images: Uint8Array, labels: Uint8Array}
 *   | {kind: 'look', run: number, state: State, look: Look, kernel: Float32Array}} Report
 */

/** Milliseconds that it computes before it listens again. */
const SLICE = 30;
/** Steps a second, by speed. */
const PACE = /** @type {Record<string, number>} */ ({ slow: 8, normal: 80, fast: Infinity });
/** Steps and epochs after which it pauses by itself. */
const MOST = { steps: 200_000, epochs: 1000 };

/** @type {?import('./digits.js').Data} */
let data = null;
/** @type {?Training} */
let training = null;
/** @type {State} */
let state = 'paused';
let run = 0;
let every = 80;
let usual = PACE.normal;
let pace = usual;
let until = Infinity; // the epoch at whose end it pauses
let waiting = false; // for the page to show the last report
let ticking = false;
let since = 0; // when it went on
let done = 0; // steps since then
let told = 0;

const scope = /** @type {{postMessage(report: Report, transfer?: Transferable[]): void}} */ (
  /** @type {unknown} */ (globalThis)
);

/** @param {Training} training */
const isOver = ({ step, epoch }) => step >= MOST.steps || epoch >= MOST.epochs;

/** Tell the page how far it has come. */
function tell() {
  if (!training) return;
  const look = training.look();
  const finite = Number.isFinite(look.train.loss) && Number.isFinite(look.test.loss);
  if (!finite) state = 'diverged';
  else if (isOver(training)) state = 'finished';
  const kernel = training.weights['dense1/kernel'].slice();
  told = performance.now();
  waiting = true;
  scope.postMessage({ kind: 'look', run, state, look, kernel }, [kernel.buffer]);
}

/** Begin to count the steps that are due. */
function count() {
  since = performance.now();
  done = 0;
}

/** Learn for a moment, then let messages in. */
function tick() {
  ticking = false;
  if (state !== 'running' || !training || waiting) return;
  const begun = performance.now();
  while (performance.now() - begun < SLICE) {
    if (done >= ((performance.now() - since) / 1000) * pace) break;
    training.learn();
    done++;
    if (training.epoch >= until || isOver(training)) state = 'paused';
    if (state !== 'running') break;
  }
  if (state !== 'running' || performance.now() - told >= every) tell();
  goOn();
}

function goOn() {
  if (ticking || waiting || state !== 'running') return;
  ticking = true;
  setTimeout(tick, pace === Infinity ? 0 : 8);
}

/** @param {Order} order */
function obey(order) {
  if (order.do === 'begin') {
    data = unpack(order.digits);
    const { images, labels } = data.test;
    scope.postMessage({ kind: 'ready', images, labels });
    return;
  }
  if (!data) return;
  if ('every' in order && order.every) every = order.every;
  if (order.do === 'reset') {
    training = new Training(order.settings, data);
    run = order.run;
    pace = usual = PACE[order.settings.speed];
    state = 'paused';
    tell();
    return;
  }
  if (!training) return;
  if (order.do === 'change') {
    training.change(order.settings);
    pace = usual = PACE[order.settings.speed];
    count();
  } else if (order.do === 'pause') {
    if (state === 'running') state = 'paused';
    tell();
  } else if (order.do === 'shown') {
    // What was not computed while the page was busy, or hidden, is not made up for.
    if (performance.now() - told > 500) count();
    waiting = false;
    goOn();
  } else if (state !== 'diverged' && state !== 'finished') {
    if (order.do === 'step') {
      state = 'paused';
      training.learn();
      tell();
      return;
    }
    // Whoever asks again before an epoch is over wants one more after it.
    const from = state === 'running' && until < Infinity ? until : training.epoch;
    until = order.do === 'epoch' ? from + 1 : Infinity;
    pace = order.do === 'epoch' ? Infinity : usual;
    state = 'running';
    count();
    goOn();
  }
}

addEventListener('message', ({ data: order }) => obey(order));
