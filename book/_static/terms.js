// What a term of the glossary means, beside its link: while the pointer is on either of them, while the
// link has the keyboard's focus, or after a tap; a second tap follows the link. Escape closes it. The
// definitions are in the page (book/_ext/terms.py). Without this script, or in a browser without popovers,
// the links lead to the glossary and that is all.
'use strict'; // or the functions in this block would be everybody's

{
  /** Milliseconds that the pointer has to rest on a link, and that it may be on neither link nor definition. */
  const OPEN = 150;
  const CLOSE = 300;
  /** Pixels between a link and its definition, and between a definition and the window's edge. */
  const GAP = 6;
  const MARGIN = 8;

  /** @type {{link: HTMLAnchorElement, box: HTMLElement} | null} */
  let shown = null;
  /** @type {number | undefined} */
  let waiting;
  /** The link whose definition was open when a finger came down. @type {HTMLAnchorElement | null} */
  let openBefore = null;
  let byTouch = false;

  /** @param {{link: HTMLAnchorElement, box: HTMLElement}} pair */
  function place({ link, box }) {
    // A link may be broken over two lines; the definition belongs to the first part.
    const at = link.getClientRects()[0] ?? link.getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    const room = document.documentElement.clientWidth;
    const left = Math.max(MARGIN, Math.min(at.left, room - width - MARGIN));
    const above = at.bottom + GAP + height > innerHeight && at.top - GAP - height > 0;
    const top = above ? at.top - GAP - height : link.getBoundingClientRect().bottom + GAP;
    box.style.left = `${left + scrollX}px`;
    box.style.top = `${top + scrollY}px`;
  }

  function hide() {
    clearTimeout(waiting);
    shown?.box.hidePopover();
    shown = null;
  }

  /**
   * @param {HTMLAnchorElement} link
   * @param {HTMLElement} box
   */
  function show(link, box) {
    clearTimeout(waiting);
    if (shown?.link === link) return;
    hide();
    shown = { link, box };
    box.showPopover();
    place(shown);
  }

  /** @param {() => void} what @param {number} after */
  function later(what, after) {
    clearTimeout(waiting);
    waiting = setTimeout(what, after);
  }

  /**
   * Give a link its definition.
   * @param {HTMLAnchorElement} link
   * @param {HTMLElement} box
   */
  function explain(link, box) {
    link.setAttribute('aria-describedby', box.id);
    link.classList.add('explained');
    const leave = () => {
      // As long as the link has the focus, what it opened stays.
      if (document.activeElement === link && link.matches(':focus-visible')) clearTimeout(waiting);
      else later(hide, CLOSE);
    };
    for (const part of [link, box]) {
      part.addEventListener('pointerenter', (event) => {
        if (/** @type {PointerEvent} */ (event).pointerType === 'touch') return;
        if (part === link && shown?.link !== link) later(() => show(link, box), OPEN);
        else clearTimeout(waiting);
      });
      part.addEventListener('pointerleave', (event) => {
        if (/** @type {PointerEvent} */ (event).pointerType === 'touch') return;
        if (part === link || shown?.box === box) leave();
      });
    }
    link.addEventListener('focus', () => {
      if (link.matches(':focus-visible') && !byTouch) show(link, box);
    });
    link.addEventListener('blur', () => {
      if (shown?.link === link && !box.matches(':hover')) hide();
    });
    link.addEventListener('click', (event) => {
      if (!byTouch || openBefore === link) return;
      event.preventDefault();
      show(link, box);
    });
  }

  const usable = 'showPopover' in HTMLElement.prototype;
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const links = document.querySelectorAll('a:has(> .std-term)');
  for (const link of usable ? links : []) {
    const box = document.getElementById(`definition-${decodeURIComponent(link.hash.slice(1))}`);
    if (!box) continue;
    box.popover = 'manual';
    document.body.append(box); // what is inside a hidden element cannot be shown
    explain(link, box);
  }

  addEventListener(
    'pointerdown',
    (event) => {
      byTouch = event.pointerType === 'touch';
      openBefore = shown?.link ?? null;
      const target = /** @type {Node} */ (event.target);
      if (shown && !shown.box.contains(target) && !shown.link.contains(target)) hide();
    },
    true,
  );
  addEventListener('keydown', (event) => {
    byTouch = false;
    if (event.key === 'Escape') hide();
  });
  addEventListener('resize', () => shown && place(shown));
}
