/** One feature map looked at closely: its filter, where it looks, and one of its pixels taken apart. */

import { GREY, POSITIVE, SIGNED, paintTiles, pixelOf, styleOf } from './colours.js';
import { receptiveField, strongest, takeApart } from './explain.js';
import { Conv2D, Dense } from './forward.js';
import { make } from './view.js';

const number = (value, digits = 2) => value.toFixed(digits).replace('-', '−').replace(/^−(0\.0+)$/, '$1');
const largestOf = (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
/** A kernel's channels are shown in rows of so many. */
const CHANNELS_A_ROW = 8;

export class Detail {
  /**
   * @param {HTMLElement} root the page's part with the elements named below
   * @param {Seen} seen
   * @param {Layers} layers
   */
  constructor(root, seen, layers) {
    const find = (name) => root.querySelector(`.draw-${name}`);
    Object.assign(this, { seen, layers });
    this.text = find('detail-text');
    this.map = find('detail-map');
    this.kernel = find('detail-kernel');
    this.walk = find('walk');
    this.steps = find('walk-steps');
    this.name = find('walk-name');
    this.row = find('walk-row');
    this.column = find('walk-column');
    this.pinned = { part: layers.all.find(({ part }) => part.layer instanceof Conv2D).part, map: 0 };
    this.looked = null; // what the pointer is on, if anything
    this.pixel = null; // the pixel chosen, or null for the strongest
    this.walk.addEventListener('toggle', () => this.show());
    for (const input of [this.row, this.column]) {
      input.addEventListener('input', () => {
        this.pixel = [this.row, this.column].map((i) => Math.min(Math.max(i.valueAsNumber || 0, 0), i.max));
        this.show();
      });
    }
    find('walk-strongest').addEventListener('click', () => {
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

  pin(part, map) {
    if (part !== this.pinned.part) this.pixel = null; // another size
    this.pinned = { part, map };
  }

  /** Look at a map, in passing or to stay; null: at the one that stays. */
  look(part, map, stay) {
    if (part && stay) this.pin(part, map);
    this.looked = part && !stay ? { part, map } : null;
    this.show();
  }

  /** @param {?Object<string, Map>} outputs each network's layers' outputs */
  update(outputs) {
    this.outputs = outputs;
    this.show();
  }

  show() {
    const { part, map } = this.chosen;
    this.layers.choose(part, map);
    const values = this.outputs?.[part.of].get(part.last);
    const convolution = part.layer instanceof Conv2D;
    const [rows, columns, maps] = part.shape;
    const pixel = this.looked ? null : this.pixel;
    const [i, j] = pixel ?? (values ? strongest(values, part.shape, map) : [0, 0]);
    this.showMap(part, map, values);
    this.showKernel(part, map);
    const field = receptiveField(part.network, part.index, i, j);
    this.seen.mark(values || pixel ? field : null);
    this.text.textContent = this.describe(part, map, values, [i, j], field, pixel);
    this.map.closest('p').hidden = rows * columns === 1;
    this.name.textContent = `${part.name}, map ${map}:`;

    this.walk.hidden = !convolution;
    [this.row.max, this.column.max] = [rows - 1, columns - 1];
    if (document.activeElement !== this.row) this.row.value = i;
    if (document.activeElement !== this.column) this.column.value = j;
    this.mark.style.inset = `${(100 * i) / rows}% auto auto ${(100 * j) / columns}%`;
    this.mark.style.width = `${100 / columns}%`;
    this.mark.style.height = `${100 / rows}%`;
    if (!convolution || !this.walk.open) return;
    if (!values) {
      this.steps.replaceChildren(make('p', { textContent: 'Draw something first.' }));
      return;
    }
    const before = part.network.layers[part.index - 1];
    const input = this.outputs[part.of].get(before.name);
    this.showSteps(part, takeApart(part, input, i, j, map), { i, j, map, maps, before });
  }

  get mark() {
    return this.map.parentElement.querySelector('.draw-mark');
  }

  describe(part, map, values, [i, j], field, pixel) {
    const value = values ? values[(i * part.shape[1] + j) * part.shape[2] + map] : 0;
    const area = `${field.bottom - field.top + 1} × ${field.right - field.left + 1}`;
    if (part.layer instanceof Dense) {
      const weights = part.layer.inputShape[0] === this.pixels(part) ? ` Its weights lie over the picture: red where ink speaks for it, blue where ink speaks against.` : '';
      return `${part.name}, unit ${map}: its answer is ${number(value)}.${weights}`;
    }
    const what = `${part.name}, map ${map}: each of its pixels looks at ${area} pixels of the picture`;
    if (!values && !pixel) return `${what}.`;
    const place = `row ${i}, column ${j}`;
    if (!pixel && value === 0) return `${what}. It finds nothing here: all of it is 0.`;
    const answer = pixel ? `At ${place} its answer is ${number(value)}` : `Its strongest answer, ${number(value)}, is at ${place}`;
    return `${what}. ${answer}; the frame shows where that pixel looks.`;
  }

  pixels(part) {
    return part.network.inputShape.reduce((a, b) => a * b, 1);
  }

  showMap({ shape: [rows, columns, maps] }, map, values) {
    let largest = 1e-6;
    for (let k = map; values && k < values.length; k += maps) largest = Math.max(largest, values[k]);
    paintTiles(this.map, [rows, columns, 1], 1, (k) =>
      pixelOf(POSITIVE, values ? values[k * maps + map] / largest : 0),
    );
  }

  /** The weights: a picture for each channel. */
  showKernel(part, map) {
    const { layer } = part;
    this.kernel.closest('p').hidden = !layer.kernel;
    if (!layer.kernel || (this.shown?.part === part && this.shown.map === map)) return;
    this.shown = { part, map };
    let shape;
    if (layer instanceof Conv2D) shape = layer.kernelShape.slice(0, 3);
    else if (layer.inputShape[0] === this.pixels(part)) shape = [...part.network.inputShape, 1];
    else shape = [1, layer.inputShape[0], 1];
    const filters = part.shape[2];
    const own = Float32Array.from({ length: layer.kernel.length / filters }, (_, k) => layer.kernel[k * filters + map]);
    const largest = largestOf(own);
    paintTiles(this.kernel, shape, CHANNELS_A_ROW, (k) => pixelOf(SIGNED, 0.5 + own[k] / largest / 2));
    this.kernel.classList.toggle('draw-single', shape[2] === 1 && shape[0] > 1);
  }

  /** Look, multiply, add, normalise, cut off: one pixel's numbers. */
  showSteps(part, made, { i, j, map, before }) {
    const { norm, perChannel } = made;
    const channels = perChannel.length;
    const one = channels === 1;
    const from = one ? 'of the picture, as parts of 255,' : `of map ${made.channel} of “${before.name}”`;
    const count = made.x.length;
    const sum = perChannel.reduce((a, b) => a + b, 0);
    const formula = (...children) => make('p', { className: 'draw-formula' }, ...children);
    const table = (title, values, colours, zero, digits = 2) => this.table(title, made.shape, values, colours, zero, digits);
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
    if (norm) {
      children.push(
        make('p', { textContent: '4. Normalise: bring it to the mean and the spread that the network learned for this map.' }),
        formula(
          `y = γ (z − μ) / √(σ² + ε) + β = ${number(norm.gamma)} · (${number(made.z)} − ${number(norm.mean)}) / ` +
            `√(${number(norm.variance)} + ${norm.epsilon}) + ${number(norm.beta)} = ${number(made.y)}`,
        ),
      );
    }
    children.push(
      make('p', { textContent: `${norm ? 5 : 4}. Activate: keep what is above zero. This is the pixel’s number.` }),
      formula(`a = max(0, ${number(made.y)}) = `, make('strong', { textContent: number(made.a) })),
    );
    this.steps.replaceChildren(...children);
  }

  table(title, [rows, columns], values, colours, signed, digits) {
    const largest = signed ? largestOf(values) : Math.max(1e-9, ...values);
    const table = make('table', {}, make('caption', { textContent: title }));
    for (let r = 0; r < rows; r++) {
      const row = table.insertRow();
      for (let c = 0; c < columns; c++) {
        const value = values[r * columns + c];
        const part = signed ? 0.5 + value / largest / 2 : value / largest;
        const cell = row.insertCell();
        cell.textContent = value === 0 ? '0' : number(value, digits);
        Object.assign(cell.style, styleOf(colours, part));
      }
    }
    return table;
  }
}
