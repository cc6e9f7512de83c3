// @ts-check
// Embedding vectors with their names and numbers; for a factorisation also the products and their
// sum with the biases. Gradients stand at the same positions.

import { diverging, palette } from "../../color.js";
import { short } from "../../format.js";
import { fieldName } from "../../scene/sequence.js";
import { frame } from "../fields.js";
import { PanelPainter } from "../panel.js";
import { STALE } from "../values.js";

/** @import { VectorPanel } from "../../scene/kinds/vectors.js" */
/** @import { FieldPainter } from "../fields.js" */
/** @import { PanelLook } from "../panel.js" */
/** @import { Values } from "../values.js" */

/** The least width of a cell with a number, CSS px. */
const MIN_CELL = 22;
/** The least gap between rows with a sign in it, CSS px at scale 1. */
const MIN_SIGN_GAP = 14;

export class Painter extends PanelPainter {
  /** @param {VectorPanel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    this.vectors = panel;
    const layer = panel.fields[0].value.split("/")[1];
    this.ids = values.signal("probe/input/x");
    this.biases = values.signal(`${layer}/b`);
    this.mean = values.signal(`${layer}/mu`);
    const { rows, cols } = panel.fields[0].part;
    this.products = new Float32Array(cols);
    /** The gradient with respect to each product. */
    this.shares = new Float32Array(cols);
    this.names = Array.from({ length: rows }, () => "");
    this.sum = "";
    this.answer = "";
    this.version = -1;
    this.scale = 1;
  }

  /** @override @param {boolean} gradient */
  ranges(gradient) {
    return [gradient ? this.painters[0].gradientRange : this.painters[0].range];
  }

  /** Computes texts and products again when the numbers have changed. */
  refresh() {
    const signal = this.painters[0].value;
    if (!signal || !this.ids?.entry || this.version === signal.version) return;
    this.version = signal.version;
    const { model, fields } = this.panel;
    const { rows, cols } = fields[0].part;
    for (let row = 0; row < rows; row += 1) {
      this.names[row] = fieldName(model, row, this.ids.target[row]);
    }
    if (fields.length === 1) return;
    let dot = 0;
    for (let col = 0; col < cols; col += 1) {
      let product = 1;
      for (let row = 0; row < rows; row += 1) product *= signal.shown[row * cols + col];
      this.products[col] = product;
      dot += product;
    }
    const biases = this.names.map((_, row) => signed(this.biasOf(row)));
    this.sum = `${short(dot)} ${biases.join(" ")} ${signed(this.mean?.target[0] ?? 0)} =`;
    const { target_scale: scale, target_mean: mean, target_name: target } = model.data;
    const answer = this.painters[1].value?.target[0] ?? Number.NaN;
    this.answer = `${short(answer * scale + mean)} ${target}`;
  }

  /** The bias of a field's row. @param {number} field */
  biasOf(field) {
    const sizes = this.panel.model.data.field_sizes ?? [];
    const before = sizes.slice(0, field).reduce((sum, size) => sum + size, 0);
    return this.biases?.target[before + (this.ids?.target[field] ?? 0)] ?? Number.NaN;
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    this.scale = look.scale;
    this.refresh();
    const { painters, names } = this;
    const [{ y, height, part }, sum] = this.panel.fields;
    const gradient = look.gradient && painters[0].gradient !== null;
    const signal = gradient ? painters[0].gradient : painters[0].value;
    if (!signal?.entry) return;
    const range = (gradient ? painters[0].gradientRange : painters[0].range).value;
    const pitch = height / part.rows;
    for (let row = 0; row < part.rows; row += 1) {
      const top = y + row * pitch;
      this.paintText(context, gradient ? `dL/d ${names[row]}` : names[row], top);
      this.fade(context, painters[0], look.pc, gradient);
      this.paintNumbers(context, signal.shown, row * part.cols, part.cols, range, top, gradient);
      context.globalAlpha = 1;
      if (sum) this.paintSign(context, row < part.rows - 1 ? "×" : "=", top + pitch);
    }
    if (!sum) return;
    if (gradient) this.paintShare(context, y + height, look.pc);
    else this.paintSum(context, y + height, look.pc);
  }

  /**
   * Makes numbers of the step before pale.
   * @param {CanvasRenderingContext2D} context
   * @param {FieldPainter} painter
   * @param {number} pc
   * @param {boolean} gradient
   */
  fade(context, painter, pc, gradient) {
    painter.freshen(pc, gradient);
    context.globalAlpha = painter.to > painter.from ? 1 : STALE;
  }

  /**
   * The products of the two vectors, then their sum with the biases and the mean.
   * @param {CanvasRenderingContext2D} context
   * @param {number} top
   * @param {number} pc
   */
  paintSum(context, top, pc) {
    const { painters, products } = this;
    const { pitch, heights } = this.vectors;
    const range = painters[0].range.value ** 2;
    this.paintText(context, "products", top);
    this.fade(context, painters[0], pc, false);
    this.paintNumbers(context, products, 0, products.length, range, top, false);
    context.globalAlpha = 1;
    this.paintSign(context, "Σ", top + pitch);
    this.paintText(context, this.sum, top + pitch);
    const answer = painters[1].value;
    if (!answer?.entry) return;
    this.fade(context, painters[1], pc, false);
    this.paintNumbers(context, answer.shown, 0, 1, painters[1].range.value, top + pitch, false);
    context.globalAlpha = 1;
    this.paintText(context, this.answer, top + pitch + heights.name + heights.row);
  }

  /**
   * The gradient of the sum, which is also that of every product.
   * @param {CanvasRenderingContext2D} context
   * @param {number} top
   * @param {number} pc
   */
  paintShare(context, top, pc) {
    const { products } = this;
    const { gradient, gradientRange } = this.painters[1];
    const { pitch } = this.vectors;
    this.paintText(context, "dL/d product = dL/dz", top);
    this.paintSign(context, "Σ", top + pitch);
    this.paintText(context, "dL/dz", top + pitch);
    if (!gradient?.entry) return;
    this.shares.fill(gradient.shown[0]);
    this.fade(context, this.painters[1], pc, true);
    const { value: range } = gradientRange;
    this.paintNumbers(context, this.shares, 0, products.length, range, top, true);
    this.paintNumbers(context, gradient.shown, 0, 1, range, top + pitch, true);
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context @param {string} text @param {number} y */
  paintText(context, text, y) {
    context.font = `${11 * this.scale}px ${palette().text}`;
    context.fillStyle = palette().ink2;
    context.textAlign = "left";
    context.textBaseline = "top";
    const { x, width } = this.panel.fields[0];
    const lead = Math.min(2, this.vectors.heights.name - 14 * this.scale);
    context.fillText(text, x, y + lead, width + 20);
  }

  /**
   * A sign between two rows.
   * @param {CanvasRenderingContext2D} context
   * @param {string} sign
   * @param {number} y where the lower one begins
   */
  paintSign(context, sign, y) {
    const { x, width } = this.panel.fields[0];
    const { between } = this.vectors.heights;
    if (between < MIN_SIGN_GAP * this.scale) return;
    context.font = `${14 * this.scale}px ${palette().text}`;
    context.fillStyle = palette().ink3;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(sign, x + width / 2, y - between / 2);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Float32Array} values
   * @param {number} from
   * @param {number} count
   * @param {number} range
   * @param {number} top of the name above
   * @param {boolean} gradient has a ring
   */
  paintNumbers(context, values, from, count, range, top, gradient) {
    const { x, width } = this.panel.fields[0];
    const cell = width / count;
    const { name, row: height } = this.vectors.heights;
    const y = top + name;
    const colors = palette();
    context.font = `${Math.min(11 * this.scale, cell / 3.4)}px ${colors.mono}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let i = 0; i < count; i += 1) {
      const value = values[from + i];
      const share = value / (range || 1);
      context.beginPath();
      context.roundRect(x + i * cell + 1, y, Math.max(1, cell - 2), height, Math.min(5, cell / 4));
      context.fillStyle = diverging(share);
      context.fill();
      if (cell < MIN_CELL) continue;
      context.fillStyle = Math.abs(share) > 0.55 ? colors.page : colors.ink;
      context.fillText(short(value, 2), x + (i + 0.5) * cell, y + height / 2 + 0.5, cell - 4);
    }
    if (gradient) frame(context, { x, y, width, height }, true);
  }
}

/** A term of a sum, with its sign. @param {number} term */
function signed(term) {
  return term < 0 ? `− ${short(-term, 2)}` : `+ ${short(term, 2)}`;
}
