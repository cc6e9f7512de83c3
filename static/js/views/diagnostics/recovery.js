// @ts-check
// Where to go back to, to try something else. No I/O.

/** @import { History } from "../../state/store.js" */
/** @import { Finding } from "../../state/types.js" */

/** Rules that find what has spoilt the weights already: from there on nothing can be mended. */
const SPOILT = ["non_finite", "divergence"];

/** Whether it comes too late for anything to be tried from here. @param {Finding} finding */
export function isSpoilt({ rule }) {
  return SPOILT.includes(rule);
}

/**
 * The step from which a remedy of a finding is to be tried.
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
