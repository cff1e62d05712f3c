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
    if (box.parentElement !== document.body) document.body.append(box); // what is inside a hidden element is not shown
    box.showPopover();
    place(shown);
  }

  /** @param {() => void} what @param {number} after */
  function later(what, after) {
    clearTimeout(waiting);
    waiting = setTimeout(what, after);
  }

  /**
   * The link that has a definition, or whose definition it is, at some place in the page. Links are looked
   * for when something happens: what is said of a choice is a copy.
   * @param {EventTarget | null} target
   * @returns {HTMLAnchorElement | null}
   */
  const linkAt = (target) => {
    if (!(target instanceof Element)) return null;
    if (shown?.box.contains(target)) return shown.link;
    return target.closest('a.explained');
  };

  /** @param {HTMLAnchorElement} link */
  const boxOf = (link) => document.getElementById(link.getAttribute('aria-describedby') ?? '');

  /** @param {HTMLAnchorElement} link */
  function open(link) {
    const box = boxOf(link);
    if (box) show(link, box);
  }

  const usable = 'showPopover' in HTMLElement.prototype;
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const links = document.querySelectorAll('a:has(> .std-term)');
  for (const link of usable ? links : []) {
    const box = document.getElementById(`definition-${decodeURIComponent(link.hash.slice(1))}`);
    if (!box) continue;
    link.setAttribute('aria-describedby', box.id);
    link.classList.add('explained');
    box.popover = 'manual';
  }

  addEventListener('pointerover', (event) => {
    if (event.pointerType === 'touch') return;
    const link = linkAt(event.target);
    if (!link) return;
    if (shown?.link === link) clearTimeout(waiting);
    else later(() => open(link), OPEN);
  });
  addEventListener('pointerout', (event) => {
    if (event.pointerType === 'touch') return;
    const link = linkAt(event.target);
    if (!link || linkAt(event.relatedTarget) === link) return;
    // As long as a link has the keyboard's focus, what it opened stays.
    if (shown?.link.matches(':focus-visible')) clearTimeout(waiting);
    else later(hide, CLOSE);
  });
  addEventListener('focusin', (event) => {
    const link = linkAt(event.target);
    if (link?.matches(':focus-visible') && !byTouch) open(link);
  });
  addEventListener('focusout', () => {
    if (shown && !shown.box.matches(':hover') && !shown.link.matches(':hover')) hide();
  });
  addEventListener('click', (event) => {
    const link = linkAt(event.target);
    if (!link || !byTouch || openBefore === link) return;
    event.preventDefault();
    open(link);
  });
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
