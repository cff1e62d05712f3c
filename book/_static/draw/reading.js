/**
 * What the networks' probabilities are shown as: a digit, or that they are not sure.
 * This file knows nothing of the page.
 */

/**
 * @typedef {object} Limits below which a network is not sure; tools/browser_model.py says where they are from
 * @property {number} SURE_ALONE the CNN's, when both networks read the same
 * @property {number} SURE_DISPUTED the CNN's, when the dense network reads another digit
 * @property {number} SURE_DENSE the dense network's
 */

export const UNSURE = '?';

/** @param {Float32Array} probabilities */
const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

/**
 * A probability in words short enough for a bar; no network is ever wholly sure.
 * @param {number} p
 */
export function percent(p) {
  return p > 0.995 ? '> 99 %' : `${Math.round(100 * p)} %`;
}

/**
 * Read two networks' probabilities.
 * @param {Float32Array} cnn (10,) probabilities
 * @param {Float32Array} dense (10,) probabilities
 * @param {Limits} limits
 * @returns {{cnn: string, dense: string, why: string}} a digit or "?" for each, and a sentence
 */
export function read(cnn, dense, { SURE_ALONE, SURE_DISPUTED, SURE_DENSE }) {
  const [digit, other] = [best(cnn), best(dense)];
  const [p, q] = [cnn[digit], dense[other]];
  const disputed = digit !== other;
  const sure = p >= (disputed ? SURE_DISPUTED : SURE_ALONE);
  let why = disputed
    ? `The networks disagree: CNN ${digit} (${percent(p)}), dense ${other} (${percent(q)}).`
    : `Both read ${digit}: CNN ${percent(p)}, dense ${percent(q)}.`;
  if (!sure) why = `Not sure. ${why}`;
  return {
    cnn: sure ? String(digit) : UNSURE,
    dense: q >= SURE_DENSE ? String(other) : UNSURE,
    why,
  };
}
