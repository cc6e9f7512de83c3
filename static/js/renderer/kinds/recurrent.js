// @ts-check
// The unrolled cells of a recurrent layer: the direction of time, and how far back the gradient
// reaches.

import { palette } from "../../color.js";
import { PanelPainter } from "../panel.js";

/** @import { Field } from "../../scene/fields.js" */
/** @import { Panel } from "../../scene/panel.js" */
/** @import { PanelLook } from "../panel.js" */
/** @import { Values } from "../values.js" */

export class Painter extends PanelPainter {
  /** @param {Panel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    /** The fields of every direction in time. */
    this.directions = panel.groups.map(({ fields }) => fields);
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    super.paint(context, look);
    for (const [first] of this.directions) arrow(context, first.x - 6, first, first.back);
    if (this.directions.length > 1) this.paintNames(context, look.scale);
    context.font = `${9.5 * look.scale}px ${palette().mono}`;
    context.textAlign = "right";
    context.textBaseline = "bottom";
    context.fillStyle = palette().ink3;
    for (const { field, top } of this.painters) {
      if (field.look !== "fade") continue;
      context.fillText(top, field.x + field.width, field.y - 2);
      arrow(context, field.x + field.width + 6, field, !field.back);
    }
  }

  /** The name of each direction. @param {CanvasRenderingContext2D} context @param {number} scale */
  paintNames(context, scale) {
    context.font = `${10.5 * scale}px ${palette().text}`;
    context.textAlign = "left";
    context.textBaseline = "bottom";
    context.fillStyle = palette().ink2;
    for (const [first] of this.directions) {
      context.fillText(first.back ? "reverse" : "ahead", first.x, first.y - 3);
    }
  }
}

/**
 * An arrow along time, or against it for the gradient.
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {Field} field
 * @param {boolean} up
 */
function arrow(context, x, { y, height }, up) {
  const tail = up ? y + height : y;
  const tip = up ? y : y + height;
  const barb = up ? 5 : -5;
  context.beginPath();
  context.moveTo(x, tail);
  context.lineTo(x, tip);
  context.moveTo(x - 3, tip + barb);
  context.lineTo(x, tip);
  context.lineTo(x + 3, tip + barb);
  context.strokeStyle = palette().ink3;
  context.lineWidth = 1;
  context.stroke();
}
