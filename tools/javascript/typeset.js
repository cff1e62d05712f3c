// Typesets formulas for the book (book/_ext/formulas.py). Each line that is read is a formula as JSON, {tex, display}.
// The answer is a line as well: {html, glyphs}, or {error} for a formula that is not understood.
import { createInterface } from 'node:readline';
import mathjax from 'mathjax';

const MathJax = await mathjax.init({
  loader: { load: ['input/tex-full', 'output/svg', 'a11y/assistive-mml'] },
  tex: {
    // What is not understood is an error, and is not shown in red. A macro that one formula defines would be known
    // in the next one, whichever that is.
    packages: { '[-]': ['noerrors', 'noundefined', 'newcommand'] },
    formatError: (/** @type {unknown} */ _, /** @type {Error} */ error) => { throw error; },
  },
  svg: { fontCache: 'global' }, // a formula refers to its glyphs, and a page has each of them once
});
const { adaptor, document } = MathJax.startup;
const glyphs = document.outputJax.fontCache;

// What MathJax notes for its own scripts, or for documents that are not HTML.
const UNUSED = /^(data-c|data-mjx-.*|data-mml-node|focusable|role|unselectable|xmlns|xmlns:xlink)$/;

/** Leaves out what changes neither the picture nor what a screen reader says. */
function lean(/** @type {any} */ node) {
  if (adaptor.kind(node) === '#text') return;
  for (const { name, value } of adaptor.allAttributes(node)) {
    if (name === 'xlink:href') adaptor.setAttribute(node, 'href', value);
    if (name === 'xlink:href' || UNUSED.test(name)) adaptor.removeAttribute(node, name);
  }
  for (const child of [...adaptor.childNodes(node)]) lean(child);
  if (adaptor.kind(node) !== 'g' || adaptor.allAttributes(node).length) return;
  for (const child of [...adaptor.childNodes(node)]) adaptor.insert(child, node);
  adaptor.remove(node);
}

let known = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    const html = MathJax.tex2svg(tex, { display });
    adaptor.removeAttribute(html, 'style');
    lean(html);
    const paths = adaptor.childNodes(glyphs.getCache());
    const added = paths.slice(known).map((/** @type {any} */ path) => ['id', 'd'].map((name) => adaptor.getAttribute(path, name)));
    known = paths.length;
    answer = { html: adaptor.outerHTML(html), glyphs: Object.fromEntries(added) };
  } catch (error) {
    answer = { error: /** @type {Error} */ (error).message };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
