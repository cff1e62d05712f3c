/**
 * What else a drawing might have looked like, and drawings that are no digit: what a hand is learned from.
 * This file knows nothing of the page.
 *
 * digitrec/augment.py changes pixels, since a photograph has nothing else. Here the strokes are known, and
 * they are what a hand changes from one digit to the next: so they are turned, slanted and bent, and drawn
 * with another pen. What comes out goes through the page's recipe like any drawing.
 */

import { UNITS } from './strokes.js';

/** The greatest change, each way. */
const MOST = {
  turn: 0.16, // radians: 9 degrees
  slant: 0.22, // to the right, for each unit upwards
  scale: 0.14, // wider or narrower, as a part
  pen: 0.3, // likewise
  bend: 28, // units, along a wave as long as the pad
  move: 12, // units: the recipe centres the digit, but pixels fall elsewhere
};
/** The points of a scribble. */
const POINTS = { least: 4, most: 14 };

/**
 * @typedef {import('./strokes.js').Drawing} Drawing
 * @typedef {() => number} Random gives numbers from 0 to below 1
 */

/**
 * Draw the same again, a little differently.
 * @param {Drawing} drawing strokes, with at least one point
 * @param {Random} random
 * @returns {Drawing}
 */
export function vary({ sample, strokes }, random) {
  const upTo = (/** @type {number} */ most) => most * (2 * random() - 1);
  const turn = upTo(MOST.turn);
  const [sine, cosine] = [Math.sin(turn), Math.cos(turn)];
  const slant = upTo(MOST.slant);
  const [wide, high] = [1 + upTo(MOST.scale), 1 + upTo(MOST.scale)];
  const pen = 1 + upTo(MOST.pen);
  const bends = [0, 1].map(() => ({ by: upTo(MOST.bend), from: 2 * Math.PI * random() }));
  const moves = [upTo(MOST.move), upTo(MOST.move)];
  const middle = [0, 1].map((axis) => {
    const all = strokes.flatMap(({ points }) => points.filter((_, k) => k % 2 === axis));
    return (Math.min(...all) + Math.max(...all)) / 2;
  });
  const wave = (/** @type {number} */ axis, /** @type {number} */ along) =>
    bends[axis].by * Math.sin((2 * Math.PI * along) / UNITS + bends[axis].from) + moves[axis];
  return {
    sample,
    strokes: strokes.map((stroke) => {
      /** @type {number[]} */
      const points = [];
      for (let k = 0; k < stroke.points.length; k += 2) {
        const y = (stroke.points[k + 1] - middle[1]) * high;
        const x = (stroke.points[k] - middle[0]) * wide - slant * y;
        points.push(
          middle[0] + cosine * x - sine * y + wave(0, stroke.points[k + 1]),
          middle[1] + sine * x + cosine * y + wave(1, stroke.points[k]),
        );
      }
      return { pen: stroke.pen * pen, points };
    }),
  };
}

/**
 * Draw what is no digit: a line through places anywhere, or two.
 * @param {Random} random
 * @returns {Drawing}
 */
export function scribble(random) {
  const strokes = Array.from({ length: random() < 0.5 ? 1 : 2 }, () => {
    const count = POINTS.least + Math.floor(random() * (POINTS.most - POINTS.least));
    const points = Array.from({ length: 2 * count }, () => UNITS * (0.15 + 0.7 * random()));
    return { pen: UNITS * (0.03 + 0.08 * random()), points };
  });
  return { sample: null, strokes };
}
