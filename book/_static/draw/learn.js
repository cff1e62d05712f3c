/**
 * The CNN learns one person's hand from a few drawings: the counterpart of digitrec/learn.py.
 *
 * All layers but the last stay: they turn a picture into 1,024 features, and only what the last one makes of
 * these is learned again. Steps and names are Python's: see what may have been drawn (`vary.js`), remember
 * what must not be forgotten, relearn, hold back, calibrate. What differs is how much of each, for a reader
 * waits: features are computed once for each drawing and kept, and a training has few steps.
 *
 * This file knows nothing of the page; it runs in a worker.
 */

import { Adam, crossEntropy, gradients, outputs, randomFrom, shuffled, weightsOf } from '../train/backward.js';
import { Sequential, lastOf } from './forward.js';

const PIXELS = 784;
const CLASSES = 10;

/** So many digits are seen before it is said how far it is. */
const AT_ONCE = 50;

/**
 * How a hand is learned. The numbers were chosen with half of the writers that `python -m benchmarks.hand --only strokes`
 * measures on the other half.
 */
export const RECIPE = {
  replayed: 1000, // training digits, half of them hard ones
  heldBack: 1000, // others, of the same kinds: how many of these are read right may not become worse
  hard: 0.2, // so many of all training digits are hard: what HARDEST says in tools/browser_model.py
  scribbles: 100, // drawings of which the network should stay unsure
  varied: 16, // a sample is seen so often, each time a little different, and as it was drawn
  share: 0.4, // which part of what is shown are samples, where there are many: n have n / (n + 1) of it
  rate: 0.005,
  steps: 100,
  batch: 128,
  worse: 0.001, // by so much, at most, may the accuracy fall, as those that were held back tell it
};

/**
 * @typedef {{kernel: Float32Array, bias: Float32Array}} Last the weights of the last layer: (D, 10) and (10,)
 * @typedef {{features: Float32Array, answers: Float32Array, count: number}} Seen (N, D) and (N, 10)
 * @typedef {{label: number, seen: Float32Array}} Sample seen: (1 + varied, D), the features of its pictures
 * @typedef {{right: number, of: number}} Score
 * @typedef {object} Learned
 * @property {Last} last
 * @property {number} step how far it went from the old weights to those that were learned, 0–1
 * @property {number} temperature
 */

export class Learner {
  /**
   * @param {Sequential} network whose last layer is dense and gives logits
   * @param {typeof RECIPE} recipe
   */
  constructor(network, recipe = RECIPE) {
    this.recipe = recipe;
    this.before = network.layers.slice(0, -1);
    const last = lastOf(network);
    this.name = last.name;
    this.width = last.inputShape[0];
    /** @type {Last} */
    this.base = { kernel: last.kernel.slice(), bias: last.bias.slice() };
    /** @type {?Seen} */
    this.memory = null;
    /** @type {?Seen} */
    this.held = null;
    /** @type {?Seen} */
    this.test = null;
  }

  /**
   * What the last layer sees of pictures.
   * @param {Uint8Array} images (N, 28, 28)
   * @returns {Float32Array} (N, D)
   */
  features(images) {
    const { width } = this;
    const count = images.length / PIXELS;
    const all = new Float32Array(count * width);
    for (let n = 0; n < count; n++) {
      /** @type {Uint8Array | Float32Array} */
      let value = images.subarray(n * PIXELS, (n + 1) * PIXELS);
      for (const layer of this.before) value = layer.forward(value);
      all.set(value, n * width);
    }
    return all;
  }

  /**
   * @param {Uint8Array} images (N, 28, 28)
   * @param {Uint8Array} labels (N,)
   * @returns {Seen}
   */
  see(images, labels) {
    return { features: this.features(images), answers: oneHot(labels), count: labels.length };
  }

  /**
   * See drawings that are no digit: all classes are equally probable, as in the base's training.
   * @param {Uint8Array} images (N, 28, 28)
   * @returns {Seen}
   */
  seeUnsure(images) {
    const count = images.length / PIXELS;
    return { features: this.features(images), answers: new Float32Array(count * CLASSES).fill(1 / CLASSES), count };
  }

  /**
   * See the digits that must not be forgotten, and those that are held back: the slow part, done once.
   * @param {import('../train/digits.js').Digits} digits
   * @param {Uint16Array} places which of them, the first ones to be replayed (remember.bin, which `choose_remembered` in tools/browser_model.py makes)
   * @param {(part: number) => void} tell how far it is, 0–1
   */
  remember({ images, labels }, places, tell = () => {}) {
    const { replayed, heldBack } = this.recipe;
    const all = replayed + heldBack;
    if (places.length < all) throw new RangeError(`learn: expected ${all} places of digits, found ${places.length}`);
    const see = (/** @type {number} */ from, /** @type {number} */ to) => {
      const seen = [];
      for (let k = from; k < to; k++) {
        const n = places[k];
        seen.push(this.see(images.subarray(n * PIXELS, (n + 1) * PIXELS), labels.subarray(n, n + 1)));
        if (k % AT_ONCE === 0) tell(k / all);
      }
      return joined(seen);
    };
    this.memory = see(0, replayed);
    this.held = see(replayed, all);
  }

  /**
   * See drawings of which it should stay unsure, and remember them, too.
   * @param {Uint8Array} scribbles (N, 28, 28)
   */
  stayUnsure(scribbles) {
    if (!this.memory) throw new Error('learn: expected digits to remember first');
    this.memory = joined([this.memory, this.seeUnsure(scribbles)]);
  }

  /**
   * Train the last layer, from where it is, on samples and on what must not be forgotten.
   * @param {Sample[]} samples at least one
   * @param {Last} start
   * @returns {Last}
   */
  relearn(samples, start) {
    const { rate, steps, batch } = this.recipe;
    const share = (this.recipe.share * samples.length) / (samples.length + 1);
    const { width, memory } = this;
    if (!memory || !samples.length) throw new Error('learn: expected samples, and something to remember');
    const random = randomFrom(1);
    const network = this.layerOf(start);
    const weights = weightsOf(network);
    const adam = new Adam(rate);
    const x = new Float32Array(batch * width);
    const y = new Float32Array(batch * CLASSES);
    const own = joined(samples.map(({ label, seen }) => {
      const labels = new Uint8Array(seen.length / width).fill(label);
      return { features: seen, answers: oneHot(labels), count: labels.length };
    }));
    const ownCount = Math.round(share * batch);
    const drawn = [
      { from: own, count: ownCount, next: endless(own.count, random) },
      { from: memory, count: batch - ownCount, next: endless(memory.count, random) },
    ];
    /** @type {import('../train/backward.js').Gradients} */
    const found = {};
    for (let step = 0; step < steps; step++) {
      let row = 0;
      for (const { from, count, next } of drawn) {
        for (let k = 0; k < count; k++, row++) {
          const n = next();
          x.set(from.features.subarray(n * width, (n + 1) * width), row * width);
          y.set(from.answers.subarray(n * CLASSES, (n + 1) * CLASSES), row * CLASSES);
        }
      }
      gradients(network, x, y, found);
      // The rate falls to 0, so that the last steps settle.
      adam.learningRate = rate * (1 - step / steps);
      adam.step(weights, found);
    }
    return { kernel: weights[`${this.name}/kernel`], bias: weights[`${this.name}/bias`] };
  }

  /** @param {Last} last its arrays are copied */
  layerOf({ kernel, bias }) {
    const { name, width } = this;
    return new Sequential([{ layer: 'Dense', name }], {
      [`${name}/kernel`]: { shape: [width, CLASSES], data: kernel.slice() },
      [`${name}/bias`]: { shape: [CLASSES], data: bias.slice() },
    }, [width]);
  }

  /**
   * Logits of what was seen.
   * @param {Last} last
   * @param {Seen} seen
   * @returns {Float32Array} (N, 10)
   */
  logits(last, { features, count }) {
    return outputs(this.layerOf(last), features, count)[0];
  }

  /**
   * How many are read right.
   * @param {Last} last
   * @param {Seen} seen
   * @returns {Score}
   */
  score(last, seen) {
    return { right: rightOf(this.logits(last, seen), seen), of: seen.count };
  }

  /**
   * Find how much of the way from the old layer to the new one may be gone.
   * @param {Last} old
   * @param {Last} learned
   * @returns {number} the largest of 1, 0.95 … 0 with which the accuracy falls by at most `worse`
   */
  holdBack(old, learned) {
    const { held } = this;
    if (!held) throw new Error('learn: expected digits that were held back');
    const [from, to] = [this.logits(old, held), this.logits(learned, held)];
    const allowed = this.accuracy(from, held) - this.recipe.worse - 1e-9;
    for (let twentieths = 20; twentieths > 0; twentieths--) {
      const step = twentieths / 20;
      if (this.accuracy(from.map((z, k) => z + step * (to[k] - z)), held) >= allowed) return step;
    }
    return 0;
  }

  /**
   * Estimate the accuracy on all training digits. Every second one of those that were held back is hard, and
   * hard ones are few: so they count less. Else to read some of them better would make up for any loss.
   * @param {Float32Array} logits (N, 10)
   * @param {Seen} held
   * @returns {number} 0–1
   */
  accuracy(logits, { answers, count }) {
    const { hard } = this.recipe;
    let sum = 0;
    for (let n = 0; n < count; n++) {
      const row = logits.subarray(n * CLASSES, (n + 1) * CLASSES);
      const right = answers[n * CLASSES + row.indexOf(Math.max(...row))] === 1;
      if (right) sum += n % 2 === 0 ? hard : 1 - hard;
    }
    return sum / (count / 2);
  }

  /**
   * All steps, one after the other.
   * @param {Sample[]} samples
   * @param {Last} start
   * @returns {Learned}
   */
  learn(samples, start = this.base) {
    const learned = this.relearn(samples, start);
    const step = this.holdBack(start, learned);
    const last = mixed(start, learned, step);
    const temperature = this.temperature(start, last);
    const scale = (/** @type {Float32Array} */ array) => array.map((value) => value / temperature);
    return { last: { kernel: scale(last.kernel), bias: scale(last.bias) }, step, temperature };
  }

  /**
   * The temperature that makes a new layer as sure, beside its best, as the old one was; but never surer than
   * it has become, for then it would be sure of scribbles, too.
   * @param {Last} old
   * @param {Last} learned
   */
  temperature(old, learned) {
    const { held } = this;
    if (!held) throw new Error('learn: expected digits that were held back');
    const [before, after] = [old, learned].map((last) => bestTemperature(this.logits(last, held), held));
    return Math.max(1, after / before);
  }
}

/** @param {Uint8Array} labels */
function oneHot(labels) {
  const answers = new Float32Array(labels.length * CLASSES);
  labels.forEach((label, n) => (answers[n * CLASSES + label] = 1));
  return answers;
}

/**
 * One after the other.
 * @param {Seen[]} parts
 * @returns {Seen}
 */
function joined(parts) {
  const all = (/** @type {'features' | 'answers'} */ name) => {
    const array = new Float32Array(parts.reduce((sum, part) => sum + part[name].length, 0));
    let at = 0;
    for (const part of parts) {
      array.set(part[name], at);
      at += part[name].length;
    }
    return array;
  };
  return { features: all('features'), answers: all('answers'), count: parts.reduce((sum, part) => sum + part.count, 0) };
}

/**
 * The numbers 0 to count − 1 in a random order, and then again in another.
 * @param {number} count
 * @param {() => number} random
 */
function endless(count, random) {
  let order = shuffled(count, random);
  let at = 0;
  return () => {
    if (at === count) {
      order = shuffled(count, random);
      at = 0;
    }
    return order[at++];
  };
}

/**
 * @param {Float32Array} logits (N, 10)
 * @param {Seen} seen
 */
const rightOf = (logits, { answers, count }) => crossEntropy(logits, answers, count, CLASSES).right;

/**
 * Go a part of the way from one layer to another.
 * @param {Last} from
 * @param {Last} to
 * @param {number} step 0–1
 * @returns {Last}
 */
export function mixed(from, to, step) {
  const mix = (/** @type {Float32Array} */ a, /** @type {Float32Array} */ b) =>
    a.map((value, k) => value + step * (b[k] - value));
  return { kernel: mix(from.kernel, to.kernel), bias: mix(from.bias, to.bias) };
}

/**
 * The temperature, from 1/4 to 4, with which the cross-entropy is least.
 * @param {Float32Array} logits (N, 10)
 * @param {Seen} seen
 */
function bestTemperature(logits, { answers, count }) {
  let [best, least] = [1, Infinity];
  for (let k = 0; k <= 80; k++) {
    const temperature = 0.25 * 16 ** (k / 80);
    const { loss } = crossEntropy(logits.map((z) => z / temperature), answers, count, CLASSES);
    if (loss < least) [best, least] = [temperature, loss];
  }
  return best;
}
