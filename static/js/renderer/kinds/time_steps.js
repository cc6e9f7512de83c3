// @ts-check
// What is computed along time; of pooling also the step that each maximum was taken from.

import { palette } from "../../color.js";
import { Chosen } from "../chosen.js";
import { PanelPainter } from "../panel.js";

/** @import { PlacePanel } from "../../scene/kinds/time_steps.js" */
/** @import { PanelLook } from "../panel.js" */
/** @import { Values } from "../values.js" */

/** A step of a window lower than this has no room for a mark, CSS px. */
const MIN_STEP = 5;

export class Painter extends PanelPainter {
  /** @param {PlacePanel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    const { origin } = panel;
    this.chosen = origin?.layer.combines === "largest" ? new Chosen(origin, values) : null;
    this.size = origin?.windows[0].size ?? 1;
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    super.paint(context, look);
    const { from, to } = this.painters[0];
    if (this.chosen && to > from && !look.gradient) this.paintChosen(context, this.chosen);
  }

  /**
   * A dash in each pooled cell, at the height of the step.
   * @param {CanvasRenderingContext2D} context
   * @param {Chosen} chosen
   */
  paintChosen(context, chosen) {
    const [{ x, y, width, height, part }] = this.panel.fields;
    const step = height / part.rows / this.size;
    if (step < MIN_STEP || !chosen.refresh()) return;
    const cell = width / part.cols;
    const inset = cell > 4 ? 1 : 0.5;
    context.beginPath();
    for (let row = 0; row < part.rows; row += 1) {
      for (let col = 0; col < part.cols; col += 1) {
        const at = row * this.size + chosen.places[row * part.cols + col] + 0.5;
        context.rect(x + col * cell + inset, y + at * step - 0.75, cell - 2 * inset, 1.5);
      }
    }
    context.fillStyle = palette().ink;
    context.globalAlpha = 0.55;
    context.fill();
    context.globalAlpha = 1;
  }
}
