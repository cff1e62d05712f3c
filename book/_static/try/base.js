/**
 * What the small things to try have in common: where they go, sliders, choices, drawings, a summary in words.
 * Each module beside this one is one of them; book/_ext/try_it.py puts them on a page.
 */

import { draw, find, make } from '../draw/dom.js';

/** The figures' colours (digitrec/plots.py), which stand out from light and from dark paper. */
export const [BLUE, ORANGE, GREEN] = ['#2b7bba', '#d9650f', '#109f78'];
/** A drawing is so wide that its letters are legible on a phone, where it has the whole width. */
export const WIDTH = 320;
/** One is built when it is nearer to what is seen than this part of the window's height. */
const NEAR = '100%';
/** Milliseconds without a change after which the summary is read out. */
const PAUSE = 250;

/**
 * Bring to life all of one kind on the page: each when a reader comes near it; all at the first key, or for printing.
 * @param {string} name of the kind
 * @param {(live: HTMLElement, start: any, box: HTMLElement) => void} build fills `live`; `start` has the values
 *   that the page's author chose
 */
export function each(name, build) {
  const boxes = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-try="${name}"]`));
  const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) start(/** @type {HTMLElement} */ (target));
  }, { rootMargin: `${NEAR} 0%` });
  /** @param {HTMLElement} box */
  function start(box) {
    near.unobserve(box);
    if ('ready' in box.dataset) return;
    build(find(box, '.try-live', HTMLElement), JSON.parse(box.dataset.start ?? '{}'), box);
    box.dataset.ready = '';
  }
  boxes.forEach((box) => near.observe(box));
  const startAll = () => boxes.forEach(start);
  addEventListener('beforeprint', startAll);
  // The Tab key leads to the next control, however far away: none may be missing.
  addEventListener('keydown', startAll, { once: true, capture: true });
}

/**
 * A number as the book writes it: no zeros at its end, and a minus sign that is as wide as a plus.
 * @param {number} value
 * @param {number} [digits] after the point, at most
 */
export function number(value, digits = 2) {
  const text = String(Number(value.toFixed(digits)));
  return text.replace('-', '−').replace(/^−0$/, '0');
}

/**
 * A number as a factor or a further term: in brackets when it is below zero.
 * @param {number} value
 */
export const bracketed = (value) => (value < 0 ? `(${number(value)})` : number(value));

/**
 * @typedef {object} Slider
 * @property {HTMLElement} element
 * @property {HTMLInputElement} input
 * @property {() => number} get
 * @property {(value: number) => void} set
 */

let made = 0;

/** A name for an element, or a group, that no other has: each kind's script counts for itself, and a page may have several. */
function unused() {
  let id;
  do id = `try-input-${made++}`;
  while (document.querySelector(`#${id}, [name=${id}]`));
  return id;
}

/**
 * A slider with its name and its value as text.
 * @param {string} name
 * @param {{min: number, max: number, step: number, value: number}} range
 * @param {() => void} changed
 * @param {(value: number) => string} [write]
 * @returns {Slider}
 */
export function slider(name, { min, max, step, value }, changed, write = number) {
  const id = unused();
  const input = make('input', { type: 'range', id, min, max, step, value });
  const output = make('output', { htmlFor: id });
  const show = () => {
    output.textContent = write(input.valueAsNumber);
    input.setAttribute('aria-valuetext', write(input.valueAsNumber));
  };
  input.addEventListener('input', () => {
    show();
    changed();
  });
  show();
  return {
    element: make('div', { className: 'try-slider' }, make('label', { htmlFor: id, textContent: name }), input, output),
    input,
    get: () => input.valueAsNumber,
    set: (next) => {
      input.value = String(next);
      show();
    },
  };
}

/**
 * A choice of one among a few.
 * @param {string} name
 * @param {string[]} choices
 * @param {number} chosen
 * @param {(k: number) => void} changed
 * @returns {HTMLFieldSetElement}
 */
export function choice(name, choices, chosen, changed) {
  const group = unused();
  return make('fieldset', { className: 'try-choice' }, make('legend', { textContent: name }),
    ...choices.map((text, k) => {
      const input = make('input', { type: 'radio', name: group, checked: k === chosen });
      input.addEventListener('change', () => changed(k));
      return make('label', {}, input, text);
    }));
}

/**
 * @param {string} text
 * @param {() => void} pressed
 */
export function button(text, pressed) {
  const element = make('button', { type: 'button', textContent: text });
  element.addEventListener('click', pressed);
  return element;
}

/**
 * A button that can be out of use for a while; it keeps the focus, unlike one that is disabled.
 * @param {HTMLButtonElement} element
 * @param {boolean} usable
 */
export const use = (element, usable) => element.setAttribute('aria-disabled', String(!usable));

/**
 * An empty drawing. Letters are in the page's colour; what has another colour says so itself, so that the
 * drawing can be taken off the page as a still (tools/still.py).
 * @param {string} name what a screen reader calls it; the summary says what is in it
 * @returns {SVGElement}
 */
export const picture = (name) => draw('svg', {
  class: 'try-picture', role: 'img', 'aria-label': name, fill: 'currentColor', 'font-size': 14,
  'font-family': 'system-ui, -apple-system, Segoe UI, Roboto, Liberation Sans, sans-serif',
});

/**
 * Replace what is in a drawing.
 * @param {SVGElement} svg
 * @param {number} height
 * @param {Element[]} parts
 * @param {number} [width]
 */
export function show(svg, height, parts, width = WIDTH) {
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.replaceChildren(...parts);
}

/**
 * Text in a drawing.
 * @param {number} x
 * @param {number} y of the letters' foot
 * @param {string} text
 * @param {Record<string, string | number>} [attributes]
 */
export const label = (x, y, text, attributes = {}) => draw('text', { x, y, ...attributes }, text);

/**
 * A line in a drawing, in the letters' colour.
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {Record<string, string | number>} [attributes]
 */
export const line = (x1, y1, x2, y2, attributes = {}) =>
  draw('line', { x1, y1, x2, y2, stroke: 'currentColor', 'stroke-opacity': 0.45, ...attributes });

/** The summary in words: what is seen, also for those who do not see it. */
export class Summary {
  constructor() {
    this.element = make('p', { className: 'try-summary', 'aria-live': 'polite' });
    this.timer = 0;
  }

  /**
   * Say something, at once for the eye, and once the reader has paused for the ear.
   * @param {string} text
   * @param {boolean} [aloud] not while something plays
   */
  say(text, aloud = true) {
    // A change that happens while it is off is not read out; it is on again when the pause is over.
    this.element.setAttribute('aria-live', 'off');
    this.element.textContent = text;
    clearTimeout(this.timer);
    if (!aloud) return;
    this.timer = setTimeout(() => {
      this.element.setAttribute('aria-live', 'polite');
      this.element.textContent = '';
      this.element.textContent = text;
    }, PAUSE);
  }
}
