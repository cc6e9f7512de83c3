// @ts-check
// What follows from the range of a layer's outputs. Pure.

/** @import { ActivationFacts } from "./types.js" */

/**
 * The largest magnitude that an output can have; 0 if there is none.
 * @param {ActivationFacts} layer
 */
export function boundOf({ range: [low, high] }) {
  return low === null || high === null ? 0 : Math.max(Math.abs(low), Math.abs(high));
}

/**
 * Whether outputs lie between 0 and 1.
 * @param {ActivationFacts} layer
 */
export function isProbability({ range: [low, high] }) {
  return low === 0 && high === 1;
}
