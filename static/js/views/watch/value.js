// @ts-check
// The value of a watched expression as text.

import { count, short } from "../../format.js";

/** @import { Watched } from "../../state/types.js" */

const DIGITS = 6;

/**
 * A value as text.
 * @param {Watched} watch
 * @param {number} [digits]
 */
export function valueText({ kind, value, shown, shape }, digits = DIGITS) {
  if (kind === "number" && typeof value === "number") {
    return Number.isInteger(value) ? count(value) : short(value, digits);
  }
  if (kind === "array") return `${shape.join("×")}  ${shown}`;
  return kind === "" ? "…" : shown;
}
