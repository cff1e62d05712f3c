/** Softmax: logits by sliders, probabilities as bars, and, if asked for, the loss for the right class. */

import { softmax } from '../draw/forward.js';
import { draw, make } from '../draw/dom.js';
import { BLUE, ORANGE, Summary, WIDTH, button, choice, each, label, line, number, picture, show, slider, use } from './base.js';

/** A logit's range, and what the buttons add to all. */
const [LOWEST, HIGHEST, ADDED] = [-6, 12, 3];
/** A row of the bars: its height, and where a bar begins and ends. */
const [ROW, LEFT, RIGHT] = [36, 132, 266];
/** The loss that the graph goes up to. */
const MOST = 6;

/** @param {number} p */
const written = (p) => p.toFixed(3);

/**
 * exp(z), with four figures at most.
 * @param {number} value
 */
const short = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3))));

/**
 * A bar for each class, after what it is computed from.
 * @param {number[]} z
 * @param {Float32Array} p
 * @param {number} chosen the right class, or −1
 */
function bars(z, p, chosen) {
  const parts = z.flatMap((value, k) => {
    const y = k * ROW;
    const e = draw('text', { x: 0, y: y + 20 }, `${k}:  e`);
    e.append(draw('tspan', { dy: -5, 'font-size': 11 }, number(value, 1)), draw('tspan', { dy: 5 }, ` = ${short(Math.exp(value))}`));
    return [
      e,
      draw('rect', { x: LEFT, y: y + 5, width: RIGHT - LEFT, height: ROW - 14, rx: 2, fill: 'currentColor', 'fill-opacity': 0.08 }),
      draw('rect', { x: LEFT, y: y + 5, width: Math.max(p[k] * (RIGHT - LEFT), 1), height: ROW - 14, rx: 2, fill: k === chosen ? ORANGE : BLUE }),
      label(WIDTH, y + 20, written(p[k]), { 'text-anchor': 'end', class: 'try-p' }),
    ];
  });
  const sum = z.reduce((total, value) => total + Math.exp(value), 0);
  const foot = z.length * ROW;
  parts.push(
    line(0, foot + 2, WIDTH, foot + 2),
    label(0, foot + 22, `sum = ${short(sum)}`),
    label(WIDTH, foot + 22, '1', { 'text-anchor': 'end' }),
  );
  return { parts, height: foot + 30 };
}

/**
 * The loss over the probability of the right class.
 * @param {number} p
 * @param {number} loss
 */
function curve(p, loss) {
  const [left, right, top, foot] = [24, WIDTH - 12, 10, 132];
  const at = (/** @type {number} */ value) => left + value * (right - left);
  const up = (/** @type {number} */ value) => foot - (Math.min(value, MOST) / MOST) * (foot - top);
  const points = Array.from({ length: 101 }, (_, k) => Math.exp(-MOST * (1 - k / 100))).map((value) => `${at(value).toFixed(1)},${up(-Math.log(value)).toFixed(1)}`);
  const parts = [
    line(left, foot, right, foot), line(left, top, left, foot),
    draw('polyline', { points: points.join(' '), fill: 'none', stroke: BLUE, 'stroke-width': 3 }),
    line(at(p), up(loss), at(p), foot, { stroke: ORANGE, 'stroke-opacity': 0.8, 'stroke-dasharray': '3 3' }),
    draw('circle', { cx: at(p), cy: up(loss), r: 6, fill: ORANGE, stroke: 'currentColor', 'stroke-width': 2 }),
    label(left + 60, top + 12, 'loss = −ln p', { 'font-weight': 'bold' }),
    label(right, foot + 34, 'p of the right class', { 'text-anchor': 'end', 'font-size': 12 }),
  ];
  for (const value of [0, 0.5, 1]) parts.push(label(at(value), foot + 17, number(value), { 'text-anchor': 'middle', 'font-size': 12 }));
  for (const value of [0, 2, 4, 6]) parts.push(label(left - 7, up(value) + 4, number(value), { 'text-anchor': 'end', 'font-size': 12 }));
  return { parts, height: foot + 42 };
}

each('softmax', (live, { logits, right: answer = -1 }) => {
  let right = answer;
  const sliders = logits.map((/** @type {number} */ value, /** @type {number} */ k) =>
    slider(`logit z${'₀₁₂₃₄₅₆₇₈₉'[k]}`, { min: LOWEST, max: HIGHEST, step: 0.1, value }, update, (z) => z.toFixed(1).replace('-', '−')));
  const values = () => sliders.map((/** @type {import('./base.js').Slider} */ { get }) => get());
  /** @type {(by: number) => boolean} */
  const fits = (by) => values().every((/** @type {number} */ z) => z + by >= LOWEST && z + by <= HIGHEST);
  const shift = (/** @type {number} */ by) => button(`${by > 0 ? 'Add' : 'Subtract'} ${Math.abs(by)} ${by > 0 ? 'to' : 'from'} all`, () => {
    if (!fits(by)) return;
    values().forEach((/** @type {number} */ z, /** @type {number} */ k) => sliders[k].set(z + by));
    update();
  });
  const [more, less] = [shift(ADDED), shift(-ADDED)];
  const reset = button('As in the text', () => {
    logits.forEach((/** @type {number} */ z, /** @type {number} */ k) => sliders[k].set(z));
    update();
  });
  const pictures = [picture('The probability of each class'), ...(right < 0 ? [] : [picture('The loss over the probability of the right class')])];
  const summary = new Summary();

  function update() {
    const z = values();
    const p = softmax(Float32Array.from(z));
    const first = bars(z, p, right);
    show(pictures[0], first.height, first.parts);
    use(more, fits(ADDED));
    use(less, fits(-ADDED));
    const best = p.indexOf(Math.max(...p));
    const all = [...p].map((value, k) => `class ${k} gets ${written(value)}`).join(', ');
    let text = `${all[0].toUpperCase()}${all.slice(1)}. The largest logit, class ${best}, is read.`;
    if (right >= 0) {
      const loss = -Math.log(p[right]);
      const second = curve(p[right], loss);
      show(pictures[1], second.height, second.parts);
      text += ` The right class is ${right}, so the loss is −ln ${written(p[right])} = ${loss.toFixed(2).replace(/^-/, '')}.`;
    }
    summary.say(text);
  }
  const controls = make('div', { className: 'try-controls' },
    ...sliders.map((/** @type {import('./base.js').Slider} */ { element }) => element),
    ...(right < 0 ? [] : [choice('Right class', logits.map((/** @type {number} */ _, /** @type {number} */ k) => String(k)), right, (k) => {
      right = k;
      update();
    })]),
    make('div', { className: 'try-buttons' }, more, less, reset));
  const drawings = make('div', { className: 'try-pictures' }, ...pictures);
  live.append(
    ...(pictures.length > 1 ? [controls, drawings] : [make('div', { className: 'try-beside' }, controls, drawings)]),
    summary.element,
  );
  update();
});
