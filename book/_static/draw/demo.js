/**
 * Digits that are drawn by themselves, stroke by stroke, one after the other. This file knows the pad's drawings,
 * and nothing of the page.
 */

import { PENS } from './strokes.js';

/** How fast the pen goes, in units a millisecond, and how long it is off the paper between two strokes. */
const SPEED = 0.85;
const LIFT = 220;
/** How long the first digit is looked at, and each later one, once it is whole; in milliseconds. */
const FIRST_REST = 900;
const REST = 2200;
/** The points of a stroke are so far from each other, in units. */
const STEP = 8;
/** So many numbers of points, two a point, are made between two pictures. */
const AT_ONCE = 16;
/** After a longer time between two pictures, in milliseconds, the pen goes on from where it was. */
const LONGEST_FRAME = 100;

/**
 * @typedef {import('./strokes.js').Drawing} Drawing
 * @typedef {import('./strokes.js').Stroke} Stroke
 */

/**
 * A digit's strokes as points, all STEP from each other along the stroke but for the last. A path takes its time to tell
 * where its points are: they are asked for a few at a time.
 * @param {import('./written.js').Written} written
 * @returns {Generator<?Drawing, never, void>} null as long as there are more to make, then the drawing
 */
function* drawn({ strokes }) {
  const made = [];
  for (const stroke of strokes) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', stroke);
    const length = path.getTotalLength();
    const points = [];
    for (let at = 0; at < length + STEP; at += STEP) {
      const { x, y } = path.getPointAtLength(Math.min(at, length));
      points.push(Math.round(x), Math.round(y));
      if (points.length % AT_ONCE === 0) yield null;
    }
    made.push({ pen: PENS.medium, points });
  }
  const drawing = { sample: null, strokes: made };
  for (;;) yield drawing;
}

/**
 * As much of a drawing as the pen has drawn after some time.
 * @param {Drawing} drawing
 * @param {number} time in milliseconds
 * @returns {Drawing} the drawing itself when it is whole
 */
export function until(drawing, time) {
  const strokes = /** @type {Stroke[]} */ ([]);
  let left = time;
  for (const stroke of drawing.strokes) {
    if (left < 0) return { ...drawing, strokes };
    const count = 1 + Math.floor((left * SPEED) / STEP);
    const points = stroke.points.slice(0, 2 * count);
    strokes.push({ ...stroke, points });
    if (points.length < stroke.points.length) return { ...drawing, strokes };
    left -= (stroke.points.length / 2 - 1) * (STEP / SPEED) + LIFT;
  }
  return drawing;
}

export class Demo {
  /**
   * @param {import('./written.js').Written[]} digits the first is on the pad before it runs (`begin`)
   * @param {(drawing: Drawing, whole: boolean) => void} show
   */
  constructor(digits, show) {
    this.digits = digits;
    this.show = show;
    this.at = 0; // the place of the next one
    /** @type {?Drawing} */
    this.digit = null; // the one on the pad
    this.coming = drawn(digits[0]); // the next one, which is being made
    this.time = Infinity; // since the pen first came down on this digit
    this.rest = FIRST_REST; // until the next digit
    this.frame = 0;
    this.before = 0;
  }

  /** Whether it goes on now. */
  get runs() {
    return this.frame !== 0;
  }

  /**
   * Make the first digit, with time for all else between.
   * @returns {Promise<Drawing>}
   */
  async begin() {
    for (;;) {
      const made = this.coming.next().value;
      if (made) return this.take(made);
      await new Promise((next) => setTimeout(next));
    }
  }

  /** @param {Drawing} digit is the one that is drawn from now on; the next one is made meanwhile */
  take(digit) {
    this.digit = digit;
    this.at = (this.at + 1) % this.digits.length;
    this.coming = drawn(this.digits[this.at]);
    return digit;
  }

  /** Go on from where it was. */
  run() {
    if (this.runs) return;
    this.before = performance.now();
    const next = (/** @type {number} */ now) => {
      this.step(Math.min(Math.max(now - this.before, 0), LONGEST_FRAME));
      this.before = now;
      this.frame = requestAnimationFrame(next);
    };
    this.frame = requestAnimationFrame(next);
  }

  pause() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  /** Stop, with the digit whole. */
  finish() {
    this.pause();
    if (this.digit && this.time !== Infinity) this.show(this.digit, true);
    this.time = Infinity;
  }

  /** @param {number} passed milliseconds */
  step(passed) {
    const { digit } = this;
    if (!digit) return;
    if (this.time === Infinity) {
      this.rest -= passed;
      const next = this.coming.next().value;
      if (this.rest > 0 || !next) return;
      this.take(next);
      this.time = 0;
      return;
    }
    this.time += passed;
    const drawing = until(digit, this.time);
    this.show(drawing, drawing === digit);
    if (drawing === digit) [this.time, this.rest] = [Infinity, REST];
  }
}
