// @ts-check
// Draws the marks of units, for the picture and its legend.

import { palette } from "../color.js";

/**
 * The frame of a picture.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {number} radius
 */
export function outline(context, x, y, width, height, radius) {
  context.beginPath();
  context.roundRect(x - 0.5, y - 0.5, width + 1, height + 1, radius);
  context.strokeStyle = palette().ink;
  context.globalAlpha = 0.16;
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * The sign of a value that is not finite.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {number} radius
 */
export function cross(context, x, y, size, radius) {
  const inset = size * 0.2;
  context.beginPath();
  context.roundRect(x, y, size, size, radius);
  context.fillStyle = palette().page;
  context.fill();
  context.moveTo(x + inset, y + inset);
  context.lineTo(x + size - inset, y + size - inset);
  context.moveTo(x + size - inset, y + inset);
  context.lineTo(x + inset, y + size - inset);
  context.strokeStyle = palette().error;
  context.lineWidth = Math.max(1.2, size * 0.05);
  context.stroke();
}

/**
 * The sign of a dead unit.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 */
export function hatch(context, x, y, size) {
  const pitch = Math.max(3.5, size / 7);
  context.beginPath();
  for (let d = pitch; d < 2 * size; d += pitch) {
    const over = Math.max(0, d - size);
    context.moveTo(x + over, y + Math.min(d, size));
    context.lineTo(x + Math.min(d, size), y + over);
  }
  context.strokeStyle = palette().ink2;
  context.lineWidth = 1;
  context.stroke();
}

/**
 * The sign of a saturated unit: a bar at the end where it is stuck, the upper or the lower one.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {boolean} high
 */
export function bar(context, x, y, size, high) {
  const thick = Math.max(2, size * 0.07);
  const inset = size * 0.16;
  context.beginPath();
  context.roundRect(
    x + inset,
    high ? y + 1.5 : y + size - thick - 1.5,
    size - 2 * inset,
    thick,
    thick / 2,
  );
  context.fillStyle = palette().ink;
  context.fill();
}
