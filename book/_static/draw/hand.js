/**
 * Weights that have learned one person's hand, as a file: the counterpart of digitrec/hand.py, which says how
 * it is laid out. What one of them writes, the other reads. This file knows nothing of the page.
 *
 * A file is a ZIP archive: for each member a local header and its bytes, then a list of all members, the central
 * directory, and a record that says where the list is. Numbers are little-endian.
 */

/** The card is a member of this name; it and the format are hand.py's. */
const CARD = 'card.json';
const FORMAT = 'digitrec hand 1';
/** No file that is one of these is larger; a card is not longer, nor a member than its array and this. */
const LARGEST = 1_000_000;
const LONGEST_CARD = 100_000;
const HEADER = 1_000;

/** The first four bytes of a ZIP archive's parts, and the parts' lengths without names. */
const LOCAL = { mark: 0x04034b50, length: 30 };
const CENTRAL = { mark: 0x02014b50, length: 46 };
const END = { mark: 0x06054b50, length: 22 };
/** What ZIP calls a member that is as it was, and one that is compressed. */
const STORED = 0;
const DEFLATED = 8;
/** 1 January 1980, the first day that ZIP knows: without a date, the same weights make the same file. */
const NO_DATE = 33;
/** Of a member's flags: its content is encrypted; its name is in UTF-8. */
const ENCRYPTED = 1;
const UTF8 = 0x800;
/** How an array in NumPy's format 1.0 begins. */
const MAGIC = '\x93NUMPY\x01\x00';

/**
 * @typedef {import('./forward.js').Weights} Weights
 * @typedef {object} Card what was learned, and from what; there may be more in it
 * @property {string} format
 * @property {string} base name of the network that learned
 * @property {string} base_sha256 of its weights
 * @property {number} reject_below a digit less probable than this is not read
 * @property {number} temperature
 * @property {number[]} samples how many of each digit
 * @property {unknown} [drawings]
 * @property {unknown} [recipe]
 * @property {number} [step]
 * @typedef {{base: string, sha256: string, shapes: Record<string, number[]>}} Expected the base that is here, and
 *   which of its arrays a file may change
 * @typedef {{card: Card, arrays: Record<string, Weights>}} Hand
 */

/** A file that cannot be used; the message is one line that says why. */
export class HandError extends Error {}

// --- Writing ----------------------------------------------------------------------------------------

/**
 * Write a file.
 * @param {Omit<Card, 'format'>} card
 * @param {Record<string, Weights>} arrays
 * @returns {Uint8Array}
 */
export function write(card, arrays) {
  const text = JSON.stringify({ format: FORMAT, ...card }, null, 1);
  const members = [{ name: CARD, bytes: new TextEncoder().encode(text) }];
  for (const [name, array] of Object.entries(arrays)) members.push({ name: `${name}.npy`, bytes: writeArray(array) });
  return zip(members);
}

/**
 * An array in NumPy's format.
 * @param {Weights} array
 */
function writeArray({ shape, data }) {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  let header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Spaces, so that the numbers begin at a multiple of 64 bytes.
  header += ' '.repeat(63 - ((MAGIC.length + 2 + header.length) % 64)) + '\n';
  const bytes = new Uint8Array(MAGIC.length + 2 + header.length + 4 * data.length);
  bytes.set(latin(MAGIC));
  new DataView(bytes.buffer).setUint16(MAGIC.length, header.length, true);
  bytes.set(latin(header), MAGIC.length + 2);
  // Every processor that a browser runs on is little-endian, like the file.
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), bytes.length - 4 * data.length);
  return bytes;
}

/** @param {string} text */
const latin = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** @param {{name: string, bytes: Uint8Array}[]} members */
function zip(members) {
  /** @type {Uint8Array[]} */
  const locals = [];
  /** @type {Uint8Array[]} */
  const list = [];
  let at = 0;
  for (const { name, bytes } of members) {
    const letters = new TextEncoder().encode(name);
    // Both headers have this in common: version 2.0, flags, method, date, checksum, sizes, the name's length.
    const common = numbers([2, 20], [2, UTF8], [2, STORED], [2, 0], [2, NO_DATE], [4, crc32(bytes)],
      [4, bytes.length], [4, bytes.length], [2, letters.length], [2, 0]);
    locals.push(numbers([4, LOCAL.mark]), common, letters, bytes);
    list.push(numbers([4, CENTRAL.mark], [2, 20]), common, numbers([2, 0], [2, 0], [2, 0], [4, 0], [4, at]), letters);
    at += LOCAL.length + letters.length + bytes.length;
  }
  const length = list.reduce((sum, part) => sum + part.length, 0);
  const count = members.length;
  const end = numbers([4, END.mark], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, at], [2, 0]);
  return joined([...locals, ...list, end]);
}

/** @param {...[number, number]} pairs how many bytes, and the number */
function numbers(...pairs) {
  const low = (/** @type {number} */ value, /** @type {number} */ k) => (value >>> (8 * k)) & 255;
  return Uint8Array.from(pairs.flatMap(([bytes, value]) => Array.from({ length: bytes }, (_, k) => low(value, k))));
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * The checksum of ZIP.
 * @param {Uint8Array} bytes
 */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

// --- Reading ----------------------------------------------------------------------------------------

/**
 * Read a file.
 * @param {Uint8Array} content
 * @param {Expected} expected
 * @returns {Promise<Hand>}
 * @throws {HandError} it is not such a file, damaged, too large, or learned from another network
 */
export async function read(content, expected) {
  if (content.length > LARGEST) {
    throw new HandError(
      `This file is too large: ${content.length} bytes, and weights that learned a hand have at most ${LARGEST}.`,
    );
  }
  const members = membersOf(content);
  const first = members.get(CARD);
  if (!first) throw new HandError(`This is no file of weights that learned a hand: it has no ${CARD}.`);
  const card = checkCard(new TextDecoder().decode(await contentOf(content, CARD, first, LONGEST_CARD)), expected);
  /** @type {Record<string, Weights>} */
  const arrays = {};
  for (const [member, place] of members) {
    if (member === CARD) continue;
    const name = member.replace(/\.npy$/, '');
    const shape = Object.hasOwn(expected.shapes, name) ? expected.shapes[name] : null;
    if (!shape) {
      const known = Object.keys(expected.shapes).join(' and ');
      throw new HandError(`The file changes “${short(name)}”; this page can only use ${known}.`);
    }
    const size = 4 * shape.reduce((product, n) => product * n, 1);
    arrays[name] = readArray(name, await contentOf(content, member, place, size + HEADER), shape);
  }
  return { card, arrays };
}

/**
 * Where the members are.
 * @param {Uint8Array} content
 * @returns {Map<string, {method: number, flags: number, crc: number, packed: number, size: number, at: number}>}
 */
function membersOf(content) {
  const damaged = () => new HandError('This is no file of weights that learned a hand, or it is damaged.');
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  // At the end is the record, and after it a comment of up to 65,535 bytes.
  let end = content.length - END.length;
  while (end >= 0 && view.getUint32(end, true) !== END.mark) end--;
  if (end < 0) throw damaged();
  const members = new Map();
  try {
    let at = view.getUint32(end + 16, true);
    for (let left = view.getUint16(end + 10, true); left > 0; left--) {
      if (view.getUint32(at, true) !== CENTRAL.mark) throw damaged();
      const letters = view.getUint16(at + 28, true);
      const name = new TextDecoder().decode(content.subarray(at + CENTRAL.length, at + CENTRAL.length + letters));
      members.set(name, {
        flags: view.getUint16(at + 8, true), method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true),
        packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), at: view.getUint32(at + 42, true),
      });
      at += CENTRAL.length + letters + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
  } catch (error) {
    throw error instanceof RangeError ? damaged() : error; // a place beyond the file's end
  }
  return members;
}

/**
 * A member's bytes as they were before ZIP.
 * @param {Uint8Array} content
 * @param {string} name
 * @param {{method: number, flags: number, crc: number, packed: number, size: number, at: number}} place
 * @param {number} largest
 * @returns {Promise<Uint8Array>}
 */
async function contentOf(content, name, { method, flags, crc, packed, size, at }, largest) {
  const damaged = new HandError(`The file is damaged: “${short(name)}” cannot be read.`);
  if (size > largest) {
    throw new HandError(`“${short(name)}” in the file is too large: ${size} bytes instead of at most ${largest}.`);
  }
  const known = method === STORED || method === DEFLATED;
  if (!known || flags & ENCRYPTED || at + LOCAL.length > content.length) throw damaged;
  const view = new DataView(content.buffer, content.byteOffset + at);
  const start = at + LOCAL.length + view.getUint16(26, true) + view.getUint16(28, true);
  const bytes = content.subarray(start, start + packed);
  if (view.getUint32(0, true) !== LOCAL.mark || bytes.length !== packed) throw damaged;
  const plain = method === STORED ? bytes : await inflated(bytes, size).catch(() => null);
  if (!plain || plain.length !== size || crc32(plain) !== crc) throw damaged;
  return plain;
}

/**
 * Undo ZIP's compression, up to a size: a small file may become a huge one.
 * @param {Uint8Array} bytes
 * @param {number} size
 * @returns {Promise<Uint8Array>}
 */
async function inflated(bytes, size) {
  const stream = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  for (let length = 0; length <= size; ) {
    const { done, value } = await reader.read();
    if (done) return joined(parts);
    parts.push(value);
    length += value.length;
  }
  await reader.cancel();
  throw new RangeError(`expected ${size} bytes, found more`);
}

/**
 * @param {string} text
 * @param {Expected} expected
 * @returns {Card}
 */
function checkCard(text, { base, sha256 }) {
  const wrong = (/** @type {string} */ what) => new HandError(`This is no file of weights that learned a hand: ${what}.`);
  /** @type {unknown} */
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw wrong(`${CARD} is no JSON`);
  }
  if (typeof found !== 'object' || !found) throw wrong(`${CARD} holds no object`);
  const card = /** @type {Card} */ (found);
  if (card.format !== FORMAT) throw wrong(`its format is not “${FORMAT}”`);
  if (card.base !== base) {
    throw new HandError(
      `These weights were learned from the network “${short(card.base)}”; this page teaches “${base}”.`,
    );
  }
  if (card.base_sha256 !== sha256) {
    throw new HandError(
      `These weights were learned from another version of “${base}” than this page’s. Learn again from the same ` +
        'samples.',
    );
  }
  if (!(card.reject_below >= 0 && card.reject_below <= 1) || !(card.temperature > 0)) {
    throw wrong('its card has no reject_below from 0 to 1, or no temperature');
  }
  const counts = card.samples;
  if (!Array.isArray(counts) || counts.length !== 10 || !counts.every((count) => Number.isInteger(count) && count >= 0)) {
    throw wrong('its card does not say how many samples of each digit there were');
  }
  return card;
}

/**
 * An array from NumPy's format: little-endian float32, row by row.
 * @param {string} name
 * @param {Uint8Array} bytes
 * @param {number[]} shape
 * @returns {Weights}
 */
function readArray(name, bytes, shape) {
  const wrong = (/** @type {string} */ what) =>
    new HandError(`${name}: expected ${shape.join(' × ')} numbers (float32), found ${what}.`);
  const start = MAGIC.length + 2;
  const text = (/** @type {number} */ from, /** @type {number} */ to) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length < start || text(0, MAGIC.length) !== MAGIC) throw wrong('no array in NumPy’s format 1.0');
  const length = bytes[MAGIC.length] + 256 * bytes[MAGIC.length + 1];
  const header = text(start, start + Math.min(length, HEADER));
  const descr = /'descr': *'([^']*)'/.exec(header)?.[1];
  const found = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1].split(',').filter((part) => part.trim()).map(Number);
  if (descr !== '<f4' || !/'fortran_order': *False/.test(header)) throw wrong(`“${short(descr)}”, or another order`);
  const data = bytes.slice(start + length);
  if (String(found) !== String(shape) || data.length !== 4 * shape.reduce((product, n) => product * n, 1)) {
    throw wrong(`${found?.join(' × ') || 'none'}`);
  }
  const values = new Float32Array(data.buffer);
  if (!values.every(Number.isFinite)) throw wrong('some that are not finite');
  return { shape, data: values };
}

/** @param {unknown} text */
const short = (text) => (String(text).length > 30 ? `${String(text).slice(0, 30)}…` : String(text));
