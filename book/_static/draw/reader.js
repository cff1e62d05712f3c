/**
 * Reads in a thread of its own, so that the pen stays quick on a slow phone, too. It is given the networks once, and
 * then drawings; of each it tells what it sees.
 */

import { lastOf } from './forward.js';
import { unpack } from './model.js';
import { see } from './see.js';

/**
 * @typedef {import('./learn.js').Last} Last
 * @typedef {{model: ArrayBuffer} | {drawn: import('./see.js').Drawn, last: Last}} Order model: the file model.bin;
 *   last: the weights of the CNN's last layer, which the page changes while it learns a hand
 */

const scope = /** @type {{postMessage(report: import('./see.js').Sight): void}} */ (/** @type {unknown} */ (globalThis));

/** @type {?import('./model.js').Model} */
let model = null;

/** @param {Order} order */
function take(order) {
  if ('model' in order) {
    model = unpack(order.model);
    return;
  }
  if (!model) throw new Error('expected the networks before a drawing');
  const { kernel, bias } = lastOf(model.networks.cnn);
  kernel.set(order.last.kernel);
  bias.set(order.last.bias);
  scope.postMessage(see(model, order.drawn));
}

addEventListener('message', ({ data: order }) => take(order));
