// @ts-check
// A Transformer's block: attention matrices, and the residual stream that bypasses the branches.

import { Painter as AttentionPainter } from "./attention.js";
import { skip } from "./nested.js";

/** @import { Panel } from "../../scene/panel.js" */
/** @import { PanelLook } from "../panel.js" */
/** @import { Values } from "../values.js" */

export class Painter extends AttentionPainter {
  /** @param {Panel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    /** The stream after each of the two branches. */
    this.sums = panel.fields.filter(({ look }) => look === "norm");
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    super.paint(context, look);
    let from = this.panel.groups[0].x - 4;
    for (const sum of this.sums) {
      skip(context, from, sum, look.scale);
      from = sum.x + sum.width;
    }
  }
}
