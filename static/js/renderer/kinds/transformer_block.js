// @ts-check
// A Transformer's block: attention matrices, and the residual stream that runs past the branches.

import { AttentionPainter } from "./attention.js";
import { skip } from "./nested.js";

/** @typedef {import("../panel.js").PanelLook} PanelLook */

export class BlockPainter extends AttentionPainter {
  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    super.paint(context, look);
    const sums = this.panel.fields.filter(({ look: l, axis }) => l === "norm" && axis === "step");
    let from = Math.min(...this.heads.map(({ x }) => x)) - 8;
    for (const sum of sums) {
      skip(context, from, sum, look.scale);
      from = sum.x + sum.width;
    }
  }
}
