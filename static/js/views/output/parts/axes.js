// @ts-check
// From numbers to CSS pixels and back in two directions, and the thin frame with its ticks.

import { palette } from "../../../color.js";
import { displayScale } from "../../../display.js";
import { Scale } from "../../step_chart/scale.js";
import { Ticks } from "../../step_chart/ticks.js";

/** @typedef {{low: number, high: number}} Interval */
/** @typedef {Interval & {label: string}} Axis */

const MAX_TICKS = 5;
/** Room for the labels, at a root size of 13 px. */
const LEFT = 30;
const BOTTOM = 18;
const EDGE = 5;

export class Axes {
  /** @param {Axis} x @param {Axis} y */
  constructor(x, y) {
    this.labelX = x.label;
    this.labelY = y.label;
    this.scaleX = new Scale();
    this.scaleY = new Scale();
    this.ticksX = new Ticks();
    this.ticksY = new Ticks();
    this.left = 0;
    this.top = 0;
    this.width = 0;
    this.height = 0;
    /** The root's font size in units of 13 px. */
    this.scale = 1;
    this.cover(x, y);
  }

  /** What is shown. @param {Interval} x @param {Interval} y */
  cover(x, y) {
    this.scaleX.cover(x.low, x.high);
    this.scaleY.cover(y.low, y.high);
    this.ticksX.fit(this.scaleX, MAX_TICKS);
    this.ticksY.fit(this.scaleY, MAX_TICKS);
  }

  /** @param {number} width CSS px @param {number} height */
  resize(width, height) {
    this.scale = displayScale();
    this.left = LEFT * this.scale;
    this.top = EDGE;
    this.width = Math.max(1, width - this.left - EDGE);
    this.height = Math.max(1, height - BOTTOM * this.scale - EDGE);
    this.scaleX.place(this.left, this.left + this.width);
    this.scaleY.place(this.top + this.height, this.top);
  }

  /** @param {number} value */
  x(value) {
    return this.scaleX.at(value);
  }

  /** @param {number} value */
  y(value) {
    return this.scaleY.at(value);
  }

  /**
   * The numbers at a place, or null outside the frame.
   * @param {number} px
   * @param {number} py
   */
  invert(px, py) {
    const { left, top, width, height } = this;
    if (px < left || px > left + width || py < top || py > top + height) return null;
    return { x: this.scaleX.valueAt(px), y: this.scaleY.valueAt(py) };
  }

  /** @param {CanvasRenderingContext2D} context */
  paint(context) {
    const { left, top, width, height, scale } = this;
    const colors = palette();
    context.font = `${11 * scale}px ${colors.text}`;
    context.strokeStyle = colors.ink3;
    context.lineWidth = 1;
    context.beginPath();
    context.rect(left - 0.5, top - 0.5, width + 1, height + 1);
    context.globalAlpha = 0.35;
    context.stroke();
    context.beginPath();
    context.globalAlpha = 1;
    context.fillStyle = colors.ink2;
    this.paintX(context);
    this.paintY(context);
    context.globalAlpha = 0.6;
    context.stroke();
    context.globalAlpha = 1;
  }

  /** @param {CanvasRenderingContext2D} context */
  paintX(context) {
    const { left, top, width, height, scale, labelX, ticksX } = this;
    const bottom = top + height;
    const end = left + width - context.measureText(labelX).width - 12 * scale;
    context.textBaseline = "top";
    context.textAlign = "center";
    for (let i = 0; i < ticksX.count; i += 1) {
      const x = Math.round(this.x(ticksX.values[i])) + 0.5;
      context.moveTo(x, bottom);
      context.lineTo(x, bottom + 3);
      if (x < end) context.fillText(ticksX.texts[i], x, bottom + 5);
    }
    context.textAlign = "right";
    this.paintLabel(context, labelX, left + width, bottom + 5);
  }

  /**
   * The name of the axis stands beside it, or where it is too long inside the frame.
   * @param {CanvasRenderingContext2D} context
   */
  paintY(context) {
    const { left, top, scale, labelY, ticksY } = this;
    const beside = context.measureText(labelY).width < left - 6;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (let i = 0; i < ticksY.count; i += 1) {
      const y = Math.round(this.y(ticksY.values[i])) + 0.5;
      context.moveTo(left, y);
      context.lineTo(left - 3, y);
      if (y > top + 14 * scale || !beside) context.fillText(ticksY.texts[i], left - 6, y);
    }
    context.textBaseline = "top";
    context.textAlign = beside ? "right" : "left";
    this.paintLabel(context, labelY, beside ? left - 6 : left + 5, beside ? top - 1 : top + 4);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {string} text
   * @param {number} x
   * @param {number} y
   */
  paintLabel(context, text, x, y) {
    const { ink, ink2 } = palette();
    context.fillStyle = ink;
    context.fillText(text, x, y);
    context.fillStyle = ink2;
  }
}
