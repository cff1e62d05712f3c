/**
 * The drawing pad: mouse, pen, finger and keyboard become strokes; undo; the ink on the screen.
 */

import { EMPTY, PENS, UNITS, contextOf, isEmpty, render } from './strokes.js';

/** Points nearer to the last one than this, in units, say nothing new. */
const CLOSE = 6;
/** An arrow key moves the pen this far, in units; with Shift, this far. */
const STEP = 40;
const SMALL_STEP = 10;
/** The keyboard's pen starts here, in units. */
const START = [500, 250];
/** @type {Record<string, number[]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {import('./strokes.js').Drawing} Drawing */

export class Pad {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(drawing: Drawing, done: boolean) => void} changed called after each change; done: a stroke
   *   is finished
   * @param {(words: string) => void} say what a screen reader should read out
   */
  constructor(canvas, changed, say) {
    this.canvas = canvas;
    this.changed = changed;
    this.say = say;
    this.context = contextOf(canvas);
    this.drawing = EMPTY;
    /** @type {Drawing[]} */
    this.history = [];
    this.pen = PENS.medium;
    /** @type {HTMLCanvasElement[]} */
    this.pictures = [];
    /** @type {?{left: number, top: number, width: number, height: number}} */
    this.found = null; // the rectangle in which the digit was found, in parts of the pad
    /** @type {?number} */
    this.pointer = null; // the pointer that draws: a second finger does not
    this.key = { at: [...START], down: false, shown: false };
    this.rectangle = canvas.getBoundingClientRect();
    this.colours = { ink: '', accent: '' };
    this.listen();
  }

  // --- The drawing ------------------------------------------------------------------------------

  /**
   * Replace the drawing, so that undo brings the old one back.
   * @param {Drawing} drawing
   */
  replace(drawing) {
    this.endStroke();
    this.history.push(this.drawing);
    this.drawing = drawing;
    this.changed(drawing, true);
  }

  /**
   * Show a drawing that was not made here; there is nothing to undo.
   * @param {Drawing} drawing
   */
  load(drawing) {
    this.endStroke();
    this.drawing = drawing;
    this.history = [];
    this.changed(drawing, true);
  }

  undo() {
    this.endStroke();
    const before = this.history.pop();
    if (!before) {
      this.say('Nothing to undo.');
      return;
    }
    this.drawing = before;
    this.changed(this.drawing, true);
  }

  clear() {
    this.endStroke();
    if (!isEmpty(this.drawing)) this.replace(EMPTY);
  }

  /** @param {number[]} point */
  startStroke(point) {
    this.history.push(this.drawing);
    const stroke = { pen: this.pen, points: [...point] };
    this.drawing = { ...this.drawing, strokes: [...this.drawing.strokes, stroke] };
    this.changed(this.drawing, false);
  }

  /**
   * Add points to the stroke that is being drawn.
   * @param {number[][]} points
   */
  extendStroke(points) {
    const strokes = [...this.drawing.strokes];
    const last = strokes.pop();
    if (!last) return;
    const all = [...last.points];
    for (const [x, y] of points) {
      if (Math.hypot(x - all[all.length - 2], y - all[all.length - 1]) >= CLOSE) all.push(x, y);
    }
    if (all.length === last.points.length) return;
    this.drawing = { ...this.drawing, strokes: [...strokes, { ...last, points: all }] };
    this.changed(this.drawing, false);
  }

  /** No pointer and no key draws on: the stroke may be gone, or another drawing be there. */
  endStroke() {
    this.pointer = null;
    this.key.down = false;
  }

  // --- Mouse, pen, finger, keys -------------------------------------------------------------------

  listen() {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => {
      if (this.pointer !== null || event.button !== 0) return;
      event.preventDefault(); // no text is selected
      canvas.focus({ preventScroll: true });
      this.endStroke();
      this.key.shown = false;
      this.pointer = event.pointerId;
      this.measure();
      canvas.setPointerCapture?.(event.pointerId);
      this.startStroke(this.unitsOf(event));
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.pointerId !== this.pointer) return;
      // A fast pointer moves many times between two pictures on the screen.
      const events = event.getCoalescedEvents?.() ?? [];
      this.extendStroke((events.length ? events : [event]).map((e) => this.unitsOf(e)));
    });
    for (const name of /** @type {const} */ (['pointerup', 'pointercancel', 'lostpointercapture'])) {
      canvas.addEventListener(name, (event) => {
        if (event.pointerId !== this.pointer) return;
        this.pointer = null;
        this.changed(this.drawing, true);
      });
    }
    canvas.addEventListener('keydown', (event) => this.press(event));
    canvas.addEventListener('blur', () => {
      if (this.key.down) this.lift();
      this.key.shown = false;
      this.show();
    });
    canvas.addEventListener('focus', () => {
      if (this.pointer === null && canvas.matches(':focus-visible')) {
        this.key.shown = true;
        this.show();
      }
    });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey) {
      if (event.key === 'z') {
        event.preventDefault();
        this.undo();
      }
      return;
    }
    const { key } = this;
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? SMALL_STEP : STEP;
      key.at = key.at.map((value, axis) => Math.min(Math.max(value + step * arrow[axis], 0), UNITS));
      if (key.down) this.extendStroke([key.at]);
    } else if (event.key === ' ') {
      if (key.down) {
        this.lift();
      } else if (this.pointer === null) {
        key.down = true;
        this.startStroke(key.at);
        this.say('Pen down.');
      }
    } else if (event.key === 'Escape' && key.down) {
      this.lift();
    } else if (event.key === 'Backspace') {
      this.undo();
    } else if (event.key === 'Delete') {
      this.clear();
    } else {
      return; // not ours: Tab leaves the pad, letters scroll or search
    }
    event.preventDefault();
    key.shown = true;
    this.show();
  }

  lift() {
    this.key.down = false;
    this.say('Pen up.');
    this.changed(this.drawing, true);
  }

  /** Where the pad is; asked once a stroke, since the answer takes time. */
  measure() {
    this.rectangle = this.canvas.getBoundingClientRect();
  }

  /**
   * An event's place in units: whole numbers, on the pad.
   * @param {PointerEvent} event
   */
  unitsOf(event) {
    const { left, top, width, height } = this.rectangle;
    const place = [(event.clientX - left) / width, (event.clientY - top) / height];
    return place.map((part) => Math.min(Math.max(Math.round(part * UNITS), 0), UNITS));
  }

  // --- On the screen --------------------------------------------------------------------------------

  /** Draw the ink in the theme's colours, the found rectangle and the keyboard's pen. */
  show() {
    const { canvas, context, found, key } = this;
    const side = canvas.width;
    const style = this.colours;
    context.clearRect(0, 0, side, side);
    render(context, side, this.drawing, this.pictures, style.ink);
    if (this.drawing.sample !== null) {
      // Test digits are black pictures: all that is drawn takes on the ink's colour.
      context.globalCompositeOperation = 'source-in';
      context.fillStyle = style.ink;
      context.fillRect(0, 0, side, side);
      context.globalCompositeOperation = 'source-over';
    }
    const line = side / 280;
    context.strokeStyle = style.accent;
    context.lineWidth = line;
    if (found) {
      context.setLineDash([4 * line, 4 * line]);
      context.strokeRect(found.left * side, found.top * side, found.width * side, found.height * side);
      context.setLineDash([]);
    }
    if (key.shown) {
      const [x, y] = key.at.map((value) => (value * side) / UNITS);
      context.beginPath();
      context.arc(x, y, 7 * line, 0, 2 * Math.PI);
      context.moveTo(x - 12 * line, y);
      context.lineTo(x + 12 * line, y);
      context.moveTo(x, y - 12 * line);
      context.lineTo(x, y + 12 * line);
      context.lineWidth = 2 * line;
      context.stroke();
      if (key.down) {
        context.fillStyle = style.accent;
        context.fill();
      }
    }
  }

  /** Take the size and the colours from the page, when either has changed. */
  adapt() {
    const style = getComputedStyle(this.canvas);
    this.colours = { ink: style.color, accent: style.getPropertyValue('--digitrec-accent') || style.color };
    const side = Math.max(1, Math.round(this.canvas.clientWidth * devicePixelRatio));
    if (side !== this.canvas.width) this.canvas.width = this.canvas.height = side;
    this.show();
  }
}
