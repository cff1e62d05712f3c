/**
 * Forward propagation in the browser: the layers of a network, and nothing else.
 *
 * The counterpart of digitrec/forward.py; classes, arguments and arrays have the same names (those of
 * Keras), so the same description builds the same network. This file imports nothing and knows
 * nothing of the page.
 *
 * A kind of layer is one class: it computes, it says what can be looked at inside it, and it is
 * registered below it. Nothing else has a list of layers.
 *
 * One example is computed at a time. Its numbers lie in a Float32Array in the order row, column,
 * channel; H rows, W columns, C channels, KH × KW a kernel's rows and columns, F filters, D inputs of a
 * dense layer, U its units. Sums are added up in double precision and stored as float32.
 */

/**
 * @typedef {number[]} Shape how many there are of each axis, such as (H, W, C)
 * @typedef {{shape: Shape, data: Float32Array}} Weights a layer's array, its numbers row by row
 * @typedef {{top: number, left: number, bottom: number, right: number}} Field a rectangle of pixels; bottom
 *   and right are in it
 * @typedef {'linear' | 'relu' | 'sigmoid' | 'tanh' | 'softmax'} ActivationName
 * @typedef {'part' | 'step' | 'hidden'} Role what a layer is to who looks inside a network: maps or units of
 *   its own; a step that follows them, number by number; or nothing to see
 * @typedef {{x: Float32Array, w: Float32Array, bias: number}} Terms x, w: (KH, KW, C)
 * @typedef {{name: string, why: string, formula: string, value: number}} Step what a layer does to one number
 * @typedef {{window: [number, number], strides: [number, number], positions: [number, number],
 *   before: [number, number]}} Windows a window's rows and columns, by how many it moves, how often it stands,
 *   and how many zeros lie before the image
 */

/**
 * How many numbers an array of a shape holds.
 * @param {Shape} shape
 */
export const sizeOf = (shape) => shape.reduce((product, n) => product * n, 1);

/** @type {(x: ArrayLike<number>) => Float32Array} */
const floats = (x) => (x instanceof Float32Array ? x : Float32Array.from(x));
/** @type {(a: Shape, b: Shape) => boolean} */
const sameShape = (a, b) => a.length === b.length && a.every((n, k) => n === b[k]);
/** @type {(value: number | [number, number]) => [number, number]} */
const pair = (value) => (typeof value === 'number' ? [value, value] : value);

// --- Activations ------------------------------------------------------------------------------

/**
 * Return `z` unchanged: the activation of a layer that outputs logits.
 * @param {Float32Array} z
 */
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
 * `1 / (1 + exp(−z))`, element by element: from 0 to 1, and a half at 0.
 * @param {Float32Array} z any length
 * @returns {Float32Array} same length, 0–1
 */
export const sigmoid = (z) => z.map((value) => 1 / (1 + Math.exp(-value)));

/**
 * Hyperbolic tangent, element by element: from −1 to 1, and 0 at 0.
 * @param {Float32Array} z any length
 * @returns {Float32Array} same length, −1 to 1
 */
export const tanh = (z) => z.map((value) => Math.tanh(value));

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

const ACTIVATIONS = { linear, relu, sigmoid, tanh, softmax };

// --- Layers -----------------------------------------------------------------------------------

/** What the layers have in common: a name, the shapes of one example's input and output, a check. */
export class Layer {
  /** @type {Role} */
  role = 'hidden';
  /** Can each number that it gives be taken apart into products (`terms`)? */
  hasTerms = false;

  /**
   * @param {string} name
   * @param {Shape} inputShape
   * @param {Shape} outputShape
   * @param {ActivationName} [activation]
   */
  constructor(name, inputShape, outputShape, activation = 'linear') {
    if (!(activation in ACTIVATIONS)) {
      const known = Object.keys(ACTIVATIONS);
      throw new Error(`${name}: expected an activation of ${known}, found ${activation}`);
    }
    this.name = name;
    this.inputShape = inputShape;
    this.outputShape = outputShape;
    this.activation = activation;
  }

  /**
   * Compute the layer's output for one example.
   * @param {ArrayLike<number>} _x as many numbers as `inputShape` says
   * @returns {Float32Array} as many as `outputShape` says
   */
  forward(_x) {
    throw new Error(`${this.name}: expected a layer that computes, found one without forward`);
  }

  /**
   * Apply the layer's activation function.
   * @param {Float32Array} z
   */
  activate(z) {
    return ACTIVATIONS[this.activation](z);
  }

  /**
   * Throw unless `x` has as many numbers as one example's input.
   * @param {ArrayLike<number>} x
   */
  check(x) {
    const expected = sizeOf(this.inputShape);
    if (x.length !== expected) {
      const shape = this.inputShape.join(' × ');
      throw new RangeError(`${this.name}: expected ${expected} numbers (${shape}), found ${x.length}`);
    }
  }

  // What can be looked at inside.

  /**
   * Which pixels of its input a field of its output is computed from; it may go over the edge.
   * @param {Field} field
   * @returns {Field}
   */
  looksAt(field) {
    return field;
  }

  /**
   * What one map or unit multiplies its input with.
   * @param {number} _f map or unit
   * @returns {?Weights} (H, W, C), as pictures; null: it has no weights
   */
  weightsOf(_f) {
    return null;
  }

  /**
   * What one map multiplies at one position: `z = bias + sum of x[k] · w[k]`. For layers with `hasTerms`.
   * @param {ArrayLike<number>} _x the layer's input
   * @param {number} _i row of the output
   * @param {number} _j column of the output
   * @param {number} _f map
   * @returns {Terms}
   */
  terms(_x, _i, _j, _f) {
    throw new Error(`${this.name}: expected a layer with terms, found one without`);
  }

  /**
   * What the layer does to one number of one map. For layers whose role is 'step'.
   * @param {number} x
   * @param {number} _f map
   * @param {(value: number) => string} write a number as it is to be shown
   * @returns {Step}
   */
  explain(x, _f, write) {
    const value = this.activate(Float32Array.of(x))[0];
    const [formula, why] =
      this.activation === 'relu'
        ? [`max(0, ${write(x)})`, 'keep what is above zero.']
        : [`${this.activation}(${write(x)})`, `apply ${this.activation}.`];
    return { name: 'Activate', why, formula: `a = ${formula} = `, value };
  }
}

/** @type {Map<string, {Layer: ?(new (entry: never, inputShape: Shape) => Layer), only: Record<string, string>}>} */
const KINDS = new Map();

/**
 * Let a network be built with a kind of layer.
 * @param {string} kind what descriptions call it
 * @param {?(new (entry: never, inputShape: Shape) => Layer)} Layer null: it does nothing when a trained
 *   network reads, and is left out
 * @param {Record<string, string>} only options that change the result and that we do not compute with, and
 *   their usual values
 */
function register(kind, Layer, only = {}) {
  KINDS.set(kind, { Layer, only });
}

/** `x * scale + offset`: pixels 0–255 to the range a network was trained on. */
export class Rescaling extends Layer {
  /**
   * @param {{name: string, scale?: number, offset?: number}} entry
   * @param {Shape} inputShape
   */
  constructor({ name, scale = 1 / 255, offset = 0 }, inputShape) {
    super(name, inputShape, inputShape);
    this.scale = Math.fround(scale);
    this.offset = Math.fround(offset);
  }

  /**
   * @param {ArrayLike<number>} x
   * @returns {Float32Array} same length
   */
  forward(x) {
    this.check(x);
    const out = new Float32Array(x.length);
    for (let k = 0; k < x.length; k++) out[k] = x[k] * this.scale + this.offset;
    return out;
  }
}
register('Rescaling', Rescaling);

/** The same numbers with other axes. */
export class Reshape extends Layer {
  /**
   * @param {{name: string, target_shape: Shape}} entry
   * @param {Shape} inputShape
   */
  constructor({ name, target_shape: target }, inputShape) {
    super(name, inputShape, target);
    if (sizeOf(target) !== sizeOf(inputShape)) {
      throw new Error(`${name}: (${inputShape}) cannot be reshaped to (${target})`);
    }
  }

  /**
   * @param {ArrayLike<number>} x
   * @returns {Float32Array} the same numbers; nothing is computed
   */
  forward(x) {
    this.check(x);
    return floats(x);
  }
}
register('Reshape', Reshape);

/** All of an example's numbers in one row. */
export class Flatten extends Reshape {
  /**
   * @param {{name: string}} entry
   * @param {Shape} inputShape
   */
  constructor({ name }, inputShape) {
    super({ name, target_shape: [sizeOf(inputShape)] }, inputShape);
  }
}
register('Flatten', Flatten, { data_format: 'channels_last' });

/**
 * A fully connected layer: `a = g(x @ W + b)`.
 * `kernel` (D, U) is W, `bias` (U,) is b, `activation` is g.
 */
export class Dense extends Layer {
  /** @type {Role} */
  role = 'part';

  /**
   * @param {{name: string, kernel: Weights, bias: Weights, activation?: ActivationName}} entry
   * @param {Shape} inputShape
   */
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

  /**
   * @param {ArrayLike<number>} x (D,)
   * @returns {Float32Array} (U,)
   */
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

  /**
   * All of the input.
   * @returns {Field}
   */
  looksAt() {
    return { top: -Infinity, left: -Infinity, bottom: Infinity, right: Infinity };
  }

  /**
   * @param {number} f unit
   * @returns {Weights} (1, D, 1)
   */
  weightsOf(f) {
    return columnOf(this.kernel, [1, ...this.inputShape, 1], f);
  }
}
register('Dense', Dense);

/**
 * Slide F small kernels over an image; each position of each kernel gives one number.
 *
 * `z[i, j, f] = b[f] + sum over p, q, c of x[s·i + p, s·j + q, c] · K[p, q, c, f]`
 *
 * `kernel` (KH, KW, C, F), `bias` (F,) or none, `strides`, `padding` "valid" or "same", `activation`.
 */
export class Conv2D extends Layer {
  /** @type {Role} */
  role = 'part';
  hasTerms = true;

  /**
   * @param {{name: string, kernel: Weights, bias?: Weights, strides?: number | [number, number],
   *   padding?: string, activation?: ActivationName}} entry
   * @param {Shape} inputShape
   */
  constructor({ name, kernel, bias, strides = 1, padding = 'valid', activation }, inputShape) {
    const [rows, columns, channels, filters] = kernel.shape;
    if (inputShape.length !== 3 || inputShape[2] !== channels) {
      throw new Error(`${name}: expected an input (H, W, ${channels}), found (${inputShape})`);
    }
    const windows = placeWindows(name, inputShape, [rows, columns], pair(strides), padding);
    super(name, inputShape, [...windows.positions, filters], activation);
    this.windows = windows;
    this.kernelShape = kernel.shape;
    // As double precision, a kernel need not be converted each time it is used.
    this.kernel = Float64Array.from(kernel.data);
    this.bias = bias ? Float64Array.from(bias.data) : new Float64Array(filters);
  }

  /**
   * @param {ArrayLike<number>} x (H, W, C)
   * @returns {Float32Array} (OH, OW, F)
   */
  forward(x) {
    this.check(x);
    const [height, width, channels] = this.inputShape;
    const [outRows, outColumns, filters] = this.outputShape;
    const { window: [rows, columns], strides, before } = this.windows;
    const { kernel, bias } = this;
    const out = new Float32Array(outRows * outColumns * filters);
    const z = new Float64Array(filters);
    // What a window holds that is not zero, and where the kernel's row for it begins.
    const values = new Float64Array(rows * columns * channels);
    const starts = new Int32Array(rows * columns * channels);
    for (let i = 0; i < outRows; i++) {
      for (let j = 0; j < outColumns; j++) {
        let count = 0;
        for (let p = 0; p < rows; p++) {
          const row = i * strides[0] + p - before[0];
          if (row < 0 || row >= height) continue; // padding is zeros: they add nothing
          for (let q = 0; q < columns; q++) {
            const column = j * strides[1] + q - before[1];
            if (column < 0 || column >= width) continue;
            const pixel = (row * width + column) * channels;
            let k = (p * columns + q) * channels * filters;
            for (let c = 0; c < channels; c++, k += filters) {
              const value = x[pixel + c];
              if (value === 0) continue; // paper, and what a ReLU cut off
              values[count] = value;
              starts[count++] = k;
            }
          }
        }
        z.set(bias);
        // Four products a round, so that a sum is fetched and put back a quarter as often: half the time.
        let n = 0;
        for (; n + 4 <= count; n += 4) {
          const [v0, v1, v2, v3] = [values[n], values[n + 1], values[n + 2], values[n + 3]];
          const [k0, k1, k2, k3] = [starts[n], starts[n + 1], starts[n + 2], starts[n + 3]];
          for (let f = 0; f < filters; f++) {
            z[f] += v0 * kernel[k0 + f] + v1 * kernel[k1 + f] + v2 * kernel[k2 + f] + v3 * kernel[k3 + f];
          }
        }
        for (; n < count; n++) {
          const [value, k] = [values[n], starts[n]];
          for (let f = 0; f < filters; f++) z[f] += value * kernel[k + f];
        }
        out.set(z, (i * outColumns + j) * filters);
      }
    }
    return this.activate(out);
  }

  /**
   * @param {Field} field
   * @returns {Field}
   */
  looksAt(field) {
    return underWindows(this.windows, field);
  }

  /**
   * @param {number} f filter
   * @returns {Weights} (KH, KW, C)
   */
  weightsOf(f) {
    return columnOf(this.kernel, this.kernelShape.slice(0, 3), f);
  }

  /**
   * @param {ArrayLike<number>} x (H, W, C)
   * @param {number} i row of the output, 0 to OH − 1
   * @param {number} j column of the output, 0 to OW − 1
   * @param {number} f filter, 0 to F − 1
   * @returns {Terms} x, w: (KH, KW, C)
   */
  terms(x, i, j, f) {
    this.check(x);
    const [height, width, channels] = this.inputShape;
    const [rows, columns, , filters] = this.kernelShape;
    const { strides, before } = this.windows;
    const terms = {
      x: new Float32Array(rows * columns * channels),
      w: new Float32Array(rows * columns * channels),
      bias: this.bias[f],
    };
    for (let k = 0; k < terms.x.length; k++) {
      const c = k % channels;
      const q = Math.floor(k / channels) % columns;
      const p = Math.floor(k / channels / columns);
      const row = i * strides[0] + p - before[0];
      const column = j * strides[1] + q - before[1];
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      terms.x[k] = inside ? x[(row * width + column) * channels + c] : 0;
      terms.w[k] = this.kernel[k * filters + f];
    }
    return terms;
  }
}
register('Conv2D', Conv2D, { dilation_rate: '1', groups: '1', data_format: 'channels_last' });

/** Keep the largest number of each window; what is padded never is the largest. */
export class MaxPooling2D extends Layer {
  /** @type {Role} */
  role = 'part';

  /**
   * @param {{name: string, pool_size?: number | [number, number], strides?: ?(number | [number, number]),
   *   padding?: string}} entry
   * @param {Shape} inputShape
   */
  constructor({ name, pool_size: size = 2, strides = null, padding = 'valid' }, inputShape) {
    if (inputShape.length !== 3) {
      throw new Error(`${name}: expected an input (H, W, C), found (${inputShape})`);
    }
    const windows = placeWindows(name, inputShape, pair(size), pair(strides ?? size), padding);
    super(name, inputShape, [...windows.positions, inputShape[2]]);
    this.windows = windows;
  }

  /**
   * @param {ArrayLike<number>} x (H, W, C)
   * @returns {Float32Array} (OH, OW, C)
   */
  forward(x) {
    this.check(x);
    const [height, width, channels] = this.inputShape;
    const [outRows, outColumns] = this.outputShape;
    const { window, strides, before } = this.windows;
    const a = new Float32Array(outRows * outColumns * channels).fill(-Infinity);
    for (let i = 0; i < outRows; i++) {
      for (let j = 0; j < outColumns; j++) {
        for (let p = 0; p < window[0]; p++) {
          const row = i * strides[0] + p - before[0];
          if (row < 0 || row >= height) continue;
          for (let q = 0; q < window[1]; q++) {
            const column = j * strides[1] + q - before[1];
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

  /**
   * @param {Field} field
   * @returns {Field}
   */
  looksAt(field) {
    return underWindows(this.windows, field);
  }
}
register('MaxPooling2D', MaxPooling2D, { data_format: 'channels_last' });

/**
 * Bring each channel to the mean and spread that the network learned for it.
 *
 * `y = gamma · (x − moving_mean) / sqrt(moving_variance + epsilon) + beta`, all four (C,)
 */
export class BatchNormalization extends Layer {
  /** @type {Role} */
  role = 'step';

  /**
   * @param {{name: string, gamma: Weights, beta: Weights, moving_mean: Weights, moving_variance: Weights,
   *   epsilon?: number}} entry
   * @param {Shape} inputShape
   */
  constructor({ name, gamma, beta, moving_mean, moving_variance, epsilon = 1e-3 }, inputShape) {
    super(name, inputShape, inputShape);
    if (inputShape.at(-1) !== gamma.data.length) {
      throw new Error(`${name}: expected ${gamma.data.length} channels, found (${inputShape})`);
    }
    this.gamma = gamma.data;
    this.beta = beta.data;
    this.mean = moving_mean.data;
    this.variance = moving_variance.data;
    this.epsilon = epsilon;
    // One multiplication and one addition: y = x * scale + shift.
    const scale = this.gamma.map((g, c) => g / Math.sqrt(this.variance[c] + epsilon));
    this.scale = scale;
    this.shift = this.beta.map((b, c) => b - this.mean[c] * scale[c]);
  }

  /**
   * @param {ArrayLike<number>} x (…, C)
   * @returns {Float32Array} (…, C)
   */
  forward(x) {
    this.check(x);
    const channels = this.scale.length;
    const y = new Float32Array(x.length);
    for (let k = 0; k < x.length; k += channels) {
      for (let c = 0; c < channels; c++) y[k + c] = x[k + c] * this.scale[c] + this.shift[c];
    }
    return y;
  }

  /**
   * @param {number} x
   * @param {number} f channel
   * @param {(value: number) => string} write
   * @returns {Step}
   */
  explain(x, f, write) {
    const [gamma, beta, mean, variance] = [this.gamma, this.beta, this.mean, this.variance].map((a) => write(a[f]));
    return {
      name: 'Normalise',
      why: 'bring it to the mean and the spread that the network learned for this map.',
      formula: `y = γ (z − μ) / √(σ² + ε) + β = ${gamma} · (${write(x)} − ${mean}) / √(${variance} + ${this.epsilon}) + ${beta} = `,
      value: x * this.scale[f] + this.shift[f],
    };
  }
}
register('BatchNormalization', BatchNormalization, { axis: '-1' });

/** An activation function as a layer of its own: `a = g(x)`. */
export class Activation extends Layer {
  /** @type {Role} */
  role = 'step';

  /**
   * @param {{name: string, activation: ActivationName}} entry
   * @param {Shape} inputShape
   */
  constructor({ name, activation }, inputShape) {
    super(name, inputShape, inputShape, activation);
    if (activation === 'softmax' && inputShape.length !== 1) {
      throw new Error(`${name}: expected a row of logits for a softmax, found (${inputShape})`);
    }
  }

  /**
   * @param {ArrayLike<number>} x
   * @returns {Float32Array} same length
   */
  forward(x) {
    this.check(x);
    return this.activate(floats(x));
  }
}
register('Activation', Activation);

register('Dropout', null);

// --- What layers share ----------------------------------------------------------------------------

/**
 * One column of a matrix: what one unit or filter multiplies with.
 * @param {ArrayLike<number>} matrix its last axis has a number for each unit
 * @param {Shape} shape of the column
 * @param {number} f which
 * @returns {Weights}
 */
function columnOf(matrix, shape, f) {
  const length = sizeOf(shape);
  const units = matrix.length / length;
  return { shape, data: Float32Array.from({ length }, (_, k) => matrix[k * units + f]) };
}

/**
 * The pixels of the input on which windows stand, for a field of the output.
 * @param {Windows} windows
 * @param {Field} field
 * @returns {Field}
 */
function underWindows({ window, strides, before }, { top, left, bottom, right }) {
  return {
    top: top * strides[0] - before[0],
    left: left * strides[1] - before[1],
    bottom: bottom * strides[0] - before[0] + window[0] - 1,
    right: right * strides[1] - before[1] + window[1] - 1,
  };
}

/**
 * Where a window stands as it moves over an image.
 *
 * "valid": `floor((n − k) / s) + 1` positions. "same": `ceil(n / s)`; of the rows and columns that
 * are missing for that, half come before the image and half after, an odd one after.
 * @param {string} name the layer's
 * @param {Shape} image (H, W, C)
 * @param {[number, number]} window rows, columns
 * @param {[number, number]} strides by how many rows, columns it moves
 * @param {string} padding
 * @returns {Windows}
 */
function placeWindows(name, [height, width], window, strides, padding) {
  if (padding !== 'valid' && padding !== 'same') {
    throw new Error(`${name}: expected padding "valid" or "same", found ${padding}`);
  }
  /** @type {(n: number, k: number, s: number) => [number, number]} n pixels, windows of k, moved by s */
  const along = (n, k, s) => {
    const count = padding === 'same' ? Math.ceil(n / s) : Math.floor((n - k) / s) + 1;
    const missing = padding === 'same' ? Math.max((count - 1) * s + k - n, 0) : 0;
    return [count, Math.floor(missing / 2)];
  };
  const [rows, above] = along(height, window[0], strides[0]);
  const [columns, left] = along(width, window[1], strides[1]);
  if (rows < 1 || columns < 1) {
    throw new Error(`${name}: a window of ${window} does not fit into ${height} × ${width}`);
  }
  return { window, strides, positions: [rows, columns], before: [above, left] };
}

// --- The network --------------------------------------------------------------------------------

/** Layers, one after the other. */
export class Sequential {
  /**
   * @param {({layer: string, name: string} & Record<string, unknown>)[]} description one entry a layer:
   *   `layer` is the class, `name` its name, the rest Keras' arguments, as in a network's card
   * @param {Record<string, Weights>} weights under "<layer's name>/<array's name>", such as "conv1/kernel"
   * @param {Shape} inputShape shape of one example, such as [28, 28]
   */
  constructor(description, weights, inputShape) {
    this.inputShape = inputShape;
    /** @type {Layer[]} */
    this.layers = [];
    let shape = inputShape;
    for (const { layer: name, ...entry } of description) {
      const kind = KINDS.get(name);
      if (!kind) throw new Error(`${entry.name}: expected a layer of ${[...KINDS.keys()]}, found ${name}`);
      if (!kind.Layer) continue;
      for (const [key, usual] of Object.entries(kind.only)) {
        if (key in entry && [entry[key]].flat().some((value) => String(value) !== usual)) {
          throw new Error(`${entry.name}: expected ${key} = ${usual}, found ${entry[key]}`);
        }
      }
      const prefix = `${entry.name}/`;
      for (const [key, array] of Object.entries(weights)) {
        if (key.startsWith(prefix)) entry[key.slice(prefix.length)] = array;
      }
      // What a description says is known when it is read; each class checks what it is given.
      const layer = new kind.Layer(/** @type {never} */ (/** @type {unknown} */ (entry)), shape);
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
    let value = x;
    for (const layer of this.layers) value = layer.forward(value);
    return floats(value);
  }

  /**
   * Propagate one example and return what every layer gives.
   * @param {ArrayLike<number>} x as in `forward`
   * @returns {Map<string, Float32Array>} by the layer's name, in order
   */
  outputs(x) {
    /** @type {Map<string, Float32Array>} */
    const outputs = new Map();
    let value = x;
    for (const layer of this.layers) {
      const output = layer.forward(value);
      outputs.set(layer.name, output);
      value = output;
    }
    return outputs;
  }

  /**
   * Each class's probability, from what the last layer gives.
   * @param {Float32Array} output
   * @returns {Float32Array}
   */
  probabilities(output) {
    return this.layers.at(-1)?.activation === 'softmax' ? output : softmax(output);
  }
}

/**
 * A network's last layer, if that is a dense one, as the course's networks have it: what learns a hand.
 * @param {Sequential} network
 */
export const lastOf = ({ layers }) => /** @type {Dense} */ (layers[layers.length - 1]);
