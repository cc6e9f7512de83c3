// @ts-check
// The tokens of the sample, one below the other.

import { palette } from "../../color.js";
import { fieldName, tokenText } from "../../scene/sequence.js";
import { PanelPainter } from "../panel.js";

/** @import { PanelLook } from "../panel.js" */

/** The least height of a row with letters, CSS px. */
const MIN_ROW = 5;

export class Painter extends PanelPainter {
  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    const { model } = this.panel;
    const [{ x, y, width, height, part }] = this.panel.fields;
    const ids = this.painters[0].value;
    const pitch = height / part.rows;
    context.beginPath();
    for (let row = 0; row < part.rows; row += 1) {
      context.roundRect(
        x + 0.5,
        y + row * pitch + 0.5,
        width - 1,
        pitch - 1,
        Math.min(3, pitch / 4),
      );
    }
    context.fillStyle = palette().panel;
    context.fill();
    context.strokeStyle = palette().hairline;
    context.lineWidth = 1;
    context.stroke();
    if (!ids?.entry || pitch < MIN_ROW) return;
    context.font = `${Math.min(12 * look.scale, 0.9 * pitch)}px ${palette().mono}`;
    context.fillStyle = palette().ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let row = 0; row < part.rows; row += 1) {
      const id = ids.target[row];
      const token = model.data.vocabulary ? tokenText(model, id) : fieldName(model, row, id);
      context.fillText(token, x + width / 2, y + (row + 0.5) * pitch, width - 2);
    }
  }
}
