/** From a drawing's pixels to all that the networks give. This file knows nothing of the page. */

import { prepare } from './normalise.js';

/**
 * @typedef {import('./view.js').Name} Name
 * @typedef {object} Drawn a drawing's pixels
 * @property {Uint8Array} gray (side, side), 0 black ink to 255 white paper
 * @property {number} side in pixels
 * @property {number} paper pixels of paper on each side of the pad
 * @property {boolean} centre whether the digit comes into the middle before it is read
 * @typedef {object} Sight
 * @property {Uint8Array} image (28, 28) 0 is paper, 255 is ink: what the networks see
 * @property {?import('./normalise.js').Box} found where the digit was, in parts of the pad's side; null: there was none
 * @property {?Record<Name, Map<string, Float32Array>>} outputs of each network's layers, by their names
 */

/**
 * Prepare a drawing and read it.
 * @param {import('./model.js').Model} model
 * @param {Drawn} drawn
 * @returns {Sight}
 */
export function see({ measures, networks: { cnn, dense } }, { gray, side, paper, centre }) {
  const { image, box } = prepare(gray, side, side, measures, { centre, paper });
  const part = (/** @type {number} */ pixels) => pixels / (side - 2 * paper);
  return {
    image,
    found: box && {
      left: part(box.left - paper), top: part(box.top - paper), width: part(box.width), height: part(box.height),
    },
    outputs: box && { cnn: cnn.outputs(image), dense: dense.outputs(image) },
  };
}
