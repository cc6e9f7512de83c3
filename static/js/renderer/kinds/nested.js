// @ts-check
// Draws the bypass of layers that contain others: a line above the inner layers into the sum.

import { palette } from "../../color.js";
import { PanelPainter } from "../panel.js";

/** @import { PanelLook } from "../panel.js" */

const R = 5;

export class Painter extends PanelPainter {
  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    super.paint(context, look);
    const { groups, bypass } = this.panel;
    if (!bypass) return;
    const last = groups[groups.length - 1].fields[0];
    skip(context, groups[0].fields[0].x - 8, last, look.scale);
  }
}

/**
 * A line over a branch, from its left to the sum on its right.
 * @param {CanvasRenderingContext2D} context
 * @param {number} from
 * @param {{x: number, y: number, width: number}} sum
 * @param {number} scale
 */
export function skip(context, from, sum, scale) {
  const r = R * scale;
  const x = sum.x + sum.width / 2;
  const y = sum.y - r - 2;
  context.beginPath();
  context.moveTo(from, sum.y + 12 * scale);
  context.quadraticCurveTo(from, y, from + 12 * scale, y);
  context.lineTo(x - r, y);
  context.moveTo(x + r, y);
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.moveTo(x - r, y);
  context.lineTo(x + r, y);
  context.moveTo(x, y - r);
  context.lineTo(x, y + r);
  context.strokeStyle = palette().ink2;
  context.lineWidth = 1.2;
  context.stroke();
}
