/**
 * Forward propagation in the browser: the layers of a network, and nothing else.
 *
 * The counterpart of digitrec/forward.py; classes, arguments and arrays have the same names (those of
 * Keras), so the same description builds the same network. This file imports nothing and knows
 * nothing of the page.
 *
 * One example is computed at a time. Its numbers lie in a Float32Array in the order row, column,
 * channel; H rows, W columns, C channels, KH × KW a kernel's rows and columns, F filters, D inputs of a
 * dense layer, U its units. Sums are added up in double precision and stored as float32.
 */

/** How many numbers an array of a shape holds. */
export const sizeOf = (shape) => shape.reduce((product, n) => product * n, 1);

const sameShape = (a, b) => a.length === b.length && a.every((n, k) => n === b[k]);
const pair = (value) => (typeof value === 'number' ? [value, value] : value);

// --- Activations ------------------------------------------------------------------------------

/** Return `z` unchanged: the activation of a layer that outputs logits. */
export const linear = (z) => z;

/**
 * Rectified linear unit: `max(0, z)`, element by element.
 * @param {Float32Array} z any length
 * @returns {Float32Array} same length, ≥ 0
 */
export function relu(z) {
  const a = new Float32Array(z.length);
  for (let k = 0; k < z.length; k++) a[k] = z[k] > 0 ? z[k] : 0;
  return a;
}

/**
 * Turn logits into probabilities: `exp(z) / sum(exp(z))`. The largest logit is subtracted first, so that
 * `exp` cannot overflow.
 * @param {Float32Array} z (U,) logits
 * @returns {Float32Array} (U,) each in 0–1, with sum 1
 */
export function softmax(z) {
  const largest = z.reduce((a, b) => Math.max(a, b), -Infinity);
  const e = Float64Array.from(z, (value) => Math.exp(value - largest));
  const sum = e.reduce((a, b) => a + b, 0);
  return Float32Array.from(e, (value) => value / sum);
}

const ACTIVATIONS = { linear, relu, softmax };

// --- Layers -----------------------------------------------------------------------------------

/** What the layers have in common: a name, the shapes of one example's input and output, a check. */
class Layer {
  constructor(name, inputShape, outputShape, activation = 'linear') {
    if (!(activation in ACTIVATIONS)) {
      const known = Object.keys(ACTIVATIONS);
      throw new Error(`${name}: expected an activation of ${known}, found ${activation}`);
    }
    Object.assign(this, { name, inputShape, outputShape, activation });
  }

  /** Apply the layer's activation function. */
  activate(z) {
    return ACTIVATIONS[this.activation](z);
  }

  /** Throw unless `x` has as many numbers as one example's input. */
  check(x) {
    const expected = sizeOf(this.inputShape);
    if (x.length !== expected) {
      const shape = this.inputShape.join(' × ');
      throw new RangeError(`${this.name}: expected ${expected} numbers (${shape}), found ${x.length}`);
    }
  }
}

/** `x * scale + offset`: pixels 0–255 to the range a network was trained on. */
export class Rescaling extends Layer {
  constructor({ name, scale = 1 / 255, offset = 0 }, inputShape) {
    super(name, inputShape, inputShape);
    this.scale = Math.fround(scale);
    this.offset = Math.fround(offset);
  }

  /** @returns {Float32Array} same length */
  forward(x) {
    this.check(x);
    const out = new Float32Array(x.length);
    for (let k = 0; k < x.length; k++) out[k] = x[k] * this.scale + this.offset;
    return out;
  }
}

/** The same numbers with other axes. */
export class Reshape extends Layer {
  constructor({ name, target_shape: target }, inputShape) {
    super(name, inputShape, target);
    if (sizeOf(target) !== sizeOf(inputShape)) {
      throw new Error(`${name}: (${inputShape}) cannot be reshaped to (${target})`);
    }
  }

  /** @returns {Float32Array} the same numbers; nothing is computed */
  forward(x) {
    this.check(x);
    return x;
  }
}

/** All of an example's numbers in one row. */
export class Flatten extends Reshape {
  constructor({ name }, inputShape) {
    super({ name, target_shape: [sizeOf(inputShape)] }, inputShape);
  }
}

/**
 * A fully connected layer: `a = g(x @ W + b)`.
 * `kernel` (D, U) is W, `bias` (U,) is b, `activation` is g.
 */
export class Dense extends Layer {
  constructor({ name, kernel, bias, activation }, inputShape) {
    const [inputs, units] = kernel.shape;
    super(name, inputShape, [units], activation);
    if (!sameShape(inputShape, [inputs]) || bias?.data.length !== units) {
      throw new Error(
        `${name}: expected (${inputs}) inputs and (${units}) biases, found (${inputShape}) and ` +
          `(${bias?.shape})`,
      );
    }
    this.kernel = kernel.data;
    this.bias = bias.data;
  }

  /** @param {Float32Array} x (D,) @returns {Float32Array} (U,) */
  forward(x) {
    this.check(x);
    const [units] = this.outputShape;
    const z = Float64Array.from(this.bias);
    for (let d = 0; d < x.length; d++) {
      if (x[d] === 0) continue; // adds nothing, and most of a picture is paper
      for (let u = 0, k = d * units; u < units; u++, k++) z[u] += x[d] * this.kernel[k];
    }
    return this.activate(Float32Array.from(z));
  }
}

/**
 * Slide F small kernels over an image; each position of each kernel gives one number.
 *
 * `z[i, j, f] = b[f] + sum over p, q, c of x[s·i + p, s·j + q, c] · K[p, q, c, f]`
 *
 * `kernel` (KH, KW, C, F), `bias` (F,) or none, `strides`, `padding` "valid" or "same", `activation`.
 */
export class Conv2D extends Layer {
  constructor({ name, kernel, bias, strides = 1, padding = 'valid', activation }, inputShape) {
    const [rows, columns, channels, filters] = kernel.shape;
    if (inputShape.length !== 3 || inputShape[2] !== channels) {
      throw new Error(`${name}: expected an input (H, W, ${channels}), found (${inputShape})`);
    }
    const windows = placeWindows(name, inputShape, [rows, columns], pair(strides), padding);
    super(name, inputShape, [...windows.positions, filters], activation);
    Object.assign(this, windows, { kernelShape: kernel.shape });
    // As double precision, a kernel need not be converted each time it is used.
    this.kernel = Float64Array.from(kernel.data);
    this.bias = bias ? Float64Array.from(bias.data) : new Float64Array(filters);
  }

  /** @param {Float32Array} x (H, W, C) @returns {Float32Array} (OH, OW, F) */
  forward(x) {
    this.check(x);
    const [height, width, channels] = this.inputShape;
    const [outRows, outColumns, filters] = this.outputShape;
    const [rows, columns] = this.window;
    const { kernel, bias } = this;
    const out = new Float32Array(outRows * outColumns * filters);
    const z = new Float64Array(filters);
    for (let i = 0; i < outRows; i++) {
      for (let j = 0; j < outColumns; j++) {
        z.set(bias);
        for (let p = 0; p < rows; p++) {
          const row = i * this.strides[0] + p - this.before[0];
          if (row < 0 || row >= height) continue; // padding is zeros: they add nothing
          for (let q = 0; q < columns; q++) {
            const column = j * this.strides[1] + q - this.before[1];
            if (column < 0 || column >= width) continue;
            const pixel = (row * width + column) * channels;
            let k = (p * columns + q) * channels * filters;
            for (let c = 0; c < channels; c++, k += filters) {
              const value = x[pixel + c];
              if (value === 0) continue; // paper, and what a ReLU cut off
              for (let f = 0; f < filters; f++) z[f] += value * kernel[k + f];
            }
          }
        }
        out.set(z, (i * outColumns + j) * filters);
      }
    }
    return this.activate(out);
  }

  /**
   * What one filter multiplies at one position: `z = bias + sum of x[k] · w[k]`.
   * @param {Float32Array} x (H, W, C)
   * @param {number} i row of the output, 0 to OH − 1
   * @param {number} j column of the output, 0 to OW − 1
   * @param {number} f filter, 0 to F − 1
   * @returns {{x: Float32Array, w: Float32Array, bias: number}} x, w: (KH, KW, C)
   */
  terms(x, i, j, f) {
    this.check(x);
    const [height, width, channels] = this.inputShape;
    const [rows, columns, , filters] = this.kernelShape;
    const terms = {
      x: new Float32Array(rows * columns * channels),
      w: new Float32Array(rows * columns * channels),
      bias: this.bias[f],
    };
    for (let k = 0; k < terms.x.length; k++) {
      const c = k % channels;
      const q = Math.floor(k / channels) % columns;
      const p = Math.floor(k / channels / columns);
      const row = i * this.strides[0] + p - this.before[0];
      const column = j * this.strides[1] + q - this.before[1];
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      terms.x[k] = inside ? x[(row * width + column) * channels + c] : 0;
      terms.w[k] = this.kernel[k * filters + f];
    }
    return terms;
  }
}

/** Keep the largest number of each window; what is padded never is the largest. */
export class MaxPooling2D extends Layer {
  constructor({ name, pool_size: size = 2, strides = null, padding = 'valid' }, inputShape) {
    if (inputShape.length !== 3) {
      throw new Error(`${name}: expected an input (H, W, C), found (${inputShape})`);
    }
    const windows = placeWindows(name, inputShape, pair(size), pair(strides ?? size), padding);
    super(name, inputShape, [...windows.positions, inputShape[2]]);
    Object.assign(this, windows);
  }

  /** @param {Float32Array} x (H, W, C) @returns {Float32Array} (OH, OW, C) */
  forward(x) {
    this.check(x);
    const [height, width, channels] = this.inputShape;
    const [outRows, outColumns] = this.outputShape;
    const a = new Float32Array(outRows * outColumns * channels).fill(-Infinity);
    for (let i = 0; i < outRows; i++) {
      for (let j = 0; j < outColumns; j++) {
        for (let p = 0; p < this.window[0]; p++) {
          const row = i * this.strides[0] + p - this.before[0];
          if (row < 0 || row >= height) continue;
          for (let q = 0; q < this.window[1]; q++) {
            const column = j * this.strides[1] + q - this.before[1];
            if (column < 0 || column >= width) continue;
            const from = (row * width + column) * channels;
            const to = (i * outColumns + j) * channels;
            for (let c = 0; c < channels; c++) {
              if (x[from + c] > a[to + c]) a[to + c] = x[from + c];
            }
          }
        }
      }
    }
    return a;
  }
}

/**
 * Bring each channel to the mean and spread that the network learned for it.
 *
 * `y = gamma · (x − moving_mean) / sqrt(moving_variance + epsilon) + beta`, all four (C,)
 */
export class BatchNormalization extends Layer {
  constructor({ name, gamma, beta, moving_mean, moving_variance, epsilon = 1e-3 }, inputShape) {
    super(name, inputShape, inputShape);
    if (inputShape.at(-1) !== gamma.data.length) {
      throw new Error(`${name}: expected ${gamma.data.length} channels, found (${inputShape})`);
    }
    Object.assign(this, { gamma: gamma.data, beta: beta.data, epsilon });
    Object.assign(this, { mean: moving_mean.data, variance: moving_variance.data });
    // One multiplication and one addition: y = x * scale + shift.
    this.scale = gamma.data.map((g, c) => g / Math.sqrt(moving_variance.data[c] + epsilon));
    this.shift = beta.data.map((b, c) => b - moving_mean.data[c] * this.scale[c]);
  }

  /** @param {Float32Array} x (…, C) @returns {Float32Array} (…, C) */
  forward(x) {
    this.check(x);
    const channels = this.scale.length;
    const y = new Float32Array(x.length);
    for (let k = 0; k < x.length; k += channels) {
      for (let c = 0; c < channels; c++) y[k + c] = x[k + c] * this.scale[c] + this.shift[c];
    }
    return y;
  }
}

/** An activation function as a layer of its own: `a = g(x)`. */
export class Activation extends Layer {
  constructor({ name, activation }, inputShape) {
    super(name, inputShape, inputShape, activation);
    if (activation === 'softmax' && inputShape.length !== 1) {
      throw new Error(`${name}: expected a row of logits for a softmax, found (${inputShape})`);
    }
  }

  /** @returns {Float32Array} same length */
  forward(x) {
    this.check(x);
    return this.activate(x);
  }
}

/**
 * Where a window stands as it moves over an image.
 *
 * "valid": `floor((n − k) / s) + 1` positions. "same": `ceil(n / s)`; of the rows and columns that
 * are missing for that, half come before the image and half after, an odd one after.
 */
function placeWindows(name, [height, width], window, strides, padding) {
  if (padding !== 'valid' && padding !== 'same') {
    throw new Error(`${name}: expected padding "valid" or "same", found ${padding}`);
  }
  const positions = [];
  const before = [];
  [height, width].forEach((n, axis) => {
    const [k, s] = [window[axis], strides[axis]];
    const count = padding === 'same' ? Math.ceil(n / s) : Math.floor((n - k) / s) + 1;
    const missing = padding === 'same' ? Math.max((count - 1) * s + k - n, 0) : 0;
    positions.push(count);
    before.push(Math.floor(missing / 2));
  });
  if (Math.min(...positions) < 1) {
    throw new Error(`${name}: a window of ${window} does not fit into ${height} × ${width}`);
  }
  return { window, strides, positions, before };
}

// --- The network --------------------------------------------------------------------------------

const LAYERS = {
  Rescaling, Reshape, Flatten, Dense, Conv2D, MaxPooling2D, BatchNormalization, Activation,
};
/** Layers that do nothing when a trained network reads. */
const TRAINING_ONLY = ['Dropout'];
/** Options that change the result and that we do not compute with, and their usual values. */
const UNSUPPORTED = { dilation_rate: '1', groups: '1', data_format: 'channels_last', axis: '-1' };

/** Layers, one after the other. */
export class Sequential {
  /**
   * @param {object[]} description one entry a layer: `layer` is the class, `name` its name, the rest
   *   Keras' arguments, as in a network's card
   * @param {Object<string, {shape: number[], data: Float32Array}>} weights under
   *   "<layer's name>/<array's name>", such as "conv1/kernel"
   * @param {number[]} inputShape shape of one example, such as [28, 28]
   */
  constructor(description, weights, inputShape) {
    this.inputShape = inputShape;
    this.layers = [];
    let shape = inputShape;
    for (const { layer: kind, ...entry } of description) {
      if (TRAINING_ONLY.includes(kind)) continue;
      if (!(kind in LAYERS)) {
        throw new Error(`${entry.name}: expected a layer of ${Object.keys(LAYERS)}, found ${kind}`);
      }
      for (const [key, usual] of Object.entries(UNSUPPORTED)) {
        if (key in entry && [entry[key]].flat().some((value) => String(value) !== usual)) {
          throw new Error(`${entry.name}: expected ${key} = ${usual}, found ${entry[key]}`);
        }
      }
      const prefix = `${entry.name}/`;
      for (const [key, array] of Object.entries(weights)) {
        if (key.startsWith(prefix)) entry[key.slice(prefix.length)] = array;
      }
      const layer = new LAYERS[kind](entry, shape);
      this.layers.push(layer);
      shape = layer.outputShape;
    }
  }

  /**
   * Propagate one example through all layers.
   * @param {ArrayLike<number>} x as many numbers as `inputShape` says: pixels 0–255
   * @returns {Float32Array} the last layer's output: 10 logits for the course's networks
   * @throws {RangeError} another length
   */
  forward(x) {
    return this.layers.reduce((value, layer) => layer.forward(value), x);
  }

  /**
   * Propagate one example and return what every layer gives.
   * @param {ArrayLike<number>} x as in `forward`
   * @returns {Map<string, Float32Array>} by the layer's name, in order
   */
  outputs(x) {
    const given = new Map();
    for (const layer of this.layers) {
      x = layer.forward(x);
      given.set(layer.name, x);
    }
    return given;
  }

  /** Each class's probability, from what the last layer gives. */
  probabilities(output) {
    return this.layers.at(-1).activation === 'softmax' ? output : softmax(output);
  }
}
