/** A confusion matrix whose cells show their images when they are pressed: digitrec/interactive.py makes the table. */

import { draw, find, make, rove } from '../draw/dom.js';
import { each } from './base.js';

/** @param {string | undefined} text numbers with spaces between them */
const numbers = (text) => (text ? text.split(' ').map(Number) : []);

/**
 * What a cell has, in words.
 * @param {number} count
 * @param {string} truth
 * @param {string} read
 */
export function describe(count, truth, read) {
  const images = count === 1 ? '1 image' : `${count || 'no'} images`;
  return truth === read ? `${images} of a ${truth}, read rightly` : `${images} of a ${truth}, read as a ${read}`;
}

each('confusion', (live, _, box) => {
  const table = find(box, 'table', HTMLTableElement);
  const cells = [...table.querySelectorAll('td[data-count]')].filter((cell) => cell instanceof HTMLElement);
  const classes = Math.sqrt(cells.length);
  const said = make('p', { className: 'try-summary', 'aria-live': 'polite' }, 'Press a cell, and it shows its images. Arrow keys move from cell to cell.');
  const list = make('ul', { className: 'try-images' });
  const { sprite = '', columns = '1', rows = '1' } = box.dataset;

  /** @param {number} place in the sprite */
  function tile(place) {
    // A window on the sprite: nothing is loaded before the first cell is pressed, and then once.
    const [across, down] = [Number(columns), Number(rows)];
    const svg = draw('svg', { viewBox: '0 0 1 1', 'aria-hidden': 'true' });
    svg.append(draw('image', {
      href: sprite, x: -(place % across), y: -Math.floor(place / across), width: across, height: down, preserveAspectRatio: 'none',
    }));
    return svg;
  }

  cells.forEach((cell, k) => {
    const [truth, read] = [String(Math.floor(k / classes)), String(k % classes)];
    const count = Number(cell.dataset.count);
    const [which, sure] = [numbers(cell.dataset.which), numbers(cell.dataset.sure)];
    const text = describe(count, truth, read);
    const pressed = make('button', { type: 'button', textContent: cell.textContent, 'aria-label': text, 'aria-pressed': 'false' });
    pressed.addEventListener('click', () => {
      table.querySelector('[aria-pressed=true]')?.setAttribute('aria-pressed', 'false');
      pressed.setAttribute('aria-pressed', 'true');
      const order = truth === read ? 'those of which the network was least sure' : 'those of which the network was surest';
      const part = which.length < count ? `: here are ${which.length}, ${order}.` : count > 1 ? `, ${truth === read ? 'the least sure' : 'the surest'} first.` : '.';
      said.textContent = `${text[0].toUpperCase()}${text.slice(1)}${part}`;
      list.replaceChildren(...which.map((image, m) => make('li', {},
        tile(Number(cell.dataset.first) + m),
        make('b', {}, `${truth} → ${read}`),
        make('span', {}, `${sure[m]} %`),
        make('small', {}, `no. ${image}`))));
    });
    cell.replaceChildren(pressed);
  });
  rove(table, () => classes);
  live.append(said, list);
});
