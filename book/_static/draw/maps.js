/** The feature maps of the drawing page. */

import { POSITIVE, paintTiles, pixelOf } from './colours.js';
import { find, make, rove } from './dom.js';
import { parts } from './explain.js';

/** Maps in a row, on a wide page and on a narrow one. */
const COLUMNS = { wide: 16, narrow: 8 };
/** A page narrower than this is a phone's. */
const NARROW = '(max-width: 40rem)';

/**
 * @typedef {import('./view.js').Name} Name
 * @typedef {import('./explain.js').Part & {of: Name}} Part
 * @typedef {Record<Name, Map<string, Float32Array>>} Outputs of each network's layers, by the layers' names
 * @typedef {(part: ?Part, map: number, stay: boolean) => void} Look what to do when a map is looked at; null: no
 *   longer
 */

/** The feature maps of one part of a network: one canvas, and a button over each map. */
class Maps {
  /**
   * @param {Element} box
   * @param {Part} part
   * @param {Look} look
   */
  constructor(box, part, look) {
    this.part = part;
    /** @type {?Float32Array} */
    this.values = null;
    this.columns = 1;
    const [height, width, maps] = part.shape;
    this.narrow = matchMedia(NARROW);
    this.canvas = make('canvas', { role: 'presentation' });
    this.grid = make('div', {
      className: 'draw-maps', role: 'group',
      'aria-label': `${part.name}; arrow keys move from one to the next`,
    }, this.canvas);
    for (let map = 0; map < maps; map++) {
      const button = make('button', { type: 'button', 'aria-label': `${part.name}, ${part.unit} ${map}` });
      // Looking is passing: hovering shows a map, and a click or the focus stays with it.
      button.addEventListener('pointerenter', () => look(part, map, false));
      button.addEventListener('pointerleave', () => look(null, map, false));
      button.addEventListener('focus', () => look(part, map, true));
      button.addEventListener('click', () => look(part, map, true));
      this.grid.append(button);
    }
    rove(this.grid, () => this.columns);
    const size = height * width > 1 ? ` of ${height} × ${width}` : '';
    box.append(
      make('h3', {}, part.name, make('small', { textContent: ` ${maps} ${part.unit}s${size}` })),
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
    this.grid.style.setProperty('--columns', String(this.columns));
    this.grid.style.setProperty('--shape', `${shape[1] + 1} / ${shape[0] + 1}`);
    this.show(this.values);
  }

  /** @param {?Float32Array} values (H, W, maps), ≥ 0; null: nothing is drawn */
  show(values) {
    this.values = values;
    const largest = values ? values.reduce((a, b) => (a > b ? a : b), 1e-6) : 1;
    paintTiles(this.canvas, this.part.shape, this.columns, (k) =>
      pixelOf(POSITIVE, values ? values[k] / largest : 0),
    );
  }

  /** @param {?number} map null: none of these */
  choose(map) {
    this.grid.querySelector('.draw-chosen')?.classList.remove('draw-chosen');
    if (map !== null) this.grid.querySelectorAll('button')[map].classList.add('draw-chosen');
  }
}

/** All parts of both networks. */
export class Layers {
  /**
   * @param {HTMLElement} root with a box for each network, .draw-layers-cnn and .draw-layers-dense
   * @param {Record<Name, import('./forward.js').Sequential>} networks
   * @param {Look} look
   */
  constructor(root, networks, look) {
    this.all = /** @type {const} */ (['cnn', 'dense']).flatMap((of) => {
      const box = find(root, `.draw-layers-${of}`, HTMLElement);
      return parts(networks[of]).map((part) => new Maps(box, { ...part, of }, look));
    });
  }

  /** @param {?Outputs} outputs null: nothing is drawn */
  show(outputs) {
    for (const maps of this.all) maps.show(outputs?.[maps.part.of].get(maps.part.last) ?? null);
  }

  /**
   * Mark the map that is looked at.
   * @param {Part} part
   * @param {number} map
   */
  choose(part, map) {
    for (const maps of this.all) maps.choose(maps.part === part ? map : null);
  }
}
