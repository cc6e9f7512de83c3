// @ts-check
// The gradient at one layer now: a bar on the logarithmic axis that all layers have in common.

import { palette } from "../../color.js";
import { h } from "../../controls/dom.js";
import { powerTick } from "../../format.js";
import { Surface } from "../../renderer/surface.js";
import { Scale } from "../step_chart/scale.js";
import { fit } from "./fit.js";

/** @import { LayerFlow } from "../../state/types.js" */
/** @import { Range } from "./data.js" */

const BAR = 10; // px at the base size of type
const GAP = 8;

export class FlowBar {
  constructor() {
    this.element = h("div", { class: "lane" });
    this.surface = new Surface(this.element);
    this.x = new Scale();
    this.size = { width: 0, height: 0, scale: 1, lines: 1 };
    /** @type {LayerFlow | null} */
    this.flow = null;
    this.dirty = true;
  }

  /** @param {import("./fit.js").Type} type */
  resize(type) {
    fit(this, type);
  }

  /** @param {LayerFlow} flow @param {Range} range */
  show(flow, range) {
    this.flow = flow;
    this.x.cover(range[0], range[1], true);
    this.dirty = true;
  }

  draw() {
    const { size, surface, x, flow } = this;
    if (!this.dirty || !flow || size.width === 0) return;
    this.dirty = false;
    const { scale } = size;
    const context = surface.begin();
    const colors = palette();
    x.place(1, size.width - 6 * scale);
    this.paintDecades(context, colors);
    const middle = size.height / 2;
    const height = BAR * scale;
    context.fillStyle = colors.ink2;
    const length = x.at(flow.parameters ?? 0) - x.start;
    if (length > 0) context.fillRect(x.start, middle - height / 2, length, height);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../../color.js").Palette} colors */
  paintDecades(context, colors) {
    const { x, size } = this;
    context.fillStyle = colors.hairline;
    for (let value = x.low; value <= x.high * 1.01; value *= 10) {
      context.fillRect(Math.round(x.at(value)), 0, 1, size.height);
    }
  }
}

/** Its powers of ten, once below all bars. */
export class FlowAxis {
  constructor() {
    this.element = h("div", { class: "lane-axis" });
    this.surface = new Surface(this.element);
    this.x = new Scale();
    this.size = { width: 0, height: 0, scale: 1 };
    this.dirty = true;
  }

  /** @param {{scale: number}} type */
  resize({ scale }) {
    const { clientWidth: width, clientHeight: height } = this.element;
    this.size = { width, height, scale };
    this.surface.resize(width, height);
    this.dirty = true;
  }

  /** @param {Range} range */
  show(range) {
    this.x.cover(range[0], range[1], true);
    this.dirty = true;
  }

  draw() {
    const { size, surface, x } = this;
    if (!this.dirty || size.width === 0) return;
    this.dirty = false;
    const { scale } = size;
    const context = surface.begin();
    const colors = palette();
    x.place(1, size.width - 6 * scale);
    context.font = `${10 * scale}px ${colors.mono}`;
    context.fillStyle = colors.ink3;
    context.textBaseline = "middle";
    let end = Number.NEGATIVE_INFINITY;
    for (let value = x.low; value <= x.high * 1.01; value *= 10) {
      const text = powerTick(value);
      const { width } = context.measureText(text);
      const left = Math.max(0, Math.min(size.width - width, x.at(value) - width / 2));
      if (left < end) continue;
      context.fillText(text, left, size.height / 2);
      end = left + width + GAP * scale;
    }
  }
}
