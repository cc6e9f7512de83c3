// @ts-check
// What lies under a point of the picture.

import { cellAt } from "./fields.js";

/** @import { Selection } from "../state/types.js" */
/** @import { Column, Pair, Scene } from "./layout.js" */

/**
 * The unit, edge or weight at a point, or null.
 * @param {Scene} scene
 * @param {number} x CSS px
 * @param {number} y
 * @param {(pair: Pair, k: number) => boolean} visible whether edge k of a pair is drawn
 * @param {number} reach how far from an edge still counts, px
 * @returns {Selection | null}
 */
export function hit(scene, x, y, visible, reach) {
  for (const column of scene.columns) {
    const unit = column.panel ? cellAt(column.panel.fields, x, y) : unitAt(column, x, y);
    if (unit >= 0) return { kind: "unit", layer: column.layer, unit };
  }
  for (const pair of scene.pairs) {
    const k = pair.panel ? weightAt(pair, x, y) : edgeAt(pair, scene, x, y, visible, reach);
    if (k < 0) continue;
    const units = pair.to.count;
    return { kind: "edge", layer: pair.to.layer, from: Math.floor(k / units), to: k % units };
  }
  return null;
}

/** @param {Column} column @param {number} x @param {number} y */
function unitAt(column, x, y) {
  const col = Math.floor((x - column.x) / column.pitchX);
  const row = Math.floor((y - column.y) / column.pitchY);
  if (col < 0 || col >= column.cols || row < 0 || row >= column.rows) return -1;
  const unit = row * column.cols + col;
  if (unit >= column.count) return -1;
  const inside = x - column.xs[unit] <= column.size && y - column.ys[unit] <= column.size;
  return inside ? unit : -1;
}

/** @param {Pair} pair @param {number} x @param {number} y */
function weightAt(pair, x, y) {
  const { panel, from, to } = pair;
  if (!panel) return -1;
  const row = Math.floor(((y - panel.y) / panel.height) * from.count);
  const col = Math.floor(((x - panel.x) / panel.width) * to.count);
  if (row < 0 || row >= from.count || col < 0 || col >= to.count) return -1;
  return row * to.count + col;
}

/**
 * All curves of a pair share their x, so the curve parameter at x is the same for all of them and
 * each one's height there is one multiplication away.
 * @param {Pair} pair
 * @param {Scene} scene
 * @param {number} x
 * @param {number} y
 * @param {(pair: Pair, k: number) => boolean} visible
 * @param {number} reach
 */
function edgeAt(pair, scene, x, y, visible, reach) {
  const share = (x - pair.x0) / (pair.x1 - pair.x0);
  if (pair.count === 0 || share < 0 || share > 1) return -1;
  const t = parameterAt(share);
  const rise = t * t * (3 - 2 * t);
  const { y0, y1 } = scene.edges;
  const steepness = (6 * t * (1 - t)) / (1.5 * (1 - t) ** 2 + 1.5 * t * t);
  let best = reach;
  let found = -1;
  for (let k = 0; k < pair.count; k += 1) {
    const e = pair.first + k;
    const drop = y1[e] - y0[e];
    const slope = (steepness * drop) / (pair.x1 - pair.x0);
    const distance = Math.abs(y0[e] + drop * rise - y) / Math.hypot(1, slope);
    if (distance < best && visible(pair, k)) {
      best = distance;
      found = k;
    }
  }
  return found;
}

/**
 * The t at which the curve with control points at half way has gone a share of its width:
 * 1.5 t (1-t)² + 1.5 t² (1-t) + t³ = share, by bisection.
 * @param {number} share 0..1
 */
function parameterAt(share) {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 20; i += 1) {
    const t = (low + high) / 2;
    if (curveX(t) < share) low = t;
    else high = t;
  }
  return (low + high) / 2;
}

/**
 * How far along its width the curve is at parameter t.
 * @param {number} t
 */
export function curveX(t) {
  return 1.5 * t * (1 - t) + t * t * t;
}
