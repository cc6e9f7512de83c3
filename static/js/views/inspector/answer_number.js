// @ts-check
// Numbers as an answer of the server tells them.

/** @import { AnswerNumber } from "../../state/types.js" */

/**
 * A number of an answer.
 * @param {AnswerNumber} told
 */
export function numberOf({ value, text }) {
  if (value !== null && value !== undefined) return value;
  return text === "∞" ? Number.POSITIVE_INFINITY : text === "−∞" ? -Infinity : Number.NaN;
}
