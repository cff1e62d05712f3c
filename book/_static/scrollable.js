// Boxes that scroll sideways (wide formulas, tables, outputs) can be scrolled with the keyboard too:
// a browser lets a box be reached with Tab only when it is told so.
const boxes = 'mjx-container, pre, .output.text_html, .pst-scrollable-table-container';

function mark() {
  const found = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(boxes))];
  // All are asked before one is changed, or the browser would lay out the page again for each.
  const wide = found.map((box) => box.scrollWidth > box.clientWidth);
  found.forEach((box, k) => {
    if (wide[k]) box.tabIndex = 0;
    else if (box.getAttribute('tabindex') === '0') box.removeAttribute('tabindex');
  });
}

const observer = new ResizeObserver(mark); // also when a solution is opened
addEventListener('DOMContentLoaded', () => {
  mark();
  document.querySelectorAll(`${boxes}, div.math, details, .toggle`).forEach((box) => observer.observe(box));
});
