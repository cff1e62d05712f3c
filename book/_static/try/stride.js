/** Stride and padding: a kernel walks over a small picture, and each of its positions gives one number. */

import { Conv2D } from '../draw/forward.js';
import { draw, make } from '../draw/dom.js';
import { BLUE, ORANGE, Summary, WIDTH, button, choice, each, label, number, picture, show, slider, use } from './base.js';

/** Milliseconds that a position is shown when it plays. */
const BEAT = 900;
const PADDINGS = ['valid', 'same'];
/** The largest side of a pixel in the drawings. */
const LARGEST = 40;
/** Room for a name above a grid. */
const HEAD = 24;

/**
 * The picture of the chapter, as large as wanted: paper with a bar of ink in rows 1 and 2.
 * @param {number} n
 * @returns {Float32Array} (n, n)
 */
export const bar = (n) => Float32Array.from({ length: n * n }, (_, k) => {
  const [row, column] = [Math.floor(k / n), k % n];
  return row >= 1 && row <= 2 && column >= 1 && column <= n - 2 ? 1 : 0;
});

/**
 * The kernel of the chapter, as large as wanted: ones in its first row, minus ones in its last.
 * @param {number} k
 * @returns {Float32Array} (k, k)
 */
export const edges = (k) => Float32Array.from({ length: k * k }, (_, i) => (i < k ? 1 : i >= k * (k - 1) ? -1 : 0));

/**
 * All that a walk needs: the layer, what it gives, and how many zeros lie around the picture.
 * @param {number} n side of the picture
 * @param {number} k side of the kernel
 * @param {number} stride
 * @param {string} padding
 */
export function walk(n, k, stride, padding) {
  const kernel = { shape: [k, k, 1, 1], data: edges(k) };
  const layer = new Conv2D({ name: 'convolution', kernel, strides: stride, padding }, [n, n, 1]);
  const { positions: [side], before: [before] } = layer.windows;
  const reach = (side - 1) * stride + k - before; // how far the last window goes
  return { layer, x: bar(n), out: layer.forward(bar(n)), side, before, after: Math.max(reach - n, 0), unseen: Math.max(n - reach, 0) };
}

/**
 * One square of a grid with what stands in it.
 * @param {number} x
 * @param {number} y
 * @param {number} cell
 * @param {string} text
 * @param {Record<string, string | number>} attributes of the square
 */
function square(x, y, cell, text, attributes) {
  const size = Math.min(14, cell / (0.8 * Math.max(text.length, 2)));
  return [
    draw('rect', { x, y, width: cell, height: cell, fill: 'none', stroke: 'currentColor', 'stroke-opacity': 0.4, ...attributes }),
    label(x + cell / 2, y + cell / 2 + size * 0.36, text, { 'text-anchor': 'middle', 'font-size': size }),
  ];
}

each('stride', (live, start) => {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  let padding = PADDINGS.indexOf(start.padding);
  let place = 0;
  let walked = walk(start.n, start.k, start.stride, start.padding);
  const size = slider('picture, pixels a side n', { min: 4, max: 8, step: 1, value: start.n }, restart);
  const window_ = slider('kernel, pixels a side k', { min: 2, max: 4, step: 1, value: start.k }, restart);
  const stride = slider('stride s', { min: 1, max: 3, step: 1, value: start.stride }, restart);
  const positions = slider('position', { min: 1, max: 1, step: 1, value: 1 }, () => {
    stop();
    place = positions.get() - 1;
    update();
  }, (value) => `${value} of ${walked.out.length}`);
  const back = button('Back', () => step(-1));
  const forth = button('Step', () => step(1));
  const play = button('Play', () => (timer === undefined ? begin() : stop()));
  const [input, output] = [picture('The picture, with the kernel on it'), picture('The feature map so far')];
  const [formula, summary] = [make('p', { className: 'try-formula' }), new Summary()];

  function restart() {
    stop();
    walked = walk(size.get(), window_.get(), stride.get(), PADDINGS[padding]);
    positions.input.max = String(walked.out.length);
    place = 0;
    update();
  }
  /** @param {number} by */
  function step(by) {
    stop();
    place = Math.min(Math.max(place + by, 0), walked.out.length - 1);
    update();
  }
  function begin() {
    if (place === walked.out.length - 1) place = 0;
    timer = setInterval(() => {
      if (place === walked.out.length - 1) return stop();
      place++;
      update();
    }, BEAT);
    play.textContent = 'Pause';
    update();
  }
  function stop() {
    if (timer === undefined) return;
    clearInterval(timer);
    timer = undefined;
    play.textContent = 'Play';
    update();
  }

  function update() {
    const { layer, x, out, side, before, after, unseen } = walked;
    const [n, k, s] = [size.get(), window_.get(), stride.get()];
    const [i, j] = [Math.floor(place / side), place % side];
    const terms = layer.terms(x, i, j, 0);
    const total = n + before + after;
    const cell = Math.min((WIDTH - 4) / total, LARGEST);
    const edge = 2;
    const at = (/** @type {number} */ pixel) => (pixel + before) * cell;
    const [top, left] = [i * s - before, j * s - before];

    /** @type {Element[]} */
    const pixels = [label(edge, 14, `picture ${n} × ${n}`, { 'font-weight': 'bold' })];
    for (let row = -before; row < n + after; row++) {
      for (let column = -before; column < n + after; column++) {
        const real = row >= 0 && row < n && column >= 0 && column < n;
        const value = real ? x[row * n + column] : 0;
        const [p, q] = [row - top, column - left];
        const under = p >= 0 && p < k && q >= 0 && q < k;
        const text = under ? `${number(value)}·${number(terms.w[p * k + q])}` : number(value);
        pixels.push(...square(edge + at(column), HEAD + at(row), cell, text, real
          ? { ...(value ? { fill: BLUE, 'fill-opacity': 0.3 } : {}) }
          : { 'stroke-dasharray': '2 3', 'stroke-opacity': 0.6, fill: 'currentColor', 'fill-opacity': 0.06 }));
      }
    }
    pixels.push(draw('rect', { x: edge + at(left), y: HEAD + at(top), width: k * cell, height: k * cell, fill: 'none', stroke: ORANGE, 'stroke-width': 3 }));
    show(input, HEAD + total * cell + 3, pixels);

    /** @type {Element[]} */
    const answers = [label(2, 14, `feature map ${side} × ${side}`, { 'font-weight': 'bold' })];
    out.forEach((value, m) => {
      const [row, column] = [Math.floor(m / side), m % side];
      answers.push(...square(2 + column * cell, HEAD + row * cell, cell, m <= place ? number(value) : '', m < place ? { fill: ORANGE, 'fill-opacity': 0.12 } : {}));
    });
    answers.push(draw('rect', { x: 2 + j * cell, y: HEAD + i * cell, width: cell, height: cell, fill: ORANGE, 'fill-opacity': 0.3, stroke: ORANGE, 'stroke-width': 3 }));
    show(output, HEAD + side * cell + 3, answers);

    formula.textContent = PADDINGS[padding] === 'valid'
      ? `⌊(n − k) / s⌋ + 1 = ⌊(${n} − ${k}) / ${s}⌋ + 1 = ${side}: the feature map is ${side} × ${side}.`
      : `⌈n / s⌉ = ⌈${n} / ${s}⌉ = ${side}: the feature map is ${side} × ${side}.`;
    const zeros = before + after
      ? ` Zeros around the picture: ${before} before, ${after} after, along each side.`
      : PADDINGS[padding] === 'same' ? ' No zeros are needed.' : '';
    const lost = unseen ? ` The last ${unseen === 1 ? 'row and column' : `${unseen} rows and columns`} of the picture are under no position.` : '';
    formula.textContent += zeros + lost;

    const products = [...terms.x].map((value, m) => [value, terms.w[m]]).filter(([value, weight]) => value * weight !== 0);
    const sum = products.map(([value, weight]) => `${number(value)} · ${weight < 0 ? `(${number(weight)})` : number(weight)}`).join(' + ') || 'all products are 0, so the sum is';
    summary.say(`Row ${i}, column ${j} of the feature map: ${sum} ${products.length ? '=' : ''} ${number(out[place])}.`.replace('  ', ' '), timer === undefined);
    positions.set(place + 1);
    use(back, place > 0);
    use(forth, place < out.length - 1);
  }
  live.append(
    make('div', { className: 'try-controls' },
      size.element, window_.element, stride.element,
      choice('padding', PADDINGS, padding, (chosen) => {
        padding = chosen;
        restart();
      })),
    formula,
    make('div', { className: 'try-pictures' }, input, output),
    make('div', { className: 'try-controls' }, positions.element, make('div', { className: 'try-buttons' }, back, forth, play)),
    summary.element,
  );
  restart();
});
