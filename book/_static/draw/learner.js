/**
 * Learns a hand in a thread of its own, so that the page stays quick. Nothing of it is loaded before the
 * reader teaches for the first time; then the page gives it the network and the digits that must not be
 * forgotten. It sees these once, while the page prepares the reader's drawings.
 */

import { unpack as unpackDigits } from '../train/digits.js';
import { Learner } from './learn.js';
import { unpack as unpackModel } from './model.js';

/**
 * @typedef {import('./learn.js').Last} Last
 * @typedef {import('./learn.js').Score} Score
 * @typedef {{id: number, label: number, images: ?Uint8Array}} Taught images: (N, 28, 28), of a sample that is new
 * @typedef {{model: ArrayBuffer, digits: ArrayBuffer, remember: ArrayBuffer}} Files model.bin, digits.bin and remember.bin
 * @typedef {{do: 'begin', run: number, files: Files}
 *   | {do: 'remember', run: number}
 *   | {do: 'learn', run: number, start: ?Last, samples: Taught[], scribbles: ?Uint8Array}
 *   | {do: 'score', run: number, last: Last}} Order start: null for the network as it comes; scribbles: images,
 *   the first time
 * @typedef {{kind: 'progress', run: number, part: number}
 *   | {kind: 'learned', run: number, last: Last, step: number, temperature: number}
 *   | {kind: 'score', run: number, before: Score, after: Score}
 *   | {kind: 'failed', run: number, message: string}} Report part: 0–1
 */

const scope = /** @type {{postMessage(report: Report): void}} */ (/** @type {unknown} */ (globalThis));

/** @type {Map<number, import('./learn.js').Sample>} */
const samples = new Map();
/** @type {?{learner: Learner, data: import('../train/digits.js').Data, places: Uint16Array}} */
let known = null;

/** @param {Files} files */
function begin({ model, digits, remember }) {
  known = { learner: new Learner(unpackModel(model).networks.cnn), data: unpackDigits(digits), places: new Uint16Array(remember) };
}

/** @type {(run: number, part: number) => void} */
const tell = (run, part) => scope.postMessage({ kind: 'progress', run, part });

/** The network and the digits. */
function had() {
  if (!known) throw new Error('expected the files before anything else');
  return known;
}

/** @param {Extract<Order, {do: 'remember'}>} order */
function remember({ run }) {
  const { learner, data, places } = had();
  learner.remember(data.train, places, (part) => tell(run, 0.8 * part));
}

/** @param {Extract<Order, {do: 'learn'}>} order */
function learn({ run, start, samples: wanted, scribbles }) {
  const { learner } = had();
  if (scribbles) learner.stayUnsure(scribbles);
  const ids = new Set(wanted.map(({ id }) => id));
  for (const id of samples.keys()) if (!ids.has(id)) samples.delete(id);
  for (const { id, label, images } of wanted) {
    if (images) samples.set(id, { label, seen: learner.features(images) });
  }
  tell(run, 0.85);
  const learned = learner.learn([...samples.values()], start ?? learner.base);
  scope.postMessage({ kind: 'learned', run, ...learned });
}

/** @param {Extract<Order, {do: 'score'}>} order */
function score({ run, last }) {
  const { learner, data } = had();
  const test = (learner.test ??= learner.see(data.test.images, data.test.labels));
  scope.postMessage({ kind: 'score', run, before: learner.score(learner.base, test), after: learner.score(last, test) });
}

addEventListener('message', ({ data: order }) => {
  try {
    if (order.do === 'begin') begin(order.files);
    else if (order.do === 'remember') remember(order);
    else if (order.do === 'learn') learn(order);
    else score(order);
  } catch (error) {
    scope.postMessage({ kind: 'failed', run: order.run, message: String(error) });
  }
});
