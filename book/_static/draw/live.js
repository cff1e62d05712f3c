/**
 * A pad that reads: pad, readings and bars, put together. Both pages have one; the drawing page (main.js) shows more
 * of the networks, on the front page (front.js) digits are drawn by themselves until somebody draws.
 */

import { find, make } from './dom.js';
import { lastOf } from './forward.js';
import { unpack } from './model.js';
import { Pad } from './pad.js';
import { bytes, work } from './parts.js';
import { read } from './reading.js';
import { see } from './see.js';
import { PENS, Picture, isEmpty, samplePicture } from './strokes.js';
import { Bars, Seen } from './view.js';

/** A screen reader hears the reading when nothing changed for so many milliseconds. */
const PAUSE = 700;
const NAMES = /** @type {const} */ (['cnn', 'dense']);

/**
 * @typedef {import('./strokes.js').Drawing} Drawing
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./view.js').Name} Name
 * @typedef {import('./see.js').Sight} Sight
 */

// What has the class draw-whole is on the drawing page alone.
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
  <p id="pad-keys" class="draw-keys">With the keyboard: arrow keys move the pen (with Shift, less far), Space lowers
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

export class Live {
  /** @param {{whole: boolean}} options whole: with what only the drawing page has */
  constructor({ whole }) {
    this.whole = whole;
    this.element = make('div', { className: 'draw-top draw-nothing' });
    this.element.innerHTML = `<div class="draw-left">${PAD}</div><div class="draw-right">${RESULTS}</div>`;
    if (!whole) {
      this.element.querySelectorAll('.draw-whole').forEach((element) => element.remove());
      this.named('keys').classList.add('visually-hidden');
    }
    this.status = this.named('status');
    this.hint = this.named('hint');
    this.why = this.named('why');
    this.readings = { cnn: this.find('#reading', HTMLElement), dense: this.find('#reading-dense', HTMLElement) };
    this.picture = new Picture();
    this.bars = new Bars(this.find('.draw-bars', HTMLTableElement), NAMES);
    this.seen = new Seen(this.element);
    this.pad = new Pad(this.find('#pad', HTMLCanvasElement), (...what) => this.changed(...what), (words) => this.say(words));
    /** @type {?Model} */
    this.model = null;
    /** Whether the digit comes into the middle before it is read. */
    this.centre = true;
    /** Whether a screen reader hears the readings: not while digits are drawn by themselves. */
    this.speaks = true;
    /** What else is done with a change: called with the drawing, and whether a stroke is finished. */
    this.onChange = (/** @type {Drawing} */ _drawing, /** @type {boolean} */ _done) => {};
    /** What else is done with a reading: called with the outputs of the networks' layers; null: no digit. */
    this.onReading = (/** @type {?Record<Name, Map<string, Float32Array>>} */ _outputs) => {};
    /** @type {?Record<Name, Float32Array>} */
    this.found = null; // each network's probabilities of the drawing
    /** @type {?Worker} */
    this.reader = null; // reads in a thread of its own; null: the page reads, before the next picture on the screen
    /** Whether the reader is at it, and whether the drawing has changed since it began. */
    this.reading = { now: false, changed: false };
    /** @type {(() => void)[]} */
    this.awaited = []; // who waits for the end of that
    /** The drawing is read at most once in so many milliseconds. */
    this.every = 0;
    this.last = 0;
    this.speaking = 0;
    this.waiting = false;
    this.named('undo').addEventListener('click', () => this.pad.undo());
    this.named('clear').addEventListener('click', () => this.pad.clear());
  }

  /**
   * @template {Element} T
   * @param {string} selector
   * @param {new () => T} Kind
   */
  find(selector, Kind) {
    return find(this.element, selector, Kind);
  }

  /** @param {string} name of a part, the class without its beginning */
  named(name) {
    return this.find(`.draw-${name}`, HTMLElement);
  }

  /** Once it is on the page: its size and colours change with the window and with the theme's switch. */
  connect() {
    const adapt = () => this.pad.adapt();
    new ResizeObserver(adapt).observe(this.pad.canvas);
    new MutationObserver(adapt).observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    adapt();
  }

  /**
   * Load the networks.
   * @throws {Error} they could not be loaded, which is also said below the readings
   */
  async load() {
    try {
      const file = await bytes('model');
      this.model = unpack(file);
      this.reader = await this.hire(file);
    } catch (error) {
      this.why.textContent = 'The networks could not be loaded. Load the page again.';
      throw error;
    }
    if (this.whole) this.pad.pictures = this.model.samples.map(({ image }) => samplePicture(image));
    return this.model;
  }

  /**
   * Have everything read in a thread of its own: the page stays quick, and what is read comes a little later.
   * @param {ArrayBuffer} file model.bin
   * @returns {Promise<?Worker>} null: no such thread may run here, and the page reads by itself
   */
  async hire(file) {
    try {
      const reader = await work('reader');
      reader.addEventListener('message', ({ data: sight }) => this.answered(sight));
      reader.addEventListener('error', () => this.answered(null));
      reader.postMessage({ model: file });
      return reader;
    } catch {
      return null;
    }
  }

  /**
   * Have a screen reader say something now.
   * @param {string} words
   */
  say(words) {
    this.status.textContent = words;
  }

  /**
   * After a change: read with the next picture on the screen, however many changes until then.
   * @param {Drawing} drawing
   * @param {boolean} done a stroke is finished
   */
  changed(drawing, done) {
    this.hint.hidden = !isEmpty(drawing);
    this.onChange(drawing, done);
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame((now) => {
      this.waiting = false;
      if (now - this.last < this.every) {
        this.pad.show();
        return;
      }
      this.last = now;
      this.refresh();
    });
  }

  /** Prepare, read, show: at once. */
  update() {
    if (this.model) this.show(see(this.model, this.drawn()));
    else this.pad.show();
  }

  /**
   * Read the drawing again.
   * @returns {Promise<void>} when what is shown is how the drawing is read
   */
  async refresh() {
    const { model, reader } = this;
    if (!model || !reader) {
      this.update();
      return;
    }
    const read = new Promise((done) => this.awaited.push(() => done(null)));
    this.ask(model, reader);
    await read;
  }

  /**
   * @param {Model} model
   * @param {Worker} reader is asked for a reading, unless it is at one: what changes meanwhile is read afterwards
   */
  ask(model, reader) {
    this.pad.show();
    this.reading.changed = this.reading.now;
    if (this.reading.now) return;
    this.reading.now = true;
    this.element.setAttribute('aria-busy', 'true');
    const { kernel, bias } = lastOf(model.networks.cnn);
    const drawn = this.drawn();
    reader.postMessage({ drawn, last: { kernel, bias } }, [drawn.gray.buffer]);
  }

  /** @param {?Sight} sight what the reader found; null: it cannot read, and the page reads by itself */
  answered(sight) {
    const { model, reader, reading: { changed } } = this;
    this.reading = { now: false, changed: false };
    if (sight) {
      this.show(sight);
    } else {
      this.reader = null;
      this.update();
    }
    if (sight && changed && model && reader) {
      this.ask(model, reader);
      return;
    }
    this.element.setAttribute('aria-busy', 'false');
    for (const done of this.awaited.splice(0)) done();
  }

  /** @returns {import('./see.js').Drawn} */
  drawn() {
    const { centre, pad, picture } = this;
    picture.draw(pad.drawing, pad.pictures);
    return { ...picture.read(), paper: picture.paper, centre };
  }

  /** @param {Sight} sight */
  show({ image, found, outputs }) {
    const { model, pad } = this;
    if (!model) return;
    const { limits, networks: { cnn, dense } } = model;
    pad.found = found;
    pad.show();
    this.element.classList.toggle('draw-nothing', !found);
    this.seen.show(image);
    const probabilities = outputs && {
      cnn: probabilitiesOf(cnn, outputs.cnn), dense: probabilitiesOf(dense, outputs.dense),
    };
    this.found = probabilities;
    const reading = probabilities ? read(probabilities.cnn, probabilities.dense, limits) : { cnn: '', dense: '', why: '' };
    this.bars.show(probabilities);
    for (const name of NAMES) {
      if (this.readings[name].textContent !== reading[name]) this.readings[name].textContent = reading[name];
    }
    this.why.textContent = reading.why;
    this.onReading(outputs);
    clearTimeout(this.speaking);
    if (!this.speaks) return;
    const words = reading.why || (isEmpty(pad.drawing) ? 'The pad is empty.' : 'No digit found.');
    this.speaking = setTimeout(() => this.say(words), PAUSE);
  }
}

/**
 * @param {import('./forward.js').Sequential} network
 * @param {Map<string, Float32Array>} outputs of its layers; the last one's is asked for
 */
function probabilitiesOf(network, outputs) {
  return network.probabilities([...outputs.values()][outputs.size - 1]);
}
