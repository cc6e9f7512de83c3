// @ts-check
// Numbers as an answer of the server tells them.

/** @typedef {import("../../state/types.js").Told} Told */

/**
 * A number of an answer.
 * @param {Told} told
 */
export function numberOf({ value, text }) {
  if (value !== null && value !== undefined) return value;
  return text === "∞" ? Number.POSITIVE_INFINITY : text === "−∞" ? -Infinity : Number.NaN;
}
