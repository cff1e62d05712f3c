/** What the page shows of the networks: readings, bars, feature maps. */

import { GREY, POSITIVE, paintTiles, pixelOf } from './colours.js';
import { parts } from './explain.js';
import { FIELD } from './normalise.js';
import { percent } from './reading.js';

/** Maps in a row, on a wide page and on a narrow one. */
const COLUMNS = { wide: 16, narrow: 8 };
/** A page narrower than this is a phone's. */
const NARROW = '(max-width: 40rem)';

/** Make an element: `make('p', {className: 'why'}, 'text', child, …)`. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('aria-') || name === 'role') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

/** The 28 × 28 pixels that the networks see: beside the pad, and once more with a frame around where a
    feature looks. */
export class Seen {
  constructor(root) {
    this.canvases = root.querySelectorAll('.draw-seen canvas, .draw-detail-seen');
    this.frame = root.querySelector('.draw-field');
  }

  /** @param {Uint8Array} image (28, 28) 0 is paper, 255 is ink */
  show(image) {
    for (const canvas of this.canvases) {
      paintTiles(canvas, [FIELD, FIELD, 1], 1, (k) => pixelOf(GREY, image[k] / 255));
    }
  }

  /** @param {?{top, left, bottom, right}} field pixels; null for none */
  mark(field) {
    this.frame.hidden = !field;
    if (!field) return;
    const part = (value) => `${(100 * value) / FIELD}%`;
    this.frame.style.inset = [
      part(field.top), part(FIELD - 1 - field.right), part(FIELD - 1 - field.bottom), part(field.left),
    ].join(' ');
  }
}

/** Ten rows with a bar for each network. */
export class Bars {
  constructor(table) {
    this.cells = { cnn: [], dense: [] };
    const body = table.createTBody();
    for (let digit = 0; digit < 10; digit++) {
      const row = body.insertRow();
      row.append(make('th', { scope: 'row', textContent: digit }));
      for (const cells of Object.values(this.cells)) {
        const bar = make('span', { className: 'draw-bar' });
        const text = make('span', { className: 'draw-percent' });
        row.append(make('td', {}, bar, text));
        cells.push({ bar, text, shown: '' });
      }
    }
  }

  /** @param {?{dense: Float32Array, cnn: Float32Array}} probabilities (10,) each; null: none */
  show(probabilities) {
    for (const [name, cells] of Object.entries(this.cells)) {
      const largest = probabilities && Math.max(...probabilities[name]);
      cells.forEach((cell, digit) => {
        const p = probabilities ? probabilities[name][digit] : 0;
        const text = probabilities ? percent(p) : '';
        cell.bar.style.transform = `scaleX(${p.toFixed(4)})`;
        cell.bar.classList.toggle('draw-best', p > 0 && p === largest);
        if (text !== cell.shown) cell.text.textContent = cell.shown = text;
      });
    }
  }
}

/**
 * Let arrow keys move the focus among buttons, which are one stop of the Tab key.
 * @param {HTMLElement} box
 * @param {() => number} columns buttons in a row
 */
export function rove(box, columns) {
  const buttons = [...box.querySelectorAll('button')];
  const choose = (chosen) => buttons.forEach((button) => (button.tabIndex = button === chosen ? 0 : -1));
  choose(buttons[0]);
  box.addEventListener('focusin', (event) => choose(event.target));
  box.addEventListener('keydown', (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() };
    const from = buttons.indexOf(event.target);
    const to = { Home: 0, End: buttons.length - 1 }[event.key] ?? from + steps[event.key];
    if (!buttons[to]) return;
    event.preventDefault();
    buttons[to].focus();
  });
}

/** The feature maps of one part of a network: one canvas, and a button over each map. */
class Maps {
  constructor(box, part, look) {
    this.part = part;
    const [height, width, maps] = part.shape;
    this.narrow = matchMedia(NARROW);
    this.canvas = make('canvas', { role: 'presentation' });
    this.grid = make('div', {
      className: 'draw-maps', role: 'group',
      'aria-label': `${part.title}; arrow keys move from one to the next`,
    }, this.canvas);
    for (let map = 0; map < maps; map++) {
      const button = make('button', { type: 'button', 'aria-label': `${part.name}, ${part.unit} ${map}` });
      // Looking is passing: hovering shows a map, and a click or the focus stays with it.
      button.addEventListener('pointerenter', () => look(part, map, false));
      button.addEventListener('pointerleave', () => look(null));
      button.addEventListener('focus', () => look(part, map, true));
      button.addEventListener('click', () => look(part, map, true));
      this.grid.append(button);
    }
    rove(this.grid, () => this.columns);
    const size = height * width > 1 ? ` of ${height} × ${width}` : '';
    box.append(
      make('h3', {}, part.title, make('small', { textContent: ` ${maps} ${part.unit}s${size}` })),
      this.grid,
    );
    this.arrange();
    this.narrow.addEventListener('change', () => this.arrange());
  }

  arrange() {
    const wanted = this.narrow.matches ? COLUMNS.narrow : COLUMNS.wide;
    const { shape } = this.part;
    // Single numbers are small; they all fit into one row, or two.
    this.columns = Math.min(shape[2], shape[0] * shape[1] === 1 ? 2 * wanted : wanted);
    this.grid.style.setProperty('--columns', this.columns);
    this.grid.style.setProperty('--shape', `${shape[1] + 1} / ${shape[0] + 1}`);
    this.show(this.values);
  }

  /** @param {?Float32Array} values (H, W, maps), ≥ 0; null: nothing is drawn */
  show(values) {
    this.values = values ?? null;
    const largest = values ? values.reduce((a, b) => (a > b ? a : b), 1e-6) : 1;
    paintTiles(this.canvas, this.part.shape, this.columns, (k) =>
      pixelOf(POSITIVE, values ? values[k] / largest : 0),
    );
  }

  choose(map) {
    this.grid.querySelector('.draw-chosen')?.classList.remove('draw-chosen');
    if (map !== null) this.grid.querySelectorAll('button')[map].classList.add('draw-chosen');
  }
}

/** All parts of both networks. */
export class Layers {
  /**
   * @param {HTMLElement} root with a box for each network, .draw-layers-cnn and .draw-layers-dense
   * @param {Object<string, Sequential>} networks
   * @param {(part: ?object, map: number, stay: boolean) => void} look called when one is looked at
   */
  constructor(root, networks, look) {
    this.all = [];
    for (const [name, network] of Object.entries(networks)) {
      const box = root.querySelector(`.draw-layers-${name}`);
      parts(network).forEach((part) => {
        const single = part.shape[0] * part.shape[1] === 1;
        Object.assign(part, {
          network, of: name, unit: single ? 'unit' : 'map', title: part.name,
        });
        this.all.push(new Maps(box, part, look));
      });
    }
  }

  /** @param {?Object<string, Map>} outputs each network's layers' outputs; null: nothing is drawn */
  show(outputs) {
    for (const maps of this.all) maps.show(outputs && outputs[maps.part.of].get(maps.part.last));
  }

  choose(part, map) {
    for (const maps of this.all) maps.choose(maps.part === part ? map : null);
  }
}
