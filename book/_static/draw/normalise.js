/**
 * A drawing becomes a digit like MNIST's: the counterpart of digitrec/images.py, names alike.
 *
 * A drawing is even, dark ink on white: nothing has to be found out about light, polarity, paper grain,
 * ruled lines. The steps for those are left out; the others are the same, and so is what comes out.
 * This file knows nothing of the page.
 *
 * A plane is a picture of one number a pixel: {height, width, data}, data row by row. What to measure with is
 * Python's: each step takes it as `Measures`.
 */

/**
 * @typedef {object} Measures the constants of digitrec/images.py, by their names; model.bin holds them
 * @property {number} FIELD the field's side, in pixels: 28
 * @property {number} BOX the side of the box that the digit is scaled into: 20
 * @property {[number, number]} MNIST_PEN stroke widths, in pixels of the box, of nearly all of MNIST
 * @property {number} FINER the pen is measured and changed in a box so many times finer
 * @property {number} MIN_CONTRAST ink takes away at least this part of the light
 * @property {number} LARGE pictures with so many pixels along a side are large
 * @property {number} MIN_DIGIT a digit's longer side, in parts of the picture's; half of it in a large one
 * @property {number} NEAR_INK around ink, this part of the picture is compared with it
 * @property {number} GAP strokes with a gap of less than this part of the picture are one group
 * @property {number} SPECK shorter strokes than this part of the picture are specks
 * @property {number} NEARBY to the digit come strokes within this part of its size
 * @property {number} ENOUGH_INK that have this part of its ink
 * @property {number} COVERED a pixel belongs to the digit's rectangle when it is covered so much
 * @property {number} RIM how far from the picture's edge is inside, in parts of its shorter side
 * @property {number} INSIDE a mark at the edge is no digit unless this part of it is inside
 * @property {number} ROUND no digit is as round as this, at the edge or when it is small
 * @property {number} EDGE how near to the edge that is, in parts of the picture's shorter side
 * @property {number} SMALL_ROUND how small, in smallest digits
 * @property {number} GRAINS grain consists of more pieces than this
 * @property {number} LARGEST_GRAIN the largest with less than this part of the ink
 * @property {number} HOLES no digit has more holes than this
 * @property {number} HOLE each at least this part of its rectangle
 */

/**
 * @typedef {{height: number, width: number, data: Float32Array | Uint8Array}} Plane
 * @typedef {{height: number, width: number, data: Uint8Array}} Mask 1 where something is, else 0
 * @typedef {{top: number, left: number, height: number, width: number}} Box in pixels
 * @typedef {{labels: Int32Array, groups: Box[]}} Groups label 0 is paper; groups[k] is the rectangle of label
 *   k + 1
 * @typedef {{first: number, weights: number[]}} Mixture of old pixels, from the first one on
 */

/** How far along rows, columns, diagonals and knight's moves the next pixel is, nearly (Borgefors). */
const CHAMFER_3 = [0.955, 1.3693];
const CHAMFER_5 = [1, 1.4, 2.1969];

/**
 * @param {number} height
 * @param {number} width
 */
const plane = (height, width, data = new Float32Array(height * width)) => ({ height, width, data });

/**
 * Round to the nearest whole number, halves to the even one: as Python and OpenCV do.
 * @param {number} value
 */
function round(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

// --- The recipe, step by step -------------------------------------------------------------------

/**
 * Least value that counts as ink, by Otsu's method; none if nothing stands out.
 * @param {Plane} ink 0 is paper, 1 is black ink
 * @param {number} longest the whole picture's longer side
 * @param {Measures} measures
 * @returns {?number}
 */
export function inkThreshold(ink, longest, { MIN_CONTRAST, NEAR_INK }) {
  const side = Math.max(3, round(NEAR_INK * longest) | 1);
  // Paper far from any ink would outweigh a small digit: only what is near ink is compared.
  const near = dilateSquare(maskOf(ink, MIN_CONTRAST / 2), (side - 1) / 2);
  const counts = new Float64Array(256);
  for (let k = 0; k < ink.data.length; k++) if (near.data[k]) counts[round(255 * ink.data[k])]++;
  const threshold = otsu(counts);
  if (threshold === null) return null;
  const strokes = counts.map((count, value) => (value > threshold ? count : 0));
  const paper = counts.map((count, value) => (value > threshold ? 0 : count));
  return (median(strokes) - median(paper)) / 255 < MIN_CONTRAST ? null : (threshold + 0.5) / 255;
}

/**
 * Value that separates a histogram into two heaps that vary least: values above it are one heap.
 * @param {Float64Array} counts
 */
function otsu(counts) {
  let [total, sum] = [0, 0];
  counts.forEach((count, value) => {
    total += count;
    sum += value * count;
  });
  let best = /** @type {?number} */ (null);
  let [largest, below, sumBelow] = [0, 0, 0];
  counts.forEach((count, value) => {
    below += count;
    sumBelow += value * count;
    if (below === 0 || below === total) return;
    const between = sumBelow / below - (sum - sumBelow) / (total - below);
    const variance = below * (total - below) * between ** 2;
    // Not for a difference that is only rounding.
    if (variance > largest * (1 + 1e-12)) {
      best = value;
      largest = variance;
    }
  });
  return best;
}

/**
 * Middle value of a histogram; between two, their mean.
 * @param {Float64Array} counts
 */
function median(counts) {
  const total = counts.reduce((a, b) => a + b, 0);
  const at = (/** @type {number} */ rank) => {
    let seen = 0;
    return counts.findIndex((count) => (seen += count) > rank);
  };
  return (at(Math.floor((total - 1) / 2)) + at(Math.floor(total / 2))) / 2;
}

/**
 * Separate ink from paper, and from marks that touch the picture's edge and stay close to it.
 *
 * Whoever makes the picture leaves paper around it, so no ruled line goes from side to side here; where such
 * a mark is taken away, the threshold is sought anew in what is left.
 * @param {Plane} ink
 * @param {Box} frame where `ink` lies in the whole picture, of that height and width
 * @param {Measures} measures
 * @returns {?{threshold: number, mask: Mask}} null when nothing stands out
 */
export function separate(ink, frame, measures) {
  const longest = Math.max(frame.height, frame.width);
  let calm = ink;
  for (let tries = 3; ; tries--) {
    const threshold = inkThreshold(calm, longest, measures);
    if (threshold === null) return null;
    const mask = maskOf(calm, threshold);
    const clutter = tries && marksAtEdge(mask, frame, measures);
    if (!clutter) return { threshold, mask };
    const soft = dilateSquare(clutter, 1);
    const { data } = calm;
    calm = plane(ink.height, ink.width, Float32Array.from(data, (value, k) =>
      clutter.data[k] || (soft.data[k] && !mask.data[k]) ? 0 : value));
  }
}

/**
 * Find the marks at the picture's edge that stay close to it.
 * @param {Mask} mask
 * @param {Box} frame as in `separate`
 * @param {Measures} measures
 * @returns {?Mask} null when there are none
 */
function marksAtEdge(mask, frame, { RIM, INSIDE }) {
  const touches = (/** @type {Box} */ box) =>
    frame.top + box.top === 0 || frame.left + box.left === 0 ||
    frame.top + box.top + box.height === frame.height || frame.left + box.left + box.width === frame.width;
  if (!touches({ top: 0, left: 0, height: mask.height, width: mask.width })) return null;
  const { labels, groups } = connectedComponents(mask);
  const margin = round(RIM * Math.min(frame.height, frame.width));
  const area = new Float64Array(groups.length);
  const inside = new Float64Array(groups.length);
  labels.forEach((label, k) => {
    if (!label) return;
    const row = frame.top + Math.floor(k / mask.width);
    const column = frame.left + (k % mask.width);
    area[label - 1]++;
    const fromEdge = Math.min(row, column, frame.height - 1 - row, frame.width - 1 - column);
    if (fromEdge >= margin) inside[label - 1]++;
  });
  const found = groups.map((box, k) => touches(box) && inside[k] < INSIDE * area[k]);
  if (!found.includes(true)) return null;
  return maskOfGroups(mask, labels, found);
}

/**
 * Group the strokes: those with a small gap are one group, specks are dropped.
 * @param {Mask} mask 1 where ink is
 * @param {number} longest the whole picture's longer side
 * @param {Measures} measures
 * @returns {Groups & {pieces: number}} pieces: of how many the groups consist
 */
export function groupStrokes(mask, longest, { GAP, SPECK }) {
  const found = connectedComponents(mask);
  const kept = found.groups.map((box) => Math.max(box.height, box.width) > SPECK * longest);
  const strokes = maskOfGroups(mask, found.labels, kept);
  const pieces = kept.filter(Boolean).length;
  if (pieces < 2) {
    // One piece is one group: the usual case, and fast.
    return { labels: Int32Array.from(strokes.data), groups: found.groups.filter((_, k) => kept[k]), pieces };
  }
  const reach = Math.max(1, round(GAP * longest)) | 1;
  const { labels, groups } = connectedComponents(dilate(strokes, disc((reach - 1) / 2)));
  for (let k = 0; k < labels.length; k++) if (!strokes.data[k]) labels[k] = 0;
  return { labels, groups: boxes(labels, mask.width, groups.length), pieces };
}

/**
 * Choose the strokes of the one digit in a picture: most ink, nearest to the middle.
 * @param {Groups} found what `groupStrokes` returns
 * @param {Plane} ink
 * @param {Box} frame where `ink` lies in the whole picture, of that height and width
 * @param {number} least longer side of a digit, in pixels
 * @param {Measures} measures
 * @returns {?Mask} 1 where the digit is; null when every group is smaller than a digit
 */
export function chooseDigit({ labels, groups }, ink, frame, least, { NEARBY, ENOUGH_INK }) {
  const large = (/** @type {number} */ k) => Math.max(groups[k].height, groups[k].width) >= least;
  if (groups.length === 1) return large(0) ? maskOfGroups(ink, labels, [true]) : null;
  const mass = new Float64Array(groups.length);
  const weight = new Float64Array(groups.length);
  const [down, across] = [hat(frame.height), hat(frame.width)];
  for (let k = 0; k < labels.length; k++) {
    if (labels[k] === 0) continue;
    const row = frame.top + Math.floor(k / ink.width);
    const column = frame.left + (k % ink.width);
    mass[labels[k] - 1] += ink.data[k];
    weight[labels[k] - 1] += ink.data[k] * down[row] * across[column];
  }
  const order = [...groups.keys()].sort((a, b) => weight[b] - weight[a]);
  const main = order.find(large);
  if (main === undefined) return null;
  const chosen = groups.map((_, k) => k === main);
  let left = order.filter((k) => k !== main && mass[k] >= ENOUGH_INK * mass[main]);
  // What joins makes the digit larger, and more may be near.
  while (left.length) {
    const gap = distanceTransform(inverse(maskOfGroups(ink, labels, chosen)), CHAMFER_3);
    const nearest = new Float64Array(groups.length).fill(Infinity);
    labels.forEach((label, k) => {
      if (label) nearest[label - 1] = Math.min(nearest[label - 1], gap[k]);
    });
    const box = around(groups.filter((_, k) => chosen[k]));
    const reach = NEARBY * Math.max(box.height, box.width);
    const near = left.filter((k) => nearest[k] <= reach);
    if (!near.length) break;
    for (const k of near) chosen[k] = true;
    left = left.filter((k) => !chosen[k]);
  }
  return maskOfGroups(ink, labels, chosen);
}

/**
 * Tell whether a mark has not the strokes of a digit: a blot at the edge, a speck, grain, squares.
 * @param {Mask} digit not empty
 * @param {number} pieces the digit consists of so many at most
 * @param {Box} frame where `digit` lies in the whole picture, of that height and width
 * @param {number} least longer side of a digit, in pixels
 * @param {Measures} measures
 */
export function isNoDigit(digit, pieces, frame, least, measures) {
  const { ROUND, EDGE, SMALL_ROUND, GRAINS, LARGEST_GRAIN, HOLES, HOLE } = measures;
  const [box] = boxes(digit.data, digit.width, 1);
  const inside = surround(cutOut(digit, box), 1);
  const longest = Math.max(box.height, box.width);
  const [top, left] = [frame.top + box.top, frame.left + box.left];
  const toEdge = Math.min(top, left, frame.height - top - box.height, frame.width - left - box.width);
  const atEdge = toEdge <= EDGE * Math.min(frame.height, frame.width);
  if ((atEdge || longest < SMALL_ROUND * least) && largestCircle(inside) > ROUND * longest) return true;
  if (pieces > GRAINS) {
    const areas = areasOf(connectedComponents(inside));
    const all = areas.reduce((a, b) => a + b, 0);
    if (areas.length > GRAINS && Math.max(...areas) < LARGEST_GRAIN * all) return true;
  }
  // Pieces less holes is Euler's number, which is quick to find: most drawings have too few holes.
  if (pieces - eulerNumber(inside) <= HOLES) return false;
  const paper = connectedComponents(inverse(inside), false);
  const holes = areasOf(paper).filter((area, k) => paper.groups[k].left > 0 && area >= HOLE * inside.data.length);
  return holes.length > HOLES;
}

/**
 * How many pieces a mask consists of, less the number of its holes: by counting the squares of four pixels that
 * have one, three, or two opposite ones in it (Gray, 1971).
 * @param {Plane} mask 0 along its edges
 */
function eulerNumber({ height, width, data }) {
  let sum = 0;
  for (let row = 1; row < height; row++) {
    for (let k = row * width + 1; k < (row + 1) * width; k++) {
      const count = data[k] + data[k - 1] + data[k - width] + data[k - width - 1];
      if (count === 1) sum += 1;
      else if (count === 3) sum -= 1;
      else if (count === 2 && data[k] === data[k - width - 1]) sum -= 2;
    }
  }
  return sum / 4;
}

/**
 * Diameter of the largest circle in a mask, in pixels.
 * @param {Plane} mask
 */
const largestCircle = (mask) => 2 * distanceTransform(mask, CHAMFER_3).reduce((a, b) => Math.max(a, b), 0);

/**
 * Weights that fall from 1 in the middle of a side to nearly 0 at both ends.
 * @param {number} length
 */
function hat(length) {
  return Float64Array.from({ length }, (_, k) => {
    const place = (k + 0.5) / length;
    return Math.min(1, 4 * Math.min(place, 1 - place));
  });
}

/**
 * Make pale ink strong: a ramp from paper to ink, steepest at its edge. What is not the digit becomes
 * paper.
 * @param {Plane} ink
 * @param {Mask} digit
 * @param {number} threshold
 * @returns {Plane} 0 is paper, 1 is ink
 */
export function evenContrast(ink, digit, threshold) {
  const inDigit = new Float64Array(256);
  const inPaper = new Float64Array(256);
  for (let k = 0; k < ink.data.length; k++) {
    const value = ink.data[k];
    if (digit.data[k]) inDigit[round(255 * value)]++;
    if (value <= threshold) inPaper[round(255 * value)]++;
  }
  const high = median(inDigit) / 255;
  const low = Math.max(2 * threshold - high, median(inPaper) / 255);
  const near = dilateSquare(digit, 2);
  const scale = 1 / Math.max(high - low, 1 / 255);
  const ramp = plane(ink.height, ink.width);
  for (let k = 0; k < ramp.data.length; k++) {
    if (near.data[k]) ramp.data[k] = Math.min(Math.max((ink.data[k] - low) * scale, 0), 1);
  }
  return ramp;
}

/**
 * Cut out the digit: the smallest rectangle with all that is covered; null when nothing is.
 * @param {Plane} coverage
 * @param {Measures} measures
 * @returns {?{cut: Plane, box: Box}}
 */
export function crop(coverage, { COVERED }) {
  const [box] = boxes(maskOf(coverage, COVERED).data, coverage.width, 1);
  return box.height > 0 ? { cut: cutOut(coverage, box), box } : null;
}

/**
 * Mean width of a digit's strokes, in pixels of the 20 × 20 box it will fill: four times the mean
 * distance to the nearest edge.
 * @param {Plane} digit
 * @param {Measures} measures
 */
export function penWidth(digit, { BOX, FINER }) {
  const fine = fitInto(digit, FINER * BOX, 'linear');
  const inked = maskOf(surround(fine, 1), 0.5);
  const distance = distanceTransform(inked, CHAMFER_5);
  let sum = 0;
  let count = 0;
  for (let k = 0; k < distance.length; k++) {
    sum += distance[k]; // 0 where there is no ink
    count += inked.data[k];
  }
  // The nearest pixel outside is half a pixel beyond the edge.
  return count ? (4 * (sum / count - 0.5) * BOX) / Math.max(fine.height, fine.width) : 0;
}

/**
 * Widen strokes thinner than MNIST's, narrow those that are wider; leave the rest alone.
 * Made wider by d, the whole digit grows by d too: `wanted = 20 (width + d) / (20 + d)`, solved for d.
 * @param {Plane} digit
 * @param {Measures} measures
 * @returns {Plane} the digit itself, or a finer one with another pen
 */
export function matchPen(digit, measures) {
  const { BOX, FINER, MNIST_PEN: [least, greatest] } = measures;
  const width = penWidth(digit, measures);
  const wanted = Math.min(Math.max(width, least), greatest);
  const change = (BOX * (wanted - width)) / (BOX - wanted);
  const radius = round((FINER * Math.abs(change)) / 2);
  if (radius === 0) return digit;
  const fine = fitInto(digit, FINER * BOX, 'linear');
  if (wanted > width) return dilate(surround(fine, radius), disc(radius));
  return crop(erode(surround(fine, 1), disc(radius)), measures)?.cut ?? digit;
}

/**
 * Scale a digit into 20 × 20 pixels; each new pixel is the mean of the area it covers.
 * @param {Plane} digit
 * @param {Measures} measures
 */
export const fitBox = (digit, { BOX }) => fitInto(digit, BOX, 'area');

/**
 * Place a digit in 28 × 28 pixels with its centre of mass in the middle: it moves by whole pixels, never
 * over the edge, until that point is in the pixel of row 14 and column 14, counted from 0.
 * @param {Plane} digit height and width ≤ 28; 0 is paper, 1 is ink
 * @param {Measures} measures
 * @param {?[number, number]} middle where the digit's rectangle has its middle in the whole picture, (row,
 *   column), each 0–1: given, the digit stays there instead of being centred
 * @returns {Uint8Array} (28, 28) 0 is paper, 255 is ink
 */
export function centreByMass(digit, { FIELD }, middle = null) {
  let [total, down, across] = [0, 0, 0];
  for (let k = 0; k < digit.data.length; k++) {
    const value = digit.data[k];
    total += value;
    down += value * (Math.floor(k / digit.width) + 0.5);
    across += value * ((k % digit.width) + 0.5);
  }
  /** @type {(length: number, moment: number, place: number | undefined) => number} */
  const startOf = (length, moment, place) => {
    const start = place === undefined ? Math.floor(FIELD / 2 + 1 - moment / total) : round(place * FIELD - length / 2);
    return Math.min(Math.max(start, 0), FIELD - length);
  };
  const top = startOf(digit.height, down, middle?.[0]);
  const left = startOf(digit.width, across, middle?.[1]);
  const field = new Uint8Array(FIELD * FIELD);
  for (let k = 0; k < digit.data.length; k++) {
    const row = top + Math.floor(k / digit.width);
    const column = left + (k % digit.width);
    field[row * FIELD + column] = round(255 * Math.min(Math.max(digit.data[k], 0), 1));
  }
  return field;
}

// --- The recipe, whole --------------------------------------------------------------------------

/**
 * Prepare a drawing of one digit as MNIST's digits were prepared.
 * @param {ArrayLike<number>} gray (H, W) 0 black ink to 255 white paper
 * @param {number} height H
 * @param {number} width W
 * @param {Measures} measures
 * @param {{centre?: boolean, paper?: number}} options `centre: false` scales the digit but leaves it where it
 *   was drawn, on a pad with `paper` pixels of paper around it
 * @returns {{image: Uint8Array, box: ?Box}} image: (28, 28), 0 is paper, 255 is ink; box: where the digit
 *   was, in the drawing's pixels, null when there was none
 * @throws {RangeError} the number of pixels is not H · W
 */
export function prepare(gray, height, width, measures, { centre = true, paper = 0 } = {}) {
  if (gray.length !== height * width) {
    throw new RangeError(`drawing: expected ${height} × ${width} pixels, found ${gray.length}`);
  }
  const { FIELD, LARGE, MIN_DIGIT } = measures;
  const nothing = { image: new Uint8Array(FIELD * FIELD), box: null };
  const found = findDigit(gray, height, width, MIN_DIGIT / (Math.max(height, width) >= LARGE ? 2 : 1), measures);
  if (!found) return nothing;
  const { cut, box } = found;
  /** @type {[number, number]} */
  const middle = [
    (box.top + box.height / 2 - paper) / (height - 2 * paper),
    (box.left + box.width / 2 - paper) / (width - 2 * paper),
  ];
  const small = fitBox(matchPen(cut, measures), measures);
  return { image: centreByMass(small, measures, centre ? null : middle), box };
}

/**
 * Find the one digit in a drawing, and cut it out.
 * @param {ArrayLike<number>} gray
 * @param {number} height
 * @param {number} width
 * @param {number} leastPart a digit's longer side, in parts of the picture's
 * @param {Measures} measures
 * @returns {?{cut: Plane, box: Box}} box: in the drawing's pixels; null when there is none
 */
function findDigit(gray, height, width, leastPart, measures) {
  const longest = Math.max(height, width);
  const rectangle = inkRectangle(gray, height, width, measures);
  if (!rectangle) return null;
  const ink = plane(rectangle.height, rectangle.width);
  for (let row = 0; row < ink.height; row++) {
    const from = (rectangle.top + row) * width + rectangle.left;
    for (let column = 0; column < ink.width; column++) {
      ink.data[row * ink.width + column] = 1 - gray[from + column] / 255;
    }
  }
  const frame = { top: rectangle.top, left: rectangle.left, height, width };
  const separated = separate(ink, frame, measures);
  if (!separated) return null;
  const least = leastPart * longest;
  const strokes = groupStrokes(separated.mask, longest, measures);
  const digit = chooseDigit(strokes, ink, frame, least, measures);
  if (!digit || isNoDigit(digit, strokes.pieces, frame, least, measures)) return null;
  const found = crop(evenContrast(ink, digit, separated.threshold), measures);
  if (!found) return null;
  const { cut, box } = found;
  return { cut, box: { ...box, top: box.top + frame.top, left: box.left + frame.left } };
}

/**
 * Rectangle of all that is not quite paper, and a margin: nothing outside it matters.
 * @param {ArrayLike<number>} gray
 * @param {number} height
 * @param {number} width
 * @param {Measures} measures
 * @returns {?Box}
 */
function inkRectangle(gray, height, width, { MIN_CONTRAST, NEAR_INK }) {
  const margin = Math.ceil(NEAR_INK * Math.max(height, width));
  const lightest = 255 * (1 - MIN_CONTRAST / 2);
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let row = 0, k = 0; row < height; row++) {
    for (let column = 0; column < width; column++, k++) {
      if (gray[k] >= lightest) continue;
      if (row < top) top = row;
      if (column < left) left = column;
      if (column > right) right = column;
      bottom = row;
    }
  }
  if (bottom < 0) return null;
  top = Math.max(top - margin, 0);
  left = Math.max(left - margin, 0);
  bottom = Math.min(bottom + margin, height - 1);
  right = Math.min(right + margin, width - 1);
  return { top, left, height: bottom - top + 1, width: right - left + 1 };
}

// --- Tools for planes: what OpenCV does for Python ------------------------------------------------

/**
 * @param {Plane} source
 * @param {Box} box
 * @returns {Plane}
 */
function cutOut(source, { top, left, height, width }) {
  const cut = plane(height, width);
  for (let row = 0; row < height; row++) {
    const from = (top + row) * source.width + left;
    cut.data.set(source.data.subarray(from, from + width), row * width);
  }
  return cut;
}

/**
 * Put a margin of zeros around a plane.
 * @param {Plane} source
 * @param {number} margin
 * @returns {Plane}
 */
function surround(source, margin) {
  const wide = plane(source.height + 2 * margin, source.width + 2 * margin);
  for (let row = 0; row < source.height; row++) {
    const line = source.data.subarray(row * source.width, (row + 1) * source.width);
    wide.data.set(line, (row + margin) * wide.width + margin);
  }
  return wide;
}

/**
 * A disc's rows, from the top: how far each reaches to the left and right of the middle.
 * @param {number} radius
 */
function disc(radius) {
  return Array.from({ length: 2 * radius + 1 }, (_, row) => {
    const dy = row - radius;
    return radius === 0 ? 0 : round(radius * Math.sqrt((radius ** 2 - dy ** 2) / radius ** 2));
  });
}

/**
 * 1 where a plane's value is at least `level`, else 0.
 * @param {Plane} plane
 * @param {number} level
 * @returns {Mask}
 */
function maskOf({ height, width, data }, level) {
  const mask = new Uint8Array(data.length);
  for (let k = 0; k < data.length; k++) if (data[k] >= level) mask[k] = 1;
  return { height, width, data: mask };
}

/**
 * 1 where a mask is 0, and the other way about.
 * @param {Plane} mask
 * @returns {Mask}
 */
function inverse({ height, width, data }) {
  const mask = new Uint8Array(data.length);
  for (let k = 0; k < data.length; k++) if (!data[k]) mask[k] = 1;
  return { height, width, data: mask };
}

/**
 * 1 where the labels are those of some groups.
 * @param {{height: number, width: number}} size
 * @param {Int32Array} labels
 * @param {boolean[]} chosen for each group, whether it is one
 * @returns {Mask}
 */
function maskOfGroups({ height, width }, labels, chosen) {
  const mask = new Uint8Array(labels.length);
  for (let k = 0; k < labels.length; k++) if (labels[k] && chosen[labels[k] - 1]) mask[k] = 1;
  return { height, width, data: mask };
}

/**
 * Largest value under a shape that is laid on each pixel; what is outside the plane does not count.
 * @param {Plane} source
 * @param {number[]} reaches the shape's rows: how far each reaches to both sides of its middle
 * @returns {Plane}
 */
function dilate(source, reaches) {
  const { height, width } = source;
  const out = plane(height, width, new Float32Array(height * width).fill(-Infinity));
  const middle = (reaches.length - 1) / 2;
  for (const reach of new Set(reaches)) {
    const wide = widestInRows(source, reach).data;
    for (let row = 0; row < reaches.length; row++) {
      if (reaches[row] !== reach) continue;
      const dy = row - middle;
      keepLarger(out.data, wide, Math.max(0, -dy) * width, Math.min(height, height - dy) * width, dy * width);
    }
  }
  return out;
}

/**
 * `out[k] = max(out[k], values[k + shift])` for k from `first` to before `last`.
 * @param {Float32Array} out
 * @param {Float32Array} values
 * @param {number} first
 * @param {number} last
 * @param {number} shift
 */
function keepLarger(out, values, first, last, shift) {
  for (let k = first; k < last; k++) if (values[k + shift] > out[k]) out[k] = values[k + shift];
}

/**
 * The same for a square with sides of 2 · reach + 1: along the rows, then along the columns.
 * @param {Plane} source
 * @param {number} reach
 */
function dilateSquare(source, reach) {
  return transpose(widestInRows(transpose(widestInRows(source, reach)), reach));
}

/** @param {Plane} source */
function transpose({ height, width, data }) {
  const out = plane(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      out.data[column * height + row] = data[row * width + column];
    }
  }
  return out;
}

/**
 * Smallest value under a shape: the largest of the negative, negated.
 * @param {Plane} source
 * @param {number[]} reaches as in `dilate`
 * @returns {Plane}
 */
function erode(source, reaches) {
  const negative = plane(source.height, source.width, Float32Array.from(source.data, (value) => -value));
  const out = dilate(negative, reaches);
  out.data.forEach((value, k) => (out.data[k] = -value));
  return out;
}

/**
 * In each row, the largest value within `reach` to the left and right of each pixel.
 * @param {Plane} source
 * @param {number} reach
 */
function widestInRows({ height, width, data }, reach) {
  // Blocks as long as the window: the largest from a block's start, and to a block's end. A window
  // covers the end of one block and the start of the next, whatever its length.
  const length = 2 * reach + 1;
  const out = plane(height, width);
  const padded = Math.ceil((width + 2 * reach) / length) * length;
  const values = new Float32Array(padded).fill(-Infinity);
  const fromStart = new Float32Array(padded);
  const toEnd = new Float32Array(padded);
  for (let row = 0; row < height; row++) {
    for (let k = 0; k < width; k++) values[k + reach] = data[row * width + k];
    for (let start = 0; start < padded; start += length) {
      const end = start + length - 1;
      let largest = -Infinity;
      for (let k = start; k <= end; k++) {
        if (values[k] > largest) largest = values[k];
        fromStart[k] = largest;
      }
      largest = -Infinity;
      for (let k = end; k >= start; k--) {
        if (values[k] > largest) largest = values[k];
        toEnd[k] = largest;
      }
    }
    for (let k = 0; k < width; k++) {
      const [left, right] = [toEnd[k], fromStart[k + length - 1]];
      out.data[row * width + k] = left > right ? left : right;
    }
  }
  return out;
}

/**
 * Label what hangs together; label 0 is where the mask is 0.
 * @param {Plane} mask
 * @param {boolean} diagonals do pixels hang together that share a corner only?
 * @returns {Groups}
 */
function connectedComponents({ height, width, data }, diagonals = true) {
  const labels = new Int32Array(height * width);
  const waiting = [];
  let count = 0;
  for (let start = 0; start < data.length; start++) {
    if (!data[start] || labels[start]) continue;
    labels[start] = ++count;
    waiting.push(start);
    for (let k = waiting.pop(); k !== undefined; k = waiting.pop()) {
      const row = Math.floor(k / width);
      const column = k - row * width;
      const last = { row: Math.min(row + 1, height - 1), column: Math.min(column + 1, width - 1) };
      for (let r = Math.max(row - 1, 0); r <= last.row; r++) {
        for (let c = Math.max(column - 1, 0); c <= last.column; c++) {
          const next = r * width + c;
          if (!data[next] || labels[next] || !(diagonals || r === row || c === column)) continue;
          labels[next] = count;
          waiting.push(next);
        }
      }
    }
  }
  return { labels, groups: boxes(labels, width, count) };
}

/**
 * How many pixels each group has.
 * @param {Groups} groups
 */
function areasOf({ labels, groups }) {
  const areas = groups.map(() => 0);
  for (let k = 0; k < labels.length; k++) if (labels[k]) areas[labels[k] - 1]++;
  return areas;
}

/**
 * The smallest rectangle of each label 1 … count; height 0 when there is no such pixel.
 * @param {Int32Array | Uint8Array} labels
 * @param {number} width
 * @param {number} count
 * @returns {Box[]}
 */
function boxes(labels, width, count) {
  const edges = Array.from({ length: count }, () => [Infinity, -1, Infinity, -1]);
  for (let k = 0; k < labels.length; k++) {
    if (labels[k] === 0) continue;
    const edge = edges[labels[k] - 1];
    const row = Math.floor(k / width);
    const column = k - row * width;
    if (row < edge[0]) edge[0] = row;
    if (row > edge[1]) edge[1] = row;
    if (column < edge[2]) edge[2] = column;
    if (column > edge[3]) edge[3] = column;
  }
  return edges.map(([top, bottom, left, right]) =>
    bottom < 0
      ? { top: 0, left: 0, height: 0, width: 0 }
      : { top, left, height: bottom - top + 1, width: right - left + 1 },
  );
}

/**
 * The smallest rectangle around others.
 * @param {Box[]} all at least one
 * @returns {Box}
 */
function around(all) {
  const [top, left] = [Math.min(...all.map((box) => box.top)), Math.min(...all.map((box) => box.left))];
  return {
    top, left,
    height: Math.max(...all.map((box) => box.top + box.height)) - top,
    width: Math.max(...all.map((box) => box.left + box.width)) - left,
  };
}

/**
 * Distance of each pixel to the nearest zero: one pass down and one up, each adding the lengths of
 * single moves.
 * @param {Plane} mask
 * @param {number[]} lengths of a move to the side, along a diagonal, and of a knight's move, if used
 * @returns {Float32Array}
 */
function distanceTransform({ height, width, data }, [side, diagonal, knight = Infinity]) {
  // A margin of two far pixels saves looking whether a move leaves the plane.
  const wide = width + 4;
  const far = new Float32Array((height + 4) * wide).fill(1e9);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (!data[row * width + column]) far[(row + 2) * wide + column + 2] = 0;
    }
  }
  // `turn` is 1 going down and −1 going up: the moves are each other's mirror images.
  const sweep = (/** @type {number} */ k, /** @type {1 | -1} */ turn) => {
    const row = turn * wide;
    let nearest = Math.min(far[k], far[k - turn] + side, far[k - row] + side);
    nearest = Math.min(nearest, far[k - row - 1] + diagonal, far[k - row + 1] + diagonal);
    nearest = Math.min(nearest, far[k - 2 * row - 1] + knight, far[k - 2 * row + 1] + knight);
    far[k] = Math.min(nearest, far[k - row - 2] + knight, far[k - row + 2] + knight);
  };
  for (let row = 2; row < height + 2; row++) {
    for (let k = row * wide + 2; k < row * wide + width + 2; k++) if (far[k] > 0) sweep(k, 1);
  }
  for (let row = height + 1; row >= 2; row--) {
    for (let k = row * wide + width + 1; k >= row * wide + 2; k--) if (far[k] > 0) sweep(k, -1);
  }
  const out = new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    const from = (row + 2) * wide + 2;
    out.set(far.subarray(from, from + width), row * width);
  }
  return out;
}

/**
 * Scale a plane so that its longer side is `side`, keeping its aspect.
 * @param {Plane} source
 * @param {number} side
 * @param {'area' | 'linear'} enlarging how, when it becomes larger
 */
function fitInto(source, side, enlarging) {
  const scale = side / Math.max(source.height, source.width);
  const [height, width] = [source.height, source.width].map((n) => Math.max(1, round(n * scale)));
  const weights = scale < 1 ? areaWeights : enlarging === 'area' ? areaGrown : linearWeights;
  return resize(source, weights(source.height, height), weights(source.width, width));
}

/**
 * Resize along both axes: the rows, then the columns, which are the rows of the transposed plane.
 * @param {Plane} source
 * @param {Mixture[]} rows
 * @param {Mixture[]} columns
 */
function resize(source, rows, columns) {
  return transpose(resizeRows(transpose(resizeRows(source, columns)), rows));
}

/**
 * In each row, `new[k] = sum over n of weights[n] · old[first + n]`, with the k-th entry's weights.
 * @param {Plane} source
 * @param {Mixture[]} entries
 */
function resizeRows({ height, width, data }, entries) {
  const out = plane(height, entries.length);
  for (let k = 0; k < entries.length; k++) {
    const { first, weights } = entries[k];
    for (let row = 0; row < height; row++) {
      const from = row * width + first;
      let sum = 0;
      for (let n = 0; n < weights.length; n++) sum += weights[n] * data[from + n];
      out.data[row * entries.length + k] = sum;
    }
  }
  return out;
}

/**
 * Shrinking: each new pixel is the mean of the old ones that it covers, wholly or in part.
 * @param {number} from pixels
 * @param {number} to pixels
 * @returns {Mixture[]}
 */
function areaWeights(from, to) {
  const ratio = from / to;
  return Array.from({ length: to }, (_, k) => {
    const [start, end] = [k * ratio, Math.min((k + 1) * ratio, from)];
    const first = Math.floor(start);
    const weights = [];
    for (let index = first; index < end - 1e-9; index++) {
      weights.push((Math.min(index + 1, end) - Math.max(index, start)) / (end - start));
    }
    return { first, weights };
  });
}

/**
 * Enlarging: a straight line between the middles of neighbouring pixels.
 * @param {number} from pixels
 * @param {number} to pixels
 * @returns {Mixture[]}
 */
function linearWeights(from, to) {
  return Array.from({ length: to }, (_, k) => mixture((k + 0.5) * (from / to) - 0.5, from));
}

/**
 * Enlarging as areas: a new pixel is one old one, or a mixture where it lies across their border.
 * @param {number} from pixels
 * @param {number} to pixels
 * @returns {Mixture[]}
 */
function areaGrown(from, to) {
  return Array.from({ length: to }, (_, k) => {
    const index = Math.floor(k * (from / to));
    const across = k + 1 - (index + 1) * (to / from);
    return mixture(index + (across <= 0 ? 0 : across - Math.floor(across)), from);
  });
}

/**
 * Weights of the two pixels on either side of a position; at the ends, of the last one.
 * @param {number} position
 * @param {number} length
 * @returns {Mixture}
 */
function mixture(position, length) {
  const inside = Math.min(Math.max(position, 0), length - 1);
  const first = Math.min(Math.floor(inside), Math.max(length - 2, 0));
  const part = inside - first;
  return { first, weights: part > 0 ? [1 - part, part] : [1] };
}
