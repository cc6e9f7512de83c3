// @ts-check
// Later days of a share: what the network foresaw, and what came.

import { palette } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { short } from "../../format.js";
import { Axes } from "./axes.js";
import { entryOf } from "./moment.js";
import { Plot } from "./plot.js";

/** @typedef {import("../../types.js").Context} Context */
/** @typedef {import("../../types.js").Entry} Entry */
/** @typedef {import("../../types.js").Model} Model */
/** @typedef {import("./moment.js").Moment} Moment */

const PREDICTIONS = "view/predictions";
const TARGETS = "view/targets";
const DRAW_EVERY = 100; // ms
const SPAN = 120; // days shown at once

export class Prices {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.context = context;
    this.title = "Later days";
    this.name = model.data.target_name;
    /** @type {string[]} of the test samples, ISO */
    this.dates = model.data.extras.test.date ?? [];
    this.wants = [PREDICTIONS, TARGETS].map((name) => ({
      name,
      dtype: /** @type {const} */ ("f32"),
    }));
    this.start = Math.max(0, this.dates.length - SPAN);
    this.pointed = -1;
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Entry | null} */
    this.predictions = null;
    /** @type {Entry | null} */
    this.targets = null;
    this.axes = new Axes({ low: 0, high: 1, label: "" }, { low: 0, high: 1, label: this.name });
    this.axes.ticksX.text = (value) => this.dates[Math.round(value)]?.slice(2, 7) ?? "";
    this.plot = new Plot(context, {
      ...{ kind: "sim-prices", role: "application" },
      name: "Predicted and real later days. Left and right read off days.",
      paint: (canvas, width, height) => this.paint(canvas, width, height),
    });
    this.said = h("p", { class: "sim-said", "aria-live": "polite" });
    this.element = h("div", { class: "sim" }, key(), this.plot.element, this.slider(), this.said);
    this.listen();
  }

  destroy() {
    this.plot.destroy();
  }

  slider() {
    const max = Math.max(0, this.dates.length - SPAN);
    const range = h("input", {
      ...{ type: "range", min: 0, max, step: 1, value: this.start },
      "aria-label": "First day shown",
    });
    const label = h("output", {});
    const tell = () => setText(label, this.dates[this.start] ?? "");
    range.oninput = () => {
      this.start = Number(range.value);
      tell();
      this.plot.invalidate();
    };
    tell();
    return h("div", { class: "sim-slider" }, h("span", {}, "From"), range, label);
  }

  listen() {
    const { element } = this.plot;
    element.addEventListener("pointermove", (event) => {
      const { scaleX } = this.axes;
      this.point(Math.round(scaleX.valueAt(this.plot.place(event)[0])));
    });
    element.addEventListener("pointerleave", () => this.point(-1));
    element.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.point(this.pointed < 0 ? this.end : this.pointed + by);
    });
  }

  /** The last day shown. */
  get end() {
    return Math.min(this.dates.length, this.start + SPAN) - 1;
  }

  /** @param {number} day number of a test sample, or -1 */
  point(day) {
    this.pointed = day < 0 ? -1 : Math.max(this.start, Math.min(this.end, day));
    this.read();
    this.plot.invalidate();
  }

  read() {
    const { pointed, predictions, targets } = this;
    if (pointed < 0 || !predictions || !targets) {
      setText(this.said, "None of these days was trained on. Point at one to read it off.");
      return;
    }
    const [predicted, real] = [predictions.at(pointed), targets.at(pointed)];
    const error = short(predicted - real);
    const words = `predicted ${short(predicted)}, real ${short(real)}, error ${error}`;
    setText(this.said, `${this.dates[pointed]}: ${words}`);
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const predictions = entryOf(moment, PREDICTIONS);
    const targets = entryOf(moment, TARGETS);
    const due = !moment.frame.running || now - this.drawn > DRAW_EVERY;
    if (predictions && targets && predictions !== this.predictions && due) {
      this.drawn = now;
      this.predictions = predictions;
      this.targets = targets;
      this.read();
      this.plot.surface.dirty = true;
    }
    this.plot.draw();
  }

  /** @param {CanvasRenderingContext2D} canvas @param {number} width @param {number} height */
  paint(canvas, width, height) {
    const { axes, predictions, targets, start, end } = this;
    if (!predictions || !targets) return;
    let [low, high] = [Infinity, -Infinity];
    for (let i = 0; i < targets.data.length; i += 1) {
      low = Math.min(low, targets.at(i));
      high = Math.max(high, targets.at(i));
    }
    axes.cover({ low: start, high: end }, { low, high });
    axes.resize(width, height);
    const { ink3, positive, accent } = palette();
    canvas.save();
    canvas.beginPath();
    canvas.rect(axes.left, axes.top, axes.width, axes.height);
    canvas.clip();
    canvas.lineWidth = 1.25;
    canvas.strokeStyle = ink3;
    this.trace(canvas, targets);
    canvas.lineWidth = 2;
    canvas.strokeStyle = positive;
    this.trace(canvas, predictions);
    if (this.pointed >= 0) {
      canvas.fillStyle = accent;
      canvas.fillRect(axes.x(this.pointed) - 0.5, axes.top, 1, axes.height);
    }
    canvas.restore();
    axes.paint(canvas);
  }

  /** @param {CanvasRenderingContext2D} canvas @param {Entry} values (day, 1) */
  trace(canvas, values) {
    canvas.beginPath();
    for (let i = this.start; i <= this.end; i += 1) {
      canvas.lineTo(this.axes.x(i), this.axes.y(values.at(i)));
    }
    canvas.stroke();
  }
}

function key() {
  const stroke = (/** @type {string} */ kind, /** @type {string} */ words) =>
    h("p", { class: "out-stroke" }, h("i", { class: kind }), h("span", {}, words));
  return h("div", { class: "sim-key" }, stroke("curve", "predicted"), stroke("diagonal", "real"));
}
