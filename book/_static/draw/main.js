/**
 * The drawing page: puts the parts together. Builds the pad in the element #draw, small on the front page
 * (class draw-small: pad, readings, bars), whole on its own page.
 */

import { Detail } from './detail.js';
import { loadModel } from './model.js';
import { prepare } from './normalise.js';
import { Pad } from './pad.js';
import { read } from './reading.js';
import { PENS, PICTURE, decode, encode, isEmpty, render, samplePicture } from './strokes.js';
import { Bars, Layers, Seen, make, rove } from './view.js';

/** A screen reader hears the reading when nothing changed for so many milliseconds. */
const PAUSE = 700;
/** The parameter in the page's address, after #, that holds the drawing. */
const PARAMETER = 'd=';
/** How often the networks read something before anything is drawn. */
const WARM_UP = 12;
const FILE_NAME = 'my-digit.png';

const root = document.querySelector('#draw');
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

const RESULTS = `
  <div class="draw-readings">
    <p><span class="draw-seen"><canvas role="img" aria-label="The 28 by 28 pixels that the networks see"></canvas></span>
      <span class="draw-name">they see</span></p>
    <p><span id="reading" class="draw-digit"></span> <span class="draw-name">CNN</span></p>
    <p><span id="reading-dense" class="draw-digit"></span> <span class="draw-name">dense</span></p>
  </div>
  <p class="draw-why"></p>
  <p class="draw-status visually-hidden" role="status"></p>
  <label class="draw-switch draw-whole"><input type="checkbox" role="switch" class="draw-centre" checked>
    Centre the digit</label>
  <table class="draw-bars">
    <thead><tr><th scope="col"><span>digit</span></th><th scope="col">CNN</th><th scope="col">dense</th></tr></thead>
  </table>`;

const WHOLE = `
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

const find = (name) => root.querySelector(`.draw-${name}`);
const status = find('status');
const readings = { cnn: root.querySelector('#reading'), dense: root.querySelector('#reading-dense') };

// What the networks' recipe starts from: black on white, on a canvas that nobody sees.
const picture = make('canvas', { width: PICTURE, height: PICTURE });
const ink = picture.getContext('2d', { willReadFrequently: true, alpha: false });

const bars = new Bars(root.querySelector('.draw-bars'));
const seen = new Seen(root);
const pad = new Pad(root.querySelector('#pad'), changed, say);
let model = null;
let layers = null;
let detail = null;
let speaking = 0;
let waiting = false;

/** Have a screen reader say something now. */
function say(words) {
  status.textContent = words;
}

/** The drawing as the recipe takes it: (PICTURE, PICTURE), 0 black to 255 white. */
function grey() {
  ink.fillStyle = '#fff';
  ink.fillRect(0, 0, PICTURE, PICTURE);
  render(ink, PICTURE, pad.drawing, pad.pictures);
  const { data } = ink.getImageData(0, 0, PICTURE, PICTURE);
  const gray = new Uint8Array(PICTURE * PICTURE);
  for (let k = 0; k < gray.length; k++) gray[k] = data[4 * k];
  return gray;
}

/** After a change: read before the next picture is shown on the screen, however many changes until then. */
function changed(drawing, done) {
  find('hint').hidden = !isEmpty(drawing);
  if (done && !small) {
    const address = isEmpty(drawing) ? '' : `#${PARAMETER}${encode(drawing)}`;
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
  if (!model) return pad.show();
  const centre = find('centre')?.checked ?? true;
  const { image, box } = prepare(grey(), PICTURE, PICTURE, { centre });
  const { cnn, dense } = model.networks;
  pad.found = box && {
    left: box.left / PICTURE, top: box.top / PICTURE, width: box.width / PICTURE, height: box.height / PICTURE,
  };
  pad.show();
  seen.show(image);
  const outputs = box && { cnn: cnn.outputs(image), dense: dense.outputs(image) };
  const last = (network, given) => network.probabilities(given.get(network.layers.at(-1).name));
  const probabilities = box && { cnn: last(cnn, outputs.cnn), dense: last(dense, outputs.dense) };
  const reading = box ? read(probabilities.cnn, probabilities.dense) : { cnn: '', dense: '', why: '' };
  bars.show(probabilities);
  for (const [name, element] of Object.entries(readings)) {
    if (element.textContent !== reading[name]) element.textContent = reading[name];
  }
  find('why').textContent = reading.why;
  layers?.show(outputs);
  detail?.update(outputs);
  clearTimeout(speaking);
  speaking = setTimeout(() => say(reading.why || (isEmpty(pad.drawing) ? 'The pad is empty.' : 'No digit found.')), PAUSE);
  return undefined;
}

/** Show the drawing that the address holds. */
function fromAddress() {
  if (small || !location.hash.startsWith(`#${PARAMETER}`)) return;
  try {
    const text = location.hash.slice(PARAMETER.length + 1);
    if (text !== encode(pad.drawing)) pad.load(decode(text, model.samples.length));
  } catch {
    say('The address holds no drawing that can be read.');
  }
}

function offerSamples() {
  const box = find('samples');
  model.samples.forEach(({ label }, k) => {
    const button = make('button', { type: 'button', 'aria-label': `Test digit ${k + 1}, a ${label}` }, pad.pictures[k]);
    button.addEventListener('click', () => pad.replace({ sample: k, strokes: [] }));
    box.append(button);
  });
  rove(box, () => getComputedStyle(box).gridTemplateColumns.split(' ').length);
}

/** Browsers compile what runs often. So run it a few times before the first stroke needs it. */
function warmUp(times) {
  if (times === 0) return;
  const image = new Uint8ClampedArray(PICTURE * PICTURE).fill(255);
  for (let k = 0; k < image.length; k += 7) if (k % PICTURE < 60 + times) image[k] = 0;
  const prepared = prepare(image, PICTURE, PICTURE).image;
  for (const network of Object.values(model.networks)) network.outputs(prepared);
  (globalThis.requestIdleCallback ?? setTimeout)(() => warmUp(times - 1));
}

/** Show for a moment, on the button itself, that it has worked. */
function confirmOn(button, words) {
  const usual = button.textContent;
  button.textContent = words;
  say(words);
  setTimeout(() => (button.textContent = usual), 2000);
}

async function copyLink(event) {
  const button = event.currentTarget;
  try {
    await navigator.clipboard.writeText(location.href);
    confirmOn(button, 'Copied');
  } catch {
    confirmOn(button, 'Copy it from above'); // the browser does not allow it; the address has it
  }
}

function save() {
  grey();
  picture.toBlob((blob) => {
    const link = make('a', { href: URL.createObjectURL(blob), download: FILE_NAME });
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

function connect() {
  find('undo').addEventListener('click', () => pad.undo());
  find('clear').addEventListener('click', () => pad.clear());
  // Size and colours change with the window and with the theme's switch.
  new ResizeObserver(() => pad.adapt()).observe(pad.canvas);
  const theme = new MutationObserver(() => pad.adapt());
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  if (small) return;
  find('pen').value = 'medium';
  find('pen').addEventListener('change', (event) => (pad.pen = PENS[event.target.value]));
  find('link').addEventListener('click', copyLink);
  find('save').addEventListener('click', save);
  find('centre').addEventListener('change', update);
  addEventListener('hashchange', fromAddress);
}

connect();
pad.adapt();
try {
  model = await loadModel();
  pad.pictures = model.samples.map(({ image }) => samplePicture(image));
  if (!small) {
    offerSamples();
    layers = new Layers(root, model.networks, (...what) => detail.look(...what));
    detail = new Detail(root, seen, layers);
    fromAddress();
  }
  update();
  root.dataset.ready = 'true';
  warmUp(WARM_UP);
} catch (error) {
  find('why').textContent = 'The networks could not be loaded. Load the page again.';
  throw error;
}
