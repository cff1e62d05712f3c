/**
 * What a part of a network looks at, and what it computes there. Knows nothing of the page, and of no kind of
 * layer: what can be looked at in one is said by its class in forward.js.
 */

/**
 * @typedef {import('./forward.js').Layer} Layer
 * @typedef {import('./forward.js').Sequential} Sequential
 * @typedef {import('./forward.js').Field} Field
 * @typedef {import('./forward.js').Step} Step
 */

/**
 * @typedef {object} Part a layer worth looking at, with the steps that follow it
 * @property {Sequential} network
 * @property {number} index the layer's place in the network
 * @property {Layer} layer
 * @property {Layer[]} steps such as a normalisation and an activation
 * @property {string} name the layer's
 * @property {string} last the name of the last step, or of the layer: what that gives is shown
 * @property {[number, number, number]} shape (H, W, maps) of it; units are maps of one pixel
 * @property {'map' | 'unit'} unit what its maps are called
 */

/**
 * The parts of a network worth looking at. The last one, the logits, is shown as bars instead.
 * @param {Sequential} network
 * @returns {Part[]}
 */
export function parts(network) {
  /** @type {Part[]} */
  const found = [];
  network.layers.forEach((layer, index) => {
    const part = found.at(-1);
    if (layer.role === 'part') {
      const [a, b, c] = layer.outputShape;
      const single = layer.outputShape.length === 1;
      const shape = /** @type {[number, number, number]} */ (single ? [1, 1, a] : [a, b, c]);
      const unit = single ? 'unit' : 'map';
      found.push({ network, index, layer, steps: [], name: layer.name, last: layer.name, shape, unit });
    } else if (part && layer.role === 'step') {
      part.steps.push(layer);
      part.last = layer.name;
    }
  });
  return found.slice(0, -1);
}

/**
 * Where in the network's picture one pixel of a layer's output looks: its receptive field.
 * @param {Sequential} network
 * @param {number} index the layer's place
 * @param {number} i row of its output
 * @param {number} j column of its output
 * @returns {Field} pixels of the picture
 */
export function receptiveField(network, index, i, j) {
  const [height, width] = network.inputShape;
  let field = { top: i, left: j, bottom: i, right: j };
  for (let k = index; k >= 0; k--) field = network.layers[k].looksAt(field);
  return {
    top: Math.max(field.top, 0),
    left: Math.max(field.left, 0),
    bottom: Math.min(field.bottom, height - 1),
    right: Math.min(field.right, width - 1),
  };
}

/**
 * Where a map's answer is strongest.
 * @param {Float32Array} values (H, W, maps)
 * @param {number[]} shape
 * @param {number} map
 * @returns {[number, number]} row, column
 */
export function strongest(values, [, columns, maps], map) {
  let best = map;
  for (let k = map; k < values.length; k += maps) if (values[k] > values[best]) best = k;
  const place = (best - map) / maps;
  return [Math.floor(place / columns), place % columns];
}

/**
 * @typedef {object} Apart one pixel of one map, taken apart
 * @property {Float32Array} x (KH, KW) what it looks at, of the channel that adds most
 * @property {Float32Array} w (KH, KW) the weights on it
 * @property {Float32Array} products (KH, KW)
 * @property {[number, number]} shape (KH, KW)
 * @property {number} channel the one that adds most
 * @property {Float64Array} perChannel (C,) what each channel adds
 * @property {number} bias
 * @property {number} z the sum of all, and the bias
 * @property {Step[]} steps what is then done to z, one after the other
 */

/**
 * Take one pixel of one feature map apart.
 * @param {Part} part one whose layer has terms
 * @param {ArrayLike<number>} input what went into the layer, (H, W, C)
 * @param {number} i row
 * @param {number} j column
 * @param {number} f map
 * @param {(value: number) => string} write a number as it is to be shown
 * @returns {Apart}
 */
export function takeApart({ layer, steps }, input, i, j, f, write) {
  const terms = layer.terms(input, i, j, f);
  const [rows, columns, channels] = layer.weightsOf(f)?.shape ?? [1, 1, terms.x.length];
  const perChannel = new Float64Array(channels);
  terms.x.forEach((value, k) => (perChannel[k % channels] += value * terms.w[k]));
  const sizes = perChannel.map(Math.abs);
  const channel = sizes.indexOf(Math.max(...sizes));
  /** @type {(values: Float32Array) => Float32Array} */
  const own = (values) => Float32Array.from({ length: rows * columns }, (_, k) => values[k * channels + channel]);
  const [x, w] = [own(terms.x), own(terms.w)];
  const z = perChannel.reduce((a, b) => a + b, terms.bias);
  let value = z;
  const then = layer.activation === 'linear' ? steps : [layer, ...steps];
  const explained = then.map((step) => {
    const done = step.explain(value, f, write);
    value = done.value;
    return done;
  });
  return {
    x, w, products: x.map((number, k) => number * w[k]), shape: [rows, columns],
    channel, perChannel, bias: terms.bias, z, steps: explained,
  };
}
