/**
 * A drawing becomes a digit like MNIST's: the counterpart of digitrec/reading/recipe.py, names alike.
 *
 * A drawing is dark ink on white paper, all of it one digit: of what is found out about a photograph, only the pen's
 * width (`look`) and specks (`writing`) are left. What comes out is the same. This file knows nothing of the page.
 */

/**
 * @typedef {object} Measures the constants of digitrec/reading/limits.py, by their names; model.bin holds them
 * @property {number} CONTRAST ink takes away at least this part of the light
 * @property {number} NEAR_INK around ink, this part of the picture is compared with it
 * @property {number} FADED a stroke goes on where it has this part of what surely is ink
 * @property {number} PEN_PIXELS pixels that the pen is wide at the scale of reading
 * @property {number} SMALLEST_INK pixels that all ink is large at that scale, at least
 * @property {number} SPECK_PENS what is no longer than so many pens is a speck
 * @property {number} BRIDGE a gap of so many pens does not part a stroke
 * @property {number} SMALLEST_DIGIT a digit's longer side, in pixels at the scale of reading
 * @property {number} FIELD the field's side, in pixels: 28
 * @property {number} BOX the side of the box that the digit is scaled into: 20
 * @property {[number, number]} MNIST_PEN stroke widths, in pixels of the box, of nearly all of MNIST
 * @property {number} FINER the pen is measured and changed in a box so many times finer
 * @property {number} COVERED a pixel belongs to the digit's rectangle when it is covered so much
 * @typedef {{height: number, width: number, data: Float32Array}} Plane a picture, row by row; a mask is 1 or 0
 * @typedef {{top: number, left: number, height: number, width: number}} Box in pixels
 * @typedef {{values: Plane, threshold: number, mask: Plane, pen: number}} Ink values: 0 is paper; mask: where ink is
 */

/** @type {(height: number, width: number, data?: Float32Array) => Plane} */
const plane = (height, width, data = new Float32Array(height * width)) => ({ height, width, data });
/** @type {(size: {height: number, width: number}) => number} */
const longer = ({ height, width }) => Math.max(height, width);
/** @type {(source: Plane, change: (value: number, k: number) => number | boolean) => Plane} */
function map({ height, width, data }, change) {
  const out = plane(height, width);
  for (let k = 0; k < data.length; k++) out.data[k] = +change(data[k], k);
  return out;
}

/** To the nearest whole number, halves to the even one: as Python and OpenCV do. */
const round = (/** @type {number} */ value) => (Math.abs(value % 2) === 0.5 ? Math.trunc(value) : Math.round(value));
function median(/** @type {Float32Array} */ values) {
  const sorted = values.slice().sort();
  return sorted.length ? (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2 : 0;
}

/**
 * Prepare a drawing of one digit as MNIST's digits were prepared.
 * @param {ArrayLike<number>} gray (H, W) 0 black ink to 255 white paper, of which there is some all around
 * @param {number} height H
 * @param {number} width W
 * @param {Measures} measures
 * @param {{centre?: boolean, paper?: number}} options `centre: false`: the digit is scaled but stays where it was drawn,
 *   on a pad with `paper` pixels of paper around it
 * @returns {{image: Uint8Array, box: ?Box}} image: (28, 28), 0 is paper, 255 is ink; box: where the digit was, in the
 *   drawing's pixels, null when there was none
 * @throws {RangeError} the number of pixels is not H · W
 */
export function prepare(gray, height, width, measures, { centre = true, paper = 0 } = {}) {
  if (gray.length !== height * width) {
    throw new RangeError(`drawing: expected ${height} × ${width} pixels, found ${gray.length}`);
  }
  const ink = look(map(plane(height, width, new Float32Array(gray)), (value) => 1 - value / 255), measures);
  const digit = ink && writing(ink, measures);
  if (!digit) return { image: new Uint8Array(measures.FIELD ** 2), box: null };
  const coverage = evenContrast(ink, digit);
  const at = boxOf(coverage, measures.COVERED);
  const scale = longer({ height, width }) / longer(digit);
  const box = { top: at.top * scale, left: at.left * scale, height: at.height * scale, width: at.width * scale };
  const [down, across] = [box.top + box.height / 2 - paper, box.left + box.width / 2 - paper];
  const middle = centre ? null : [down / (height - 2 * paper), across / (width - 2 * paper)];
  const small = fitInto(matchPen(cutOut(coverage, at), measures), measures.BOX);
  return { image: centreByMass(small, measures, middle), box };
}

/** @type {(drawn: Plane, measures: Measures) => ?Ink} at the scale at which the library reads; null: there is none */
function look(drawn, measures) {
  const { PEN_PIXELS, SMALLEST_INK, NEAR_INK, CONTRAST } = measures;
  const side = longer(drawn);
  const scaled = (/** @type {number} */ to) => map(fitInto(drawn, round(to)), (value) => 1 - round(255 - 255 * value) / 255);
  const box = boxOf(drawn, CONTRAST / 2);
  let found = box.height > 0 ? inked(surround(cutOut(drawn, box), round(NEAR_INK * side)), measures, side) : null;
  if (!found) return null;
  // A wide pen is measured again in a smaller picture, of whose pixels each is `unit` of this one.
  const unit = found.pen > 2 * PEN_PIXELS ? side / Math.max(128, round((side * PEN_PIXELS) / found.pen)) : 1;
  if (unit > 1) found = inked(scaled(side / unit), measures) ?? found;
  const [pen, extent] = [found.pen * unit, longer(boxOf(found.mask, 1)) * unit];
  const values = scaled(side * Math.max(PEN_PIXELS / pen, Math.min(1, SMALLEST_INK / extent)));
  const smooth = mixed(values, 1, (away) => Math.exp(-((away / (0.15 * PEN_PIXELS)) ** 2) / 2));
  return inked(pen < PEN_PIXELS ? values : smooth, measures);
}

/**
 * Tell ink from paper, by Otsu's method, and measure the pen: its strokes' middles are half of it away from their edges.
 * @type {(values: Plane, measures: Measures, side?: number) => ?Ink} side: the whole picture's; null: nothing stands out
 */
function inked(values, { CONTRAST, NEAR_INK, FADED }, side = longer(values)) {
  // Paper far from any ink would outweigh a small digit: only what is near ink is compared.
  const near = dilateSquare(map(values, (value) => value > CONTRAST / 2), round(NEAR_INK * side) >> 1);
  const counts = new Float64Array(256);
  for (let k = 0; k < near.data.length; k++) if (near.data[k]) counts[Math.round(255 * values.data[k])]++;
  const total = counts.reduce((a, b) => a + b);
  const sum = counts.reduce((all, count, value) => all + count * value, 0);
  let [threshold, largest, below, sumBelow] = [0, 0, 0, 0];
  counts.forEach((count, value) => {
    below += count;
    sumBelow += value * count;
    const variance = below * (total - below) * (sumBelow / below - (sum - sumBelow) / (total - below)) ** 2;
    if (variance > largest * (1 + 1e-12)) [threshold, largest] = [(value + 0.5) / 255, variance];
  });
  if (!threshold) return null;
  const mask = map(values, (value) => value > FADED * threshold);
  const distance = distances(mask);
  const beside = [1, distance.width - 1, distance.width, distance.width + 1].flatMap((step) => [step, -step]);
  const ridge = distance.data.filter((value, k, all) => value > 0 && beside.every((step) => value >= all[k + step]));
  return { values, threshold, mask, pen: Math.max(1, 2 * median(ridge) - 0.5) };
}

/** @type {(ink: Ink, measures: Measures) => ?Plane} the ink without specks, a mask; null: there is nothing else */
function writing({ mask, pen }, { SPECK_PENS, BRIDGE, SMALLEST_DIGIT }) {
  const { height, width, data } = dilate(mask, Math.floor(BRIDGE * pen) >> 1);
  const around = [-1, 0, 1].flatMap((row) => [row * width - 1, row * width, row * width + 1]);
  const written = plane(height, width);
  for (let start = 0; start < data.length; start++) {
    if (!data[start]) continue;
    const piece = plane(height, width);
    const found = [start];
    for (const k of found) { // which grows
      piece.data[k] = mask.data[k];
      for (const step of around) {
        if (data[k + step]) found.push(k + step);
        data[k + step] = 0;
      }
    }
    if (longer(boxOf(piece, 1)) > SPECK_PENS * pen) for (const k of found) written.data[k] = piece.data[k];
  }
  return longer(boxOf(written, 1)) >= SMALLEST_DIGIT ? written : null;
}

/** @type {(ink: Ink, digit: Plane) => Plane} the digit alone, pale ink made strong: a ramp, steepest at the ink's edge */
function evenContrast({ values, threshold, mask }, digit) {
  const own = map(values, (value, k) => (mask.data[k] && !digit.data[k] ? 0 : value));
  const high = median(own.data.filter((_, k) => digit.data[k]));
  const low = Math.max(2 * threshold - high, 0);
  const near = dilateSquare(digit, 2).data;
  return map(own, (value, k) => near[k] && Math.min(Math.max((value - low) / Math.max(high - low, 1 / 255), 0), 1));
}

/**
 * Widen strokes thinner than MNIST's, narrow those that are wider; leave the rest alone. The pen is four times as wide as
 * the mean distance to its edge. Made wider by d, the whole digit grows by d: `wanted = 20 (width + d) / (20 + d)`.
 * @type {(digit: Plane, measures: Measures) => Plane} the digit itself, or a finer one with another pen
 */
function matchPen(digit, { BOX, FINER, COVERED, MNIST_PEN: [least, greatest] }) {
  const fine = fitInto(digit, FINER * BOX);
  const inside = distances(map(fine, (value) => value >= 0.5)).data.filter((value) => value > 0);
  const width = (4 * (inside.reduce((a, b) => a + b, 0) / inside.length - 0.5)) / FINER;
  const wanted = Math.min(Math.max(width, least), greatest);
  const radius = round((FINER * BOX * Math.abs(wanted - width)) / (BOX - wanted) / 2);
  if (!radius) return digit;
  if (wanted > width) return dilate(surround(fine, radius), radius);
  const narrow = map(dilate(map(surround(fine, radius), (value) => 1 - value), radius), (value) => 1 - value);
  return cutOut(narrow, boxOf(narrow, COVERED));
}

/**
 * Place a digit in 28 × 28 pixels: by whole pixels, never over the edge, its centre of mass comes into the pixel of row
 * 14 and column 14, counted from 0; or the middle of its rectangle to a place, (row, column), each 0–1.
 * @type {(digit: Plane, measures: Measures, middle: ?number[]) => Uint8Array} (28, 28) 0 is paper, 255 is ink
 */
function centreByMass({ height, width, data }, { FIELD }, middle) {
  const at = (/** @type {number} */ k) => [Math.floor(k / width), k % width];
  const total = data.reduce((a, b) => a + b);
  const [top, left] = [height, width].map((length, axis) => {
    const mass = data.reduce((sum, value, k) => sum + value * (at(k)[axis] + 0.5), 0) / total;
    // Halves go up, though a computed one may lie a little below.
    const start = Math.floor(middle ? middle[axis] * FIELD - length / 2 + 0.5 + 1e-9 : FIELD / 2 + 1 - mass);
    return Math.min(Math.max(start, 0), FIELD - length);
  });
  const image = new Uint8Array(FIELD * FIELD);
  data.forEach((value, k) => (image[(top + at(k)[0]) * FIELD + left + at(k)[1]] = round(255 * value)));
  return image;
}

// --- Tools for planes: what OpenCV does for Python ------------------------------------------------

/** @type {(data: Float32Array, reach: number, step: number) => Float32Array} the largest within `reach` steps */
function widest(data, reach, step) {
  let wide = data;
  for (let done = 0, more = 1; done < reach; done += more, more = Math.min(2 * done + 1, reach - done)) {
    const [last, shift] = [wide, more * step];
    wide = last.slice();
    for (let k = shift; k < wide.length - shift; k++) wide[k] = Math.max(last[k - shift], last[k], last[k + shift]);
  }
  return wide;
}

/** @type {(source: Plane, reach: number) => Plane} the largest in a square; along a plane's sides all is to be alike */
const dilateSquare = ({ data, ...size }, reach) => ({ ...size, data: widest(widest(data, reach, 1), reach, size.width) });

/** @type {(source: Plane, radius: number) => Plane} the largest in a disc; along a plane's sides all is to be alike */
function dilate({ height, width, data }, radius) {
  const out = data.slice();
  let [wide, reached] = [data, 0];
  for (let row = radius; row >= 0; row--) {
    const [reach, shift] = [round(Math.sqrt(radius ** 2 - row ** 2)), row * width];
    [wide, reached] = [widest(wide, reach - reached, 1), reach];
    for (let k = shift; k < out.length; k++) {
      out[k] = Math.max(out[k], wide[k - shift]);
      out[k - shift] = Math.max(out[k - shift], wide[k]);
    }
  }
  return plane(height, width, out);
}

/**
 * Distance of each pixel of a mask to the nearest outside, added up from single moves (Borgefors, 1986).
 * @type {(mask: Plane) => Plane} with two pixels more on each side
 */
function distances(mask) {
  const far = map(surround(mask, 2), (value) => (value ? Infinity : 0));
  const { width, data } = far;
  const steps = [1, width, width - 1, width + 1, 2 * width - 1, 2 * width + 1, width - 2, width + 2];
  const lengths = Float32Array.of(1, 1, 1.4, 1.4, 2.1969, 2.1969, 2.1969, 2.1969);
  for (const turn of [1, -1]) {
    for (let at = 0; at < data.length; at++) {
      const k = turn > 0 ? at : data.length - 1 - at;
      for (let n = 0; data[k] && n < 8; n++) data[k] = Math.min(data[k], data[k - turn * steps[n]] + lengths[n]);
    }
  }
  return far;
}

/** @type {(source: Plane, level: number) => Box} the smallest rectangle with all values of at least `level` */
function boxOf({ height, width, data }, level) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let k = 0; k < data.length; k++) {
    if (data[k] < level) continue;
    bottom = Math.floor(k / width);
    top = Math.min(top, bottom);
    left = Math.min(left, k - bottom * width);
    right = Math.max(right, k - bottom * width);
  }
  return { top, left, height: bottom - top + 1, width: right - left + 1 };
}

/** @type {(source: Plane, box: Box) => Plane} a part of a plane; what of it is outside is 0 */
function cutOut(source, { top, left, height, width }) {
  const out = plane(height, width);
  const from = Math.max(0, left);
  for (let row = Math.max(0, top); row < Math.min(source.height, top + height); row++) {
    const line = source.data.subarray(row * source.width, (row + 1) * source.width);
    out.data.set(line.subarray(from, left + width), (row - top) * width + from - left);
  }
  return out;
}

/** @type {(source: Plane, margin: number) => Plane} */
const surround = (source, margin) => cutOut(source,
  { top: -margin, left: -margin, height: source.height + 2 * margin, width: source.width + 2 * margin });

/** @type {(source: Plane, side: number) => Plane} so that the longer side is `side`: reduced, by means of areas */
function fitInto(source, side) {
  const scale = side / longer(source);
  return mixed(source, scale, scale < 1 ? (away, ratio) => Math.min(1, (ratio + 1) / 2 - away) : (away) => 1 - away);
}

/**
 * Scale a plane: each new pixel is a mixture of the old ones near its place, along the rows and then the columns.
 * @param {Plane} source
 * @param {number} scale
 * @param {(away: number, ratio: number) => number} weightOf an old pixel so far away; ratio: old pixels for a new one
 * @returns {Plane}
 */
function mixed({ height, width, data }, scale, weightOf, inRows = true) {
  const out = plane(Math.max(1, round(width * scale)), height); // transposed
  const ratio = width / out.height;
  for (let k = 0; k < out.height; k++) {
    const [middle, reach] = [(k + 0.5) * ratio - 0.5, Math.max(3, ratio)];
    const [first, last] = [Math.max(0, Math.ceil(middle - reach)), Math.min(width - 1, Math.floor(middle + reach))];
    const weights = [];
    for (let n = first; n <= last; n++) weights.push(Math.max(0, weightOf(Math.abs(n - middle), ratio)));
    const total = weights.reduce((a, b) => a + b);
    for (let row = 0; row < height; row++) {
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += weights[n] * data[row * width + first + n];
      out.data[k * height + row] = sum / total;
    }
  }
  return inRows ? mixed(out, scale, weightOf, false) : out;
}
