// @ts-check
// Data on a line: the curve that the network computes, and the points it should go through.

import { palette } from "../../color.js";
import { short } from "../../format.js";
import { lineValue } from "./parts/backdrop.js";
import { PointChart } from "./parts/chart.js";
import { curveKey } from "./parts/legend.js";
import { ROUND } from "./parts/marks.js";
import { entryOf, predictionBuffer, shownSample } from "./parts/moment.js";

/** @import { Context, Entry, Model, Points } from "../../state/types.js" */
/** @import { Axes } from "./parts/axes.js" */
/** @import { Moment } from "./parts/moment.js" */
/** @import { Rows } from "./parts/readout.js" */

const SURFACE = "view/surface";

/**
 * The targets' interval with some room on either side.
 * @param {Points[]} splits
 */
function room(splits) {
  const targets = splits.flat().map((point) => point[1]);
  const low = Math.min(...targets);
  const high = Math.max(...targets);
  const pad = 0.08 * (high - low) || 1;
  return { low: low - pad, high: high + pad };
}

export class Line {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.points = model.data.points ?? { train: [], test: [] };
    this.domain = model.data.domain[0];
    this.title = "Fitted curve";
    this.prediction = predictionBuffer(model);
    const exact = /** @type {const} */ ("f64");
    this.wants = [SURFACE, this.prediction, "input/batch", "probe/loss"].map((name) => ({
      name,
      dtype: exact,
    }));
    /** @type {Moment | null} */
    this.moment = null;
    /** @type {Entry | null} */
    this.curve = null;
    const [low, high] = this.domain;
    this.chart = new PointChart(context, {
      name: "Curve of the network with the points",
      x: { label: "x₁", low, high },
      y: { label: "y", ...room([this.points.train, this.points.test]) },
      points: this.points,
      look: () => ({ shape: ROUND, color: palette().ink3 }),
      paintGround: () => {},
      paintShown: (canvas, axes, { split, sample }) => {
        this.paintCurve(canvas, axes);
        this.paintError(canvas, axes, this.points[split][sample]);
      },
      readShown: ({ split, sample }) => this.readShown(this.points[split][sample]),
      readPoint: ({ split, sample }) => this.readOutput(this.points[split][sample]),
      readPlace: (x) => this.readOutput([x, null]),
      legend: [curveKey()],
    });
    this.element = this.chart.element;
  }

  destroy() {
    this.chart.destroy();
  }

  /** @param {Moment} moment */
  show(moment) {
    this.moment = moment;
    const curve = entryOf(moment, SURFACE);
    if (curve && curve !== this.curve) {
      this.curve = curve;
      this.chart.failed = Number.isNaN(curve.at(0));
      this.chart.ground.dirty = true;
      this.chart.overlay.dirty = true;
    }
    this.chart.draw(shownSample(moment));
  }

  /** @param {CanvasRenderingContext2D} context @param {Axes} axes */
  paintCurve(context, axes) {
    const { curve } = this;
    if (!curve) return;
    const cells = curve.shape[1];
    context.save();
    context.beginPath();
    context.rect(axes.left, axes.top, axes.width, axes.height);
    context.clip();
    context.beginPath();
    for (let i = 0; i < cells; i += 1) {
      const x = axes.left + ((i + 0.5) / cells) * axes.width;
      context.lineTo(x, axes.y(curve.at(i)));
    }
    context.lineJoin = "round";
    context.strokeStyle = palette().panel;
    context.lineWidth = 5 * axes.scale;
    context.stroke();
    context.strokeStyle = palette().positive;
    context.lineWidth = 2.5 * axes.scale;
    context.stroke();
    context.restore();
  }

  /**
   * From the chosen point to the curve: its error.
   * @param {CanvasRenderingContext2D} context
   * @param {Axes} axes
   * @param {[number, number, number] | undefined} point
   */
  paintError(context, axes, point) {
    if (!point || !this.curve) return;
    const x = axes.x(point[0]);
    const bottom = axes.top + axes.height;
    const end = axes.y(lineValue(this.curve, this.domain, point[0]));
    context.beginPath();
    context.moveTo(x, axes.y(point[1]));
    context.lineTo(x, Math.max(axes.top, Math.min(bottom, end)));
    context.strokeStyle = palette().accent;
    context.lineWidth = 2;
    context.stroke();
  }

  /** @param {[number, number, number] | undefined} point @returns {Rows} */
  readShown(point) {
    const { moment } = this;
    const prediction = moment && entryOf(moment, this.prediction);
    const loss = moment && entryOf(moment, "probe/loss");
    const rows = this.readOutput(point ?? [Number.NaN, null], prediction?.at(0));
    return [...rows.slice(0, -1), ["loss", loss ? short(loss.at(0)) : "–"]];
  }

  /**
   * @param {[number, number | null, ...unknown[]]} point x, and the target where there is a sample
   * @param {number} [prediction] the network's prediction, read off the curve if left out
   * @returns {Rows}
   */
  readOutput([x, target], prediction = this.curve ? lineValue(this.curve, this.domain, x) : NaN) {
    return [
      ["x₁", short(x)],
      ["target", target === null ? "–" : short(target)],
      ["prediction", short(prediction)],
      ["error", target === null ? "–" : short(prediction - target)],
      ["", ""],
    ];
  }
}
