/**
 * The front page: in the element #draw stands a still picture of the pad with a digit on it. When the networks are there,
 * the pad itself takes its place, showing the same, and digits are drawn by themselves until somebody draws.
 */

import { Demo } from './demo.js';
import { find, make } from './dom.js';
import { Live } from './live.js';
import { EMPTY } from './strokes.js';
import { WRITTEN } from './written.js';

/** While a digit is drawn by itself it is read once in so many milliseconds: bars move, and a phone stays cool. */
const EVERY = 90;

const root = find(document, '#draw', HTMLElement);
const still = find(root, '.draw-top', HTMLElement);
const calm = matchMedia('(prefers-reduced-motion: reduce)');

const live = new Live({ whole: false });
const { pad } = live;
const button = make('button', { type: 'button', className: 'draw-pause', textContent: 'Pause' });
live.named('tools').append(button);
const invitation = make('p', { className: 'draw-invitation', 'aria-hidden': 'true', textContent: 'Draw here, too' });
pad.canvas.after(invitation);
live.speaks = false;
const demo = new Demo(WRITTEN, (drawing, whole) => {
  live.every = whole ? 0 : EVERY;
  pad.load(drawing);
});
/**
 * Whether the pad is the reader's, for good; whether the reader drew on it; whether the reader wants the demo to stand
 * still; whether it is in view.
 */
const state = { taken: false, drawn: false, paused: false, seen: false };

/** Let the demo go on, or not. */
function adapt() {
  const moves = !state.taken && !calm.matches;
  button.hidden = !moves;
  button.textContent = state.paused ? 'Play' : 'Pause';
  if (moves && !state.paused && state.seen && !document.hidden && live.model) demo.run();
  else demo.pause();
}

/** Put the pad in the still picture's place. */
function appear() {
  if (!still.isConnected) return;
  still.replaceWith(live.element);
  live.connect();
}

/** From now on the pad is the reader's. */
function take() {
  if (state.taken) return;
  state.taken = true;
  demo.finish();
  live.every = 0;
  live.speaks = true;
  invitation.hidden = true;
  adapt();
}

/** The first that is drawn by hand is drawn on an empty pad. */
function begin() {
  take();
  if (!state.drawn) pad.load(EMPTY);
  state.drawn = true;
}

/** @param {PointerEvent} event on the still picture, before the networks are there: the pad is, and is drawn on at once */
function beginEarly(event) {
  if (!(event.target instanceof Element) || !event.target.closest('.draw-pad')) return;
  appear();
  pad.canvas.dispatchEvent(new PointerEvent('pointerdown', event));
}

still.addEventListener('pointerdown', beginEarly);
// Before the pad itself hears of it.
pad.canvas.addEventListener('pointerdown', begin, { capture: true, once: true });
pad.canvas.addEventListener('keydown', (event) => event.key === ' ' && begin(), { capture: true });
live.element.addEventListener('focusin', (event) => event.target !== button && take());
live.element.addEventListener('click', (event) => event.target !== button && take());
button.addEventListener('click', () => {
  state.paused = !state.paused;
  adapt();
});
calm.addEventListener('change', adapt);
document.addEventListener('visibilitychange', adapt);

/** When the page has been shown, and the pad is in view: until then nobody needs the networks. */
async function wanted() {
  if (document.readyState !== 'complete') await new Promise((done) => addEventListener('load', done, { once: true }));
  await new Promise((done) => {
    new IntersectionObserver((entries) => {
      state.seen = entries[entries.length - 1].isIntersecting;
      if (state.seen) done(null);
      adapt();
    }).observe(root);
  });
}

/** Get the networks when they are wanted, and put the pad in the picture's place. */
async function start() {
  await wanted();
  try {
    await live.load();
  } catch (error) {
    find(root, '.draw-why', HTMLElement).textContent = live.why.textContent; // where the picture is still there
    throw error;
  }
  const digit = await demo.begin();
  if (!state.taken) pad.load(digit);
  await live.refresh();
  adapt();
  appear();
  root.dataset.ready = 'true';
}

start();
