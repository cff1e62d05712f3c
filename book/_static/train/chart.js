/** Curves that grow: one for the training digits, one for the test digits, over the epochs. */

import { draw } from '../draw/dom.js';

const [WIDTH, HEIGHT] = [360, 200];
const EDGE = { left: 40, right: 58, top: 12, bottom: 26 };
/** More points than this are thinned out: the screen has no more columns. */
const MOST = 400;

/**
 * @typedef {{epoch: number, train: number, test: number}} Point
 * @typedef {object} Scale
 * @property {string} name what is shown, for a screen reader
 * @property {(largest: number) => number} top of the axis, for the largest value
 * @property {(value: number) => string} write a value at the axis
 * @property {{value: number, text: string}} chance what guessing reaches, as a line
 */

/**
 * The end of an axis: 1, 2 or 5 times a power of ten.
 * @param {number} value
 */
export function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((step) => step * power >= value * 0.999999) ?? 10);
}

/**
 * Leave out every other point when there are too many; the last one stays.
 * @template T
 * @param {T[]} points
 * @returns {T[]}
 */
export const thinned = (points) =>
  points.length <= MOST ? points : points.filter((_, k) => k % 2 === 0 || k === points.length - 1);

export class Chart {
  /**
   * @param {Element} box
   * @param {Scale} scale
   */
  constructor(box, scale) {
    this.scale = scale;
    this.svg = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': scale.name });
    box.append(this.svg);
    this.show([]);
  }

  /** @param {Point[]} points */
  show(points) {
    const { scale } = this;
    const finite = points.flatMap(({ train, test }) => [train, test]).filter(Number.isFinite);
    const most = scale.top(finite.reduce((a, b) => Math.max(a, b), 0));
    const last = points[points.length - 1];
    const end = nice(Math.max(1, last?.epoch ?? 0));
    const x = (/** @type {number} */ epoch) => EDGE.left + (epoch / end) * (WIDTH - EDGE.left - EDGE.right);
    // What is above the frame, or no number, goes on above it, and is cut off there.
    const y = (/** @type {number} */ value) => {
      const part = Number.isFinite(value) ? Math.min(value / most, 1.2) : 1.2;
      return HEIGHT - EDGE.bottom - part * (HEIGHT - EDGE.top - EDGE.bottom);
    };
    const [left, right, bottom] = [x(0), x(end), y(0)];
    /** @type {Element[]} */
    const parts = [];
    for (const value of [0, most / 2, most]) {
      parts.push(draw('line', { class: 'train-grid', x1: left, x2: right, y1: y(value), y2: y(value) }));
      parts.push(draw('text', { class: 'train-tick', x: left - 6, y: y(value) + 4, 'text-anchor': 'end' }, scale.write(value)));
    }
    for (const epoch of [0, end / 2, end]) {
      parts.push(draw('text', { class: 'train-tick', x: x(epoch), y: bottom + 16, 'text-anchor': 'middle' }, String(epoch)));
    }
    parts.push(draw('text', { class: 'train-tick', x: right + 6 + 4 * String(end).length, y: bottom + 16 }, 'epochs'));
    const chance = y(scale.chance.value);
    parts.push(draw('line', { class: 'train-chance', x1: left, x2: right, y1: chance, y2: chance }));
    parts.push(draw('text', { class: 'train-tick', x: right + 6, y: chance + 4 }, scale.chance.text));
    // A drawing in the drawing cuts the curves off at the frame.
    const [width, height] = [right - left, bottom - EDGE.top + 4];
    const frame = draw('svg', {
      x: left, y: EDGE.top - 2, width, height, viewBox: `${left} ${EDGE.top - 2} ${width} ${height}`,
    });
    parts.push(frame);
    for (const of of /** @type {const} */ (['train', 'test'])) {
      const line = points.map((point) => `${x(point.epoch).toFixed(1)},${y(point[of]).toFixed(1)}`).join(' ');
      frame.append(draw('polyline', { class: `train-line train-${of}`, points: line }));
    }
    if (last) parts.push(...this.names(last, x(last.epoch), y, chance));
    this.svg.replaceChildren(...parts);
  }

  /**
   * The curves' names at their ends, apart from each other.
   * @param {Point} last
   * @param {number} at
   * @param {(value: number) => number} y
   * @param {number} chance where another text stands
   */
  names(last, at, y, chance) {
    const inside = (/** @type {number} */ value) => Math.min(Math.max(value, EDGE.top), HEIGHT - EDGE.bottom - 2);
    let [train, test] = [inside(y(last.train)), inside(y(last.test))];
    const apart = 13;
    if (Math.abs(train - test) < apart) {
      const middle = Math.min(Math.max((train + test) / 2, EDGE.top + apart / 2), HEIGHT - EDGE.bottom - apart / 2);
      const up = last.train > last.test || (last.train === last.test && this.scale.chance.value < 1);
      [train, test] = up ? [middle - apart / 2, middle + apart / 2] : [middle + apart / 2, middle - apart / 2];
    }
    const atRight = at > WIDTH - EDGE.right - 60;
    // Where one would hide the word there, the upper name goes above it, the lower one below.
    const free = (/** @type {number} */ place, /** @type {boolean} */ upper) =>
      atRight && Math.abs(place - chance) < apart ? chance + (upper ? -apart : apart) : place;
    [train, test] = [free(train, train < test), free(test, test < train)];
    return [['train', train, 'training'], ['test', test, 'test']].map(([of, place, text]) =>
      draw('text', { class: `train-end train-${of}`, x: at + 5, y: Number(place) + 4 }, String(text)),
    );
  }
}
