/**
 * An image's way through a network: what each layer makes of it, and what one of its numbers comes from. The network
 * and the images come with the page (digitrec/interactive.py).
 */

import { GREY, POSITIVE, SIGNED, paintTiles, pixelOf } from '../draw/colours.js';
import { draw, find, make, rove } from '../draw/dom.js';
import { parts, receptiveField, strongest, takeApart } from '../draw/explain.js';
import { Sequential, sizeOf } from '../draw/forward.js';
import { percent } from '../draw/reading.js';
import { BLUE, ORANGE, Summary, choice, each, label, number, picture, show, slider } from './base.js';

/**
 * @typedef {import('../draw/explain.js').Part} Part
 * @typedef {{shape: number[], float32: string} | {shape: number[], steps: string, scale: string}} Packed an array
 *   as base64, or rounded to steps, a letter each
 * @typedef {object} Data
 * @property {({layer: string, name: string} & Record<string, unknown>)[]} architecture
 * @property {Record<string, Packed>} arrays
 * @property {string} letters from the lowest step to the highest
 * @property {number[]} inputShape
 * @property {string} images
 * @property {number[]} labels
 */

/** Maps in a row. */
const COLUMNS = 8;
/** Of the drawing of the probabilities, which has the room of a layer. */
const ACROSS = 170;

/** @param {string} text */
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * Read what `pack` of digitrec/interactive.py wrote.
 * @param {Data} data
 * @returns {{network: Sequential, images: Uint8Array[], labels: number[]}}
 */
export function unpack({ architecture, arrays, letters, inputShape, images, labels }) {
  const weights = Object.entries(arrays).map(([key, packed]) => {
    if ('float32' in packed) return [key, { shape: packed.shape, data: new Float32Array(bytesOf(packed.float32).buffer) }];
    const scale = new Float32Array(bytesOf(packed.scale).buffer);
    const zero = (letters.length - 1) / 2;
    const data = Float32Array.from(packed.steps, (letter, k) => (letters.indexOf(letter) - zero) * scale[k % scale.length]);
    return [key, { shape: packed.shape, data }];
  });
  const [size, all] = [sizeOf(inputShape), bytesOf(images)];
  return {
    network: new Sequential(architecture, Object.fromEntries(weights), inputShape),
    images: labels.map((_, k) => all.subarray(k * size, (k + 1) * size)),
    labels,
  };
}

/**
 * What each place of the last maps adds to a class's logit, over all maps.
 * @param {ArrayLike<number>} x (H, W, maps), as the dense layer has them in a row
 * @param {Float32Array} w (H, W, maps)
 * @param {number} maps
 */
export function perPlace(x, w, maps) {
  const sums = new Float32Array(w.length / maps);
  w.forEach((weight, k) => (sums[Math.floor(k / maps)] += weight * x[k]));
  return sums;
}

/** @param {ArrayLike<number>} values */
const largestOf = (values) => Array.from(values).reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);

/** A canvas with a frame over it that marks a field. */
class Seen {
  /** @param {string} name */
  constructor(name) {
    this.canvas = make('canvas', { role: 'img', 'aria-label': name });
    this.frame = make('span', { className: 'try-mark', hidden: true });
    this.element = make('span', { className: 'try-seen' }, this.canvas, this.frame);
  }

  /**
   * @param {number} left in pixels of the canvas
   * @param {number} top
   * @param {number} width
   * @param {number} height
   */
  mark(left, top, width, height) {
    const part = (/** @type {number} */ value, /** @type {number} */ whole) => `${(100 * value) / whole}%`;
    this.frame.hidden = false;
    Object.assign(this.frame.style, {
      left: part(left, this.canvas.width), top: part(top, this.canvas.height),
      width: part(width, this.canvas.width), height: part(height, this.canvas.height),
    });
  }
}

/**
 * A drawing with its name above it.
 * @param {string} name
 * @param {string} more
 * @param {Element} seen
 */
const named = (name, more, seen) =>
  make('div', { className: 'try-stage' }, make('p', {}, make('b', {}, name), ` ${more}`), seen);

each('way', (live, _, box) => {
  const { network, images, labels } = unpack(JSON.parse(find(box, 'script', HTMLScriptElement).textContent ?? ''));
  const shown = parts(network);
  const last = network.layers[network.layers.length - 1];
  const before = network.layers[network.layers.length - 2].name;
  const [height, width] = network.inputShape;
  let image = 0;
  let stage = 0; // which part; after them, the logits
  let outputs = network.outputs(images[0]);

  const digits = make('div', { className: 'try-digits', role: 'group', 'aria-label': 'Test digits; arrow keys move from one to the next' },
    ...labels.map((digit, k) => {
      const canvas = make('canvas', { role: 'presentation' });
      paintTiles(canvas, [height, width, 1], 1, (m) => pixelOf(GREY, images[k][m] / 255));
      const pressed = make('button', { type: 'button', 'aria-label': `a ${digit}`, 'aria-pressed': String(k === 0) }, canvas);
      pressed.addEventListener('click', () => {
        digits.querySelector('[aria-pressed=true]')?.setAttribute('aria-pressed', 'false');
        pressed.setAttribute('aria-pressed', 'true');
        image = k;
        outputs = network.outputs(images[k]);
        paint();
        toStrongest();
      });
      return pressed;
    }));
  rove(digits, () => labels.length);

  const input = new Seen('The image, with a frame around what the chosen number looks at');
  const maps = shown.map((part, k) => {
    const seen = new Seen(`Maps of ${part.last}`);
    seen.canvas.addEventListener('click', (event) => {
      const { left, top, width: w, height: h } = seen.canvas.getBoundingClientRect();
      const [rows, columns, count] = part.shape;
      const x = Math.floor(((event.clientX - left) / w) * seen.canvas.width);
      const y = Math.floor(((event.clientY - top) / h) * seen.canvas.height);
      const map = Math.floor(y / (rows + 1)) * COLUMNS + Math.floor(x / (columns + 1));
      if (map >= count) return;
      choose(k);
      which.set(map);
      row.set(Math.min(y % (rows + 1), rows - 1));
      column.set(Math.min(x % (columns + 1), columns - 1));
      update();
    });
    return seen;
  });
  const bars = picture('The probability of each digit');
  const names = [...shown.map((part) => part.last), last.name];
  const layer = choice('Layer', names, 0, (k) => {
    choose(k);
    toStrongest();
  });
  const radios = [...layer.querySelectorAll('input')];
  const which = slider('map', { min: 0, max: 1, step: 1, value: 0 }, () => toStrongest(false));
  const row = slider('row', { min: 0, max: 1, step: 1, value: 0 }, update);
  const column = slider('column', { min: 0, max: 1, step: 1, value: 0 }, update);
  const [detail, steps, summary] = [make('div', { className: 'try-stages' }), make('ol', { className: 'try-steps' }), new Summary()];

  /** @param {number} k */
  function choose(k) {
    stage = k;
    radios[k].checked = true;
    const [rows, columns, count] = k < shown.length ? shown[k].shape : [1, 1, probabilities().length];
    find(which.element, 'label', HTMLElement).textContent = k < shown.length ? 'map' : 'class';
    for (const [control, most] of /** @type {[import('./base.js').Slider, number][]} */ ([[which, count - 1], [row, rows - 1], [column, columns - 1]])) {
      control.input.max = String(most);
      control.set(Math.min(control.get(), most));
    }
    row.element.hidden = column.element.hidden = k === shown.length;
  }
  const probabilities = () => network.probabilities(outputs.get(last.name) ?? new Float32Array());

  /**
   * Go to where a map's answer is strongest.
   * @param {boolean} [any] to the strongest map, too
   */
  function toStrongest(any = true) {
    if (stage === shown.length) {
      const p = probabilities();
      if (any) which.set(p.indexOf(Math.max(...p)));
      return update();
    }
    const { last: name, shape } = shown[stage];
    const values = outputs.get(name) ?? new Float32Array();
    if (any) which.set(values.indexOf(values.reduce((a, b) => Math.max(a, b))) % shape[2]);
    const [i, j] = strongest(values, shape, which.get());
    row.set(i);
    column.set(j);
    update();
  }

  function paint() {
    paintTiles(input.canvas, [height, width, 1], 1, (k) => pixelOf(GREY, images[image][k] / 255));
    shown.forEach(({ last: name, shape }, k) => {
      const values = outputs.get(name) ?? new Float32Array();
      const largest = largestOf(values);
      paintTiles(maps[k].canvas, shape, COLUMNS, (m) => pixelOf(POSITIVE, values[m] / largest));
    });
    const p = probabilities();
    const best = p.indexOf(Math.max(...p));
    const [high, left, right] = [16, 16, ACROSS - 44];
    bars.setAttribute('font-size', '11');
    show(bars, high * p.length, [...p].flatMap((value, k) => [
      label(0, k * high + 12, String(k), k === best ? { 'font-weight': 'bold' } : {}),
      draw('rect', { x: left, y: k * high + 2, width: Math.max(value * (right - left), 1), height: high - 4, rx: 2, fill: k === best ? ORANGE : BLUE }),
      label(ACROSS, k * high + 12, percent(value), { 'text-anchor': 'end', class: 'try-p' }),
    ]), ACROSS);
  }

  /**
   * Small pictures of numbers.
   * @param {string} name
   * @param {string} more
   * @param {ArrayLike<number>} values
   * @param {number[]} shape
   * @param {Uint32Array} colours SIGNED: zero in the middle
   */
  function small(name, more, values, shape, colours) {
    const seen = new Seen(name);
    const largest = largestOf(values);
    paintTiles(seen.canvas, [shape[0], shape[1], 1], 1, (k) =>
      pixelOf(colours, colours === SIGNED ? 0.5 + values[k] / largest / 2 : values[k] / largest));
    return named(name, more, seen.element);
  }

  function update() {
    for (const { frame } of maps) frame.hidden = true;
    if (stage === shown.length) return showLogit();
    const part = shown[stage];
    const [rows, columns, count] = part.shape;
    const [f, i, j] = [which.get(), row.get(), column.get()];
    const values = outputs.get(part.last) ?? new Float32Array();
    const value = values[(i * columns + j) * count + f];
    maps[stage].mark((f % COLUMNS) * (columns + 1) + j, Math.floor(f / COLUMNS) * (rows + 1) + i, 1, 1);
    const { top, left, bottom, right } = receptiveField(network, part.index, i, j);
    input.mark(left, top, right - left + 1, bottom - top + 1);
    const place = `${part.last}, map ${f}, row ${i}, column ${j}: ${number(value)}.`;
    const from = `It comes from rows ${top} to ${bottom} and columns ${left} to ${right} of the image (yellow frame)`;
    detail.hidden = steps.hidden = !part.layer.hasTerms;
    if (!part.layer.hasTerms) return summary.say(`${place} ${from}.`);
    const apart = takeApart(part, outputs.get(network.layers[part.index - 1].name) ?? [], i, j, f, number);
    const several = apart.perChannel.length > 1;
    detail.replaceChildren(
      small(several ? `map ${apart.channel}` : 'image', several ? 'of the layer before, under the kernel' : 'under the kernel', apart.x, apart.shape, several ? POSITIVE : GREY),
      small('weights', 'of the kernel there', apart.w, apart.shape, SIGNED),
      small('products', `sum ${number(apart.perChannel[apart.channel])}`, apart.products, apart.shape, SIGNED),
    );
    steps.replaceChildren(
      make('li', {}, make('b', {}, 'Multiply and add: '), several
        ? `the kernel has such a table for each of the ${apart.perChannel.length} maps of the layer before; map ${apart.channel} adds most here. All together: z = ${number(apart.z)}`
        : `z = ${number(apart.z)}`),
      ...apart.steps.map(({ name, formula, value: result }) => make('li', {}, make('b', {}, `${name}: `), `${formula}${number(result)}`)),
    );
    summary.say(`${place} ${from}.`);
  }

  function showLogit() {
    const digit = which.get();
    const x = outputs.get(before) ?? new Float32Array();
    const w = last.weightsOf(digit)?.data ?? new Float32Array();
    const [rows, columns, count] = shown[shown.length - 1].shape;
    const sums = perPlace(x, w, count);
    const z = (outputs.get(last.name) ?? [])[digit];
    const total = sums.reduce((a, b) => a + b, 0);
    const best = sums.indexOf(Math.max(...sums));
    const field = receptiveField(network, shown[shown.length - 1].index, Math.floor(best / columns), best % columns);
    input.mark(field.left, field.top, field.right - field.left + 1, field.bottom - field.top + 1);
    detail.hidden = steps.hidden = false;
    detail.replaceChildren(small('places', `what each of the ${rows} × ${columns} adds`, sums, [rows, columns], SIGNED));
    steps.replaceChildren(make('li', {}, make('b', {}, 'Multiply and add: '),
      `${x.length} products, ${number(total)} in all, and the bias of ${number(z - total)}, give the logit ${number(z)}.`));
    summary.say(
      `The logit of ${digit} is ${number(z)}, and its probability ${percent(probabilities()[digit])}. Red places speak for ${digit}, blue ones against; ` +
      `most for it speaks row ${Math.floor(best / columns)}, column ${best % columns} of the last maps, which looks at the yellow frame.`);
  }

  const size = (/** @type {number[]} */ shape) => shape.join(' × ');
  live.append(
    digits,
    make('div', { className: 'try-stages try-way' },
      named('image', size([height, width]), input.element),
      ...shown.map((part, k) => named(part.last, size(part.shape), maps[k].element)),
      named('probabilities', String(last.outputShape[0]), bars)),
    make('div', { className: 'try-controls' }, layer, which.element, row.element, column.element),
    summary.element, detail, steps,
  );
  paint();
  choose(0);
  toStrongest();
});
