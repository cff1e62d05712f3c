/**
 * What a part of a network looks at, and what it computes there. Knows nothing of the page.
 */

import { BatchNormalization, Conv2D, Dense, MaxPooling2D, Activation } from './forward.js';

/**
 * The parts of a network worth looking at: each convolution, pooling or dense layer, with the
 * normalisation and activation that follow it. The last one, the logits, is shown as bars instead.
 * @returns {{name, layer, norm, last, index, shape}[]} layer: the first of the part; last: the name of
 *   its last layer; index: the first one's place in the network; shape: (H, W, maps) of what it gives
 */
export function parts(network) {
  const found = [];
  network.layers.forEach((layer, index) => {
    if (layer instanceof Conv2D || layer instanceof MaxPooling2D || layer instanceof Dense) {
      found.push({ name: layer.name, layer, norm: null, last: layer.name, index });
    } else if (found.length && (layer instanceof BatchNormalization || layer instanceof Activation)) {
      const part = found.at(-1);
      if (layer instanceof BatchNormalization) part.norm = layer;
      part.last = layer.name;
    }
  });
  return found.slice(0, -1).map((part) => {
    const shape = part.layer.outputShape;
    return { ...part, shape: shape.length === 3 ? shape : [1, 1, ...shape] };
  });
}

/**
 * Where in the network's picture one pixel of a layer's output looks: its receptive field.
 * @param {Sequential} network
 * @param {number} index the layer's place
 * @param {number} i row of its output
 * @param {number} j column of its output
 * @returns {{top, left, bottom, right}} pixels of the picture, bottom and right included
 */
export function receptiveField(network, index, i, j) {
  const [height, width] = network.inputShape;
  let field = { top: i, left: j, bottom: i, right: j };
  for (let k = index; k >= 0; k--) {
    const { window, strides, before } = network.layers[k];
    if (network.layers[k] instanceof Dense) return { top: 0, left: 0, bottom: height - 1, right: width - 1 };
    if (!window) continue;
    field = {
      top: field.top * strides[0] - before[0],
      left: field.left * strides[1] - before[1],
      bottom: field.bottom * strides[0] - before[0] + window[0] - 1,
      right: field.right * strides[1] - before[1] + window[1] - 1,
    };
  }
  return {
    top: Math.max(field.top, 0),
    left: Math.max(field.left, 0),
    bottom: Math.min(field.bottom, height - 1),
    right: Math.min(field.right, width - 1),
  };
}

/** Where a map's answer is strongest: (row, column). */
export function strongest(values, [, columns, maps], map) {
  let best = map;
  for (let k = map; k < values.length; k += maps) if (values[k] > values[best]) best = k;
  const place = (best - map) / maps;
  return [Math.floor(place / columns), place % columns];
}

/**
 * Take one pixel of one feature map apart.
 * @param {object} part one of `parts`, with a convolution
 * @param {ArrayLike<number>} input what went into the convolution, (H, W, C)
 * @param {number} i row, j column, f map
 * @returns {{x, w, products, shape, channel, perChannel, bias, z, norm, y, a}} x, w, products: (KH, KW)
 *   of the channel that adds most; perChannel: (C,) what each adds; z: the sum of all and the bias; y:
 *   z normalised (as it is, without a normalisation); a: after the activation
 */
export function takeApart(part, input, i, j, f) {
  const terms = part.layer.terms(input, i, j, f);
  const [rows, columns, channels] = part.layer.kernelShape;
  const perChannel = new Float64Array(channels);
  terms.x.forEach((value, k) => (perChannel[k % channels] += value * terms.w[k]));
  const sizes = perChannel.map(Math.abs);
  const channel = sizes.indexOf(Math.max(...sizes));
  const own = (values) => Float32Array.from({ length: rows * columns }, (_, k) => values[k * channels + channel]);
  const [x, w] = [own(terms.x), own(terms.w)];
  const z = perChannel.reduce((a, b) => a + b, terms.bias);
  const { norm } = part;
  const y = norm ? z * norm.scale[f] + norm.shift[f] : z;
  return {
    x, w, products: x.map((value, k) => value * w[k]), shape: [rows, columns],
    channel, perChannel, bias: terms.bias, z, y, a: Math.max(0, y),
    norm: norm && {
      gamma: norm.gamma[f], beta: norm.beta[f], epsilon: norm.epsilon,
      mean: norm.mean[f], variance: norm.variance[f],
    },
  };
}
