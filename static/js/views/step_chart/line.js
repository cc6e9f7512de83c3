// @ts-check
// Lines over steps, from flat arrays: of every pixel column only what can be seen of it.

/** @import { Scale } from "./scale.js" */

/**
 * The first index of `steps` that is not less than `step`.
 * @param {Float64Array} steps ascending
 * @param {number} length how many of them count
 * @param {number} step
 */
export function lowerBound(steps, length, step) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The index of the step nearest to one, or -1 if there is none.
 * @param {Float64Array} steps ascending
 * @param {number} length
 * @param {number} step
 */
export function nearest(steps, length, step) {
  const above = lowerBound(steps, length, step);
  if (above === 0 || above === length) return above === 0 && length > 0 ? 0 : length - 1;
  return step - steps[above - 1] <= steps[above] - step ? above - 1 : above;
}

/**
 * Adds a line to the current path. Of the points in one pixel column it goes through the first,
 * the least, the greatest and the last; it breaks where a number is not finite. A point alone
 * becomes a dot, given round caps.
 * @param {CanvasRenderingContext2D} context
 * @param {Float64Array} steps
 * @param {Float64Array} values
 * @param {number} from index
 * @param {number} to index after the last
 * @param {Scale} x
 * @param {Scale} y
 */
export function traceLine(context, steps, values, from, to, x, y) {
  let column = Number.NaN;
  let count = 0;
  let least = 0;
  let most = 0;
  let px = 0;
  let py = 0;
  for (let i = from; i <= to; i += 1) {
    const known = i < to && Number.isFinite(values[i]);
    const nextX = known ? x.at(steps[i]) : Number.NaN;
    if (known && Math.floor(nextX) === column) {
      px = nextX;
      py = y.at(values[i]);
      least = Math.min(least, py);
      most = Math.max(most, py);
      count += 1;
      continue;
    }
    if (count > 2) {
      context.lineTo(column + 0.5, least);
      context.lineTo(column + 0.5, most);
    }
    if (count > 1 || (count === 1 && !known)) context.lineTo(px + 0.01, py);
    if (known) {
      const opened = count > 0;
      px = nextX;
      py = least = most = y.at(values[i]);
      if (opened) context.lineTo(px, py);
      else context.moveTo(px, py);
    }
    column = known ? Math.floor(nextX) : Number.NaN;
    count = known ? 1 : 0;
  }
}

const CROSS = 3.5; // half its size, px

/**
 * Marks where numbers are not finite: a line along the top from a crossed end.
 * @param {CanvasRenderingContext2D} context
 * @param {Float64Array} steps
 * @param {Float64Array} values
 * @param {number} from index
 * @param {number} to index after the last
 * @param {Scale} x
 * @param {number} top px
 * @param {string} color of errors
 */
export function markGaps(context, steps, values, from, to, x, top, color) {
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let i = from; i < to; i += 1) {
    if (Number.isFinite(values[i])) continue;
    const start = x.at(steps[i]);
    while (i + 1 < to && !Number.isFinite(values[i + 1])) i += 1;
    context.moveTo(start - CROSS, top - CROSS);
    context.lineTo(start + CROSS, top + CROSS);
    context.moveTo(start - CROSS, top + CROSS);
    context.lineTo(start + CROSS, top - CROSS);
    context.moveTo(start, top);
    context.lineTo(x.at(steps[i]), top);
  }
  context.stroke();
}
