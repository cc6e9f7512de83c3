// @ts-check
// Numbers as the server sends them in an answer.

/** @import { AnswerNumber } from "../../state/types.js" */

/**
 * The value of a number in an answer; not finite where `text` says so.
 * @param {AnswerNumber} told
 */
export function numberOf({ value, text }) {
  if (value !== null && value !== undefined) return value;
  return text === "∞" ? Number.POSITIVE_INFINITY : text === "−∞" ? -Infinity : Number.NaN;
}
