/** The drawing page: in the element #draw, a pad that reads, and all that happens inside the networks. */

import { Detail } from './detail.js';
import { find, make, rove } from './dom.js';
import { Live } from './live.js';
import { Layers } from './maps.js';
import { part } from './parts.js';
import { PENS, decode, encodeShort, isEmpty } from './strokes.js';
import { Seen } from './view.js';

/** The parameter in the page's address, after #, that holds the drawing. */
const PARAMETER = 'd=';
const FILE_NAME = 'my-digit.png';
/** Under this name the browser keeps what the reader taught, if the reader wants it. */
const KEPT = 'digitrec.hand';

/** @typedef {import('./strokes.js').Drawing} Drawing */

const WHOLE = `
  <div class="draw-teach" hidden></div>
  <div class="draw-samples-box">
    <h2>Or load a digit from the test set</h2>
    <div class="draw-samples" role="group" aria-label="Test digits; arrow keys move from one to the next"></div>
  </div>
  <div class="draw-inside">
    <div>
      <h2>Inside the CNN</h2>
      <div class="draw-layers-cnn"></div>
      <h2>Inside the dense network</h2>
      <div class="draw-layers-dense"></div>
    </div>
    <div class="draw-detail">
      <h2>A closer look</h2>
      <div class="draw-pair">
        <p><span class="draw-frame"><canvas class="draw-detail-seen" role="img" aria-label="Where it looks"></canvas>
          <span class="draw-field" hidden></span></span> <span class="draw-name">where it looks</span></p>
        <p class="draw-map-box"><span class="draw-frame"><canvas class="draw-detail-map" role="img"
          aria-label="Its map, enlarged"></canvas> <span class="draw-mark"></span></span>
          <span class="draw-name">its map</span></p>
        <p class="draw-kernel-box"><canvas class="draw-detail-kernel" role="img" aria-label="Its weights"></canvas>
          <span class="draw-name">its weights: red above 0, blue below</span></p>
      </div>
      <p class="draw-detail-text"></p>
    </div>
  </div>
  <details class="draw-walk">
    <summary>Take one pixel apart: multiply and add</summary>
    <p class="draw-place"><span class="draw-walk-name"></span>
      <label>row <input type="number" min="0" class="draw-walk-row"></label>
      <label>column <input type="number" min="0" class="draw-walk-column"></label>
      <button type="button" class="draw-walk-strongest">Strongest answer</button></p>
    <div class="draw-walk-steps"></div>
  </details>`;

const root = find(document, '#draw', HTMLElement);
const live = new Live({ whole: true });
const { pad } = live;
root.append(live.element);
root.insertAdjacentHTML('beforeend', WHOLE);

/** @type {(name: string) => HTMLElement} */
const named = (name) => find(root, `.draw-${name}`, HTMLElement);
const problem = named('problem');
const centre = find(root, '.draw-centre', HTMLInputElement);
/** @type {?Promise<import('./teach.js').Teaching>} */
let teaching = null;

/** What the address holds of a drawing, with the # before it; nothing of an empty one; null: it is too long. */
function addressOf(/** @type {Drawing} */ drawing) {
  if (isEmpty(drawing)) return '';
  const text = encodeShort(drawing);
  return text === null ? null : `#${PARAMETER}${text}`;
}

live.onChange = (drawing, done) => {
  problem.textContent = '';
  if (!done) return;
  // One that the page could not open again is not offered: the drawing is here, and can be saved.
  const address = addressOf(drawing) ?? '';
  if (location.hash !== address) history.replaceState(null, '', location.pathname + location.search + address);
};

/**
 * Show the drawing that the address holds.
 * @param {number} samples how many test digits there are
 */
function fromAddress(samples) {
  if (!location.hash.startsWith(`#${PARAMETER}`)) return;
  problem.textContent = '';
  try {
    if (location.hash !== addressOf(pad.drawing)) pad.load(decode(location.hash.slice(PARAMETER.length + 1), samples));
  } catch {
    problem.textContent = 'The address holds no drawing that can be read. Ask for the link again, or draw.';
  }
}

/** @param {import('./model.js').Model} model */
function offerSamples({ samples }) {
  const box = named('samples');
  samples.forEach(({ label }, k) => {
    const button = make('button', { type: 'button', 'aria-label': `Test digit ${k + 1}, a ${label}` }, pad.pictures[k]);
    button.addEventListener('click', () => pad.replace({ sample: k, strokes: [] }));
    box.append(button);
  });
  rove(box, () => getComputedStyle(box).gridTemplateColumns.split(' ').length);
}

/**
 * Show for a moment, on the button itself, what became of pressing it.
 * @param {HTMLElement} button
 * @param {string} words
 */
function confirmOn(button, words) {
  const usual = (button.dataset.usual ??= button.textContent ?? ''); // not what an earlier press shows
  button.textContent = words;
  live.say(words);
  setTimeout(() => (button.textContent = usual), 2000);
}

/**
 * What teaches, loaded when it is first wanted: whoever only draws does without.
 * @param {import('./model.js').Model} model
 */
function teacher(model) {
  teaching ??= part('teach').then(({ Teaching }) => new Teaching({
    model, pad, say: (words) => live.say(words), refresh: () => live.refresh(),
    probabilities: () => live.found?.cnn ?? null,
    row: named('wrong'), panel: named('teach'), kept: KEPT,
  }));
  teaching.catch(() => {
    teaching = null;
    named('taught').textContent = 'What teaches could not be loaded. Try again.';
    live.say('What teaches could not be loaded. Try again.');
  });
  return teaching;
}

/** @param {import('./model.js').Model} model */
function offerTeaching(model) {
  const box = named('answers');
  /** @type {(act: (teaching: import('./teach.js').Teaching) => void) => void} */
  const ask = (act) => teacher(model).then(act, () => {}); // that it failed has been said
  box.querySelectorAll('button').forEach((button, digit) => {
    button.addEventListener('click', () => ask((it) => it.teach(digit)));
  });
  rove(box, () => getComputedStyle(box).gridTemplateColumns.split(' ').length);
  named('next').addEventListener('click', () => ask((it) => it.next()));
  named('more').addEventListener('click', () => ask((it) => it.reveal()));
  named('stop').addEventListener('click', () => ask((it) => it.endRound()));
  try {
    if (localStorage.getItem(KEPT) !== null) ask((it) => it.recall());
  } catch {
    // The browser has no storage for this page, so nothing was kept.
  }
}

/** @param {HTMLElement} button */
async function copyLink(button) {
  if (addressOf(pad.drawing) === null) {
    confirmOn(button, 'Too long for a link');
    return;
  }
  try {
    await navigator.clipboard.writeText(location.href);
    confirmOn(button, 'Copied');
  } catch {
    confirmOn(button, 'Copy it from above'); // the browser does not allow it; the address has it
  }
}

function save() {
  live.picture.draw(pad.drawing, pad.pictures);
  live.picture.canvas.toBlob((blob) => {
    if (!blob) return; // a canvas of no size, which this is not
    const link = make('a', { href: URL.createObjectURL(blob), download: FILE_NAME });
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

function connect() {
  live.connect();
  const pens = find(root, '.draw-pen', HTMLSelectElement);
  pens.value = 'medium';
  pens.addEventListener('change', () => (pad.pen = PENS[/** @type {keyof typeof PENS} */ (pens.value)]));
  const link = named('link');
  link.addEventListener('click', () => copyLink(link));
  named('save').addEventListener('click', save);
  centre.addEventListener('change', () => {
    live.centre = centre.checked;
    live.refresh();
  });
}

/** Get the networks, and show what is inside them. */
async function begin() {
  const model = await live.load();
  offerSamples(model);
  offerTeaching(model);
  /** @type {?Detail} */
  let detail = null;
  const layers = new Layers(root, model.networks, (...what) => detail?.look(...what));
  live.seen = new Seen(root); // the closer look has a second picture of what they see
  detail = new Detail(root, live.seen, layers);
  live.onReading = (outputs) => {
    layers.show(outputs);
    detail.update(outputs);
  };
  fromAddress(model.samples.length);
  addEventListener('hashchange', () => fromAddress(model.samples.length));
  await live.refresh();
  root.dataset.ready = 'true';
}

connect();
begin();
