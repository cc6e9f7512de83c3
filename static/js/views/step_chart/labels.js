// @ts-check
// Names and values at the ends of lines, in place of a legend.

/** @import { Palette } from "../../color.js" */
/** @import { Scale } from "./scale.js" */
/** @typedef {{label: string, values: Float64Array}} Labelled a line */

const GAP = 8; // px from the line's end to the label
const SPACE = 4; // px from the name to the value
const MIN_LINE = 14; // px from one label to the next, at least
const MAX_ROUNDS = 8;

export class EndLabels {
  /**
   * @param {Labelled[]} series
   * @param {(value: number) => string} text
   */
  constructor(series, text) {
    this.series = series;
    this.text = text;
    this.texts = series.map(() => "");
    /** The numbers at the lines' ends. */
    this.values = new Float64Array(series.length);
    /** Widths of the names, px. */
    this.names = new Float64Array(series.length);
    /** The vertical positions of the labels, px. */
    this.ys = new Float64Array(series.length);
    this.order = series.map((_, i) => i);
    this.font = "";
    /** What the widest label needs, px. */
    this.width = 0;
  }

  /**
   * Takes the value at a line's end.
   * @param {number} i which line
   * @param {number} end index of its last point in view; -1 if there is none
   */
  take(i, end) {
    const value = end < 0 ? Number.NaN : this.series[i].values[end];
    if (Object.is(value, this.values[i]) && this.texts[i] !== "") return;
    this.values[i] = value;
    this.texts[i] = end < 0 ? "" : this.text(value);
  }

  /**
   * Measures the room that the labels need.
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {number} scale of type
   */
  measure(context, colors, scale) {
    this.font = `${11 * scale}px ${colors.text}`;
    let width = 0;
    for (let i = 0; i < this.series.length; i += 1) {
      context.font = this.font;
      this.names[i] = context.measureText(this.series[i].label).width;
      context.font = `${11 * scale}px ${colors.mono}`;
      const number = context.measureText(this.texts[i]).width;
      width = Math.max(width, this.names[i] + number);
    }
    this.width = width + (GAP + SPACE + 1) * scale;
  }

  /**
   * Each as near to its line's end as the others allow.
   * @param {Scale} y
   * @param {number} scale of type
   */
  arrange(y, scale) {
    const { ys, order, values } = this;
    const line = MIN_LINE * scale;
    for (let i = 0; i < values.length; i += 1) {
      ys[i] = Number.isFinite(values[i]) ? y.at(values[i]) : y.end;
    }
    order.sort((a, b) => ys[a] - ys[b] || a - b);
    for (let round = 0; round < MAX_ROUNDS; round += 1) this.pushApart(line);
    let limit = y.end;
    for (let k = 0; k < order.length; k += 1) {
      limit = ys[order[k]] = Math.max(ys[order[k]], limit);
      limit += line;
    }
    limit = y.start - MIN_LINE / 4;
    for (let k = order.length - 1; k >= 0; k -= 1) {
      limit = ys[order[k]] = Math.min(ys[order[k]], limit);
      limit -= line;
    }
  }

  /** @param {number} line px */
  pushApart(line) {
    const { ys, order } = this;
    for (let k = 1; k < order.length; k += 1) {
      const short = line - (ys[order[k]] - ys[order[k - 1]]);
      if (short <= 0) continue;
      ys[order[k - 1]] -= short / 2;
      ys[order[k]] += short / 2;
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {Scale} y
   * @param {number} end of the lines, px
   * @param {number} scale of type
   */
  paint(context, colors, y, end, scale) {
    const { series, ys, values, texts } = this;
    this.arrange(y, scale);
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (let i = 0; i < series.length; i += 1) {
      if (texts[i] === "") continue;
      const known = Number.isFinite(values[i]);
      const left = end + GAP * scale;
      context.font = this.font;
      context.fillStyle = colors.ink2;
      context.fillText(series[i].label, left, ys[i]);
      context.font = `${11 * scale}px ${colors.mono}`;
      context.fillStyle = known ? colors.ink : colors.error;
      context.fillText(texts[i], left + this.names[i] + SPACE * scale, ys[i]);
    }
  }
}
