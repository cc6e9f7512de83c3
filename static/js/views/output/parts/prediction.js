// @ts-check
// What the network's outputs mean for a choice between classes.

/**
 * The class that outputs stand for, as the server scores it: the largest one, and for a single
 * output class 1 above 0.5. `share` is the probability of that class.
 * @param {number} count outputs
 * @param {(output: number) => number} at
 * @returns {{prediction: number, share: number}} prediction -1 if an output is not a number
 */
export function decide(count, at) {
  if (count === 1) {
    const a = at(0);
    if (Number.isNaN(a)) return { prediction: -1, share: a };
    return a > 0.5 ? { prediction: 1, share: a } : { prediction: 0, share: 1 - a };
  }
  let prediction = 0;
  for (let k = 0; k < count; k += 1) {
    if (Number.isNaN(at(k))) return { prediction: -1, share: Number.NaN };
    if (at(k) > at(prediction)) prediction = k;
  }
  return { prediction, share: at(prediction) };
}

/**
 * The probability of each class: the outputs themselves, or for a single output a, 1 - a for class 0
 * and a for class 1.
 * @param {number} classes
 * @param {number} outputs
 * @param {(output: number) => number} at
 */
export function shares(classes, outputs, at) {
  if (outputs === 1) return [1 - at(0), at(0)];
  return Array.from({ length: classes }, (_, k) => at(k));
}
