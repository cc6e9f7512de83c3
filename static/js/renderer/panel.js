// @ts-check
// Paints a column made of fields: the fields, lines between the steps, symbols below the fields,
// and the current time step. A kind of layer adds more in a subclass.

import { palette } from "../color.js";
import { stepIn } from "../scene/sequence.js";
import { FieldPainter } from "./fields.js";

/** @import { Panel } from "../scene/panel.js" */
/** @import { InstructionInfo } from "../state/types.js" */
/** @import { Values } from "./values.js" */

/**
 * How a column is shown.
 * @typedef {object} PanelLook
 * @property {boolean} gradient gradients instead of values
 * @property {number} pc of the machine, 0 between two steps
 * @property {InstructionInfo | null} executed the instruction just executed, if it is watched
 * @property {number} scale
 */

/** The least height of rows with a gap between them, CSS px. */
const MIN_SPACED_ROW = 7;
/** How much wider than its field a symbol may be, CSS px at scale 1. */
const MAX_OVERHANG = 8;

export class PanelPainter {
  /** @param {Panel} panel @param {Values} values */
  constructor(panel, values) {
    this.panel = panel;
    this.values = values;
    this.painters = panel.fields.map((field) => new FieldPainter(field, values));
    // Buffers that are read only when a cell is hovered must be taken from earlier frames.
    for (const name of panel.extraBuffers) values.signal(name);
    this.paths = [...new Set(panel.fields.map(({ path }) => path))].filter((path) => path !== "");
  }

  /**
   * @param {number} now ms
   * @param {boolean} still
   * @returns {boolean} whether anything still moves
   */
  update(now, still) {
    let moving = false;
    for (const painter of this.painters) moving = painter.update(now, still) || moving;
    return moving;
  }

  /**
   * The ranges of the colours of its fields.
   * @param {boolean} gradient
   */
  ranges(gradient) {
    const images = this.painters.filter(({ field }) => field.look === "heat");
    return images.map((painter) => (gradient ? painter.gradientRange : painter.range));
  }

  /**
   * Takes over the ranges of the same column in another size.
   * @param {PanelPainter} old
   */
  inherit(old) {
    this.painters.forEach((painter, f) => {
      painter.range = old.painters[f].range;
      painter.gradientRange = old.painters[f].gradientRange;
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    for (const painter of this.painters) painter.paint(context, look.gradient, look.pc);
    this.paintGaps(context);
    this.paintSymbols(context, look.scale);
    for (const path of this.paths) this.paintStep(context, path, look);
  }

  /** Lines between the steps, which separate them into cells. @param {CanvasRenderingContext2D} context */
  paintGaps(context) {
    context.beginPath();
    for (const field of this.panel.fields) {
      const pitch = field.height / field.part.rows;
      if (field.axis !== "step" || pitch < MIN_SPACED_ROW || field.look === "fade") continue;
      for (let row = 1; row < field.part.rows; row += 1) {
        context.moveTo(field.x - 1, field.y + row * pitch);
        context.lineTo(field.x + field.width + 1, field.y + row * pitch);
      }
    }
    context.strokeStyle = palette().page;
    context.lineWidth = 1.5;
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} scale */
  paintSymbols(context, scale) {
    context.font = `${10.5 * scale}px ${palette().mono}`;
    context.fillStyle = palette().ink3;
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const { symbol, x, y, width, height, axis } of this.panel.fields) {
      if (axis === "query") continue;
      // A long symbol is condensed rather than drawn over the next one.
      context.fillText(symbol, x + width / 2, y + height + 4 * scale, width + MAX_OVERHANG * scale);
    }
  }

  /**
   * Lights the time step that the machine is in.
   * @param {CanvasRenderingContext2D} context
   * @param {string} path
   * @param {PanelLook} look
   */
  paintStep(context, path, { executed }) {
    const step = stepIn(executed, path);
    if (step < 0) return;
    let left = Number.POSITIVE_INFINITY;
    let right = 0;
    let top = 0;
    let pitch = 0;
    for (const field of this.panel.fields) {
      if (field.path !== path) continue;
      left = Math.min(left, field.x);
      right = Math.max(right, field.x + field.width);
      pitch = field.height / field.part.rows;
      top = field.y + step * pitch;
    }
    context.beginPath();
    context.roundRect(left - 4, top - 2, right - left + 8, pitch + 4, 4);
    context.strokeStyle = context.fillStyle = palette().accent;
    context.globalAlpha = 0.1;
    context.fill();
    context.globalAlpha = 0.95;
    context.lineWidth = 1.6;
    context.stroke();
    context.globalAlpha = 1;
  }
}
