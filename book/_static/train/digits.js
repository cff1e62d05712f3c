/**
 * Reads digits.bin: MNIST's digits in one bit a pixel, and a table that gives edges their greys. What
 * the bytes mean, and why, is said in tools/browser_digits.py, which writes them.
 */

const SIDE = 28;
/** What foretells a pixel: others above it and to the left, as row and column from it. */
const NEIGHBOURS = [[0, -1], [0, -2], [-1, -1], [-1, 0], [-1, 1], [-2, 0], [-1, -2], [-1, 2], [-2, -1], [-2, 1]];
/** The picture is seen in 7 × 7 parts of so many pixels each way. */
const PART = 4;
/** Paper around an image while it is read, so that no neighbour is missing: columns on each side, rows above. */
const AROUND = 2;

/**
 * @typedef {object} Digits
 * @property {Uint8Array} images (N, 28, 28) 0 is paper, 255 is ink
 * @property {Uint8Array} labels (N,)
 * @typedef {{train: Digits, test: Digits}} Data
 */

/** Reads bits that an arithmetic coder wrote: each narrows an interval, and the code says where in it. */
class Bits {
  /** @param {Uint8Array} code */
  constructor(code) {
    this.code = code;
    this.at = 0;
    this.low = 0;
    this.high = 0xffffffff;
    this.value = 0;
    for (let k = 0; k < 4; k++) this.value = this.value * 256 + this.byte();
    const contexts = (SIDE / PART) ** 2 * 2 ** NEIGHBOURS.length;
    // How often there was ink in a context so far, and how often it came.
    this.ink = new Uint32Array(contexts);
    this.all = new Uint32Array(contexts);
  }

  byte() {
    return this.at < this.code.length ? this.code[this.at++] : 0;
  }

  /** @param {number} context */
  next(context) {
    const { ink, all } = this;
    const wanted = Math.floor((65536 * (5 * ink[context] + 2)) / (5 * all[context] + 4));
    const chance = Math.min(Math.max(wanted, 1), 65535); // in parts of 65,536
    const middle = this.low + Math.floor(((this.high - this.low) * chance) / 65536);
    const bit = this.value <= middle ? 1 : 0;
    if (bit) this.high = middle;
    else this.low = middle + 1;
    ink[context] += bit;
    all[context]++;
    while ((this.low ^ this.high) >>> 24 === 0) {
      this.low = (this.low << 8) >>> 0;
      this.high = ((this.high << 8) | 0xff) >>> 0;
      this.value = ((this.value << 8) | this.byte()) >>> 0;
    }
    return bit;
  }
}

/**
 * Read the file's bytes.
 * @param {ArrayBuffer} content
 * @returns {Data}
 * @throws {RangeError} it is shorter than it says
 */
export function unpack(content) {
  const bytes = new Uint8Array(content);
  const [training, test] = [bytes[0] + 256 * bytes[1], bytes[2] + 256 * bytes[3]];
  const count = training + test;
  const table = bytes.subarray(4, 516);
  const start = 516 + count / 2;
  if (!(bytes.length > start)) throw new RangeError(`digits: expected over ${start} bytes, found ${bytes.length}`);
  const labels = Uint8Array.from({ length: count }, (_, k) => (bytes[516 + (k >> 1)] >> (k & 1 ? 4 : 0)) & 15);
  const bits = new Bits(bytes.subarray(start));
  const images = new Uint8Array(count * SIDE * SIDE);
  const width = SIDE + 2 * AROUND;
  const page = new Uint8Array(width * (SIDE + 2 * AROUND));
  const neighbours = NEIGHBOURS.map(([row, column]) => row * width + column);
  const square = [-1, 0, 1].flatMap((row) => [-1, 0, 1].map((column) => row * width + column));
  for (let n = 0, out = 0; n < count; n++) {
    for (let i = 0; i < SIDE; i++) {
      for (let j = 0; j < SIDE; j++) {
        const at = (i + AROUND) * width + j + AROUND;
        let context = Math.floor(i / PART) * (SIDE / PART) + Math.floor(j / PART);
        context <<= neighbours.length;
        for (let k = 0; k < neighbours.length; k++) context |= page[at + neighbours[k]] << k;
        page[at] = bits.next(context);
      }
    }
    for (let i = 0; i < SIDE; i++) {
      for (let j = 0; j < SIDE; j++, out++) {
        const at = (i + AROUND) * width + j + AROUND;
        let pattern = 0;
        for (let k = 0; k < 9; k++) pattern |= page[at + square[k]] << k;
        images[out] = table[pattern];
      }
    }
  }
  const pixels = training * SIDE * SIDE;
  return {
    train: { images: images.subarray(0, pixels), labels: labels.subarray(0, training) },
    test: { images: images.subarray(pixels), labels: labels.subarray(training) },
  };
}
