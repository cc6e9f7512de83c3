// @ts-check
// Looked-up vectors with their numbers and whose they are; for a factorisation the product of each
// pair, and the sum with what each has of its own.

import { diverging, palette } from "../../color.js";
import { short } from "../../format.js";
import { fieldName } from "../../scene/sequence.js";
import { PanelPainter } from "../panel.js";

/** @typedef {import("../../scene/panel.js").Panel} Panel */
/** @typedef {import("../panel.js").PanelLook} PanelLook */
/** @typedef {import("../values.js").Values} Values */

const NAME = 18;
const ROW = 34;
const BETWEEN = 22;

export class VectorPainter extends PanelPainter {
  /** @param {Panel} panel @param {Values} values */
  constructor(panel, values) {
    super(panel, values);
    const layer = panel.fields[0].value.split("/")[1];
    this.ids = values.signal("probe/input/x");
    this.own = values.signal(`${layer}/b`);
    this.middle = values.signal(`${layer}/mu`);
    const { rows, cols } = panel.fields[0].part;
    this.products = new Float32Array(cols);
    this.names = Array.from({ length: rows }, () => "");
    this.sum = "";
    this.version = -1;
  }

  /** Texts and products anew, when the numbers have changed. */
  refresh() {
    const signal = this.painters[0].value;
    if (!signal || !this.ids?.entry || this.version === signal.version) return;
    this.version = signal.version;
    const { ids, own, products, panel } = this;
    const { rows, cols } = panel.fields[0].part;
    for (let row = 0; row < rows; row += 1) {
      this.names[row] = fieldName(panel.model, row, ids.target[row]);
    }
    let dot = 0;
    for (let col = 0; col < cols; col += 1) {
      let product = 1;
      for (let row = 0; row < rows; row += 1) product *= signal.shown[row * cols + col];
      products[col] = product;
      dot += product;
    }
    const sizes = panel.model.data.field_sizes ?? [];
    const biases = [...this.names.keys()].map((row) => {
      const before = sizes.slice(0, row).reduce((sum, size) => sum + size, 0);
      return own?.entry ? own.target[before + ids.target[row]] : Number.NaN;
    });
    const terms = [dot, ...biases, this.middle?.target[0] ?? 0];
    this.sum = terms
      .map((term, i) => (i > 0 && term >= 0 ? `+ ${short(term)}` : short(term)))
      .join(" ");
  }

  /** @override @param {CanvasRenderingContext2D} context @param {PanelLook} look */
  paint(context, look) {
    this.refresh();
    const [{ x, y, width, part }, sum] = this.panel.fields;
    const { value, range } = this.painters[0];
    if (!value?.entry) return;
    const { scale } = look;
    const pitch = (NAME + ROW + BETWEEN) * scale;
    for (let row = 0; row < part.rows; row += 1) {
      const top = y + row * pitch;
      this.paintName(context, this.names[row], x, top, scale);
      this.paintNumbers(
        context,
        value.shown,
        row * part.cols,
        range.value,
        x,
        top + NAME * scale,
        width,
        scale,
      );
      if (sum)
        this.paintSign(
          context,
          row === 0 ? "×" : "=",
          x + width / 2,
          top + pitch - BETWEEN * 0.5 * scale,
          scale,
        );
    }
    if (sum) this.paintSum(context, y + part.rows * pitch, scale);
  }

  /**
   * The products of the two vectors, then their sum with the biases and the mean.
   * @param {CanvasRenderingContext2D} context
   * @param {number} top
   * @param {number} scale
   */
  paintSum(context, top, scale) {
    const [{ x, width }, sum] = this.panel.fields;
    const range = this.painters[0].range.value ** 2;
    this.paintName(context, "products", x, top, scale);
    this.paintNumbers(context, this.products, 0, range, x, top + NAME * scale, width, scale);
    const answer = this.painters[1].value;
    this.paintSign(context, "Σ", x + width / 2, top + (NAME + ROW + BETWEEN / 2) * scale, scale);
    this.paintName(context, this.sum, x, sum.y - NAME * scale, scale);
    if (answer?.entry) {
      this.paintNumbers(
        context,
        answer.shown,
        0,
        this.painters[1].range.value,
        sum.x,
        sum.y,
        sum.width,
        scale,
        1,
      );
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {number} scale
   */
  paintName(context, text, x, y, scale) {
    context.font = `${11.5 * scale}px ${palette().text}`;
    context.fillStyle = palette().ink2;
    context.textAlign = "left";
    context.textBaseline = "top";
    context.fillText(text, x, y + 2);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} sign
   * @param {number} x
   * @param {number} y
   * @param {number} scale
   */
  paintSign(context, sign, x, y, scale) {
    context.font = `${14 * scale}px ${palette().text}`;
    context.fillStyle = palette().ink3;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(sign, x, y);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Float32Array} values
   * @param {number} from
   * @param {number} range
   * @param {number} x
   * @param {number} y
   * @param {number} width of all
   * @param {number} scale
   * @param {number} [count]
   */
  paintNumbers(context, values, from, range, x, y, width, scale, count = this.products.length) {
    const cell = width / count;
    const height = ROW * scale;
    const colors = palette();
    context.font = `${Math.min(11, cell / 3.4) * scale}px ${colors.mono}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let i = 0; i < count; i += 1) {
      const value = values[from + i];
      const share = value / (range || 1);
      context.beginPath();
      context.roundRect(x + i * cell + 1, y, cell - 2, height, 5);
      context.fillStyle = diverging(share);
      context.fill();
      if (cell < 22) continue;
      context.fillStyle = Math.abs(share) > 0.55 ? colors.page : colors.ink;
      context.fillText(short(value, 2), x + (i + 0.5) * cell, y + height / 2 + 0.5, cell - 4);
    }
  }
}
