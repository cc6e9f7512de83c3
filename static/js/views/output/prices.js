// @ts-check
// Test days of a share price: the prediction, a naive forecast, and the actual price.

import { palette } from "../../color.js";
import { h } from "../../controls/dom.js";
import { displayScale } from "../../display.js";
import { short } from "../../format.js";
import { EndLabels } from "../step_chart/labels.js";
import { traceLine } from "../step_chart/line.js";
import { strongest } from "./parts/baseline.js";
import { Days } from "./parts/days.js";
import { entryOf } from "./parts/moment.js";

/** @import { Palette } from "../../color.js" */
/** @import { Context, Entry, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */

/**
 * @typedef {{label: string, values: Float64Array, width: number, dash: number[],
 *   color: (palette: Palette) => string}} Line values one a day
 */

const PREDICTIONS = "view/predictions";
const TARGETS = "view/targets";
const DRAW_EVERY = 100; // ms
const SPAN = 90; // days shown at once
const LEADER = 7; // px from the end of a line to its label

export class Prices {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    const { test, baselines, target_name: label } = model.data;
    this.title = "Later days";
    this.wants = [PREDICTIONS, TARGETS].map((name) => ({
      name,
      dtype: /** @type {const} */ ("f32"),
    }));
    this.naive = strongest(baselines.filter(({ forecasts }) => forecasts !== null));
    const empty = () => new Float64Array(test).fill(Number.NaN);
    this.real = line("real", empty(), 1.25, [], ({ ink3 }) => ink3);
    this.network = line("network", empty(), 2, [], ({ positive }) => positive);
    this.lines = [this.real, this.network];
    const naive = Float64Array.from(this.naive?.forecasts ?? []);
    if (naive.length > 0) this.lines.push(line("naive", naive, 1.5, [4, 3], ({ ink }) => ink));
    this.labels = new EndLabels(this.lines, (value) => short(value, 2));
    this.numbers = Float64Array.from({ length: test }, (_, i) => i);
    this.days = new Days(context, model, {
      kind: "sim-prices",
      name: "Predicted and actual prices on later days",
      label,
      span: SPAN,
      paint: (canvas, width, height) => this.paint(canvas, width, height),
      read: (day) => this.read(day),
    });
    const { plot, slider, readout } = this.days;
    this.element = h("div", { class: "sim" }, plot.element, slider, readout);
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Entry | null} */
    this.predictions = null;
  }

  destroy() {
    this.days.destroy();
  }

  /** @param {number} day */
  read(day) {
    if (day >= 0) {
      const values = this.lines.map(({ label, values }) => `${label} ${short(values[day], 4)}`);
      return `${this.days.dates[day]}: ${values.join(", ")}`;
    }
    const { naive, days } = this;
    const learned = `Trained on days up to ${days.learned}, on none of these.`;
    return naive ? `${learned} Naive: ${naive.title}.` : learned;
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const predictions = entryOf(moment, PREDICTIONS);
    const targets = entryOf(moment, TARGETS);
    const due = !moment.frame.running || now - this.drawn > DRAW_EVERY;
    if (predictions && targets && predictions !== this.predictions && due) {
      this.drawn = now;
      this.predictions = predictions;
      for (let i = 0; i < this.numbers.length; i += 1) {
        this.real.values[i] = targets.at(i);
        this.network.values[i] = predictions.at(i);
      }
      this.days.renew();
    }
    this.days.plot.draw();
  }

  /** @param {CanvasRenderingContext2D} canvas @param {number} width @param {number} height */
  paint(canvas, width, height) {
    const { lines, labels, days, real } = this;
    const { axes, start, end } = days;
    if (!this.predictions) return;
    const [scale, colors] = [displayScale(), palette()];
    for (let i = 0; i < lines.length; i += 1) labels.take(i, end);
    labels.measure(canvas, colors, scale);
    days.cover({ low: start, high: end }, { low: least(real.values), high: most(real.values) });
    axes.resize(width - labels.width, height);
    canvas.save();
    canvas.beginPath();
    canvas.rect(axes.left, axes.top, axes.width, axes.height);
    canvas.clip();
    for (const each of lines) this.paintLine(canvas, each, colors);
    canvas.restore();
    axes.paint(canvas);
    labels.paint(canvas, colors, axes.scaleY, axes.left + axes.width, scale);
    this.paintLeaders(canvas, colors);
  }

  /** @param {CanvasRenderingContext2D} canvas @param {Line} line @param {Palette} colors */
  paintLine(canvas, line, colors) {
    const { axes, start, end } = this.days;
    pen(canvas, line, colors);
    canvas.beginPath();
    traceLine(canvas, this.numbers, line.values, start, end + 1, axes.scaleX, axes.scaleY);
    canvas.stroke();
  }

  /** From each line's end to its label, which others may have pushed away. @param {CanvasRenderingContext2D} canvas @param {Palette} colors */
  paintLeaders(canvas, colors) {
    const { axes } = this.days;
    const right = axes.left + axes.width;
    this.lines.forEach((line, i) => {
      const value = this.labels.values[i];
      if (!Number.isFinite(value)) return;
      pen(canvas, line, colors);
      canvas.setLineDash([]);
      canvas.beginPath();
      canvas.moveTo(right + 1, axes.y(value));
      canvas.lineTo(right + LEADER * axes.scale, this.labels.ys[i]);
      canvas.stroke();
    });
  }
}

/**
 * @param {string} label
 * @param {Float64Array} values
 * @param {number} width CSS px
 * @param {number[]} dash
 * @param {(palette: Palette) => string} color
 * @returns {Line}
 */
function line(label, values, width, dash, color) {
  return { label, values, width, dash, color };
}

/** @param {CanvasRenderingContext2D} canvas @param {Line} line @param {Palette} colors */
function pen(canvas, { width, dash, color }, colors) {
  canvas.lineWidth = width;
  canvas.setLineDash(dash);
  canvas.strokeStyle = color(colors);
}

/** @param {Float64Array} values */
const least = (values) => values.reduce((low, value) => Math.min(low, value), Infinity);

/** @param {Float64Array} values */
const most = (values) => values.reduce((high, value) => Math.max(high, value), -Infinity);
