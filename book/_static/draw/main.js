/**
 * The drawing page: puts the parts together. Builds the pad in the element #draw, small on the front page
 * (class draw-small: pad, readings, bars), whole on its own page.
 */

import { Detail } from './detail.js';
import { find, make, rove } from './dom.js';
import { loadModel } from './model.js';
import { prepare } from './normalise.js';
import { Pad } from './pad.js';
import { read } from './reading.js';
import { EMPTY, PENS, Picture, decode, encodeShort, isEmpty, samplePicture } from './strokes.js';
import { Bars, Layers, Seen } from './view.js';

/** A screen reader hears the reading when nothing changed for so many milliseconds. */
const PAUSE = 700;
/** The parameter in the page's address, after #, that holds the drawing. */
const PARAMETER = 'd=';
/** How often the networks read something before anything is drawn. */
const WARM_UP = 12;
const FILE_NAME = 'my-digit.png';
/** Under this name the browser keeps what the reader taught, if the reader wants it. */
const KEPT = 'digitrec.hand';

/** @typedef {import('./strokes.js').Drawing} Drawing */

const root = find(document, '#draw', HTMLElement);
const small = root.classList.contains('draw-small');

const PAD = `
  <div class="draw-pad">
    <canvas id="pad" tabindex="0" role="application" aria-label="Drawing pad" aria-describedby="pad-keys"></canvas>
    <p class="draw-hint" aria-hidden="true">Draw a digit here</p>
  </div>
  <div class="draw-tools">
    <button type="button" class="draw-undo">Undo</button>
    <button type="button" class="draw-clear">Clear</button>
    <label class="draw-whole">Pen
      <select class="draw-pen">${Object.keys(PENS).map((name) => `<option>${name}</option>`).join('')}</select>
    </label>
    <button type="button" class="draw-link draw-whole">Copy link</button>
    <button type="button" class="draw-save draw-whole">Save as PNG</button>
  </div>
  <p id="pad-keys" class="draw-keys${small ? ' visually-hidden' : ''}">With the keyboard: arrow keys move the pen (with Shift, less far), Space lowers
    and lifts it, Backspace takes a stroke back, Delete clears.</p>`;

const ANSWERS = [...Array(10).keys()].map((digit) => `<button type="button">${digit}</button>`).join('');

const RESULTS = `
  <div class="draw-readings">
    <p><span class="draw-seen"><canvas role="img" aria-label="The 28 by 28 pixels that the networks see"></canvas></span>
      <span class="draw-name">they see</span></p>
    <p><span id="reading" class="draw-digit"></span> <span class="draw-name">CNN</span></p>
    <p><span id="reading-dense" class="draw-digit"></span> <span class="draw-name">dense</span></p>
  </div>
  <p class="draw-problem draw-whole" role="alert"></p>
  <p class="draw-why"></p>
  <div class="draw-wrong draw-whole">
    <p id="draw-wrong">Is that wrong? Tap what you wrote:</p>
    <div class="draw-answers" role="group" aria-labelledby="draw-wrong">${ANSWERS}</div>
    <div class="draw-asked"><button type="button" class="draw-next">Next</button>
      <button type="button" class="draw-stop">Learn from these</button></div>
    <p class="draw-taught">The CNN learns it at once, here in this page.</p>
    <button type="button" class="draw-more">Samples and files</button>
  </div>
  <p class="draw-status visually-hidden" role="status"></p>
  <label class="draw-switch draw-whole"><input type="checkbox" role="switch" class="draw-centre" checked>
    Centre the digit</label>
  <table class="draw-bars">
    <thead><tr><th scope="col"><span>digit</span></th><th scope="col">CNN</th><th scope="col">dense</th></tr></thead>
  </table>`;

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

root.insertAdjacentHTML(
  'beforeend',
  `<div class="draw-top"><div class="draw-left">${PAD}</div><div class="draw-right">${RESULTS}</div></div>` +
    (small ? '' : WHOLE),
);
if (small) root.querySelectorAll('.draw-whole').forEach((element) => element.remove());

/** @type {(name: string) => HTMLElement} */
const named = (name) => find(root, `.draw-${name}`, HTMLElement);
const status = named('status');
const [hint, why] = [named('hint'), named('why')];
const readings = { cnn: find(root, '#reading', HTMLElement), dense: find(root, '#reading-dense', HTMLElement) };
const problem = small ? null : named('problem');
const centre = small ? null : find(root, '.draw-centre', HTMLInputElement);

const picture = new Picture();
const bars = new Bars(find(root, '.draw-bars', HTMLTableElement), /** @type {const} */ (['cnn', 'dense']));
const seen = new Seen(root);
const pad = new Pad(find(root, '#pad', HTMLCanvasElement), changed, say);
/** @type {?import('./model.js').Model} */
let model = null;
/** @type {?Layers} */
let layers = null;
/** @type {?Detail} */
let detail = null;
/** @type {?Record<import('./view.js').Name, Float32Array>} */
let found = null; // each network's probabilities of the drawing
/** @type {?Promise<import('./teach.js').Teaching>} */
let teaching = null;
let speaking = 0;
let waiting = false;

/**
 * Have a screen reader say something now.
 * @param {string} words
 */
function say(words) {
  status.textContent = words;
}

/** What the address holds of a drawing, with the # before it; nothing of an empty one; null: it is too long. */
function addressOf(/** @type {Drawing} */ drawing) {
  if (isEmpty(drawing)) return '';
  const text = encodeShort(drawing);
  return text === null ? null : `#${PARAMETER}${text}`;
}

/**
 * After a change: read before the next picture is shown on the screen, however many changes until then.
 * @param {Drawing} drawing
 * @param {boolean} done a stroke is finished
 */
function changed(drawing, done) {
  hint.hidden = !isEmpty(drawing);
  if (problem) problem.textContent = '';
  if (done && !small) {
    // One that the page could not open again is not offered: the drawing is here, and can be saved.
    const address = addressOf(drawing) ?? '';
    if (location.hash !== address) history.replaceState(null, '', location.pathname + location.search + address);
  }
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    update();
  });
}

/** Prepare, read, show. */
function update() {
  if (!model) {
    pad.show();
    return;
  }
  const { measures, limits, networks: { cnn, dense } } = model;
  picture.draw(pad.drawing, pad.pictures);
  const { gray, side } = picture.read();
  const { paper } = picture;
  const { image, box } = prepare(gray, side, side, measures, { centre: centre?.checked ?? true, paper });
  const part = (/** @type {number} */ pixels) => pixels / picture.pad;
  pad.found = box && {
    left: part(box.left - paper), top: part(box.top - paper), width: part(box.width), height: part(box.height),
  };
  pad.show();
  seen.show(image);
  const outputs = box && { cnn: cnn.outputs(image), dense: dense.outputs(image) };
  const probabilities = outputs && {
    cnn: probabilitiesOf(cnn, outputs.cnn), dense: probabilitiesOf(dense, outputs.dense),
  };
  found = probabilities;
  const reading = probabilities ? read(probabilities.cnn, probabilities.dense, limits) : { cnn: '', dense: '', why: '' };
  bars.show(probabilities);
  for (const name of /** @type {const} */ (['cnn', 'dense'])) {
    if (readings[name].textContent !== reading[name]) readings[name].textContent = reading[name];
  }
  why.textContent = reading.why;
  layers?.show(outputs);
  detail?.update(outputs);
  clearTimeout(speaking);
  speaking = setTimeout(() => say(reading.why || (isEmpty(pad.drawing) ? 'The pad is empty.' : 'No digit found.')), PAUSE);
}

/**
 * @param {import('./forward.js').Sequential} network
 * @param {Map<string, Float32Array>} outputs of its layers; the last one's is asked for
 */
function probabilitiesOf(network, outputs) {
  return network.probabilities([...outputs.values()][outputs.size - 1]);
}

/**
 * Show the drawing that the address holds.
 * @param {number} samples how many test digits there are
 */
function fromAddress(samples) {
  if (!problem || !location.hash.startsWith(`#${PARAMETER}`)) return;
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
 * Browsers compile what runs often. So run it a few times before the first stroke needs it.
 * @param {import('./model.js').Model} model
 * @param {number} times
 */
function warmUp(model, times) {
  if (times === 0) return;
  const drawn = new Picture();
  drawn.draw({ ...EMPTY, strokes: [{ pen: PENS.medium, points: [300, 100, 600, 200, 400, 800 - 10 * times] }] }, []);
  const { gray, side } = drawn.read();
  const { image } = prepare(gray, side, side, model.measures);
  for (const network of Object.values(model.networks)) network.outputs(image);
  (globalThis.requestIdleCallback ?? setTimeout)(() => warmUp(model, times - 1));
}

/**
 * Show for a moment, on the button itself, what became of pressing it.
 * @param {HTMLElement} button
 * @param {string} words
 */
function confirmOn(button, words) {
  const usual = (button.dataset.usual ??= button.textContent ?? ''); // not what an earlier press shows
  button.textContent = words;
  say(words);
  setTimeout(() => (button.textContent = usual), 2000);
}

/**
 * What teaches, loaded when it is first wanted: whoever only draws does without.
 * @param {import('./model.js').Model} model
 */
function teacher(model) {
  teaching ??= import('./teach.js').then(({ Teaching }) => new Teaching({
    model, pad, say, refresh: update, probabilities: () => found?.cnn ?? null,
    row: named('wrong'), panel: named('teach'), kept: KEPT,
  }));
  teaching.catch(() => {
    teaching = null;
    named('taught').textContent = 'What teaches could not be loaded. Try again.';
    say('What teaches could not be loaded. Try again.');
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
  picture.draw(pad.drawing, pad.pictures);
  picture.canvas.toBlob((blob) => {
    if (!blob) return; // a canvas of no size, which this is not
    const link = make('a', { href: URL.createObjectURL(blob), download: FILE_NAME });
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

function connect() {
  named('undo').addEventListener('click', () => pad.undo());
  named('clear').addEventListener('click', () => pad.clear());
  // Size and colours change with the window and with the theme's switch.
  new ResizeObserver(() => pad.adapt()).observe(pad.canvas);
  const theme = new MutationObserver(() => pad.adapt());
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  if (small) return;
  const pens = find(root, '.draw-pen', HTMLSelectElement);
  pens.value = 'medium';
  pens.addEventListener('change', () => (pad.pen = PENS[/** @type {keyof typeof PENS} */ (pens.value)]));
  const link = named('link');
  link.addEventListener('click', () => copyLink(link));
  named('save').addEventListener('click', save);
  centre?.addEventListener('change', update);
}

connect();
pad.adapt();
try {
  const loaded = await loadModel();
  model = loaded;
  pad.pictures = loaded.samples.map(({ image }) => samplePicture(image));
  if (!small) {
    offerSamples(loaded);
    offerTeaching(loaded);
    layers = new Layers(root, loaded.networks, (...what) => detail?.look(...what));
    detail = new Detail(root, seen, layers);
    fromAddress(loaded.samples.length);
    addEventListener('hashchange', () => fromAddress(loaded.samples.length));
  }
  update();
  root.dataset.ready = 'true';
  warmUp(loaded, WARM_UP);
} catch (error) {
  why.textContent = 'The networks could not be loaded. Load the page again.';
  throw error;
}
