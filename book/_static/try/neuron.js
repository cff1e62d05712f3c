/** A neuron: its products and its bias add up, and ReLU makes its output of the sum. */

import { relu } from '../draw/forward.js';
import { draw, make } from '../draw/dom.js';
import { BLUE, GREEN, ORANGE, Summary, WIDTH, bracketed, each, label, line, number, picture, show, slider } from './base.js';

/** An axis goes so far each way; the smallest one that holds all that is drawn. */
const LIMITS = [3, 6, 13];
const INDEX = ['₁', '₂', '₃', '₄'];
/** Of the drawing of the sum: the height of a row, and where the axis is 0, and its end. */
const [ROW, ZERO, END] = [32, 212, 312];

/**
 * A neuron's products, its sum and its output.
 * @param {number[]} x inputs
 * @param {number[]} w weights
 * @param {number} b bias
 */
export function neuron(x, w, b) {
  const terms = [...x.map((value, k) => value * w[k]), b];
  const z = terms.reduce((sum, term) => sum + term, 0);
  // Sliders move in tenths, which have no exact double: without this, 0 could be a hair above or below it.
  const sum = Math.round(z * 1e6) / 1e6;
  const a = relu(Float32Array.of(sum))[0];
  return { terms, z: sum, a, slope: a > 0 ? 1 : 0 };
}

/**
 * The terms as bars, each of which begins where the one before it ends.
 * @param {string[]} names
 * @param {number[]} terms
 * @param {number} z
 * @param {number} limit
 */
function sumOf(names, terms, z, limit) {
  const at = (/** @type {number} */ value) => ZERO + (value / limit) * (END - ZERO);
  const bottom = ROW * (terms.length + 1) + 6;
  const parts = [line(ZERO, 0, ZERO, bottom), line(at(-limit), bottom, END, bottom)];
  for (const value of [-limit, 0, limit]) {
    parts.push(label(at(value), bottom + 16, number(value), { 'text-anchor': value > 0 ? 'end' : 'middle', 'font-size': 12 }));
  }
  let from = 0;
  [...terms, z].forEach((term, k) => {
    const last = k === terms.length;
    if (last) from = 0;
    const [low, high] = [Math.min(from, from + term), Math.max(from, from + term)];
    const y = k * ROW + 6;
    parts.push(
      label(0, y + 16, names[k], last ? { 'font-weight': 'bold' } : {}),
      draw('rect', {
        x: at(low), y, height: ROW - 10, width: Math.max(at(high) - at(low), 1.5), rx: 2,
        fill: last ? GREEN : term < 0 ? ORANGE : BLUE,
      }),
    );
    from += term;
    if (!last) parts.push(line(at(from), y, at(from), y + ROW + 18, { 'stroke-dasharray': '3 3' }));
  });
  return { parts, height: bottom + 22 };
}

/**
 * ReLU and, below it, its slope, with a point at z.
 * @param {number} z
 * @param {number} a
 * @param {number} slope
 * @param {number} limit
 */
function graphs(z, a, slope, limit) {
  const [left, right] = [24, WIDTH - 12];
  const at = (/** @type {number} */ value) => (left + right) / 2 + (value / limit) * ((right - left) / 2);
  const [zero, top] = [106, 12]; // of the first graph: the height of 0 and of the limit
  const up = (/** @type {number} */ value) => zero - (value / limit) * (zero - top);
  const [foot, one] = [174, 142]; // of the second: the heights of 0 and 1
  const grey = { fill: 'none', stroke: 'currentColor', 'stroke-width': 2 };
  const shape = { fill: 'none', stroke: BLUE, 'stroke-width': 3 };
  const parts = [
    line(left, zero, right, zero), line(at(0), top, at(0), zero + 4),
    line(left, foot, right, foot), line(at(0), one - 6, at(0), foot + 4),
    draw('polyline', { ...shape, points: `${left},${zero} ${at(0)},${zero} ${right},${top}` }),
    draw('polyline', { ...shape, points: `${left},${foot} ${at(0)},${foot}` }),
    draw('polyline', { ...shape, points: `${at(0)},${one} ${right},${one}` }),
    line(at(z), up(a), at(z), slope ? one : foot, { stroke: ORANGE, 'stroke-opacity': 0.8, 'stroke-dasharray': '3 3' }),
    label(left, top + 12, 'a = max(0, z)', { 'font-weight': 'bold' }),
    label(left, one + 4, 'its slope', { 'font-weight': 'bold' }),
    label(at(0) - 6, one + 5, '1', { 'text-anchor': 'end', 'font-size': 12 }),
    label(at(0) + 8, foot - 5, '0', { 'font-size': 12 }),
  ];
  for (const value of [-limit, 0, limit]) {
    parts.push(label(Math.min(at(value), right - 2), foot + 18, value ? number(value) : 'z = 0', { 'text-anchor': value > 0 ? 'end' : 'middle', 'font-size': 12 }));
  }
  for (const y of [up(a), slope ? one : foot]) {
    parts.push(draw('circle', { ...grey, cx: at(z), cy: y, r: 6, fill: ORANGE }));
  }
  return { parts, height: foot + 24 };
}

each('neuron', (live, { x, w, b }) => {
  const inputs = x.map((/** @type {number} */ value, /** @type {number} */ k) =>
    slider(`input x${INDEX[k]}`, { min: 0, max: 1, step: 0.1, value }, update));
  const weights = w.map((/** @type {number} */ value, /** @type {number} */ k) =>
    slider(`weight w${INDEX[k]}`, { min: -3, max: 3, step: 0.5, value }, update));
  const bias = slider('bias b', { min: -3, max: 3, step: 0.5, value: b }, update);
  const [sum, graph] = [picture('The products and the bias, added one after the other'), picture('ReLU and its slope, with a point at z')];
  const summary = new Summary();

  function update() {
    const [xs, ws] = [inputs, weights].map((sliders) => sliders.map((/** @type {import('./base.js').Slider} */ { get }) => get()));
    const { terms, z, a, slope } = neuron(xs, ws, bias.get());
    let [lowest, highest, running] = [0, 0, 0];
    for (const term of terms) {
      running += term;
      [lowest, highest] = [Math.min(lowest, running), Math.max(highest, running)];
    }
    const furthest = Math.max(-lowest, highest);
    const limit = LIMITS.find((end) => end >= furthest) ?? furthest;
    const names = [
      ...terms.slice(0, -1).map((term, k) => `${number(ws[k])} · ${number(xs[k])} = ${number(term)}`),
      `bias = ${number(bias.get())}`, `z = ${number(z)}`,
    ];
    const [left, right] = [sumOf(names, terms, z, limit), graphs(z, a, slope, limit)];
    show(sum, left.height, left.parts);
    show(graph, right.height, right.parts);
    const products = terms.slice(0, -1).map((_, k) => `${k ? bracketed(ws[k]) : number(ws[k])} · ${number(xs[k])}`);
    summary.say(
      `z = ${products.join(' + ')} ${bias.get() < 0 ? '−' : '+'} ${number(Math.abs(bias.get()))} = ${number(z)}, so a = ${number(a)}. ` +
      (slope
        ? 'z is above zero: the neuron answers, and a little more of z is as much more of a (the slope is 1).'
        : 'z is not above zero: the neuron is silent, and a little more or less of z changes nothing (the slope is 0).'),
    );
  }
  live.append(
    make('div', { className: 'try-controls try-columns' },
      make('div', {}, ...inputs.map((/** @type {import('./base.js').Slider} */ { element }) => element)),
      make('div', {}, ...weights.map((/** @type {import('./base.js').Slider} */ { element }) => element), bias.element)),
    make('div', { className: 'try-pictures' }, sum, graph),
    summary.element,
  );
  update();
});
