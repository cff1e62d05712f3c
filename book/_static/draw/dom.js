/** Elements of a page: made, found, drawn, and walked through with the arrow keys. */

/**
 * Make an element: `make('p', {className: 'why'}, 'text', child, …)`.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} properties and attributes: role, aria-…
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('aria-') || name === 'role') element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

/**
 * Find the one element that a selector means.
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} Kind what it is
 * @returns {T}
 */
export function find(root, selector, Kind) {
  const element = root.querySelector(selector);
  if (element instanceof Kind) return element;
  throw new Error(`page: expected a ${Kind.name} at ${selector}, found ${element?.tagName ?? 'none'}`);
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Make an element of a drawing.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
export function draw(tag, attributes, text = '') {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

/**
 * Let arrow keys move the focus among buttons, which are one stop of the Tab key.
 * @param {HTMLElement} box
 * @param {() => number} columns buttons in a row
 */
export function rove(box, columns) {
  const buttons = [...box.querySelectorAll('button')];
  const choose = (/** @type {?EventTarget} */ chosen) => {
    for (const button of buttons) button.tabIndex = button === chosen ? 0 : -1;
  };
  choose(buttons[0]);
  box.addEventListener('focusin', (event) => choose(event.target));
  box.addEventListener('keydown', (event) => {
    const from = buttons.findIndex((button) => button === event.target);
    /** @type {Record<string, number>} */
    const places = {
      Home: 0, End: buttons.length - 1,
      ArrowLeft: from - 1, ArrowRight: from + 1, ArrowUp: from - columns(), ArrowDown: from + columns(),
    };
    const to = buttons[places[event.key]];
    if (!to) return;
    event.preventDefault();
    to.focus();
  });
}
