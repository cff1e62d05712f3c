// Questions tell what is right, and why, when they are asked; predictions are compared with what happens.
// A classic script, not a module: browsers load no modules from a file that was opened without a server.
// Without it, the answers stand closed at the end of the page, and outcomes open all the same.
'use strict'; // or the functions in this block would be everybody's

{
  /**
   * @param {string} name
   * @param {string} className
   * @param {string} [text]
   */
  const make = (name, className, text = '') => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  };

  /**
   * The choices of a question or a prediction.
   * @param {Element} box
   * @returns {HTMLInputElement[]}
   */
  const choices = (box) => [...box.querySelectorAll('input')];

  /** @param {HTMLInputElement} input */
  const isRight = (input) => input.dataset.right === 'true';

  /**
   * Say at a choice, in its label, whether it is right.
   * @param {HTMLInputElement} input
   */
  function mark(input) {
    const label = input.labels?.[0];
    if (!label || label.querySelector('.choice-verdict')) return;
    const right = isRight(input);
    const told = make('span', 'choice-verdict');
    const sign = make('span', 'choice-mark', right ? '✓' : '✗');
    sign.setAttribute('aria-hidden', 'true');
    told.append(' ', sign, right ? ' Right.' : ' Not this.');
    label.append(told);
    label.parentElement?.classList.add(right ? 'right' : 'not-right');
  }

  /**
   * Make a question answer.
   * @param {Element} question
   */
  function liven(question) {
    const list = document.getElementById(`${question.id.replace('question', 'answer')}-text`);
    const link = question.querySelector('.to-answer');
    if (!list || !link) return;
    const inputs = choices(question);
    const several = inputs[0]?.type === 'checkbox';
    const status = make('div', 'question-feedback');
    status.setAttribute('role', 'status');
    const check = make('button', 'question-check', 'Check');
    const every = make('button', 'question-every', 'Explain every choice');
    const tools = make('div', 'question-tools');
    for (const button of [check, every]) button.setAttribute('type', 'button');
    tools.append(check, every);
    link.replaceWith(tools, status);

    /**
     * Show what is said of some choices, and a last line.
     * @param {HTMLInputElement[]} some
     * @param {string} last
     */
    const say = (some, last) => {
      const said = make('ul', 'answer-list');
      for (const input of some) {
        mark(input);
        const copy = list.querySelector(`[data-letter="${input.dataset.letter}"]`)?.cloneNode(true);
        if (!(copy instanceof Element)) continue;
        for (const named of [copy, ...copy.querySelectorAll('[id]')]) named.removeAttribute('id');
        said.append(copy);
      }
      status.replaceChildren(...(some.length ? [said] : []), ...(last ? [make('p', 'question-rest', last)] : []));
    };

    const answer = () => {
      const chosen = inputs.filter((input) => input.checked);
      if (!chosen.length) return say([], 'Choose an answer first.');
      const missing = inputs.filter((input) => isRight(input) && !input.checked).length;
      let last = '';
      if (several && missing) last = missing === 1 ? 'One more is right.' : `${missing} more are right.`;
      else if (several && chosen.every(isRight)) last = 'These are all that are right.';
      say(chosen, last);
    };

    check.addEventListener('click', answer);
    every.addEventListener('click', () => say(inputs, ''));
    for (const input of inputs) {
      // What was said is of another choice now; the marks stay.
      input.addEventListener('change', () => status.replaceChildren());
      input.addEventListener('keydown', (event) => {
        if (event.key === 'Enter') answer();
      });
    }
  }

  const questions = document.querySelectorAll('.question');
  questions.forEach(liven);
  // It is read from, and printed; who has the script needs no second place on the screen.
  document.querySelector('.question-answers')?.classList.add('print-only');

  for (const outcome of document.querySelectorAll('details.outcome')) {
    const box = document.getElementById(/** @type {HTMLElement} */ (outcome).dataset.prediction ?? '');
    const inputs = box ? choices(box) : [];
    outcome.addEventListener('toggle', () => {
      // What was chosen, and what happens; the others need no mark.
      if (/** @type {HTMLDetailsElement} */ (outcome).open)
        inputs.filter((input) => input.checked || isRight(input)).forEach(mark);
    });
  }

  // Print shows what is closed. Browsers that know ::details-content do so by the style sheet alone.
  /** @type {HTMLDetailsElement[]} */
  let opened = [];
  addEventListener('beforeprint', () => {
    const closed = document.querySelectorAll('details:is(.outcome, .answer):not([open])');
    opened = /** @type {HTMLDetailsElement[]} */ ([...closed]);
    for (const details of opened) details.open = true;
  });
  addEventListener('afterprint', () => {
    for (const details of opened) details.open = false;
  });
}
