// @ts-check
// Two classes: the calibration of the probabilities, and the rates at a chosen threshold.

import { palette } from "../../color.js";
import { h, setText, tip } from "../../controls/dom.js";
import { count, percent, short } from "../../format.js";
import { Axes } from "./parts/axes.js";
import { Confusion } from "./parts/confusion.js";
import { entryOf } from "./parts/moment.js";
import { Plot } from "./parts/plot.js";

/** @import { Context, Entry, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */

const CALIBRATION = "view/calibration";
const THRESHOLDS = "view/thresholds";
const DRAW_EVERY = 100; // ms
/** All shares, with room for the points of those that are sure. */
const SHARES = { low: -0.08, high: 1.08 };

export class Threshold {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.title = "Threshold";
    this.names = model.data.class_names;
    this.wants = [CALIBRATION, THRESHOLDS].map((name) => ({
      name,
      dtype: /** @type {const} */ ("f64"),
    }));
    this.threshold = 50; // percent
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Entry | null} */
    this.bins = null;
    /** @type {Entry | null} */
    this.counts = null;
    this.axes = new Axes({ ...SHARES, label: "p" }, { ...SHARES, label: "" });
    this.plot = new Plot(context, {
      kind: "sim-calibration",
      role: "img",
      name: "Calibration of the probabilities",
      paint: (canvas, width, height) => this.paint(canvas, width, height),
    });
    const why = `Among the samples with a predicted probability p of ${this.names[1]}, the share that truly is ${this.names[1]}. On the diagonal the probabilities are right. The area of a point is its number of samples.`;
    tip(this.plot.element, why);
    this.confusion = new Confusion(this.names);
    this.positive = h("dd", {});
    this.summary = h("p", { class: "sim-said", "aria-live": "polite" });
    this.rates = RATES.map(({ name, about }) => ({ name, about, value: h("dd", {}) }));
    this.element = h(
      "div",
      { class: "sim" },
      this.slider(),
      h(
        "div",
        { class: "sim-threshold" },
        h("div", {}, h("h3", {}, `Share ${this.names[1]} at each p`), this.plot.element),
        h("div", {}, this.confusion.element, this.readings()),
      ),
      this.summary,
    );
  }

  destroy() {
    this.plot.destroy();
  }

  slider() {
    const [other, one] = this.names;
    const props = { type: "range", min: 0, max: 100, step: 1, value: this.threshold };
    this.range = h("input", { ...props, "aria-label": `Threshold of p(${one})` });
    tip(
      this.range,
      `The prediction is ${one} if its probability is above this, otherwise ${other}. The weights stay as they are.`,
    );
    this.at = h("output", { class: "sim-value" });
    this.range.oninput = () => this.move(Number(this.range?.value));
    const label = h("span", {}, `${one} above`);
    return h("div", { class: "sim-slider" }, label, this.range, this.at);
  }

  readings() {
    const rows = this.rates.map(({ name, about, value }) =>
      tip(h("div", {}, h("dt", {}, name), value), about),
    );
    const positive = h("div", {}, h("dt", {}, "Positive"), this.positive);
    tip(positive, "The class to find: the rarer one in the test set.");
    return h("dl", { class: "sim-rates", "aria-label": "Rates" }, positive, ...rows);
  }

  /** @param {number} threshold percent */
  move(threshold) {
    this.threshold = threshold;
    this.judge();
    this.plot.invalidate();
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const bins = entryOf(moment, CALIBRATION);
    const counts = entryOf(moment, THRESHOLDS);
    const due = !moment.frame.running || now - this.drawn > DRAW_EVERY;
    if (bins && counts && counts !== this.counts && due) {
      this.drawn = now;
      this.bins = bins;
      this.counts = counts;
      this.judge();
      this.plot.surface.dirty = true;
    }
    this.plot.draw();
  }

  /** Shows the rates on the test set at the threshold. */
  judge() {
    const { counts, threshold } = this;
    setText(/** @type {Node} */ (this.at), short(threshold / 100, 2));
    if (!counts) return;
    const from = 4 * threshold;
    const data = Float64Array.from({ length: 4 }, (_, i) => counts.at(from + i));
    this.confusion.show({ ...counts, data, shape: [2, 2], at: (i) => data[i] });
    const isOne = data[2] + data[3] <= data[0] + data[1];
    const [tn, fp, fn, tp] = isOne ? data : data.toReversed();
    const one = this.names[isOne ? 1 : 0];
    setText(this.positive, one);
    const missed = `${count(fn)} of ${count(fn + tp)} “${one}” missed`;
    setText(this.summary, `${missed}, ${count(fp)} of ${count(fp + tn)} others false alarms.`);
    this.rates.forEach(({ value }, i) => {
      const [part, whole] = RATES[i].of(tn, fp, fn, tp);
      setText(value, whole > 0 ? percent(part / whole) : "–");
    });
  }

  /** @param {CanvasRenderingContext2D} canvas @param {number} width @param {number} height */
  paint(canvas, width, height) {
    const { axes, bins } = this;
    const colors = palette();
    axes.resize(width, height);
    canvas.strokeStyle = colors.ink3;
    canvas.setLineDash([3, 3]);
    line(canvas, axes.x(0), axes.y(0), axes.x(1), axes.y(1));
    canvas.setLineDash([]);
    if (bins) this.paintBins(canvas, bins);
    canvas.strokeStyle = colors.accent;
    canvas.lineWidth = 1.5;
    const x = axes.x(this.threshold / 100);
    line(canvas, x, axes.top, x, axes.top + axes.height);
    axes.paint(canvas);
  }

  /** @param {CanvasRenderingContext2D} canvas @param {Entry} bins (bin, [mean p, share, count]) */
  paintBins(canvas, bins) {
    const { axes } = this;
    const { positive, panel } = palette();
    let all = 0;
    for (let i = 0; i < bins.shape[0]; i += 1) all += bins.at(3 * i + 2);
    for (let i = 0; i < bins.shape[0]; i += 1) {
      const count = bins.at(3 * i + 2);
      if (count === 0) continue;
      canvas.beginPath();
      const r = axes.scale * (2 + 9 * Math.sqrt(count / all));
      canvas.arc(axes.x(bins.at(3 * i)), axes.y(bins.at(3 * i + 1)), r, 0, 2 * Math.PI);
      canvas.fillStyle = positive;
      canvas.strokeStyle = panel;
      canvas.lineWidth = 1;
      canvas.fill();
      canvas.stroke();
    }
  }
}

/** @typedef {(tn: number, fp: number, fn: number, tp: number) => [part: number, whole: number]} Rate */
/** @type {{name: string, about: string, of: Rate}[]} */
const RATES = [
  {
    name: "Sensitivity",
    about:
      "Sensitivity, or recall: the share of actual positives that are predicted positive, TP / (TP + FN).",
    of: (_tn, _fp, fn, tp) => [tp, tp + fn],
  },
  {
    name: "Specificity",
    about:
      "Specificity: the share of actual negatives that are predicted negative, TN / (TN + FP).",
    of: (tn, fp) => [tn, tn + fp],
  },
  {
    name: "Precision",
    about: "Precision: the share of predicted positives that are truly positive, TP / (TP + FP).",
    of: (_tn, fp, _fn, tp) => [tp, tp + fp],
  },
];

/**
 * @param {CanvasRenderingContext2D} canvas
 * @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2
 */
function line(canvas, x1, y1, x2, y2) {
  canvas.beginPath();
  canvas.moveTo(x1, y1);
  canvas.lineTo(x2, y2);
  canvas.stroke();
}
