/**
 * The trained networks and some test digits, from one file: the counterpart of `unpack` in
 * tools/browser_model.py, which says how the file is laid out and makes it.
 */

import { Sequential, sizeOf } from './forward.js';

/** Bytes of the file's first number, the length of its header. */
const LENGTH_BYTES = 4;

/**
 * Read a packed file.
 * @param {ArrayBuffer} buffer the file's bytes
 * @returns {{networks: Object<string, Sequential>,
 *            samples: {label: number, image: Uint8Array}[]}} image: (28, 28), 0 paper, 255 ink
 */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(buffer, LENGTH_BYTES, length));
  const header = JSON.parse(text);
  const body = LENGTH_BYTES + length;
  // Every processor that a browser runs on is little-endian, like the file.
  const read = (Kind, offset, count) => new Kind(buffer, body + offset, count);

  const networks = {};
  for (const [name, { architecture, arrays, input_shape: inputShape }] of Object.entries(
    header.networks,
  )) {
    const weights = {};
    for (const [key, place] of Object.entries(arrays)) {
      const { shape } = place;
      let data;
      if ('int16' in place) {
        const scale = read(Float32Array, place.scale, shape.at(-1));
        const values = read(Int16Array, place.int16, sizeOf(shape));
        data = Float32Array.from(values, (value, k) => value * scale[k % scale.length]);
      } else {
        data = read(Float32Array, place.float32, sizeOf(shape));
      }
      weights[key] = { shape, data };
    }
    networks[name] = new Sequential(architecture, weights, inputShape);
  }

  const { shape, uint8, labels } = header.samples;
  const size = sizeOf(shape.slice(1));
  const samples = labels.map((label, k) => ({
    label,
    image: read(Uint8Array, uint8 + k * size, size),
  }));
  return { networks, samples };
}

/** Fetch and read the file beside this module. */
export async function loadModel(address = new URL('model.bin', import.meta.url)) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: expected the networks, found ${answer.status}`);
  return unpack(await answer.arrayBuffer());
}
