/** One feature map looked at closely: its filter, where it looks, and one of its pixels taken apart. */

import { GREY, POSITIVE, SIGNED, paintTiles, pixelOf, styleOf } from './colours.js';
import { receptiveField, strongest, takeApart } from './explain.js';
import { find, make } from './dom.js';

/**
 * @typedef {import('./maps.js').Part} Part
 * @typedef {import('./maps.js').Outputs} Outputs
 * @typedef {import('./explain.js').Apart} Apart
 * @typedef {[number, number]} Pixel row, column
 */

/** @param {number} value */
const number = (value) => value.toFixed(2).replace('-', '−').replace(/^−(0\.0+)$/, '$1');
/** @param {Float32Array} values */
const largestOf = (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
/** A kernel's channels are shown in rows of so many. */
const CHANNELS_A_ROW = 8;

export class Detail {
  /**
   * @param {HTMLElement} root the page's part with the elements named below
   * @param {import('./view.js').Seen} seen
   * @param {import('./maps.js').Layers} layers
   */
  constructor(root, seen, layers) {
    this.seen = seen;
    this.layers = layers;
    this.text = find(root, '.draw-detail-text', HTMLElement);
    this.mapBox = find(root, '.draw-map-box', HTMLElement);
    this.map = find(root, '.draw-detail-map', HTMLCanvasElement);
    this.mark = find(root, '.draw-mark', HTMLElement);
    this.kernelBox = find(root, '.draw-kernel-box', HTMLElement);
    this.kernel = find(root, '.draw-detail-kernel', HTMLCanvasElement);
    this.walk = find(root, '.draw-walk', HTMLDetailsElement);
    this.steps = find(root, '.draw-walk-steps', HTMLElement);
    this.name = find(root, '.draw-walk-name', HTMLElement);
    this.row = find(root, '.draw-walk-row', HTMLInputElement);
    this.column = find(root, '.draw-walk-column', HTMLInputElement);
    const all = layers.all.map(({ part }) => part);
    /** @type {{part: Part, map: number}} */
    this.pinned = { part: all.find(({ layer }) => layer.hasTerms) ?? all[0], map: 0 };
    /** @type {?{part: Part, map: number}} */
    this.looked = null; // what the pointer is on, if anything
    /** @type {?Pixel} */
    this.pixel = null; // the pixel chosen, or null for the strongest
    /** @type {?Outputs} */
    this.outputs = null;
    /** @type {?{part: Part, map: number}} */
    this.shown = null; // whose kernel is painted
    this.walk.addEventListener('toggle', () => this.show());
    for (const input of [this.row, this.column]) {
      input.addEventListener('input', () => {
        this.pixel = [placeOf(this.row), placeOf(this.column)];
        this.show();
      });
    }
    find(root, '.draw-walk-strongest', HTMLElement).addEventListener('click', () => {
      this.pixel = null;
      this.show();
    });
    this.map.addEventListener('click', (event) => {
      const [rows, columns] = this.chosen.part.shape;
      const { left, top, width, height } = this.map.getBoundingClientRect();
      this.pin(this.chosen.part, this.chosen.map);
      this.pixel = [
        Math.min(Math.floor(((event.clientY - top) / height) * rows), rows - 1),
        Math.min(Math.floor(((event.clientX - left) / width) * columns), columns - 1),
      ];
      this.show();
    });
  }

  get chosen() {
    return this.looked ?? this.pinned;
  }

  /**
   * Stay with a map.
   * @param {Part} part
   * @param {number} map
   */
  pin(part, map) {
    if (part !== this.pinned.part) this.pixel = null; // another size
    this.pinned = { part, map };
  }

  /**
   * Look at a map, in passing or to stay; null: at the one that stays.
   * @param {?Part} part
   * @param {number} map
   * @param {boolean} stay
   */
  look(part, map, stay) {
    if (part && stay) this.pin(part, map);
    this.looked = part && !stay ? { part, map } : null;
    this.show();
  }

  /** @param {?Outputs} outputs null: nothing is drawn */
  update(outputs) {
    this.outputs = outputs;
    this.show();
  }

  show() {
    const { part, map } = this.chosen;
    this.layers.choose(part, map);
    const values = this.outputs?.[part.of].get(part.last) ?? null;
    const [rows, columns] = part.shape;
    const pixel = this.looked ? null : this.pixel;
    const [i, j] = pixel ?? (values ? strongest(values, part.shape, map) : [0, 0]);
    this.showMap(part, map, values);
    this.showKernel(part, map);
    const field = receptiveField(part.network, part.index, i, j);
    this.seen.mark(values || pixel ? field : null);
    this.text.textContent = this.describe(part, map, values, [i, j], field, pixel);
    this.mapBox.hidden = rows * columns === 1;
    this.name.textContent = `${part.name}, map ${map}:`;

    this.walk.hidden = !part.layer.hasTerms;
    this.row.max = String(rows - 1);
    this.column.max = String(columns - 1);
    if (document.activeElement !== this.row) this.row.value = String(i);
    if (document.activeElement !== this.column) this.column.value = String(j);
    this.mark.style.inset = `${(100 * i) / rows}% auto auto ${(100 * j) / columns}%`;
    this.mark.style.width = `${100 / columns}%`;
    this.mark.style.height = `${100 / rows}%`;
    if (!part.layer.hasTerms || !this.walk.open) return;
    const before = part.network.layers[part.index - 1].name;
    const input = this.outputs?.[part.of].get(before);
    if (input) this.showSteps(takeApart(part, input, i, j, map, number), [i, j], map, before);
    else this.steps.replaceChildren(make('p', { textContent: 'Draw something first.' }));
  }

  /**
   * @param {Part} part
   * @param {number} map
   * @param {?Float32Array} values what the part gives
   * @param {Pixel} at the pixel that is looked at
   * @param {import('./forward.js').Field} field where it looks
   * @param {?Pixel} pixel that one, if it was chosen
   */
  describe(part, map, values, [i, j], field, pixel) {
    const [, columns, maps] = part.shape;
    const value = values ? values[(i * columns + j) * maps + map] : 0;
    if (part.unit === 'unit') {
      const weights = this.kernelShape(part, map)?.overPicture
        ? ' Its weights lie over the picture: red where ink speaks for it, blue where ink speaks against.'
        : '';
      return `${part.name}, unit ${map}: its answer is ${number(value)}.${weights}`;
    }
    const area = `${field.bottom - field.top + 1} × ${field.right - field.left + 1}`;
    const what = `${part.name}, map ${map}: each of its pixels looks at ${area} pixels of the picture`;
    if (!values && !pixel) return `${what}.`;
    const place = `row ${i}, column ${j}`;
    if (!pixel && value === 0) return `${what}. It finds nothing here: all of it is 0.`;
    const answer = pixel ? `At ${place} its answer is ${number(value)}` : `Its strongest answer, ${number(value)}, is at ${place}`;
    return `${what}. ${answer}; the frame shows where that pixel looks.`;
  }

  /**
   * @param {Part} part
   * @param {number} map
   * @param {?Float32Array} values
   */
  showMap({ shape: [rows, columns, maps] }, map, values) {
    let largest = 1e-6;
    for (let k = map; values && k < values.length; k += maps) largest = Math.max(largest, values[k]);
    paintTiles(this.map, [rows, columns, 1], 1, (k) =>
      pixelOf(POSITIVE, values ? values[k * maps + map] / largest : 0),
    );
  }

  /**
   * A map's weights as pictures; where there is one for each pixel of the picture, laid out like it.
   * @param {Part} part
   * @param {number} map
   * @returns {?{shape: number[], data: Float32Array, overPicture: boolean}} null: it has none
   */
  kernelShape({ layer, network }, map) {
    const weights = layer.weightsOf(map);
    if (!weights) return null;
    const [rows, columns] = network.inputShape;
    const overPicture = layer.inputShape.length === 1 && layer.inputShape[0] === rows * columns;
    return { ...weights, shape: overPicture ? [rows, columns, 1] : weights.shape, overPicture };
  }

  /**
   * The weights: a picture for each channel.
   * @param {Part} part
   * @param {number} map
   */
  showKernel(part, map) {
    const kernel = this.kernelShape(part, map);
    this.kernelBox.hidden = !kernel;
    if (!kernel || (this.shown?.part === part && this.shown.map === map)) return;
    this.shown = { part, map };
    const { shape, data } = kernel;
    const largest = largestOf(data);
    paintTiles(this.kernel, shape, CHANNELS_A_ROW, (k) => pixelOf(SIGNED, 0.5 + data[k] / largest / 2));
    this.kernel.classList.toggle('draw-single', shape[2] === 1 && shape[0] > 1);
  }

  /**
   * Look, multiply, add, and what follows: one pixel's numbers.
   * @param {Apart} made
   * @param {Pixel} at
   * @param {number} map
   * @param {string} before the layer that gave what is looked at
   */
  showSteps(made, [i, j], map, before) {
    const { perChannel } = made;
    const channels = perChannel.length;
    const one = channels === 1;
    const from = one ? 'of the picture, as parts of 255,' : `of map ${made.channel} of “${before}”`;
    const count = made.x.length;
    const sum = perChannel.reduce((a, b) => a + b, 0);
    /** @param {...(Node | string)} children */
    const formula = (...children) => make('p', { className: 'draw-formula' }, ...children);
    /** @type {(title: string, values: Float32Array, colours: Uint32Array, signed: boolean) => HTMLTableElement} */
    const table = (title, values, colours, signed) => tableOf(title, made.shape, values, colours, signed);
    const children = [
      make('p', {},
        `1. Look: the ${count} numbers ${from} that lie under the kernel. `,
        `2. Multiply: each with the kernel’s weight that lies on it.`),
      make('div', { className: 'draw-tables', tabIndex: 0, role: 'group', 'aria-label': 'x · K' },
        table('x, what it looks at', made.x, one ? GREY : POSITIVE, false),
        make('span', { className: 'draw-sign', textContent: '×' }),
        table('K, the kernel', made.w, SIGNED, true),
        make('span', { className: 'draw-sign', textContent: '=' }),
        table('x · K', made.products, SIGNED, true)),
    ];
    if (one) {
      children.push(make('p', { textContent: `3. Add: all ${count} products${made.bias ? ', and the bias' : ''}.` }));
    } else {
      const others = [...perChannel.keys()].filter((c) => c !== made.channel);
      const rest = others.reduce((a, c) => a + perChannel[c], 0);
      children.push(make('p', {
        textContent: `3. Add: these ${count} products make ${number(perChannel[made.channel])}. The kernel has such a ` +
          `table for each of the ${channels} maps before it; this one counts most here, and the other ` +
          `${channels - 1} together make ${number(rest)}.`,
      }));
    }
    children.push(formula(
      make('var', { textContent: 'z' }), make('sub', { textContent: `${i},${j},${map}` }),
      ` = ∑ x · K${made.bias ? ' + b' : ''} = ${number(sum)}${made.bias ? ` + ${number(made.bias)} = ${number(made.z)}` : ''}`,
    ));
    made.steps.forEach(({ name, why, formula: words, value }, k) => {
      const last = k === made.steps.length - 1;
      children.push(
        make('p', { textContent: `${k + 4}. ${name}: ${why}${last ? ' This is the pixel’s number.' : ''}` }),
        formula(words, last ? make('strong', { textContent: number(value) }) : number(value)),
      );
    });
    this.steps.replaceChildren(...children);
  }
}

/**
 * The row or column that is typed, within bounds.
 * @param {HTMLInputElement} input
 */
const placeOf = (input) => Math.min(Math.max(input.valueAsNumber || 0, 0), Number(input.max));

/**
 * Numbers as a table whose cells have their colours.
 * @param {string} title
 * @param {[number, number]} shape rows, columns
 * @param {Float32Array} values row by row
 * @param {Uint32Array} colours
 * @param {boolean} signed the scale's middle is 0
 */
function tableOf(title, [rows, columns], values, colours, signed) {
  const largest = signed ? largestOf(values) : Math.max(1e-9, ...values);
  const table = make('table', {}, make('caption', { textContent: title }));
  for (let r = 0; r < rows; r++) {
    const row = table.insertRow();
    for (let c = 0; c < columns; c++) {
      const value = values[r * columns + c];
      const part = signed ? 0.5 + value / largest / 2 : value / largest;
      const cell = row.insertCell();
      cell.textContent = value === 0 ? '0' : number(value);
      Object.assign(cell.style, styleOf(colours, part));
    }
  }
  return table;
}
