// @ts-check
// Marks the receptive field of a hovered or selected cell: on the layer before it, and on all
// layers before that, back to the input.

import { palette } from "../color.js";

/** @import { Box, Column, Scene } from "../scene/layout.js" */
/** @import { Region } from "../scene/origin.js" */
/** @import { Read } from "../scene/panel.js" */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Column} column
 * @param {number} cell
 * @param {Read} read
 */
export function paintSources(context, scene, column, cell, read) {
  const { origin, index } = column;
  let region = origin?.sourcesOf(cell) ?? null;
  context.strokeStyle = context.fillStyle = palette().accent;
  for (let c = index - 1; c >= 0 && region; c -= 1) {
    const before = scene.columns[c];
    const boxes = boxesOf(before, region);
    trace(context, boxes);
    context.globalAlpha = 0.16;
    context.fill();
    context.globalAlpha = c === index - 1 ? 1 : 0.6;
    context.lineWidth = 1.5;
    context.stroke();
    context.globalAlpha = 1;
    region = before.origin?.before(region) ?? null;
  }
  trace(context, column.panel?.weightsOf(cell) ?? []);
  context.lineWidth = 1.5;
  context.stroke();
  paintArgmax(context, scene, column, cell, read);
}

/**
 * Marks the cell that a maximum was taken from.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Column} column
 * @param {number} cell
 * @param {Read} read
 */
function paintArgmax(context, scene, { origin, index }, cell, read) {
  const position = origin?.argmax(cell, read);
  if (!position) return;
  const { row, col, channel } = position;
  const region = { rows: [row, row], cols: [col, col], channels: [channel, channel] };
  trace(context, boxesOf(scene.columns[index - 1], /** @type {Region} */ (region)));
  context.lineWidth = 3;
  context.stroke();
}

/**
 * @param {Column} column
 * @param {Region} region
 * @returns {Box[]}
 */
function boxesOf(column, region) {
  const { panel, picture, x, y, size } = column;
  if (panel) return panel.boxesOf(region);
  if (!picture) return [];
  const { rows, cols } = region;
  const [across, down] = [cols[1] - cols[0] + 1, rows[1] - rows[0] + 1];
  return [
    { x: x + cols[0] * size, y: y + rows[0] * size, width: across * size, height: down * size },
  ];
}

/** @param {CanvasRenderingContext2D} context @param {Box[]} boxes */
function trace(context, boxes) {
  context.beginPath();
  for (const { x, y, width, height } of boxes) context.rect(x, y, width, height);
}
