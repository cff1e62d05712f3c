// What of a chapter is printed: hints, unless the reader wants none; solutions at the end, if the reader
// wants them; folded code, opened; and dark pages in the light colours. The choices stand at the end of a
// chapter with exercises, and hold until the page is left. Without this script no solution is printed.

const choices = { hints: true, solutions: false };

/** @type {{theme: string | undefined, added: HTMLElement | undefined, opened: Element[]}} */
const before = { theme: undefined, added: undefined, opened: [] };

/**
 * Copies of the page's solutions, as a section of their own.
 * @param {HTMLElement[]} solutions
 * @returns {HTMLElement}
 */
function collected(solutions) {
  const section = document.createElement('section');
  section.className = 'print-solutions';
  const heading = document.createElement('h2');
  heading.textContent = 'Solutions';
  section.append(heading);
  for (const solution of solutions) {
    const copy = /** @type {HTMLElement} */ (solution.cloneNode(true));
    copy.classList.remove('toggle-hidden');
    copy.classList.add('print-solution');
    // Two elements must not have one name.
    for (const named of [copy, ...copy.querySelectorAll('[id]')]) named.removeAttribute('id');
    copy.querySelectorAll('button').forEach((button) => button.remove());
    section.append(copy);
  }
  return section;
}

/** @returns {HTMLElement[]} */
function solutions() {
  return [...document.querySelectorAll('.bd-article .solution:not(.print-solution)')].map(
    (found) => /** @type {HTMLElement} */ (found),
  );
}

addEventListener('beforeprint', () => {
  const root = document.documentElement;
  before.theme = root.dataset.theme;
  root.dataset.theme = 'light';
  root.dataset.printHints = choices.hints ? 'yes' : 'no';
  // What is folded on the screen is read on paper: it cannot be opened there.
  for (const folded of document.querySelectorAll('.bd-article details.hide:not([open])')) {
    folded.setAttribute('open', '');
    before.opened.push(folded);
  }
  const found = solutions();
  if (choices.solutions && found.length) {
    before.added?.remove();
    before.added = collected(found);
    document.querySelector('.bd-article > section')?.append(before.added);
  }
});

addEventListener('afterprint', () => {
  if (before.theme !== undefined) document.documentElement.dataset.theme = before.theme;
  before.added?.remove();
  before.added = undefined;
  for (const folded of before.opened.splice(0)) folded.removeAttribute('open');
});

/**
 * A choice: a box to tick, with its words.
 * @param {'hints' | 'solutions'} name
 * @param {string} words
 * @returns {HTMLElement}
 */
function choice(name, words) {
  const label = document.createElement('label');
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.checked = choices[name];
  box.addEventListener('change', () => {
    choices[name] = box.checked;
  });
  label.append(box, ` ${words}`);
  return label;
}

addEventListener('DOMContentLoaded', () => {
  const article = document.querySelector('.bd-article > section');
  if (!article || !solutions().length) return;
  const group = document.createElement('fieldset');
  group.className = 'print-choices';
  const legend = document.createElement('legend');
  legend.textContent = 'Print this chapter';
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Print';
  button.addEventListener('click', () => print());
  group.append(
    legend,
    choice('hints', 'with hints'),
    choice('solutions', 'with solutions, at the end'),
    button,
  );
  article.append(group);
});

// The theme's button to print has its order in an attribute, which the page's policy forbids (book/_ext/policy.py).
addEventListener('click', ({ target }) => {
  if (target instanceof Element && target.closest('[data-print]')) print();
});
