/**
 * Learning in the browser: gradients by backpropagation, and the steps that follow them.
 *
 * The counterpart of digitrec/backprop.py; functions and classes have the same names, formulas and
 * constants (those of Keras). It trains the very layers that forward.js reads with: their arrays
 * are changed in place. This file imports forward.js and nothing else, and knows nothing of the page.
 *
 * N examples, D inputs of a layer, U its units, K classes; rows are examples, as in `x @ W + b`. The
 * inner loops run along a row of the kernel (D, U), so that an input of 0, as most pixels are, skips a
 * whole row: forwards it adds nothing, and backwards the row's gradient is 0. Sums are added up in
 * double precision; weights and what layers give are float32.
 */

import { Activation, Dense, Rescaling, Reshape, sizeOf } from '../draw/forward.js';

/**
 * @typedef {import('../draw/forward.js').Sequential} Sequential
 * @typedef {import('../draw/forward.js').Layer} Layer
 * @typedef {import('../draw/forward.js').ActivationName} ActivationName
 * @typedef {Record<string, Float32Array>} Arrays under "<layer's name>/<array's name>", such as "dense1/kernel"
 * @typedef {Record<string, Float64Array>} Gradients of the loss, under the names of their arrays
 * @typedef {Uint8Array | Float32Array} Examples N rows, one after the other
 * @typedef {Uint8Array | Float32Array} Answers (N,) uint8: labels, 0 to K − 1; or (N, K) float32: the
 *   probabilities that should come out, rows of sum 1
 * @typedef {() => number} Random gives numbers from 0 to below 1
 */

// --- Forwards, for a batch -----------------------------------------------------------------------

/** What each layer of a network gave for the last batch, kept so that the next one needs no new memory.
 * @type {WeakMap<Sequential, Float32Array[]>} */
const KEPT = new WeakMap();

/**
 * Propagate a batch through all layers and return what every layer gives.
 *
 * What is returned is overwritten by the network's next batch.
 * @param {Sequential} network of Rescaling, Reshape, Flatten, Dense and Activation
 * @param {Examples} x (N, D)
 * @param {number} count N; `x` may hold more
 * @returns {Float32Array[]} a layer's output each, (N, U); there may be more than N rows
 * @throws {RangeError} `x` holds fewer than N examples
 * @throws {TypeError} a layer of another kind
 */
export function outputs(network, x, count) {
  const inputs = sizeOf(network.inputShape);
  if (x.length < count * inputs) {
    throw new RangeError(`expected ${count} examples of ${inputs} numbers, found ${x.length} numbers`);
  }
  let kept = KEPT.get(network);
  if (!kept || kept.some((array, k) => array.length < count * sizeOf(network.layers[k].outputShape))) {
    kept = network.layers.map((layer) => new Float32Array(count * sizeOf(layer.outputShape)));
    KEPT.set(network, kept);
  }
  /** @type {Examples} */
  let a = x;
  network.layers.forEach((layer, k) => {
    const out = /** @type {Float32Array[]} */ (kept)[k];
    if (layer instanceof Dense) {
      multiply(layer, a, count, out);
      activate(layer.activation, out, count * sizeOf(layer.outputShape));
    } else {
      const size = count * sizeOf(layer.outputShape);
      const { scale, offset } = layer instanceof Rescaling ? layer : { scale: 1, offset: 0 };
      if (!(layer instanceof Rescaling || layer instanceof Reshape || layer instanceof Activation)) {
        throw new TypeError(
          `${layer.name}: expected a layer of Rescaling, Reshape, Flatten, Dense, Activation, found ${layer.constructor.name}`,
        );
      }
      for (let i = 0; i < size; i++) out[i] = a[i] * scale + offset;
      activate(layer.activation, out, size);
    }
    a = out;
  });
  return kept;
}

/**
 * `z = x @ W + b`.
 * @param {Dense} layer
 * @param {Examples} x (N, D)
 * @param {number} count N
 * @param {Float32Array} out z (N, U)
 */
function multiply({ kernel, bias }, x, count, out) {
  const units = bias.length;
  const inputs = kernel.length / units;
  const z = new Float64Array(units);
  for (let n = 0, i = 0; n < count; n++) {
    z.set(bias);
    for (let d = 0, k = 0; d < inputs; d++, i++, k += units) {
      const value = x[i];
      if (value === 0) continue;
      for (let u = 0; u < units; u++) z[u] += value * kernel[k + u];
    }
    out.set(z, n * units);
  }
}

/**
 * Apply an activation function to numbers where they lie.
 * @param {ActivationName} name
 * @param {Float32Array} z
 * @param {number} count how many of them
 */
function activate(name, z, count) {
  if (name === 'relu') for (let i = 0; i < count; i++) z[i] = z[i] > 0 ? z[i] : 0;
  else if (name === 'sigmoid') for (let i = 0; i < count; i++) z[i] = 1 / (1 + Math.exp(-z[i]));
  else if (name === 'tanh') for (let i = 0; i < count; i++) z[i] = Math.tanh(z[i]);
  else if (name !== 'linear') throw new TypeError(`expected linear, relu, sigmoid or tanh, found ${name}`);
}

/**
 * Multiply by the slope of an activation function, `δ *= g′(z)`, told from what it gave, `a = g(z)`.
 * @param {ActivationName} name
 * @param {Float32Array} a
 * @param {Float64Array} delta
 * @param {number} count
 */
function slope(name, a, delta, count) {
  if (name === 'relu') for (let i = 0; i < count; i++) delta[i] = a[i] > 0 ? delta[i] : 0;
  else if (name === 'sigmoid') for (let i = 0; i < count; i++) delta[i] *= a[i] * (1 - a[i]);
  else if (name === 'tanh') for (let i = 0; i < count; i++) delta[i] *= 1 - a[i] * a[i];
}

// --- The loss ------------------------------------------------------------------------------------

/**
 * Softmax and cross-entropy of a batch, and their gradient: `(p − y) / N`, y with a 1 at the label.
 * @param {Float32Array} logits (N, K)
 * @param {Answers} answers
 * @param {number} count N
 * @param {number} classes K
 * @param {?Float64Array} [delta] (N, K), gets the gradient
 * @returns {{loss: number, right: number}} the mean of −∑ y log p; how many have their largest at the label, or
 *   where the answer is most probable
 */
export function crossEntropy(logits, answers, count, classes, delta = null) {
  let [loss, right] = [0, 0];
  const soft = answers instanceof Float32Array;
  const y = new Float32Array(classes);
  for (let n = 0; n < count; n++) {
    const row = n * classes;
    let best = row;
    for (let k = row + 1; k < row + classes; k++) if (logits[k] > logits[best]) best = k;
    let sum = 0;
    for (let k = row; k < row + classes; k++) sum += Math.exp(logits[k] - logits[best]);
    if (soft) y.set(answers.subarray(row, row + classes));
    else y.fill(0)[answers[n]] = 1;
    for (let k = 0; k < classes; k++) {
      if (y[k] > 0) loss += y[k] * (Math.log(sum) - (logits[row + k] - logits[best]));
    }
    if (best - row === (soft ? y.indexOf(Math.max(...y)) : answers[n])) right++;
    if (!delta) continue;
    for (let k = 0; k < classes; k++) {
      delta[row + k] = (Math.exp(logits[row + k] - logits[best]) / sum - y[k]) / count;
    }
  }
  return { loss: loss / count, right };
}

/**
 * The loss of a batch and how many of it are read right; nothing is learned.
 * @param {Sequential} network
 * @param {Examples} x (N, D)
 * @param {Answers} answers
 * @returns {{loss: number, right: number}}
 */
export function evaluate(network, x, answers) {
  const classes = classesOf(network);
  const count = countOf(answers, classes);
  const given = outputs(network, x, count);
  return crossEntropy(given[given.length - 1], answers, count, classes);
}

/**
 * How many examples there are answers for.
 * @param {Answers} answers
 * @param {number} classes K
 */
const countOf = (answers, classes) => (answers instanceof Float32Array ? answers.length / classes : answers.length);

/** @param {Sequential} network */
function classesOf(network) {
  const last = network.layers[network.layers.length - 1];
  if (last.activation !== 'linear') {
    throw new TypeError(`${last.name}: expected logits (activation linear), found ${last.activation}`);
  }
  return sizeOf(last.outputShape);
}

// --- Backwards -----------------------------------------------------------------------------------

/**
 * A network's arrays, to be changed in place.
 * @param {Sequential} network
 * @returns {Arrays}
 */
export function weightsOf(network) {
  /** @type {Arrays} */
  const found = {};
  for (const layer of network.layers) {
    if (!(layer instanceof Dense)) continue;
    found[`${layer.name}/kernel`] = layer.kernel;
    found[`${layer.name}/bias`] = layer.bias;
  }
  return found;
}

/**
 * The loss of a batch, and its gradient with respect to each array of the network.
 *
 * Backwards through a dense layer: `dW = xᵀ δ`, `db = sum of δ`, `dx = δ Wᵀ`.
 * @param {Sequential} network whose last layer gives logits
 * @param {Examples} x (N, D)
 * @param {Answers} answers
 * @param {Gradients} [into] earlier gradients of the same network, which are overwritten
 * @returns {{loss: number, right: number, gradients: Gradients}}
 */
export function gradients(network, x, answers, into = {}) {
  const { layers } = network;
  const classes = classesOf(network);
  const count = countOf(answers, classes);
  const given = outputs(network, x, count);
  /** @type {Float64Array} */
  let delta = new Float64Array(count * classes);
  const { loss, right } = crossEntropy(given[given.length - 1], answers, count, classes, delta);
  const first = layers.findIndex((layer) => layer instanceof Dense); // before it nothing learns
  for (let k = layers.length - 1; k >= first && first >= 0; k--) {
    const layer = layers[k];
    slope(layer.activation, given[k], delta, count * sizeOf(layer.outputShape));
    if (layer instanceof Rescaling) delta.forEach((value, i) => (delta[i] = value * layer.scale));
    if (!(layer instanceof Dense)) continue;
    const a = k === 0 ? x : given[k - 1];
    const kernel = (into[`${layer.name}/kernel`] ??= new Float64Array(layer.kernel.length));
    const bias = (into[`${layer.name}/bias`] ??= new Float64Array(layer.bias.length));
    gradientsOf(a, delta, count, kernel, bias);
    if (k > first) delta = sentBack(layer, delta, count);
  }
  return { loss, right, gradients: into };
}

/**
 * `dW = xᵀ δ`, `db = sum of δ`.
 * @param {Examples} x (N, D)
 * @param {Float64Array} delta (N, U)
 * @param {number} count N
 * @param {Float64Array} kernel (D, U) gets dW
 * @param {Float64Array} bias (U,) gets db
 */
function gradientsOf(x, delta, count, kernel, bias) {
  const units = bias.length;
  const inputs = kernel.length / units;
  kernel.fill(0);
  bias.fill(0);
  for (let n = 0, i = 0; n < count; n++) {
    const row = delta.subarray(n * units, (n + 1) * units);
    for (let u = 0; u < units; u++) bias[u] += row[u];
    for (let d = 0, k = 0; d < inputs; d++, i++, k += units) {
      const value = x[i];
      if (value === 0) continue;
      for (let u = 0; u < units; u++) kernel[k + u] += value * row[u];
    }
  }
}

/**
 * `dx = δ Wᵀ`.
 * @param {Dense} layer
 * @param {Float64Array} delta (N, U)
 * @param {number} count N
 * @returns {Float64Array} (N, D)
 */
function sentBack({ kernel, bias }, delta, count) {
  const units = bias.length;
  const inputs = kernel.length / units;
  const back = new Float64Array(count * inputs);
  for (let n = 0, i = 0; n < count; n++) {
    for (let d = 0, k = 0; d < inputs; d++, i++) {
      let sum = 0;
      for (let u = n * units; u < (n + 1) * units; u++, k++) sum += delta[u] * kernel[k];
      back[i] = sum;
    }
  }
  return back;
}

// --- Steps ---------------------------------------------------------------------------------------

/** Gradient descent: `w −= learning_rate · g`. */
export class SGD {
  /** @param {number} learningRate above 0 */
  constructor(learningRate) {
    this.learningRate = positive(learningRate);
  }

  /**
   * Change the weights in place.
   * @param {Arrays} weights
   * @param {Gradients} found
   */
  step(weights, found) {
    const rate = this.learningRate;
    for (const [name, w] of Object.entries(weights)) {
      const g = found[name];
      for (let i = 0; i < w.length; i++) w[i] -= rate * g[i];
    }
  }
}

/** Gradient descent with momentum: `v = momentum · v − learning_rate · g`, `w += v`. */
export class Momentum {
  /**
   * @param {number} learningRate above 0
   * @param {number} momentum 0 to below 1
   */
  constructor(learningRate, momentum = 0.9) {
    this.learningRate = positive(learningRate);
    this.momentum = momentum;
    /** @type {Gradients} */
    this.velocity = {};
  }

  /**
   * @param {Arrays} weights
   * @param {Gradients} found
   */
  step(weights, found) {
    const { learningRate: rate, momentum } = this;
    for (const [name, w] of Object.entries(weights)) {
      const g = found[name];
      const v = (this.velocity[name] ??= new Float64Array(w.length));
      for (let i = 0; i < w.length; i++) {
        v[i] = momentum * v[i] - rate * g[i];
        w[i] += v[i];
      }
    }
  }
}

/**
 * Adam, as Keras has it: means of the gradient and of its square, corrected for having begun at 0.
 *
 * `m += (g − m)(1 − β₁)`, `v += (g² − v)(1 − β₂)`,
 * `w −= learning_rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε)` in step t = 1, 2, …
 */
export class Adam {
  /**
   * @param {number} learningRate above 0
   * @param {number} beta1
   * @param {number} beta2
   * @param {number} epsilon
   */
  constructor(learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7) {
    this.learningRate = positive(learningRate);
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.steps = 0;
    /** @type {Gradients} */
    this.mean = {};
    /** @type {Gradients} */
    this.square = {};
  }

  /**
   * @param {Arrays} weights
   * @param {Gradients} found
   */
  step(weights, found) {
    const { beta1, beta2, epsilon } = this;
    this.steps++;
    const rate = (this.learningRate * Math.sqrt(1 - beta2 ** this.steps)) / (1 - beta1 ** this.steps);
    for (const [name, w] of Object.entries(weights)) {
      const g = found[name];
      const m = (this.mean[name] ??= new Float64Array(w.length));
      const v = (this.square[name] ??= new Float64Array(w.length));
      for (let i = 0; i < w.length; i++) {
        m[i] += (g[i] - m[i]) * (1 - beta1);
        v[i] += (g[i] * g[i] - v[i]) * (1 - beta2);
        w[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + epsilon);
      }
    }
  }
}

/** @param {number} rate */
function positive(rate) {
  if (rate > 0 && rate < Infinity) return rate;
  throw new RangeError(`expected a learning rate above 0, found ${rate}`);
}

// --- Chance --------------------------------------------------------------------------------------

/**
 * Numbers that look like chance and are the same for the same seed (the generator Mulberry32).
 * @param {number} seed
 * @returns {Random}
 */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How far from 0 a layer's first weights may lie; each is drawn evenly up to there.
 * @type {Record<string, (inputs: number, units: number) => number>} */
export const LIMITS = {
  zeros: () => 0,
  small: () => 0.01,
  glorot: (inputs, units) => Math.sqrt(6 / (inputs + units)),
  he: (inputs) => Math.sqrt(6 / inputs),
  large: () => 1,
};

/**
 * First weights of a dense layer: drawn evenly between −limit and limit.
 * @param {string} kind of `LIMITS`
 * @param {number} inputs D
 * @param {number} units U
 * @param {Random} random
 * @returns {import('../draw/forward.js').Weights} (D, U)
 */
export function initial(kind, inputs, units, random) {
  if (!(kind in LIMITS)) throw new Error(`expected first weights of ${Object.keys(LIMITS)}, found ${kind}`);
  const limit = LIMITS[kind](inputs, units);
  const data = Float32Array.from({ length: inputs * units }, () => limit * (2 * random() - 1));
  return { shape: [inputs, units], data };
}

/**
 * The numbers 0 to count − 1 in a random order.
 * @param {number} count
 * @param {Random} random
 */
export function shuffled(count, random) {
  const order = Uint32Array.from({ length: count }, (_, k) => k);
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1));
    [order[k], order[other]] = [order[other], order[k]];
  }
  return order;
}
