/**
 * A drawing becomes a digit like MNIST's: the counterpart of digitrec/images.py, names alike.
 *
 * A drawing is even, dark ink on white: nothing has to be found out about light, polarity, paper grain,
 * ruled lines. The steps for those are left out; the others are the same, and so is what comes out.
 * This file knows nothing of the page.
 *
 * A plane is a picture of one number a pixel: {height, width, data}, data row by row.
 */

/** MNIST's measures: the field, and the box the digit is scaled into. */
export const FIELD = 28;
export const BOX = 20;
/** Stroke widths, in pixels of the 20 × 20 box, of nearly all of MNIST. */
export const MNIST_PEN = [1.7, 4.5];
/** Ink takes away at least this part of the light. */
const MIN_CONTRAST = 0.06;
/** A digit's longer side is at least this part of the picture's; smaller is a speck. */
const MIN_DIGIT = 0.05;
/** The pen is measured and changed in a box so many times finer than 20 × 20. */
const FINER = 8;
/** A pixel belongs to the digit's rectangle when it is covered at least so much. */
const COVERED = 0.15;
/** Around ink, this part of the picture is compared with it to find the threshold. */
const NEAR = 0.06;
/** Strokes with a gap of less than this part of the picture are one group; shorter ones are specks. */
const GAP = 0.03;
const SPECK = 0.02;
/** To the digit come strokes within this part of its size that have this part of its ink. */
const NEARBY = 0.4;
const ENOUGH_INK = 0.03;
/** How far along rows, columns, diagonals and knight's moves the next pixel is, nearly (Borgefors). */
const CHAMFER_3 = [0.955, 1.3693];
const CHAMFER_5 = [1, 1.4, 2.1969];

const plane = (height, width, data = new Float32Array(height * width)) => ({ height, width, data });

/** Round to the nearest whole number, halves to the even one: as Python and OpenCV do. */
function round(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

// --- The recipe, step by step -------------------------------------------------------------------

/**
 * Least value that counts as ink, by Otsu's method; none if nothing stands out.
 * @param {{height, width, data}} ink 0 is paper, 1 is black ink
 * @param {number} longest the whole picture's longer side
 * @returns {?number}
 */
export function inkThreshold(ink, longest) {
  const side = Math.max(3, round(NEAR * longest) | 1);
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

/** Value that separates a histogram into two heaps that vary least: values above it are one heap. */
function otsu(counts) {
  let [total, sum] = [0, 0];
  counts.forEach((count, value) => {
    total += count;
    sum += value * count;
  });
  let [best, largest, below, sumBelow] = [null, 0, 0, 0];
  counts.forEach((count, value) => {
    below += count;
    sumBelow += value * count;
    if (below === 0 || below === total) return;
    const between = sumBelow / below - (sum - sumBelow) / (total - below);
    const variance = below * (total - below) * between ** 2;
    // Not for a difference that is only rounding.
    if (variance > largest * (1 + 1e-12)) [best, largest] = [value, variance];
  });
  return best;
}

/** Middle value of a histogram; between two, their mean. */
function median(counts) {
  const total = counts.reduce((a, b) => a + b, 0);
  const at = (rank) => {
    let seen = 0;
    return counts.findIndex((count) => (seen += count) > rank);
  };
  return (at(Math.floor((total - 1) / 2)) + at(Math.floor(total / 2))) / 2;
}

/**
 * Group the strokes: those with a small gap are one group, specks are dropped.
 * @param {{height, width, data: Uint8Array}} mask 1 where ink is
 * @param {number} longest the whole picture's longer side
 * @returns {{labels: Int32Array, groups: object[]}} label 0 is paper; groups[k] has the rectangle of
 *   the strokes labelled k + 1
 */
export function groupStrokes(mask, longest) {
  const pieces = connectedComponents(mask);
  const kept = pieces.groups.map((box) => Math.max(box.height, box.width) > SPECK * longest);
  const data = pieces.labels.map((label) => (label && kept[label - 1] ? label : 0));
  if (kept.filter(Boolean).length < 2) {
    // One piece is one group: the usual case, and fast.
    return { labels: data.map((label) => (label ? 1 : 0)), groups: pieces.groups.filter((_, k) => kept[k]) };
  }
  const strokes = plane(mask.height, mask.width, data.map((label) => (label ? 1 : 0)));
  const reach = Math.max(1, round(GAP * longest)) | 1;
  const joined = connectedComponents(dilate(strokes, disc((reach - 1) / 2)));
  const labels = joined.labels.map((label, k) => (strokes.data[k] ? label : 0));
  return { labels, groups: boxes(labels, mask.width, joined.groups.length) };
}

/**
 * Choose the strokes of the one digit in a picture: most ink, nearest to the middle.
 * @param {{labels, groups}} found what `groupStrokes` returns
 * @param {{height, width, data}} ink
 * @param {{top, left, height, width}} frame where `ink` lies in the whole picture, of that size
 * @returns {?Int32Array} 1 where the digit is; null when every group is smaller than a digit
 */
export function chooseDigit({ labels, groups }, ink, frame) {
  const longest = Math.max(frame.height, frame.width);
  const large = (k) => Math.max(groups[k].height, groups[k].width) >= MIN_DIGIT * longest;
  if (groups.length === 1) return large(0) ? labels : null;
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
  const size = Math.max(groups[main].height, groups[main].width);
  const outside = labels.map((label) => (label === main + 1 ? 0 : 1));
  const gap = distanceTransform(plane(ink.height, ink.width, outside), CHAMFER_3);
  const nearest = new Float64Array(groups.length).fill(Infinity);
  labels.forEach((label, k) => {
    if (label) nearest[label - 1] = Math.min(nearest[label - 1], gap[k]);
  });
  groups.forEach((_, k) => {
    chosen[k] ||= mass[k] >= ENOUGH_INK * mass[main] && nearest[k] <= NEARBY * size;
  });
  return labels.map((label) => (label && chosen[label - 1] ? 1 : 0));
}

/** Weights that fall from 1 in the middle of a side to nearly 0 at both ends. */
function hat(length) {
  return Float64Array.from({ length }, (_, k) => {
    const place = (k + 0.5) / length;
    return Math.min(1, 4 * Math.min(place, 1 - place));
  });
}

/**
 * Make pale ink strong: a ramp from paper to ink, steepest at its edge. What is not the digit becomes
 * paper.
 * @returns {{height, width, data: Float32Array}} 0 is paper, 1 is ink
 */
export function evenContrast(ink, digit, threshold) {
  const inDigit = new Float64Array(256);
  const inPaper = new Float64Array(256);
  for (let k = 0; k < ink.data.length; k++) {
    const value = ink.data[k];
    if (digit[k]) inDigit[round(255 * value)]++;
    if (value <= threshold) inPaper[round(255 * value)]++;
  }
  const high = median(inDigit) / 255;
  const low = Math.max(2 * threshold - high, median(inPaper) / 255);
  const near = dilateSquare(plane(ink.height, ink.width, digit), 2);
  const scale = 1 / Math.max(high - low, 1 / 255);
  const ramp = plane(ink.height, ink.width);
  for (let k = 0; k < ramp.data.length; k++) {
    if (near.data[k]) ramp.data[k] = Math.min(Math.max((ink.data[k] - low) * scale, 0), 1);
  }
  return ramp;
}

/** Cut out the digit: the smallest rectangle with all that is covered; null when nothing is. */
export function crop(coverage) {
  const [box] = boxes(maskOf(coverage, COVERED).data, coverage.width, 1);
  return box.height > 0 ? { cut: cutOut(coverage, box), box } : null;
}

/**
 * Mean width of a digit's strokes, in pixels of the 20 × 20 box it will fill: four times the mean
 * distance to the nearest edge.
 */
export function penWidth(digit) {
  const fine = enlarge(digit);
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

/** Scale a crop to FINER times the box. */
const enlarge = (digit) => fitInto(digit, FINER * BOX, 'linear');

/**
 * Widen strokes thinner than MNIST's, narrow those that are wider; leave the rest alone.
 * Made wider by d, the whole digit grows by d too: `wanted = 20 (width + d) / (20 + d)`, solved for d.
 */
export function matchPen(digit, pen = MNIST_PEN) {
  const width = penWidth(digit);
  const wanted = Math.min(Math.max(width, pen[0]), pen[1]);
  const change = (BOX * (wanted - width)) / (BOX - wanted);
  const radius = round((FINER * Math.abs(change)) / 2);
  if (radius === 0) return digit;
  const fine = enlarge(digit);
  if (wanted > width) return dilate(surround(fine, radius), disc(radius));
  return crop(erode(surround(fine, 1), disc(radius)))?.cut ?? digit;
}

/** Scale a digit into 20 × 20 pixels; each new pixel is the mean of the area it covers. */
export const fitBox = (digit) => fitInto(digit, BOX, 'area');

/**
 * Place a digit in 28 × 28 pixels with its centre of mass in the middle: it moves by whole pixels, never
 * over the edge, until that point is in the pixel of row 14 and column 14, counted from 0.
 * @param {{height, width, data}} digit height and width ≤ 28; 0 is paper, 1 is ink
 * @param {?number[]} middle where the digit's rectangle has its middle in the whole picture, (row,
 *   column), each 0–1: given, the digit stays there instead of being centred
 * @returns {Uint8Array} (28, 28) 0 is paper, 255 is ink
 */
export function centreByMass(digit, middle = null) {
  const sides = [digit.height, digit.width];
  let total = 0;
  const moment = [0, 0];
  digit.data.forEach((value, k) => {
    total += value;
    moment[0] += value * (Math.floor(k / digit.width) + 0.5);
    moment[1] += value * ((k % digit.width) + 0.5);
  });
  const [top, left] = sides.map((length, axis) => {
    const start = middle
      ? round(middle[axis] * FIELD - length / 2)
      : Math.floor(FIELD / 2 + 1 - moment[axis] / total);
    return Math.min(Math.max(start, 0), FIELD - length);
  });
  const field = new Uint8Array(FIELD * FIELD);
  digit.data.forEach((value, k) => {
    const row = top + Math.floor(k / digit.width);
    const column = left + (k % digit.width);
    field[row * FIELD + column] = round(255 * Math.min(Math.max(value, 0), 1));
  });
  return field;
}

// --- The recipe, whole --------------------------------------------------------------------------

/**
 * Prepare a drawing of one digit as MNIST's digits were prepared.
 * @param {ArrayLike<number>} gray (H, W) 0 black ink to 255 white paper
 * @param {number} height H
 * @param {number} width W
 * @param {{centre?: boolean}} options `centre: false` scales the digit but leaves it where it was drawn
 * @returns {{image: Uint8Array, box: ?{top, left, height, width}}} image: (28, 28), 0 is paper, 255 is
 *   ink; box: where the digit was, in the drawing's pixels, null when there was none
 * @throws {RangeError} the number of pixels is not H · W
 */
export function prepare(gray, height, width, { centre = true } = {}) {
  if (gray.length !== height * width) {
    throw new RangeError(`drawing: expected ${height} × ${width} pixels, found ${gray.length}`);
  }
  const nothing = { image: new Uint8Array(FIELD * FIELD), box: null };
  const longest = Math.max(height, width);
  const frame = inkFrame(gray, height, width, Math.ceil(NEAR * longest));
  if (!frame) return nothing;
  const ink = plane(frame.height, frame.width);
  for (let row = 0; row < ink.height; row++) {
    const from = (frame.top + row) * width + frame.left;
    for (let column = 0; column < ink.width; column++) {
      ink.data[row * ink.width + column] = 1 - gray[from + column] / 255;
    }
  }
  const threshold = inkThreshold(ink, longest);
  if (threshold === null) return nothing;
  const mask = maskOf(ink, threshold);
  const place = { top: frame.top, left: frame.left, height, width };
  const digit = chooseDigit(groupStrokes(mask, longest), ink, place);
  const found = digit && crop(evenContrast(ink, digit, threshold));
  if (!found) return nothing;
  const box = { ...found.box, top: found.box.top + place.top, left: found.box.left + place.left };
  const middle = [(box.top + box.height / 2) / height, (box.left + box.width / 2) / width];
  const small = fitBox(matchPen(found.cut));
  return { image: centreByMass(small, centre ? null : middle), box };
}

/** Rectangle of all that is not quite paper, and a margin: nothing outside it matters. */
function inkFrame(gray, height, width, margin) {
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

function cutOut(source, { top, left, height, width }) {
  const cut = plane(height, width);
  for (let row = 0; row < height; row++) {
    const from = (top + row) * source.width + left;
    cut.data.set(source.data.subarray(from, from + width), row * width);
  }
  return cut;
}

/** Put a margin of zeros around a plane. */
function surround(source, margin) {
  const wide = plane(source.height + 2 * margin, source.width + 2 * margin);
  for (let row = 0; row < source.height; row++) {
    const line = source.data.subarray(row * source.width, (row + 1) * source.width);
    wide.data.set(line, (row + margin) * wide.width + margin);
  }
  return wide;
}

/** A disc's rows, from the top: how far each reaches to the left and right of the middle. */
function disc(radius) {
  return Array.from({ length: 2 * radius + 1 }, (_, row) => {
    const dy = row - radius;
    return radius === 0 ? 0 : round(radius * Math.sqrt((radius ** 2 - dy ** 2) / radius ** 2));
  });
}

/** 1 where a plane's value is at least `level`, else 0. */
function maskOf({ height, width, data }, level) {
  const mask = plane(height, width, new Uint8Array(data.length));
  for (let k = 0; k < data.length; k++) if (data[k] >= level) mask.data[k] = 1;
  return mask;
}

/**
 * Largest value under a shape that is laid on each pixel; what is outside the plane does not count.
 * @param {number[]} reaches the shape's rows: how far each reaches to both sides of its middle
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

/** `out[k] = max(out[k], values[k + shift])` for k from `first` to before `last`. */
function keepLarger(out, values, first, last, shift) {
  for (let k = first; k < last; k++) if (values[k + shift] > out[k]) out[k] = values[k + shift];
}

/** The same for a square with sides of 2 · reach + 1: along the rows, then along the columns. */
function dilateSquare(source, reach) {
  return transpose(widestInRows(transpose(widestInRows(source, reach)), reach));
}

function transpose({ height, width, data }) {
  const out = plane(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      out.data[column * height + row] = data[row * width + column];
    }
  }
  return out;
}

/** Smallest value under a shape: the largest of the negative, negated. */
function erode(source, reaches) {
  const negative = plane(source.height, source.width, source.data.map((value) => -value));
  const out = dilate(negative, reaches);
  out.data.forEach((value, k) => (out.data[k] = -value));
  return out;
}

/** In each row, the largest value within `reach` to the left and right of each pixel. */
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

/** Label what hangs together, diagonals included; label 0 is where the mask is 0. */
function connectedComponents({ height, width, data }) {
  const labels = new Int32Array(height * width);
  const waiting = [];
  let count = 0;
  for (let start = 0; start < data.length; start++) {
    if (!data[start] || labels[start]) continue;
    labels[start] = ++count;
    waiting.push(start);
    while (waiting.length) {
      const k = waiting.pop();
      const row = Math.floor(k / width);
      const column = k - row * width;
      const last = { row: Math.min(row + 1, height - 1), column: Math.min(column + 1, width - 1) };
      for (let r = Math.max(row - 1, 0); r <= last.row; r++) {
        for (let c = Math.max(column - 1, 0); c <= last.column; c++) {
          const next = r * width + c;
          if (!data[next] || labels[next]) continue;
          labels[next] = count;
          waiting.push(next);
        }
      }
    }
  }
  return { labels, groups: boxes(labels, width, count) };
}

/** The smallest rectangle of each label 1 … count; height 0 when there is no such pixel. */
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
 * Distance of each pixel to the nearest zero: one pass down and one up, each adding the lengths of
 * single moves.
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
  const sweep = (k, turn) => {
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

/** Scale a plane so that its longer side is `side`, keeping its aspect. */
function fitInto(source, side, enlarging) {
  const scale = side / Math.max(source.height, source.width);
  const [height, width] = [source.height, source.width].map((n) => Math.max(1, round(n * scale)));
  const weights = scale < 1 ? areaWeights : enlarging === 'area' ? areaGrown : linearWeights;
  return resize(source, weights(source.height, height), weights(source.width, width));
}

/** Resize along both axes: the rows, then the columns, which are the rows of the transposed plane. */
function resize(source, rows, columns) {
  return transpose(resizeRows(transpose(resizeRows(source, columns)), rows));
}

/** In each row, `new[k] = sum over n of weights[n] · old[first + n]`, with the k-th entry's weights. */
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

/** Shrinking: each new pixel is the mean of the old ones that it covers, wholly or in part. */
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

/** Enlarging: a straight line between the middles of neighbouring pixels. */
function linearWeights(from, to) {
  return Array.from({ length: to }, (_, k) => mixture((k + 0.5) * (from / to) - 0.5, from));
}

/** Enlarging as areas: a new pixel is one old one, or a mixture where it lies across their border. */
function areaGrown(from, to) {
  return Array.from({ length: to }, (_, k) => {
    const index = Math.floor(k * (from / to));
    const across = k + 1 - (index + 1) * (to / from);
    return mixture(index + (across <= 0 ? 0 : across - Math.floor(across)), from);
  });
}

/** Weights of the two pixels on either side of a position; at the ends, of the last one. */
function mixture(position, length) {
  const inside = Math.min(Math.max(position, 0), length - 1);
  const first = Math.min(Math.floor(inside), Math.max(length - 2, 0));
  const part = inside - first;
  return { first, weights: part > 0 ? [1 - part, part] : [1] };
}
