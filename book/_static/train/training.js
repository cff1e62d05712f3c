/** One training: a network, the digits that it learns from, and how far it has come. Knows nothing of the page. */

import { Sequential } from '../draw/forward.js';
import { Adam, Momentum, SGD, crossEntropy, gradients, initial, outputs, randomFrom, shuffled, weightsOf } from './backward.js';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
/** The place of the first dense layer: before it, pixels are scaled and put in a row. */
const FIRST = 2;
/** So many of the training digits, at most, are read again for the curves. */
const LOOKED_AT = 1000;

/**
 * @typedef {import('./settings.js').Settings} Settings
 * @typedef {import('./digits.js').Data} Data
 * @typedef {import('./digits.js').Digits} Digits
 * @typedef {{loss: number, accuracy: number}} Score
 * @typedef {object} Look what a network is like now
 * @property {number} step
 * @property {number} epoch with its part
 * @property {Score} train on up to 1,000 of the training digits
 * @property {Score} test on the test digits
 * @property {Uint8Array} readings of the test digits
 * @property {Uint8Array} off (U,) 1 for units of the first layer that give 0 for each training digit looked at
 */

/** @type {Record<string, (rate: number) => SGD | Momentum | Adam>} */
const OPTIMISERS = {
  sgd: (rate) => new SGD(rate),
  momentum: (rate) => new Momentum(rate),
  adam: (rate) => new Adam(rate),
};

/**
 * Build a dense network with random first weights; the biases begin at 0.
 * @param {Settings} settings
 * @param {() => number} random
 */
export function build({ units, units2, activation, start }, random) {
  const sizes = [PIXELS, Number(units), Number(units2), CLASSES].filter((size) => size > 0);
  /** @type {({layer: string, name: string} & Record<string, unknown>)[]} */
  const description = [
    { layer: 'Rescaling', name: 'scale', scale: 1 / 255 },
    { layer: 'Flatten', name: 'flatten' },
  ];
  /** @type {Record<string, import('../draw/forward.js').Weights>} */
  const weights = {};
  for (let k = 1; k < sizes.length; k++) {
    const last = k === sizes.length - 1;
    const name = last ? 'logits' : `dense${k}`;
    description.push({ layer: 'Dense', name, activation: last ? 'linear' : activation });
    weights[`${name}/kernel`] = initial(start, sizes[k - 1], sizes[k], random);
    weights[`${name}/bias`] = { shape: [sizes[k]], data: new Float32Array(sizes[k]) };
  }
  return new Sequential(description, weights, [SIDE, SIDE]);
}

export class Training {
  /**
   * @param {Settings} settings
   * @param {Data} data
   */
  constructor(settings, { train, test }) {
    this.random = randomFrom(Number(settings.seed));
    this.network = build(settings, this.random);
    this.weights = weightsOf(this.network);
    this.count = Math.min(Number(settings.digits), train.labels.length);
    this.train = train;
    this.test = test;
    this.optimiser = OPTIMISERS[settings.optimiser](Number(settings.rate));
    this.batch = Number(settings.batch);
    this.order = shuffled(this.count, this.random);
    this.step = 0;
    this.epoch = 0;
    this.at = 0; // digits of this epoch that were seen
    /** @type {import('./backward.js').Gradients} */
    this.found = {};
    /** @type {{images: Uint8Array, labels: Uint8Array}} */
    this.taken = { images: new Uint8Array(0), labels: new Uint8Array(0) };
  }

  /**
   * Take over what may change while the network learns.
   * @param {Settings} settings
   */
  change({ rate, batch }) {
    this.optimiser.learningRate = Number(rate);
    this.batch = Number(batch);
  }

  /** Learn from one batch. In an epoch each digit is seen once; the last batch may be smaller. */
  learn() {
    const size = Math.min(this.batch, this.count - this.at);
    if (this.taken.labels.length !== size) {
      this.taken = { images: new Uint8Array(size * PIXELS), labels: new Uint8Array(size) };
    }
    const { images, labels } = this.taken;
    for (let k = 0; k < size; k++) {
      const n = this.order[this.at + k];
      images.set(this.train.images.subarray(n * PIXELS, (n + 1) * PIXELS), k * PIXELS);
      labels[k] = this.train.labels[n];
    }
    gradients(this.network, images, labels, this.found);
    this.optimiser.step(this.weights, this.found);
    this.step++;
    this.at += size;
    if (this.at < this.count) return;
    this.epoch++;
    this.at = 0;
    this.order = shuffled(this.count, this.random);
  }

  /**
   * Read test digits, and digits that it learned from, with the weights as they are now.
   * @returns {Look}
   */
  look() {
    const shown = Math.min(LOOKED_AT, this.count);
    const { score: train, hidden } = this.read(this.train, shown);
    const off = new Uint8Array(hidden.length / shown).fill(1);
    for (let i = 0; i < hidden.length; i++) if (hidden[i] !== 0) off[i % off.length] = 0;
    const { score: test, logits } = this.read(this.test, this.test.labels.length);
    const readings = Uint8Array.from({ length: logits.length / CLASSES }, (_, n) => {
      const row = logits.subarray(n * CLASSES, (n + 1) * CLASSES);
      return row.indexOf(Math.max(...row));
    });
    return { step: this.step, epoch: this.epoch + this.at / this.count, train, test, readings, off };
  }

  /**
   * Read digits: how well, and what the first layer of units and the last one give.
   * @param {Digits} digits
   * @param {number} count of them, the first ones
   * @returns {{score: Score, hidden: Float32Array, logits: Float32Array}} (N, U) and (N, 10), until it reads again
   */
  read({ images, labels }, count) {
    const { layers } = this.network;
    const given = outputs(this.network, images, count);
    const of = (/** @type {number} */ k) => given[k].subarray(0, count * layers[k].outputShape[0]);
    const [hidden, logits] = [of(FIRST), of(layers.length - 1)];
    const { loss, right } = crossEntropy(logits, labels, count, CLASSES);
    return { score: { loss, accuracy: right / count }, hidden, logits };
  }
}
