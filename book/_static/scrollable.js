// Boxes that scroll sideways (wide formulas, tables, outputs) can be scrolled with the keyboard too:
// a browser lets a box be reached with Tab only when it is told so.
const boxes = 'mjx-container, pre, .output.text_html, .pst-scrollable-table-container';

function mark() {
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(boxes))) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else if (box.getAttribute('tabindex') === '0') box.removeAttribute('tabindex');
  }
}

const observer = new ResizeObserver(mark); // also when a solution is opened
addEventListener('DOMContentLoaded', () => {
  mark();
  document.querySelectorAll(`${boxes}, div.math, details, .toggle`).forEach((box) => observer.observe(box));
});
