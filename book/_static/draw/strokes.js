/**
 * A drawing: what was drawn, how it becomes a picture, and how it fits into an address.
 *
 * A drawing is {sample, strokes}: the number of a test digit that lies below, or null, and strokes
 * {pen, points}. Points are x0, y0, x1, y1, … in thousandths of the pad's side, whole numbers, and so is
 * the pen's width: the same drawing on any screen. Drawings are never changed, only replaced.
 */

/** The pad's side in a drawing's units. */
export const UNITS = 1000;
/** Pens to choose from, in units. The middle one is as wide as MNIST's for a digit that fills the pad. */
export const PENS = { thin: 35, medium: 70, thick: 110 };
/** The pad's side in the picture that the networks' recipe starts from, in pixels: eight for one of MNIST's box. */
const PICTURE = 160;
/** Of a drawing smaller than this part of the pad, that picture is this many times finer. */
const SMALL = 0.25;
const FINER = 2;
/**
 * Around the pad lies so much paper, in parts of its side: what is drawn at the pad's edge is whole, and the
 * library does not take it for the edge of what was photographed.
 */
const PAPER = 0.06;

/**
 * @typedef {{pen: number, points: number[]}} Stroke
 * @typedef {{sample: ?number, strokes: Stroke[]}} Drawing
 */

/** @type {Drawing} */
export const EMPTY = Object.freeze({ sample: null, strokes: [] });

/** The first byte of an encoded drawing: whoever changes the format counts up. */
const FORMAT = 1;
/** A longer text than this is cut off by some programs that pass links on. */
const LONGEST = 8000;
/** Where a drawing has to become shorter, of points nearer than this to each other, in units, one is kept. */
const COARSER = [12, 24, 48];

/** @param {Drawing} drawing */
export const isEmpty = (drawing) => drawing.sample === null && drawing.strokes.length === 0;

// --- In an address --------------------------------------------------------------------------------

/**
 * Write a drawing as text that needs no escaping in an address.
 *
 * Numbers are written seven bits a byte, low bits first, the eighth bit saying that more follow. A
 * point is written as the way from the one before it, a small number.
 * @param {Drawing} drawing
 */
export function encode({ sample, strokes }) {
  const bytes = [FORMAT];
  const write = (/** @type {number} */ number) => {
    for (; number > 127; number >>>= 7) bytes.push((number & 127) | 128);
    bytes.push(number);
  };
  // 0, −1, 1, −2, … as 0, 1, 2, 3, …
  const writeSigned = (/** @type {number} */ number) => write(number < 0 ? -2 * number - 1 : 2 * number);
  write(sample === null ? 0 : sample + 1);
  for (const { pen, points } of strokes) {
    write(pen);
    write(points.length / 2);
    points.forEach((value, k) => writeSigned(value - (k < 2 ? 0 : points[k - 2])));
  }
  const text = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(''));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * Write a drawing as text that `decode` reads: where it would be too long, with fewer points.
 * @param {Drawing} drawing
 * @returns {?string} null: there are too many strokes
 */
export function encodeShort(drawing) {
  for (const distance of [0, ...COARSER]) {
    const text = encode({ ...drawing, strokes: drawing.strokes.map((stroke) => thinned(stroke, distance)) });
    if (text.length <= LONGEST) return text;
  }
  return null;
}

/**
 * Leave out points that are near to the last one kept; the first and the last stay.
 * @param {Stroke} stroke
 * @param {number} distance in units
 * @returns {Stroke}
 */
function thinned({ pen, points }, distance) {
  const kept = points.slice(0, 2);
  for (let k = 2; k < points.length; k += 2) {
    const [x, y] = kept.slice(-2);
    const isLast = k === points.length - 2;
    if (isLast || Math.hypot(points[k] - x, points[k + 1] - y) >= distance) kept.push(points[k], points[k + 1]);
  }
  return { pen, points: kept };
}

/**
 * Read what `encode` wrote.
 * @param {string} text
 * @param {number} samples how many test digits there are
 * @returns {Drawing}
 * @throws {Error} it is not a drawing
 */
export function decode(text, samples) {
  const wrong = (/** @type {string} */ what) => new Error(`address: expected a drawing, found ${what}`);
  if (text.length > LONGEST) throw wrong(`${text.length} letters`);
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
    letter.charCodeAt(0),
  );
  let at = 1;
  const read = () => {
    let number = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length || shift > 21) throw wrong('one that is cut off');
      number |= (bytes[at] & 127) << shift;
      if (bytes[at++] < 128) return number;
    }
  };
  const readSigned = () => {
    const number = read();
    return number % 2 ? -(number + 1) / 2 : number / 2;
  };
  if (bytes[0] !== FORMAT) throw wrong(`format ${bytes[0]}`);
  const sample = read() - 1;
  if (sample >= samples) throw wrong(`test digit ${sample} of ${samples}`);
  /** @type {Stroke[]} */
  const strokes = [];
  while (at < bytes.length) {
    const [pen, count] = [read(), read()];
    if (pen < 1 || pen > UNITS || count < 1) throw wrong(`a pen of ${pen} and ${count} points`);
    /** @type {number[]} */
    const points = [];
    for (let k = 0; k < 2 * count; k++) {
      points.push(readSigned() + (k < 2 ? 0 : points[k - 2]));
      if (points[k] < -UNITS || points[k] > 2 * UNITS) throw wrong(`a point at ${points[k]}`);
    }
    strokes.push({ pen, points });
  }
  return { sample: sample < 0 ? null : sample, strokes };
}

// --- As a picture ---------------------------------------------------------------------------------

/**
 * A canvas's context; there is one in every browser that loads modules.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 * @returns {CanvasRenderingContext2D}
 */
export function contextOf(canvas, settings) {
  const context = canvas.getContext('2d', settings);
  if (!context) throw new Error('canvas: expected a context to draw on, found none');
  return context;
}

/**
 * A test digit as a small picture: black where the ink is, transparent elsewhere.
 * @param {Uint8Array} image (28, 28) 0 is paper, 255 is ink
 */
export function samplePicture(image) {
  const side = Math.sqrt(image.length);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const pixels = new ImageData(side, side);
  image.forEach((value, k) => (pixels.data[4 * k + 3] = value));
  contextOf(canvas).putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * The drawing as the networks' recipe takes it and as it is saved: black on white, on a canvas that nobody sees.
 */
export class Picture {
  constructor() {
    this.canvas = document.createElement('canvas');
    this.context = contextOf(this.canvas, { willReadFrequently: true, alpha: false });
    /** Pixels of paper on each side of the pad. */
    this.paper = 0;
    /** The pad's side in pixels. */
    this.pad = 0;
  }

  /**
   * @param {Drawing} drawing
   * @param {HTMLCanvasElement[]} samples the test digits
   */
  draw(drawing, samples) {
    this.pad = PICTURE * (extentOf(drawing) < SMALL * UNITS ? FINER : 1);
    this.paper = Math.round(PAPER * this.pad);
    const side = this.pad + 2 * this.paper;
    const { canvas, context } = this;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    context.fillStyle = '#fff';
    context.fillRect(0, 0, side, side);
    context.save();
    context.translate(this.paper, this.paper);
    // What a wide pen draws beyond the pad is not seen there.
    context.beginPath();
    context.rect(0, 0, this.pad, this.pad);
    context.clip();
    render(context, this.pad, drawing, samples);
    context.restore();
  }

  /** @returns {{gray: Uint8Array, side: number}} gray: (side, side), 0 black to 255 white */
  read() {
    const side = this.canvas.width;
    const { data } = this.context.getImageData(0, 0, side, side);
    const gray = new Uint8Array(side * side);
    for (let k = 0; k < gray.length; k++) gray[k] = data[4 * k];
    return { gray, side };
  }
}

/**
 * The longer side of all that is drawn, the pen's width included, in units.
 * @param {Drawing} drawing
 */
function extentOf({ sample, strokes }) {
  if (sample !== null) return UNITS;
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (const { pen, points } of strokes) {
    for (let k = 0; k < points.length; k++) {
      low[k % 2] = Math.min(low[k % 2], points[k] - pen / 2);
      high[k % 2] = Math.max(high[k % 2], points[k] + pen / 2);
    }
  }
  return Math.max(high[0] - low[0], high[1] - low[1]);
}

/**
 * Draw a drawing's ink on whatever is there.
 * @param {CanvasRenderingContext2D} context
 * @param {number} side the pad's side in the context's pixels
 * @param {Drawing} drawing
 * @param {HTMLCanvasElement[]} pictures the test digits
 * @param {string} colour of the strokes; test digits are black
 */
export function render(context, side, { sample, strokes }, pictures, colour = '#000') {
  const scale = side / UNITS;
  context.imageSmoothingQuality = 'high';
  if (sample !== null && pictures[sample]) context.drawImage(pictures[sample], 0, 0, side, side);
  context.lineCap = context.lineJoin = 'round';
  context.strokeStyle = colour;
  for (const { pen, points } of strokes) {
    context.lineWidth = pen * scale;
    context.beginPath();
    const at = (/** @type {number} */ k) => points[k] * scale;
    context.moveTo(at(0), at(1));
    // Bends through the middles between the points: a smooth line, however few points there are.
    for (let k = 2; k < points.length - 2; k += 2) {
      context.quadraticCurveTo(at(k), at(k + 1), (at(k) + at(k + 2)) / 2, (at(k + 1) + at(k + 3)) / 2);
    }
    context.lineTo(at(points.length - 2), at(points.length - 1));
    context.stroke();
  }
}
