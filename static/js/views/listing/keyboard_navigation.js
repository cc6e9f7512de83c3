// @ts-check
// Moving through the program with the keys.

/** @import { Phase } from "./rows.js" */

/**
 * Where a key leads from an instruction: up and down through the program, sideways to the same line
 * of the phase before or after.
 * @param {Phase[]} phases
 * @param {number} at index
 * @param {string} key of the KeyboardEvent
 * @returns {number} -1 if the key does not move
 */
export function walk(phases, at, key) {
  const last = phases.reduce((sum, { instructions }) => sum + instructions.length, -1);
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key === "ArrowUp") return Math.max(0, at - 1);
  if (key === "ArrowDown") return Math.min(last, at + 1);
  const sideways = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 }[key];
  if (!sideways) return -1;
  const from = phases.findLastIndex(({ instructions }) => instructions[0].index <= at);
  const to = Math.max(0, Math.min(phases.length - 1, from + sideways));
  const line = at - phases[from].instructions[0].index;
  const { instructions } = phases[to];
  return instructions[0].index + Math.min(line, instructions.length - 1);
}
