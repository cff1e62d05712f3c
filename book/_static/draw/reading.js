/**
 * What the networks' probabilities are shown as: a digit, or that they are not sure.
 * This file knows nothing of the page.
 */

/**
 * The CNN is unsure below this probability. Chosen with SURE_DISPUTED on drawn digits that
 * training did not see, never on test images: `python -m benchmarks.unsure` prints why.
 */
export const SURE_ALONE = 0.6;
/** When the dense network reads another digit, the CNN has to be surer than this. */
export const SURE_DISPUTED = 0.7;
/** The dense network is unsure below this probability, chosen likewise. */
export const SURE_DENSE = 0.5;
export const UNSURE = '?';

const best = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

/** A probability in words short enough for a bar; no network is ever wholly sure. */
export function percent(p) {
  return p > 0.995 ? '> 99 %' : `${Math.round(100 * p)} %`;
}

/**
 * Read two networks' probabilities.
 * @param {Float32Array} cnn (10,) probabilities
 * @param {Float32Array} dense (10,) probabilities
 * @returns {{cnn: string, dense: string, why: string}} a digit or "?" for each, and a sentence
 */
export function read(cnn, dense) {
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
