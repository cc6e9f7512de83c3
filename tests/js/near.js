// @ts-check
// Numbers that are equal but for rounding.

import assert from "node:assert/strict";

/**
 * @param {ArrayLike<number>} actual
 * @param {ArrayLike<number>} expected
 * @param {number} [within] the largest difference
 * @param {string} [what] is compared
 */
export function near(actual, expected, within = 1e-9, what = "") {
  assert.equal(actual.length, expected.length, what);
  for (let i = 0; i < expected.length; i += 1) {
    const same = Object.is(actual[i], expected[i]) || Math.abs(actual[i] - expected[i]) <= within;
    assert.ok(same, `${what}[${i}]: ${actual[i]} is not ${expected[i]}`);
  }
}
