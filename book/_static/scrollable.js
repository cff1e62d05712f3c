// Boxes that scroll sideways (wide formulas, tables, outputs) can be scrolled with the keyboard too:
// a browser lets a box be reached with Tab only when it is told so.
const boxes = 'mjx-container, pre, .output.text_html, .pst-scrollable-table-container';

/** @param {ResizeObserverEntry[]} entries of what is laid out for the first time, or anew: when a solution is opened, too */
function mark(entries) {
  const found = /** @type {Set<HTMLElement>} */ (new Set());
  for (const { target } of entries) {
    if (target instanceof HTMLElement && target.matches(boxes)) found.add(target);
    for (const box of /** @type {NodeListOf<HTMLElement>} */ (target.querySelectorAll(boxes))) found.add(box);
  }
  // All are asked before one is changed, or the browser would lay out the page again for each.
  const wide = [...found].filter((box) => box.scrollWidth > box.clientWidth);
  for (const box of found) if (box.getAttribute('tabindex') === '0') box.removeAttribute('tabindex');
  for (const box of wide) box.tabIndex = 0;
}

const observer = new ResizeObserver(mark);
addEventListener('DOMContentLoaded', () => {
  document.querySelectorAll(`${boxes}, div.math, details, .toggle`).forEach((box) => observer.observe(box));
});
