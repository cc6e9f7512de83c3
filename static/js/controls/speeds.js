// @ts-check
// The notches of the speed slider, from one instruction a second to no limit at all.

/** @import { Speed } from "../state/types.js" */

const INSTRUCTIONS = [1, 2, 3, 5, 10, 20, 50];
const STEPS = [2, 3, 5, 10, 20, 50, 100, 200, 500, 1000];

/** @type {Speed[]} */
export const SPEEDS = [
  ...INSTRUCTIONS.map((n) => ({ unit: /** @type {const} */ ("instruction"), per_second: n })),
  ...STEPS.map((n) => ({ unit: /** @type {const} */ ("step"), per_second: n })),
  { unit: "step", per_second: null },
];

/** The speed of a first visit: fast enough to see the network learn, slow enough to watch. */
export const FIRST_SPEED =
  SPEEDS[SPEEDS.findIndex((s) => s.unit === "step" && s.per_second === 100)];

/** @param {Speed} speed */
function order(speed) {
  const perSecond = speed.per_second ?? Number.POSITIVE_INFINITY;
  return (speed.unit === "step" ? 1e9 : 0) + perSecond;
}

/**
 * The notch nearest to a speed.
 * @param {Speed} speed
 * @returns {number} index in `SPEEDS`
 */
export function notchOf(speed) {
  const above = SPEEDS.findIndex((notch) => order(notch) >= order(speed));
  return above < 0 ? SPEEDS.length - 1 : above;
}

/**
 * A speed in words.
 * @param {Speed} speed
 */
export function speedText(speed) {
  if (speed.per_second === null) return "unlimited";
  const unit = speed.unit === "instruction" ? "instr" : "steps";
  return `${speed.per_second.toLocaleString("en")} ${unit}/s`;
}
