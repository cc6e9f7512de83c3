// @ts-check
// Fields over time; for pooling also the step that each maximum was taken from.

import { palette } from "../../color.js";
import { Argmax } from "../argmax.js";
import { PanelPainter } from "../panel.js";

/** @import { SequencePanel } from "../../scene/kinds/time_steps.js" */
/** @import { PanelLook } from "../panel.js" */
/** @import { Values } from "../values.js" */

/** The least height of a step with room for a mark, CSS px. */
const MIN_STEP = 5;

export class Painter extends PanelPainter {
  /** @param {SequencePanel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    const { origin } = panel;
    this.argmax = origin?.layer.combines === "largest" ? new Argmax(origin, values) : null;
    this.size = origin?.windows[0].size ?? 1;
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    super.paint(context, look);
    const { from, to } = this.painters[0];
    if (this.argmax && to > from && !look.gradient) this.paintArgmax(context, this.argmax);
  }

  /**
   * A dash in each pooled cell, at the height of the step of its maximum.
   * @param {CanvasRenderingContext2D} context
   * @param {Argmax} argmax
   */
  paintArgmax(context, argmax) {
    const [{ x, y, width, height, part }] = this.panel.fields;
    const step = height / part.rows / this.size;
    if (step < MIN_STEP || !argmax.refresh()) return;
    const cell = width / part.cols;
    const inset = cell > 4 ? 1 : 0.5;
    context.beginPath();
    for (let row = 0; row < part.rows; row += 1) {
      for (let col = 0; col < part.cols; col += 1) {
        const at = row * this.size + argmax.indices[row * part.cols + col] + 0.5;
        context.rect(x + col * cell + inset, y + at * step - 0.75, cell - 2 * inset, 1.5);
      }
    }
    context.fillStyle = palette().ink;
    context.globalAlpha = 0.55;
    context.fill();
    context.globalAlpha = 1;
  }
}
