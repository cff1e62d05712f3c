/** Numbers as colours, the same as in the book's figures: pixels grey, answers viridis, weights signed. */

const STEPS = 256;

/**
 * Colours of a scale, straight lines between the ones given: four bytes each, red green blue opacity.
 * @param {...string} colours #rrggbb
 */
function scale(...colours) {
  const bytes = new Uint8ClampedArray(4 * STEPS);
  const channels = colours.map((colour) => [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16)));
  for (let step = 0; step < STEPS; step++) {
    const place = (step / (STEPS - 1)) * (colours.length - 1);
    const below = Math.min(Math.floor(place), colours.length - 2);
    for (let c = 0; c < 3; c++) {
      const [low, high] = [channels[below][c], channels[below + 1][c]];
      bytes[4 * step + c] = low + (place - below) * (high - low);
    }
    bytes[4 * step + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/** 0 … 1 */
export const GREY = scale('#000000', '#ffffff');
/** 0 … 1: what a ReLU gives, a part of the largest. */
export const POSITIVE = scale('#440154', '#414487', '#2a788e', '#22a884', '#7ad151', '#fde725');
/** 0 … 1 for −largest … largest: blue below zero, white at zero, red above. */
export const SIGNED = scale('#2166ac', '#92c5de', '#f7f7f7', '#f4a582', '#b2182b');

/** @param {number} value 0–1 */
const stepOf = (value) => Math.min(Math.max(Math.round(value * (STEPS - 1)), 0), STEPS - 1);

/**
 * A value's colour as four bytes in one number, for a picture's pixels.
 * @param {Uint32Array} colours a scale
 * @param {number} value 0–1
 */
export const pixelOf = (colours, value) => colours[stepOf(value)];

/**
 * How light a colour is, 0–1 (WCAG 2.2, relative luminance); the counterpart of `luminance` in
 * digitrec/plots.py.
 * @param {...number} channels red, green, blue, 0–255
 */
function luminance(...channels) {
  const [r, g, b] = channels.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
/** Black text has more contrast than white on colours lighter than this. */
const LIGHT = 0.179;

/**
 * A value's colour for a style sheet, and that of legible text on it.
 * @param {Uint32Array} colours a scale
 * @param {number} value 0–1
 */
export function styleOf(colours, value) {
  const number = colours[stepOf(value)];
  const [r, g, b] = [number & 255, (number >> 8) & 255, (number >> 16) & 255];
  return { background: `rgb(${r} ${g} ${b})`, color: luminance(r, g, b) > LIGHT ? '#000' : '#fff' };
}

/**
 * Paint tiles on a canvas, a pixel a number, with a pixel of space after each tile.
 * @param {HTMLCanvasElement} canvas resized when it has to be
 * @param {number[]} shape (H, W, tiles), as the values lie
 * @param {number} columns tiles in a row
 * @param {(k: number) => number} colourOf colour of the k-th value
 */
export function paintTiles(canvas, [height, width, tiles], columns, colourOf) {
  const gap = tiles > 1 ? 1 : 0;
  const across = Math.min(columns, tiles);
  const [w, h] = [across * (width + gap), Math.ceil(tiles / across) * (height + gap)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const image = new ImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  for (let tile = 0; tile < tiles; tile++) {
    const corner = Math.floor(tile / across) * (height + gap) * w + (tile % across) * (width + gap);
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        pixels[corner + row * w + column] = colourOf((row * width + column) * tiles + tile);
      }
    }
  }
  // Kept where the processor paints it: a few hundred pixels are not worth a graphics card.
  canvas.getContext('2d', { willReadFrequently: true })?.putImageData(image, 0, 0);
}
