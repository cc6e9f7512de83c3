// @ts-check
// The mark of the breakpoints at one location, as the value of data-stop.

import { kindOf } from "../../state/breakpoints.js";

/** @import { Breakpoint } from "../../state/types.js" */

/**
 * Words for the style sheet: "log" for a diamond, "watch" for an eye, "if" for one with a condition,
 * "off" if all are disabled; "" if there are none.
 * @param {Breakpoint[]} breakpoints
 */
export function markOf(breakpoints) {
  if (breakpoints.length === 0) return "";
  const live = breakpoints.filter(({ enabled, problem }) => enabled && !problem);
  const shown = live.length > 0 ? live : breakpoints;
  const breaking = shown.filter((breakpoint) => kindOf(breakpoint) === "breakpoint");
  const watching = shown.some((breakpoint) => kindOf(breakpoint) === "watchpoint");
  const kind = breaking.length > 0 ? "break" : watching ? "watch" : "log";
  const conditional = breaking.length > 0 && breaking.every(isConditional);
  return [kind, conditional ? "if" : "", live.length > 0 ? "" : "off"].filter(Boolean).join(" ");
}

/** @param {Breakpoint} breakpoint */
function isConditional({ condition, hit_condition }) {
  return condition !== null || hit_condition > 1;
}
