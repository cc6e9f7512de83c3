// @ts-check
// What is drawn for the points at one place, as the value of data-stop.

import { kindOf } from "../../state/breakpoints.js";

/** @import { Point } from "../../state/types.js" */

/**
 * Words for the style sheet: "log" for a diamond, "watch" for an eye, "if" for one with a condition,
 * "off" if none of them is looked at; "" if there are none.
 * @param {Point[]} points
 */
export function markOf(points) {
  if (points.length === 0) return "";
  const live = points.filter(({ enabled, problem }) => enabled && !problem);
  const shown = live.length > 0 ? live : points;
  const breaking = shown.filter((point) => kindOf(point) === "breakpoint");
  const watching = shown.some((point) => kindOf(point) === "watchpoint");
  const kind = breaking.length > 0 ? "break" : watching ? "watch" : "log";
  const conditional = breaking.length > 0 && breaking.every(isConditional);
  return [kind, conditional ? "if" : "", live.length > 0 ? "" : "off"].filter(Boolean).join(" ");
}

/** @param {Point} point */
function isConditional({ condition, nth }) {
  return condition !== null || nth > 1;
}
