/**
 * What a page loads only when it is wanted: weights, digits, what runs in a worker, what teaches. A page that was opened
 * from a folder may neither fetch a file nor import a module, but a classic script it may load. So each part is one,
 * with a server and without; book/_ext/bundles.py makes them.
 */

/**
 * @typedef {object} Parts
 * @property {string} model base64 of model.bin
 * @property {string} digits base64 of digits.bin
 * @property {string} remember base64 of remember.bin
 * @property {string} trainer the program of train/worker.js
 * @property {string} learner the program of learner.js
 * @property {string} reader the program of reader.js
 * @property {typeof import('./teach.js')} teach
 */

/** The script that this module is a part of; the parts lie beside it. */
const own = /** @type {?HTMLScriptElement} */ (document.currentScript);
/** What the parts' scripts handed over; each writes its own. */
const had = /** @type {{digitrecParts?: Partial<Parts>}} */ (globalThis);
/**
 * A part's version, so that a browser that has kept an old one asks again. book/_ext/bundles.py writes them here, as JSON.
 * @param {keyof Parts} name
 * @returns {string}
 */
const versionOf = (name) => JSON.parse(/** @type {any} */ (globalThis).digitrecVersions)[name];
/** @type {Map<string, Promise<void>>} */
const asked = new Map();

/**
 * Load a part, once.
 * @template {keyof Parts} Name
 * @param {Name} name
 * @returns {Promise<Parts[Name]>}
 */
export async function part(name) {
  if (!had.digitrecParts?.[name]) {
    const loading = asked.get(name) ?? load(address(`${name}.js?v=${versionOf(name)}`));
    asked.set(name, loading);
    await loading.finally(() => asked.delete(name)); // when it failed, another attempt may succeed
  }
  const found = had.digitrecParts?.[name];
  if (!found) throw new Error(`${name}.js: expected a part of the page, found nothing`);
  return /** @type {Parts[Name]} */ (found);
}

/**
 * @param {string} src
 * @returns {Promise<void>}
 */
const load = (src) => new Promise((resolve, reject) => {
  const script = document.createElement('script');
  script.src = src;
  script.addEventListener('load', () => resolve());
  script.addEventListener('error', () => reject(new Error(`${src} could not be loaded`)));
  document.head.append(script);
});

/**
 * The address of a file, named as seen from where the scripts are.
 * @param {string} path
 */
export const address = (path) => new URL(path, own?.src).href;

/**
 * Load data.
 * @param {'model' | 'digits' | 'remember'} name
 * @returns {Promise<ArrayBuffer>}
 */
export async function bytes(name) {
  const coded = await part(name);
  const { fromBase64 } = /** @type {{fromBase64?: (text: string) => Uint8Array<ArrayBuffer>}} */ (
    /** @type {unknown} */ (Uint8Array)
  );
  if (fromBase64) return fromBase64.call(Uint8Array, coded).buffer; // newer browsers' own is quick
  const text = atob(coded);
  const found = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) found[k] = text.charCodeAt(k);
  return found.buffer;
}

/**
 * Load a program and run it in a thread of its own.
 * @param {'trainer' | 'learner' | 'reader'} name
 */
export async function work(name) {
  // From a folder a worker's program is not read, wherever it lies; what the page has made itself is.
  const program = new Blob([await part(name)], { type: 'text/javascript' });
  return new Worker(URL.createObjectURL(program));
}
