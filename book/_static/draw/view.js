/** What every pad shows of the networks: what they see, and bars. maps.js has what the drawing page shows besides. */

import { GREY, paintTiles, pixelOf } from './colours.js';
import { make } from './dom.js';
import { percent } from './reading.js';

/** @typedef {'cnn' | 'dense'} Name of a network */

/** The 28 × 28 pixels that the networks see: beside the pad, and once more with a frame around where a
    feature looks. */
export class Seen {
  /** @param {Element} root */
  constructor(root) {
    /** @type {NodeListOf<HTMLCanvasElement>} */
    this.canvases = root.querySelectorAll('.draw-seen canvas, .draw-detail-seen');
    /** @type {?HTMLElement} */
    this.frame = root.querySelector('.draw-field');
    this.side = 1;
  }

  /** @param {Uint8Array} image (28, 28) 0 is paper, 255 is ink */
  show(image) {
    this.side = Math.sqrt(image.length);
    for (const canvas of this.canvases) {
      paintTiles(canvas, [this.side, this.side, 1], 1, (k) => pixelOf(GREY, image[k] / 255));
    }
  }

  /** @param {?import('./forward.js').Field} field pixels; null for none */
  mark(field) {
    if (!this.frame) return;
    this.frame.hidden = !field;
    if (!field) return;
    const { side } = this;
    const part = (/** @type {number} */ value) => `${(100 * value) / side}%`;
    this.frame.style.inset = [
      part(field.top), part(side - 1 - field.right), part(side - 1 - field.bottom), part(field.left),
    ].join(' ');
  }
}

/**
 * Ten rows with a bar for each column: for each network, say.
 * @template {string} T
 */
export class Bars {
  /**
   * @param {HTMLTableElement} table
   * @param {readonly T[]} columns
   */
  constructor(table, columns) {
    this.columns = columns;
    const cells = columns.map((name) => [name, /** @type {{bar: HTMLElement, text: HTMLElement, shown: string}[]} */ ([])]);
    /** @type {Record<T, {bar: HTMLElement, text: HTMLElement, shown: string}[]>} */
    this.cells = Object.fromEntries(cells);
    const body = table.createTBody();
    for (let digit = 0; digit < 10; digit++) {
      const row = body.insertRow();
      row.append(make('th', { scope: 'row', textContent: digit }));
      for (const name of columns) {
        const bar = make('span', { className: 'draw-bar' });
        const text = make('span', { className: 'draw-percent' });
        row.append(make('td', {}, bar, text));
        this.cells[name].push({ bar, text, shown: '' });
      }
    }
  }

  /** @param {?Record<T, Float32Array>} probabilities (10,) each; null: none */
  show(probabilities) {
    for (const name of this.columns) {
      const own = probabilities && probabilities[name];
      const largest = own && Math.max(...own);
      this.cells[name].forEach((cell, digit) => {
        const p = own ? own[digit] : 0;
        const text = own ? percent(p) : '';
        cell.bar.style.transform = `scaleX(${p.toFixed(4)})`;
        cell.bar.classList.toggle('draw-best', p > 0 && p === largest);
        if (text !== cell.shown) cell.text.textContent = cell.shown = text;
      });
    }
  }
}
