/**
 * Teaching on the drawing page: samples that the reader has named, what the CNN made of them, and where they
 * are kept. Loaded when the reader teaches for the first time; the learning itself is done by a worker
 * (`learner.js`).
 *
 * Samples are learned all together, each time from the same start: so to take one back is to learn the others.
 */

import { find, make } from './dom.js';
import { lastOf } from './forward.js';
import { HandError, read as readHand, write as writeHand } from './hand.js';
import { RECIPE } from './learn.js';
import { prepare } from './normalise.js';
import { address, bytes, work } from './parts.js';
import { Picture, decode, encodeShort, render } from './strokes.js';
import { scribble, vary } from './vary.js';
import { randomFrom } from '../train/backward.js';
import { Bars } from './view.js';

/** More samples take too long to learn. */
const MOST = 100;
/** The drawings go into the file's card up to so many letters, less than the card may have. */
const LONGEST_DRAWINGS = 80_000;
/** In a round, so many of each digit are asked for. */
const EACH = 2;
/** So many pictures are prepared before the page may do something else. */
const AT_ONCE = 4;
/** A sample's picture, in pixels of the page. */
const THUMBNAIL = 40;
const FILE_NAME = 'my-hand.npz';
const CLASSES = 10;
const NOT_STARTED = 'what learns could not be started. Load the page again.';

/**
 * @typedef {import('./strokes.js').Drawing} Drawing
 * @typedef {import('./learn.js').Last} Last
 * @typedef {import('./learner.js').Report} Report
 * @typedef {{id: number, label: number, drawing: Drawing, sent: boolean}} Sample sent: the worker has seen it
 * @typedef {{label: number, probabilities: ?Float32Array}} Before what a drawing was, and how it was read
 * @typedef {object} Page what the drawing page lets us do
 * @property {import('./model.js').Model} model
 * @property {import('./pad.js').Pad} pad
 * @property {HTMLElement} row with a button for each digit, and a line below
 * @property {HTMLElement} panel an empty element
 * @property {(words: string) => void} say have a screen reader say something
 * @property {() => Promise<void>} refresh read the drawing again; until it is
 * @property {() => ?Float32Array} probabilities the CNN's, of the drawing; null: there is none
 * @property {string} kept the name under which the browser keeps a hand
 */

const PANEL = `
  <h2 class="teach-title">What it learned</h2>
  <div class="teach-columns">
    <div class="teach-change">
      <p class="teach-about"></p>
      <table class="draw-bars teach-bars">
        <thead><tr><th scope="col"><span>digit</span></th><th scope="col">before</th><th scope="col">now</th></tr></thead>
      </table>
    </div>
    <div>
      <h3>What it forgot</h3>
      <p class="teach-forgot"></p>
      <h3>Your samples</h3>
      <p class="teach-count"></p>
      <ul class="teach-samples"></ul>
      <div class="teach-tools">
        <button type="button" class="teach-undo">Undo the last</button>
        <button type="button" class="teach-forget">Forget all</button>
        <button type="button" class="teach-round">Draw a few of each</button>
        <button type="button" class="teach-save">Save to a file</button>
        <button type="button" class="teach-load">Load a file</button>
        <input type="file" class="teach-file" accept=".npz,.zip" hidden>
      </div>
      <p class="teach-note"></p>
      <div class="teach-replace" role="group" aria-label="Load the file?" hidden>
        <p></p>
        <button type="button" class="teach-take">Load it</button>
        <button type="button" class="teach-leave">Do not load</button>
      </div>
      <label class="draw-switch"><input type="checkbox" role="switch" class="teach-keep"> Keep in this browser</label>
      <div class="teach-ask" role="group" aria-label="Keep in this browser?" hidden>
        <p>This browser then keeps your drawings and the last layer’s weights (about 60 kB), on this device, until you
          switch it off. Nothing is sent. Whoever uses this browser on this device can see them on this page.</p>
        <button type="button" class="teach-yes">Keep them</button>
        <button type="button" class="teach-no">Do not keep</button>
      </div>
    </div>
  </div>`;

/**
 * How many of each digit: “3 of 7, 2 of 1”.
 * @param {number[]} counts (10,)
 */
const listed = (counts) => counts.map((count, digit) => ({ count, digit })).filter(({ count }) => count)
  .map(({ count, digit }) => `${count} of ${digit}`).join(', ');

/**
 * The range in which a share lies that was counted, with 95 % confidence (Wilson, 1927).
 * @param {number} right
 * @param {number} of
 */
export function interval(right, of) {
  const [p, z] = [right / of, 1.96];
  const middle = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  return [middle - half, middle + half];
}

/**
 * Prepare drawings as the page prepares what it reads: a few, then the page may do something else.
 * @param {Drawing[]} drawings
 * @param {import('./normalise.js').Measures} measures
 * @returns {Promise<Uint8Array>} (N, 28, 28); those without ink are left out
 */
export async function prepared(drawings, measures) {
  const picture = new Picture();
  const found = [];
  for (const [k, drawing] of drawings.entries()) {
    if (k % AT_ONCE === AT_ONCE - 1) await new Promise((done) => setTimeout(done));
    picture.draw(drawing, []);
    const { gray, side } = picture.read();
    const { image, box } = prepare(gray, side, side, measures, { paper: picture.paper });
    if (box) found.push(image);
  }
  const all = new Uint8Array(found.reduce((sum, image) => sum + image.length, 0));
  found.forEach((image, k) => all.set(image, k * image.length));
  return all;
}

/**
 * A drawing as it is, and as it might have been.
 * @param {Drawing} drawing
 * @param {import('./vary.js').Random} random
 */
export const varied = (drawing, random) => [
  drawing, ...Array.from({ length: RECIPE.varied }, () => vary(drawing, random)),
];

/**
 * Drawings of which the network should stay unsure.
 * @param {import('./vary.js').Random} random
 */
export const scribbles = (random) => Array.from({ length: RECIPE.scribbles }, () => scribble(random));

/** Have what learns run in a worker, which gets the network and the digits first. */
async function startLearner() {
  const [worker, model, digits, remember] = await Promise.all(
    [work('learner'), bytes('model'), bytes('digits'), bytes('remember')],
  );
  worker.postMessage({ do: 'begin', run: 0, files: { model, digits, remember } }, [model, digits, remember]);
  return worker;
}

export class Teaching {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.layer = lastOf(page.model.networks.cnn);
    /** @type {Last} */
    this.base = { kernel: this.layer.kernel.slice(), bias: this.layer.bias.slice() };
    /** What a file without drawings taught: its weights, and its card.
     * @type {?{last: Last, card: import('./hand.js').Card}} */
    this.start = null;
    /** What this browser keeps, as this page last read or wrote it.
     * @type {?string} */
    this.stored = null;
    /** A file that waits for the reader's answer.
     * @type {?{name: string, content: Uint8Array}} */
    this.offered = null;
    /** @type {Sample[]} */
    this.samples = [];
    this.temperature = 1;
    this.step = 0;
    this.ids = 0;
    this.run = 0; // which report belongs to what was asked last
    this.busy = false;
    /** @type {?Before} */
    this.before = null;
    /** What the round asks for; null: there is none.
     * @type {?{at: number, drawn: Sample[]}} */
    this.round = null;
    /** @type {?Worker} */
    this.worker = null;
    this.remembered = false; // the worker has seen the digits and the scribbles
    this.random = randomFrom(1);
    document.head.append(make('link', { rel: 'stylesheet', href: address('../draw/teach.css') }));
    page.panel.innerHTML = PANEL;
    /** @type {(name: string) => HTMLElement} */
    this.named = (name) => find(page.panel, `.teach-${name}`, HTMLElement);
    this.keep = find(page.panel, '.teach-keep', HTMLInputElement);
    this.bars = new Bars(find(page.panel, '.teach-bars', HTMLTableElement), /** @type {const} */ (['before', 'now']));
    this.line = find(page.row, '.draw-taught', HTMLElement);
    this.connect();
  }

  connect() {
    const on = (/** @type {string} */ name, /** @type {() => void} */ act) =>
      this.named(name).addEventListener('click', act);
    const file = find(this.page.panel, '.teach-file', HTMLInputElement);
    on('undo', () => this.remove(this.samples.length - 1));
    on('forget', () => this.forget());
    on('round', () => this.startRound());
    on('save', () => this.save());
    on('load', () => file.click());
    on('take', async () => {
      const { offered } = this;
      this.withdrawOffer();
      if (offered) await this.replace(offered.name, offered.content);
      this.named('load').focus();
    });
    on('leave', () => {
      this.withdrawOffer();
      this.note('The file was not loaded.');
      this.named('load').focus();
    });
    addEventListener('storage', ({ key }) => {
      if (key === this.page.kept || key === null) this.follow();
    });
    file.addEventListener('change', async () => {
      const [chosen] = file.files ?? [];
      file.value = ''; // so that the same file can be chosen again
      if (chosen) await this.load(chosen);
    });
    this.keep.addEventListener('change', () => {
      if (this.keep.checked) {
        this.keep.checked = false; // not before the reader has read what it means
        this.named('ask').hidden = false;
        this.named('yes').focus();
      } else {
        this.withdraw();
        this.tell('What this browser kept is deleted.');
      }
    });
    on('yes', () => {
      this.named('ask').hidden = true;
      this.keep.checked = this.store();
      if (this.keep.checked) this.tell('Kept in this browser.');
      this.keep.focus();
    });
    on('no', () => {
      this.named('ask').hidden = true;
      this.tell('Nothing is kept.');
      this.keep.focus();
    });
  }

  /**
   * Say something below the digits' buttons, to everybody.
   * @param {string} words
   */
  tell(words) {
    this.line.textContent = words;
    this.page.say(words);
  }

  // --- Samples --------------------------------------------------------------------------------------

  /**
   * Learn that the drawing on the pad is this digit.
   * @param {number} label
   */
  async teach(label) {
    const { drawing } = this.page.pad;
    if (this.locked) return;
    if (drawing.sample !== null) {
      this.tell('This is a test digit. What it is tested with the network must not learn; draw a digit yourself.');
      return;
    }
    await this.page.refresh(); // the last stroke may not have been read yet
    if (this.locked) return;
    const probabilities = this.page.probabilities();
    if (!probabilities) {
      this.tell('There is nothing to learn from: draw a digit first.');
      return;
    }
    // A drawing is one digit: what it was called last.
    const others = this.samples.filter((sample) => JSON.stringify(sample.drawing) !== JSON.stringify(drawing));
    if (others.length >= MOST) {
      this.tell(`It has learned from ${MOST} samples, which is as many as it can. Delete some first.`);
      return;
    }
    this.before = { label, probabilities: probabilities.slice() };
    if (!(await this.learn([...others, { id: this.ids++, label, drawing, sent: false }]))) return;
    const now = this.page.probabilities();
    const best = now ? now.indexOf(Math.max(...now)) : label;
    this.tell(best === label
      ? `It learned your ${label}.`
      : `It learned your ${label}, but still takes this one for a ${best}. Draw two or three more like it.`);
  }

  /** @param {number} k the place among the samples */
  async remove(k) {
    if (this.locked || k < 0) return;
    const { label } = this.samples[k];
    this.before = null;
    if (await this.learn(this.samples.filter((_, each) => each !== k))) this.tell(`A sample is gone: a ${label}.`);
  }

  /** Be as the network was at first. */
  async forget() {
    if (this.locked) return;
    this.samples = [];
    this.start = null;
    this.before = null;
    this.withdraw();
    this.keep.checked = false;
    await this.restore();
    this.tell('All is forgotten. It reads as it did at first.');
  }

  // --- A few of each --------------------------------------------------------------------------------

  startRound() {
    if (this.locked) return;
    this.withdrawOffer(); // what a file would replace is about to change
    this.round = { at: 0, drawn: [] };
    this.show(); // nothing else can be changed until it is over
    this.page.pad.clear();
    this.page.row.classList.add('draw-round');
    this.ask();
    this.page.pad.canvas.focus();
  }

  /** Ask for the next drawing of the round, or learn from all of them. */
  ask() {
    const { round } = this;
    if (!round) return;
    if (round.at < EACH * CLASSES) {
      this.tell(`Draw a ${round.at % CLASSES}, then press Next (${round.at + 1} of ${EACH * CLASSES}).`);
    } else {
      this.endRound();
    }
  }

  /** Take what is on the pad as what was asked for. */
  next() {
    const { round } = this;
    const { pad } = this.page;
    if (!round || this.busy) return;
    if (pad.drawing.sample !== null || !this.page.probabilities()) {
      this.tell(`There is no digit yet. Draw a ${round.at % CLASSES}, then press Next.`);
      return;
    }
    round.drawn.push({ id: this.ids++, label: round.at % CLASSES, drawing: pad.drawing, sent: false });
    round.at++;
    pad.clear();
    this.ask();
  }

  /** Learn from what was drawn so far. */
  async endRound() {
    const drawn = this.round?.drawn ?? [];
    this.round = null;
    this.page.row.classList.remove('draw-round');
    const fitting = drawn.slice(0, MOST - this.samples.length);
    this.show();
    this.before = null;
    const many = fitting.length === 1 ? '1 digit' : `${fitting.length} digits`;
    if (!fitting.length) this.tell('Nothing was learned.');
    else if (await this.learn([...this.samples, ...fitting])) this.tell(`It learned ${many} of yours. Draw one, and see.`);
  }

  // --- Learning -------------------------------------------------------------------------------------

  /**
   * Have the worker learn from samples in place of those before, and take over what it learned.
   * @param {Sample[]} given
   * @returns {Promise<boolean>} whether it did; else all is as before
   */
  async learn(given) {
    const previous = this.samples;
    this.samples = given;
    if (!given.length) {
      await this.restore();
      this.keepUp();
      return true;
    }
    this.setBusy(true);
    try {
      this.progress(0);
      this.page.say('Learning.');
      const { measures } = this.page.model;
      const worker = await this.hire();
      const run = ++this.run;
      if (!this.remembered) worker.postMessage({ do: 'remember', run });
      const unsure = this.remembered ? null : await prepared(scribbles(this.random), measures);
      const samples = [];
      for (const sample of this.samples) {
        const images = sample.sent ? null : await prepared(varied(sample.drawing, this.random), measures);
        samples.push({ id: sample.id, label: sample.label, images });
      }
      const start = this.start?.last ?? null;
      const { last, step, temperature } = await this.request(worker, {
        do: 'learn', run, start, samples, scribbles: unsure,
      });
      this.remembered = true;
      for (const sample of this.samples) sample.sent = true;
      this.step = step;
      this.temperature = temperature;
      await this.take(last);
      this.keepUp();
      return true;
    } catch (error) {
      // A worker that is gone has seen nothing.
      if (!this.worker) for (const sample of previous) sample.sent = false;
      this.samples = previous;
      this.before = null;
      this.tell(`Nothing was learned: ${messageOf(error)}`);
      return false;
    } finally {
      this.setBusy(false);
      this.show();
    }
  }

  /**
   * The worker, which is started where there is none.
   * @returns {Promise<Worker>}
   */
  async hire() {
    if (this.worker) return this.worker;
    const worker = (this.worker = await startLearner().catch(() => {
      throw new Error(NOT_STARTED);
    }));
    worker.addEventListener('message', ({ data }) => {
      const report = /** @type {Report} */ (data);
      if (report.kind === 'progress' && report.run === this.run) this.progress(report.part);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault(); // it is said on the page
      worker.terminate();
      this.worker = null;
      this.remembered = false;
      for (const sample of this.samples) sample.sent = false;
    });
    return worker;
  }

  /**
   * Ask the worker for something.
   * @template {import('./learner.js').Order} T
   * @param {Worker} worker
   * @param {T} order
   * @returns {Promise<Extract<Report, {kind: T extends {do: 'learn'} ? 'learned' : 'score'}>>}
   */
  request(worker, order) {
    return new Promise((resolve, reject) => {
      // It may have failed while the page prepared what to ask.
      if (worker !== this.worker) throw new Error(NOT_STARTED);
      const listening = new AbortController();
      const { signal } = listening;
      worker.addEventListener('message', ({ data }) => {
        const report = /** @type {Report} */ (data);
        if (report.run !== order.run || report.kind === 'progress') return;
        listening.abort();
        if (report.kind === 'failed') reject(new Error(report.message));
        else resolve(/** @type {never} */ (report));
      }, { signal });
      worker.addEventListener('error', () => {
        listening.abort();
        reject(new Error(NOT_STARTED));
      }, { signal });
      worker.postMessage(order);
    });
  }

  /** Whether nothing may be changed: it learns, or a round is not over. */
  get locked() {
    return this.busy || this.round !== null;
  }

  /** @param {boolean} busy */
  setBusy(busy) {
    this.busy = busy;
    this.page.row.setAttribute('aria-busy', String(busy));
    for (const button of this.page.panel.querySelectorAll('button')) button.disabled = busy;
  }

  /** @param {number} part how much is done, 0–1 */
  progress(part) {
    const words = this.remembered ? 'Learning' : 'Looking again at digits that it must not forget, and learning';
    this.line.textContent = `${words}: ${Math.round(100 * part)} %`;
    this.line.style.setProperty('--part', String(part));
  }

  /**
   * Read with other weights from now on.
   * @param {Last} last
   */
  async take({ kernel, bias }) {
    this.layer.kernel.set(kernel);
    this.layer.bias.set(bias);
    this.score();
    await this.page.refresh();
  }

  /** Read as when nothing was taught: as at first, or as the file does that was loaded. */
  async restore() {
    this.temperature = this.start?.card.temperature ?? 1;
    await this.take(this.start?.last ?? this.base);
    this.show();
  }

  /** Count the test digits that are read right, and say so. */
  async score() {
    const words = this.named('forgot');
    const run = ++this.run;
    try {
      words.textContent = 'Reading 1,000 test digits…';
      const last = { kernel: this.layer.kernel.slice(), bias: this.layer.bias.slice() };
      const { before, after } = await this.request(await this.hire(), { do: 'score', run, last });
      const percent = (/** @type {number} */ part) => `${(100 * part).toFixed(1)}\u00a0%`;
      const [low, high] = interval(after.right, after.of);
      const shares = `${percent(before.right / before.of)} → ${percent(after.right / after.of)}`;
      words.replaceChildren(
        'Test digits read right: ', make('strong', { textContent: shares }),
        ` (${before.right} → ${after.right} of ${after.of.toLocaleString('en')}). With so many digits, the true share ` +
          `is between ${percent(low)} and ${percent(high)}.`,
      );
    } catch (error) {
      if (run === this.run) words.textContent = `The test digits could not be read: ${messageOf(error)}`;
    }
  }

  // --- On the screen --------------------------------------------------------------------------------

  /** How many samples of each digit it has learned from, the file's too. */
  counts() {
    const counts = [...(this.start?.card.samples ?? new Array(CLASSES).fill(0))];
    for (const { label } of this.samples) counts[label]++;
    return counts;
  }

  /** Show the panel, and go there. */
  reveal() {
    this.show();
    this.named('round').focus();
  }

  show() {
    const { before, samples } = this;
    const about = this.named('about');
    const now = this.page.probabilities();
    const change = before?.probabilities && now ? { before: before.probabilities, now: now.slice() } : null;
    about.textContent = change ? `Your ${before?.label}, as the CNN read it before, and reads it now.` : '';
    this.named('change').hidden = !change;
    this.bars.show(change);
    this.named('title').textContent = before ? `It learned your ${before.label}` : 'What it learned';
    const counts = this.counts();
    const own = listed(counts);
    this.named('count').textContent = own ? `${own}.` : 'None: it reads as it did at first.';
    this.named('samples').replaceChildren(...samples.map((sample, k) => this.thumbnail(sample, k)));
    /** @type {(name: string, possible: boolean) => void} */
    const enable = (name, possible) => this.named(name).toggleAttribute('disabled', !possible || this.locked);
    enable('undo', samples.length > 0);
    enable('forget', own !== '');
    enable('save', own !== '');
    enable('round', true);
    enable('load', true);
    this.page.panel.hidden = false;
  }

  /**
   * @param {Sample} sample
   * @param {number} k its place
   */
  thumbnail({ label, drawing }, k) {
    const canvas = make('canvas', { width: 2 * THUMBNAIL, height: 2 * THUMBNAIL });
    const context = canvas.getContext('2d');
    if (context) render(context, canvas.width, drawing, [], '#000');
    const button = make('button', { type: 'button', 'aria-label': `Delete sample ${k + 1}, a ${label}` }, canvas,
      make('span', { textContent: `${label} ×`, 'aria-hidden': 'true' }));
    button.disabled = this.locked;
    button.addEventListener('click', async () => {
      await this.remove(k);
      // Where it was is the next one now, or the last; or there is none.
      const buttons = this.page.panel.querySelectorAll('.teach-samples button');
      const next = buttons[Math.min(k, buttons.length - 1)] ?? this.named('round');
      if (next instanceof HTMLElement) next.focus();
    });
    return make('li', {}, button);
  }

  // --- Files, and what the browser keeps ---------------------------------------------------------

  /** @returns {import('./hand.js').Expected} */
  expected() {
    const { name, sha256 } = this.page.model.base;
    const { name: layer, inputShape, outputShape } = this.layer;
    const shapes = { [`${layer}/kernel`]: [...inputShape, ...outputShape], [`${layer}/bias`]: outputShape };
    return { base: name, sha256, shapes };
  }

  /**
   * The card of what it has learned.
   * @returns {Omit<import('./hand.js').Card, 'format'>}
   */
  card() {
    const { base, sha256 } = this.expected();
    if (this.start && !this.samples.length) return this.start.card; // the file, as it was
    // With the drawings it can go on learning from them. A file that began with another has none of its samples,
    // but that one's card without them: what it says there was true before it was taught on.
    const began = this.start && { ...this.start.card, drawings: undefined, start: undefined };
    const own = this.start ? [] : this.samples;
    const drawings = own.map(({ label, drawing }) => ({ label, drawing: encodeShort(drawing) }));
    const fits = drawings.every(({ drawing }) => drawing) && JSON.stringify(drawings).length <= LONGEST_DRAWINGS;
    return {
      base, base_sha256: sha256, reject_below: this.start?.card.reject_below ?? this.page.model.base.rejectBelow,
      temperature: this.temperature, samples: this.counts(), recipe: { ...RECIPE, learned_in: 'browser' },
      step: this.step, ...(began ? { start: began } : {}), ...(fits && drawings.length ? { drawings } : {}),
    };
  }

  /** The file of what it has learned. */
  content() {
    const { shapes } = this.expected();
    return writeHand(this.card(), {
      [`${this.layer.name}/kernel`]: { shape: shapes[`${this.layer.name}/kernel`], data: this.layer.kernel },
      [`${this.layer.name}/bias`]: { shape: shapes[`${this.layer.name}/bias`], data: this.layer.bias },
    });
  }

  save() {
    const blob = new Blob([/** @type {BlobPart} */ (this.content())], { type: 'application/zip' });
    const link = make('a', { href: URL.createObjectURL(blob), download: FILE_NAME });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    const drawings = this.card().drawings ? 'the weights and your drawings' : 'the weights, without drawings';
    this.note(`Saved as ${FILE_NAME}: ${drawings}. With Python: python -m digitrec read --weights ${FILE_NAME} photo.jpg`);
  }

  /**
   * @param {string} words
   */
  note(words) {
    this.named('note').textContent = words;
    this.page.say(words);
  }

  /**
   * Take over a file, in place of what was learned here; where there is something, ask first.
   * @param {File} file
   */
  async load(file) {
    try {
      const content = new Uint8Array(await file.arrayBuffer());
      await readHand(content, this.expected()); // nobody is asked about a file that cannot be used
      const own = listed(this.counts());
      if (!own) {
        await this.replace(file.name, content);
        return;
      }
      this.offered = { name: file.name, content };
      const kept = this.keep.checked ? ', also of what this browser keeps' : '';
      find(this.named('replace'), 'p', HTMLElement).textContent =
        `${file.name} takes the place of what it has learned from ${own}${kept}. Save that first, if you want it again.`;
      this.named('replace').hidden = false;
      this.named('take').focus();
    } catch (error) {
      this.note(error instanceof HandError ? error.message : 'The file could not be read.');
    }
  }

  /** Forget the file that waits for an answer. */
  withdrawOffer() {
    this.named('replace').hidden = true;
    this.offered = null;
  }

  /**
   * @param {string} name of the file
   * @param {Uint8Array} content that can be read
   */
  async replace(name, content) {
    if (this.locked) return;
    await this.open(content);
    this.keepUp();
    this.note(`${name}: read. It has learned from ${listed(this.counts()) || 'no samples'}.`);
  }

  /**
   * @param {Uint8Array} content
   * @throws {HandError}
   */
  async open(content) {
    const { card, arrays } = await readHand(content, this.expected());
    const part = (/** @type {'kernel' | 'bias'} */ name) => arrays[`${this.layer.name}/${name}`]?.data ?? this.base[name];
    const last = { kernel: part('kernel'), bias: part('bias') };
    const samples = this.drawingsOf(card);
    this.start = samples ? null : { last, card };
    this.step = card.step ?? this.step;
    this.samples = samples ?? [];
    this.temperature = card.temperature;
    this.before = null;
    await this.take(last);
    this.show();
  }

  /**
   * The samples that a file brings, if it brings all that it was learned from.
   * @param {import('./hand.js').Card} card
   * @returns {?Sample[]}
   */
  drawingsOf({ drawings, samples: counts }) {
    if (!Array.isArray(drawings) || drawings.length > MOST) return null;
    try {
      const samples = drawings.map(({ label, drawing }) => (
        { id: this.ids++, label: Number(label), drawing: decode(String(drawing), 0), sent: false }
      ));
      const own = new Array(CLASSES).fill(0);
      for (const { label } of samples) own[label]++;
      return String(own) === String(counts) ? samples : null;
    } catch {
      return null; // it can be read with, but not learned further from these
    }
  }

  /**
   * Keep what it has learned in this browser.
   * @returns {boolean} whether that worked
   */
  store() {
    try {
      this.stored = btoa(textOf(this.content()));
      localStorage.setItem(this.page.kept, this.stored);
      return true;
    } catch {
      this.tell('This browser keeps nothing for this page: its storage is full or switched off. Save to a file instead.');
      return false;
    }
  }

  /** @returns {?string} what this browser keeps */
  found() {
    try {
      return localStorage.getItem(this.page.kept);
    } catch {
      return null; // there is no storage, so there is nothing in it
    }
  }

  /** After a change: keep it, too, if the reader wants that, and if nothing newer is there. */
  keepUp() {
    if (!this.keep.checked) return;
    if (this.found() === this.stored) {
      this.keep.checked = this.store();
    } else {
      this.keep.checked = false;
      this.note('Another tab has changed what this browser keeps, so this tab keeps nothing. Switch it on to keep this instead.');
    }
  }

  /** Another tab has changed what this browser keeps: do not undo that. */
  async follow() {
    if (!this.keep.checked || this.locked) return; // or it is noticed at the next change
    if (this.found() !== null) {
      await this.recall('Another tab has taught it, and it reads with that here, too.');
    } else {
      this.keep.checked = false;
      this.note('Another tab has deleted what this browser kept. What was learned is here until you leave.');
    }
  }

  /** Delete what this browser keeps. */
  withdraw() {
    try {
      localStorage.removeItem(this.page.kept);
    } catch {
      // There is no storage, so there is nothing in it.
    }
  }

  /**
   * Read what this browser kept, if there is something.
   * @param {string} [words] to say then
   */
  async recall(words = 'It reads with what you taught it, which this browser kept.') {
    try {
      const text = this.found();
      if (text === null) return;
      this.stored = text;
      await this.open(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
      this.keep.checked = true;
      this.tell(words);
    } catch {
      this.keep.checked = true; // so that it can be switched off, which deletes it
      this.tell('What this browser kept can no longer be read. Switch “Keep in this browser” off to delete it.');
      this.show();
    }
  }
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {Uint8Array} bytes each as one letter */
function textOf(bytes) {
  let text = '';
  for (let k = 0; k < bytes.length; k += 8192) text += String.fromCharCode(...bytes.subarray(k, k + 8192));
  return text;
}
