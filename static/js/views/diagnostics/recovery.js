// @ts-check
// The step to go back to for another attempt. No I/O.

/** @import { History } from "../../state/store.js" */
/** @import { Finding } from "../../state/types.js" */

/** Rules that find damaged weights: continuing from there can not help. */
const SPOILT = ["non_finite", "divergence"];

/** Whether it is too late to try anything from here. @param {Finding} finding */
export function isSpoilt({ rule }) {
  return SPOILT.includes(rule);
}

/**
 * The step from which to try a remedy of a finding.
 * @param {Finding} finding
 * @param {History} losses
 */
export function stepBefore(finding, losses) {
  return isSpoilt(finding) ? bestStep(losses) : finding.step;
}

/**
 * The step at which the training loss was least; 0 if it is not known.
 * @param {History} losses
 */
export function bestStep({ step, train, length }) {
  let best = 0;
  for (let i = 1; i < length; i += 1) if (train[i] < train[best]) best = i;
  return length > 0 ? step[best] : 0;
}
