// @ts-check
// The value of a watched expression as text.

import { count, short } from "../../format.js";

/** @typedef {import("../../types.js").Watched} Watched */

const DIGITS = 6;
/** @type {{[shown: string]: number}} */
const NOT_FINITE = { nan: Number.NaN, inf: Infinity, "-inf": -Infinity };

/**
 * A value as text, with a true minus.
 * @param {Watched} watch
 * @param {number} [digits]
 */
export function valueText({ kind, value, shown, shape }, digits = DIGITS) {
  if (kind === "number") {
    const number = typeof value === "number" ? value : NOT_FINITE[shown];
    return Number.isInteger(number) ? count(number) : short(number, digits);
  }
  if (kind === "array") return `${shape.join("×")}  ${shown.replaceAll("-", "−")}`;
  return kind === "" ? "…" : shown;
}
