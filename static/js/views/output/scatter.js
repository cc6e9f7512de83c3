// @ts-check
// Regression on a table: predicted against true values of the test set.

import { palette } from "../../color.js";
import { h } from "../../controls/dom.js";
import { short } from "../../format.js";
import { PointChart } from "./parts/chart.js";
import { diagonalKey, qualityKey } from "./parts/legend.js";
import { ROUND } from "./parts/marks.js";
import { entryOf, predictionBuffer, shownSample } from "./parts/moment.js";

/** @import { Context, Entry, Model, Points } from "../../state/types.js" */
/** @import { Axes } from "./parts/axes.js" */
/** @import { Moment, Shown } from "./parts/moment.js" */
/** @import { Rows } from "./parts/readout.js" */

const PREDICTIONS = "view/predictions";
const TARGETS = "view/targets";
const DRAW_EVERY = 100;

export class Scatter {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.title = "Predicted against true";
    const { target_names: targets, target_name: target } = model.data;
    /** What is shown: the only target, or the first of several. */
    const shown = targets.length > 1 ? `${targets[0]}, the first of ${targets.length}` : target;
    this.prediction = predictionBuffer(model);
    const exact = /** @type {const} */ ("f64");
    const names = [
      PREDICTIONS,
      TARGETS,
      this.prediction,
      "probe/input/y",
      "probe/loss",
      "input/batch",
    ];
    this.wants = names.map((name) => ({ name, dtype: exact }));
    /** @type {Points} true value, predicted value, error */
    this.points = Array.from({ length: model.data.test }, () => [0, 0, 0]);
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Entry | null} */
    this.taken = null;
    /** @type {Moment | null} */
    this.moment = null;
    this.quality = qualityKey();
    this.fitted = false;
    this.chart = new PointChart(context, {
      name: `Predicted against true ${shown}, test set`,
      x: { label: "true", low: 0, high: 1 },
      y: { label: "predicted", low: 0, high: 1 },
      points: { train: [], test: this.points },
      look: () => ({ shape: ROUND, color: palette().positive }),
      paintGround: (canvas, axes) => paintDiagonal(canvas, axes),
      readShown: (shown) => this.readShown(shown),
      readPoint: ({ sample }) => [...this.readPoint(sample), ["", ""]],
      readPlace: (x, y) => [...readValues(x, y), ["", ""]],
      legend: [h("p", {}, shown), diagonalKey(), this.quality.element],
    });
    this.element = this.chart.element;
  }

  destroy() {
    this.chart.destroy();
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    this.moment = moment;
    const predictions = entryOf(moment, PREDICTIONS);
    const targets = entryOf(moment, TARGETS);
    const due = !moment.frame.running || now - this.drawn > DRAW_EVERY;
    if (predictions && targets && predictions !== this.taken && due) {
      this.taken = predictions;
      this.drawn = now;
      this.take(predictions, targets);
    }
    this.chart.draw(shownSample(moment));
  }

  /**
   * The x axis covers the true values, the y axis these and the predictions. It moves only when
   * they leave it or when it has become far too long.
   */
  fit() {
    const { axes } = this.chart;
    const { low, high } = axes.scaleY;
    const x = interval(this.points, 0);
    const predicted = interval(this.points, 1);
    const y = { low: Math.min(x.low, predicted.low), high: Math.max(x.high, predicted.high) };
    const span = y.high - y.low;
    const fits = y.low >= low && y.high <= high && high - low < 1.6 * span;
    if (!Number.isFinite(span) || (this.fitted && fits)) return;
    this.fitted = true;
    if (y.low < x.low) y.low -= 0.1 * span;
    if (y.high > x.high) y.high += 0.1 * span;
    axes.cover(x, y);
  }

  /**
   * @param {Entry} predictions (samples, targets), of which the first is shown
   * @param {Entry} targets (samples, targets)
   */
  take(predictions, targets) {
    const { points } = this;
    const count = targets.shape[1] ?? 1;
    let mean = 0;
    for (let i = 0; i < points.length; i += 1) mean += targets.at(i * count) / points.length;
    let squares = 0;
    let spread = 0;
    points.forEach((point, i) => {
      const [predicted, value] = [predictions.at(i * count), targets.at(i * count)];
      squares += (predicted - value) ** 2;
      spread += (value - mean) ** 2;
      point[0] = value;
      point[1] = predicted;
      point[2] = predicted - value;
    });
    this.fit();
    this.quality.show(1 - squares / spread, Math.sqrt(squares / points.length));
    this.chart.failed = Number.isNaN(squares);
    this.chart.invalidate();
  }

  /** @param {Shown} shown @returns {Rows} */
  readShown({ split, sample }) {
    const { moment } = this;
    const loss = moment && entryOf(moment, "probe/loss");
    const last = /** @type {Rows} */ ([["loss", loss ? short(loss.at(0)) : "–"]]);
    if (split === "test") return [...this.readPoint(sample), ...last];
    const value = (moment && entryOf(moment, "probe/input/y")?.at(0)) ?? Number.NaN;
    const prediction = (moment && entryOf(moment, this.prediction)?.at(0)) ?? Number.NaN;
    return [...readValues(value, prediction, " sd"), ...last];
  }

  /** @param {number} sample of the test set @returns {Rows} */
  readPoint(sample) {
    const [value, prediction] = this.points[sample] ?? [Number.NaN, Number.NaN];
    return readValues(value, prediction);
  }
}

/**
 * @param {number} value
 * @param {number} prediction
 * @param {string} [unit] " sd" where values are in standard deviations of the training targets
 * @returns {Rows}
 */
function readValues(value, prediction, unit = "") {
  return [
    ["true", short(value) + unit],
    ["prediction", short(prediction) + unit],
    ["error", short(prediction - value) + unit],
  ];
}

/**
 * What a coordinate covers, with some room on either side.
 * @param {Points} points
 * @param {0 | 1} coordinate
 */
function interval(points, coordinate) {
  const values = points.map((point) => point[coordinate]);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = 0.06 * (high - low) || 1;
  return { low: low - pad, high: high + pad };
}

/** @param {CanvasRenderingContext2D} context @param {Axes} axes */
function paintDiagonal(context, axes) {
  const { low, high } = axes.scaleX;
  context.beginPath();
  context.moveTo(axes.x(low), axes.y(low));
  context.lineTo(axes.x(high), axes.y(high));
  context.strokeStyle = palette().ink3;
  context.lineWidth = 1;
  context.stroke();
}
