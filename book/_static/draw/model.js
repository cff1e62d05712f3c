/**
 * The trained networks, some test digits, and the numbers that Python chose, from one file: the counterpart of `unpack` in
 * tools/browser_model.py, which says how the file is laid out and makes it.
 */

import { Sequential, sizeOf } from './forward.js';

/** Bytes of the file's first number, the length of its header. */
const LENGTH_BYTES = 4;

/**
 * @typedef {object} Model
 * @property {{cnn: Sequential, dense: Sequential}} networks
 * @property {{label: number, image: Uint8Array}[]} samples test digits; image: (28, 28), 0 paper, 255 ink
 * @property {import('./normalise.js').Measures} measures what drawings are prepared with
 * @property {import('./reading.js').Limits} limits below which a network is not sure
 * @property {Base} base what the CNN is before it learns a hand
 */

/**
 * @typedef {{name: string, sha256: string, rejectBelow: number}} Base a network's name, the checksum of its
 *   weights, and the probability below which the library does not read a digit
 * @typedef {import('./forward.js').Weights} Weights
 * @typedef {{shape: number[], float32: number} | {shape: number[], int16: number, scale: number}} Place
 *   where an array is in the file
 * @typedef {{architecture: ({layer: string, name: string} & Record<string, unknown>)[],
 *   arrays: Record<string, Place>, input_shape: number[], weights_sha256: string, reject_below: number}} Packed
 *   a network; the last is not there for the dense one
 * @typedef {object} Header
 * @property {{cnn: Packed, dense: Packed}} networks
 * @property {{shape: number[], uint8: number, labels: number[]}} samples
 * @property {Model['measures']} measures
 * @property {Model['limits']} limits
 */

/**
 * Read a packed file.
 * @param {ArrayBuffer} buffer the file's bytes
 * @returns {Model}
 */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(buffer, LENGTH_BYTES, length));
  /** @type {Header} */
  const header = JSON.parse(text);
  const body = LENGTH_BYTES + length;

  // Every processor that a browser runs on is little-endian, like the file.
  /** @type {(place: Place) => Weights} */
  const weightsAt = (place) => {
    const { shape } = place;
    if ('float32' in place) return { shape, data: new Float32Array(buffer, body + place.float32, sizeOf(shape)) };
    const scale = new Float32Array(buffer, body + place.scale, shape.at(-1));
    const values = new Int16Array(buffer, body + place.int16, sizeOf(shape));
    const data = new Float32Array(values.length);
    for (let k = 0; k < data.length; k++) data[k] = values[k] * scale[k % scale.length];
    return { shape, data };
  };
  /** @type {(packed: Packed) => Sequential} */
  const networkOf = ({ architecture, arrays, input_shape: inputShape }) => {
    const weights = Object.entries(arrays).map(([key, place]) => [key, weightsAt(place)]);
    return new Sequential(architecture, Object.fromEntries(weights), inputShape);
  };
  const { cnn, dense } = header.networks;

  const { shape, uint8, labels } = header.samples;
  const size = sizeOf(shape.slice(1));
  const samples = labels.map((label, k) => ({
    label,
    image: new Uint8Array(buffer, body + uint8 + k * size, size),
  }));
  const { measures, limits } = header;
  const base = { name: 'cnn', sha256: cnn.weights_sha256, rejectBelow: cnn.reject_below };
  return { networks: { cnn: networkOf(cnn), dense: networkOf(dense) }, samples, measures, limits, base };
}
