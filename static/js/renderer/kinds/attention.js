// @ts-check
// Attention matrices: masked cells stay empty, and rows and columns are labelled with their tokens
// where there is room.

import { palette } from "../../color.js";
import { MIN_NAMED_CELL, NAME_WIDTH } from "../../scene/panel.js";
import { tokenText } from "../../scene/sequence.js";
import { PanelPainter } from "../panel.js";

/** @import { Field } from "../../scene/fields.js" */
/** @import { Panel } from "../../scene/panel.js" */
/** @import { PanelLook } from "../panel.js" */
/** @import { Values } from "../values.js" */

export class Painter extends PanelPainter {
  /** @param {Panel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    this.heads = panel.fields.filter(({ axis }) => axis === "query");
    this.ids = values.signal("probe/input/x");
    this.masked = this.heads.length > 0 && causal(panel, this.heads[0]);
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    super.paint(context, look);
    for (const head of this.heads) {
      if (this.masked) mask(context, head);
      this.paintName(context, head, look.scale);
      this.paintTokens(context, head);
    }
  }

  /**
   * Writes the name of the head into the empty corner, if there is one.
   * @param {CanvasRenderingContext2D} context
   * @param {Field} head
   * @param {number} scale
   */
  paintName(context, { symbol, x, y, width }, scale) {
    if (!this.masked || width < 44) return;
    context.font = `${9.5 * scale}px ${palette().text}`;
    context.fillStyle = palette().ink3;
    context.textAlign = "right";
    context.textBaseline = "top";
    context.fillText(symbol, x + width - 3, y + 3);
  }

  /**
   * Heads side by side share the labels of rows, heads below one another those of columns.
   * @param {CanvasRenderingContext2D} context
   * @param {Field} head
   */
  paintTokens(context, { x, y, height, part }) {
    const { ids, heads } = this;
    const left = x === heads[0].x;
    const low = y === heads[heads.length - 1].y;
    const pitch = height / part.rows;
    if (pitch < MIN_NAMED_CELL || !ids?.entry || !this.panel.model.data.vocabulary) return;
    context.font = `${Math.min(11, pitch)}px ${palette().mono}`;
    context.fillStyle = palette().ink2;
    context.textBaseline = "middle";
    for (let step = 0; step < part.rows; step += 1) {
      const token = tokenText(this.panel.model, ids.target[step]);
      context.textAlign = "right";
      if (left) context.fillText(token, x - 3, y + (step + 0.5) * pitch, NAME_WIDTH - 3);
      context.textAlign = "center";
      if (low) context.fillText(token, x + (step + 0.5) * pitch, y + height + 6, pitch - 1);
    }
  }
}

/**
 * Whether queries are barred from later keys, as the program's formula says.
 * @param {Panel} panel
 * @param {Field} head
 */
function causal({ model }, head) {
  const id = model.bufferByName.get(head.value.replace(/^probe\//, ""))?.id ?? -1;
  const instruction = model.instructions.find(
    (i) => i.phase === "forward" && i.writes.includes(id),
  );
  return instruction?.formula.includes("up to the query") ?? false;
}

/**
 * Covers the cells of keys that a query may not attend to.
 * @param {CanvasRenderingContext2D} context
 * @param {Field} head
 */
function mask(context, { x, y, width, height, part }) {
  const [dx, dy] = [width / part.cols, height / part.rows];
  context.beginPath();
  context.moveTo(x + dx, y - 1);
  for (let row = 0; row < part.rows - 1; row += 1) {
    context.lineTo(x + (row + 1) * dx, y + (row + 1) * dy);
    context.lineTo(x + (row + 2) * dx, y + (row + 1) * dy);
  }
  context.lineTo(x + width + 1, y + height - dy);
  context.lineTo(x + width + 1, y - 1);
  context.closePath();
  context.fillStyle = palette().page;
  context.fill();
}
