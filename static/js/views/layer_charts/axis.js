// @ts-check
// The steps below a column of lanes.

import { palette } from "../../color.js";
import { h } from "../../controls/dom.js";
import { Surface } from "../../renderer/surface.js";
import { Scale } from "../step_chart/scale.js";
import { stepTick, Ticks } from "../step_chart/ticks.js";
import { LEFT } from "./lane.js";

/** @import { TimeAxis } from "../step_chart/time.js" */

const MIN_TICK_GAP = 44; // px

export class StepAxis {
  /** @param {TimeAxis} time */
  constructor(time) {
    this.options = { time };
    /** @type {import("../step_chart/chart.js").Samples} the steps that can be pointed at */
    this.samples = { step: new Float64Array(0), length: 0, version: 0 };
    this.element = h("div", { class: "lane-axis" });
    this.surface = new Surface(this.element);
    this.x = new Scale();
    this.ticks = new Ticks(stepTick);
    this.scale = 1;
    this.size = { width: 0, height: 0 };
    this.seen = -1;
    this.dirty = true;
  }

  /** Takes the size of its element. @param {{scale: number}} type */
  resize({ scale }) {
    const { clientWidth: width, clientHeight: height } = this.element;
    this.scale = scale;
    this.size = { width, height };
    this.surface.resize(width, height);
    this.dirty = true;
  }

  draw() {
    const { size, scale, x, ticks } = this;
    const { time } = this.options;
    if (size.width === 0 || (!this.dirty && this.seen === time.version)) return;
    this.dirty = false;
    this.seen = time.version;
    x.cover(time.low, time.high);
    x.place(LEFT * scale, size.width - 1);
    ticks.fit(x, Math.floor((x.end - x.start) / (MIN_TICK_GAP * scale)), 1);
    const context = this.surface.begin();
    const colors = palette();
    context.font = `${10 * scale}px ${colors.mono}`;
    context.fillStyle = colors.ink3;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (let i = 0; i < ticks.count; i += 1) {
      const half = context.measureText(ticks.texts[i]).width / 2;
      const middle = Math.min(size.width - half, x.at(ticks.values[i]));
      context.fillText(ticks.texts[i], middle, size.height / 2);
    }
  }
}
