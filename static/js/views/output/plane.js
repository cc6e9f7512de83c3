// @ts-check
// Data in the plane: what the network predicts everywhere, and the points it learns from.

import { category, diverging, onThemeChange } from "../../color.js";
import { short } from "../../format.js";
import { roundUp } from "../../renderer/values.js";
import { Ground, planeValue } from "./parts/backdrop.js";
import { PointChart } from "./parts/chart.js";
import { classKey, colorKey, wrongKey } from "./parts/legend.js";
import { ROUND } from "./parts/marks.js";
import { entryOf, predictionBuffer, shownSample } from "./parts/moment.js";
import { decide } from "./parts/prediction.js";

/** @import { Context, Entry, Model, MovedPoint } from "../../state/types.js" */
/** @import { PointId, Subject } from "./parts/chart.js" */
/** @import { Moment } from "./parts/moment.js" */
/** @import { Rows } from "./parts/readout.js" */

const SURFACE = "view/surface";
/** Points near the boundary change sides many times a second while training fast. */
const JUDGE_EVERY = 200;

/**
 * The range of the colours: what all targets but a few outliers lie in.
 * @param {import("../../state/types.js").Points} points
 */
function rangeOf(points) {
  const sizes = points.map((point) => Math.abs(point[2])).sort((a, b) => a - b);
  return roundUp(sizes[Math.floor(0.9 * sizes.length)] ?? 1) || 1;
}

export class Plane {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    const { data } = model;
    this.context = context;
    this.model = model;
    this.data = data;
    this.points = structuredClone(data.points ?? { train: [], test: [] });
    /** Where points were moved to, as shown; null to read them again. @type {MovedPoint[] | null} */
    this.moved = [];
    /** How many moves the server has not answered yet: the points are where they were put. */
    this.moving = 0;
    this.classes = data.class_names.length;
    this.title = this.classes ? "Decision surface" : "Predicted surface";
    this.prediction = predictionBuffer(model);
    this.isProbability = model.layers[model.layers.length - 1].probability;
    this.wants = [
      { name: SURFACE, dtype: /** @type {const} */ ("f32") },
      ...["input/batch", this.prediction, "probe/loss"].map((name) => ({
        name,
        dtype: /** @type {const} */ ("f64"),
      })),
    ];
    this.range = rangeOf([...this.points.train, ...this.points.test]);
    this.ground = new Ground();
    this.judged = Number.NEGATIVE_INFINITY;
    /** @type {Moment | null} */
    this.moment = null;
    /** @type {Entry | null} */
    this.surface = null;
    this.chart = new PointChart(context, this.subject());
    this.element = this.chart.element;
    this.stop = onThemeChange(() => this.repaint());
  }

  /** @returns {Subject} */
  subject() {
    const [x, y] = this.data.domain;
    const names = this.data.class_names;
    return {
      name: `${this.title} with the points`,
      x: { label: "x₁", low: x[0], high: x[1] },
      y: { label: "x₂", low: y[0], high: y[1] },
      points: this.points,
      look: (value) =>
        this.classes
          ? { shape: value, color: category(value) }
          : { shape: ROUND, color: diverging(Math.round(12 * (value / this.range)) / 12) },
      paintGround: (context, axes) => this.ground.paint(context, axes),
      readShown: (shown) => this.readShown(shown),
      readPoint: (point) => this.readPoint(point),
      readPlace: (px, py) => this.readPlace(px, py),
      ...(this.data.uses.includes("move_sample") && {
        move: (sample, px, py) => this.move(sample, px, py),
      }),
      legend: this.classes ? [classKey(names), wrongKey()] : [colorKey(this.range)],
    };
  }

  destroy() {
    this.stop();
    this.chart.destroy();
  }

  /**
   * Moves a training point from the present moment on.
   * @param {number} sample
   * @param {number} x
   * @param {number} y
   */
  async move(sample, x, y) {
    this.moving += 1;
    await this.context.actions.moveSample(sample, x, y);
    this.moving -= 1;
    this.moved = null;
  }

  /** Points lie where they were moved to by the present moment. */
  follow() {
    const { moved } = this.context.store.state;
    if (this.chart.held || this.moving > 0 || moved === this.moved) return;
    this.moved = moved;
    const { train } = this.points;
    this.data.points?.train.forEach(([x, y], i) => {
      [train[i][0], train[i][1]] = [x, y];
    });
    for (const [sample, x, y] of moved) [train[sample][0], train[sample][1]] = [x, y];
    this.chart.invalidate();
  }

  /**
   * @param {Moment} moment
   * @param {number} now ms
   */
  show(moment, now) {
    this.moment = moment;
    this.follow();
    const surface = entryOf(moment, SURFACE);
    if (surface && surface !== this.surface) {
      this.surface = surface;
      this.repaint();
      if (!moment.frame.running || now - this.judged > JUDGE_EVERY) {
        this.judged = now;
        if (this.classes) this.chart.judge((split, i) => this.isWrong(surface, split, i));
      }
    }
    this.chart.draw(shownSample(moment));
  }

  /** Updates the image of the surface: its numbers or the colours have changed. */
  repaint() {
    const { surface, ground, chart } = this;
    if (!surface) return;
    if (this.classes) ground.takeClasses(surface);
    else ground.takeValues(surface, this.range);
    chart.failed = ground.failed;
    chart.ground.dirty = true;
  }

  /** @param {Entry} surface @param {PointId["split"]} split @param {number} i */
  isWrong(surface, split, i) {
    const [x, y, label] = this.points[split][i];
    const at = (/** @type {number} */ k) => planeValue(surface, k, this.data.domain, x, y);
    return decide(surface.shape[0], at).prediction !== label;
  }

  /** @param {import("./parts/moment.js").Shown} shown @returns {Rows} */
  readShown(shown) {
    const { moment } = this;
    const prediction = moment && entryOf(moment, this.prediction);
    const loss = moment && entryOf(moment, "probe/loss");
    const [x, y, value] = this.points[shown.split][shown.sample] ?? [NaN, NaN, NaN];
    return [
      ...this.readOutputs(x, y, value, prediction ? (k) => prediction.at(k) : null),
      ["loss", loss ? short(loss.at(0)) : "–"],
    ];
  }

  /** @param {PointId} point @returns {Rows} */
  readPoint({ split, sample }) {
    const [x, y, value] = this.points[split][sample];
    return [...this.readOutputs(x, y, value, this.surfaceAt(x, y)), ["", ""]];
  }

  /** @param {number} x @param {number} y @returns {Rows} */
  readPlace(x, y) {
    return [...this.readOutputs(x, y, null, this.surfaceAt(x, y)), ["", ""]];
  }

  /** @param {number} x @param {number} y */
  surfaceAt(x, y) {
    const { surface } = this;
    const { domain } = this.data;
    return surface && ((/** @type {number} */ k) => planeValue(surface, k, domain, x, y));
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number | null} value label or target, null where there is no sample
   * @param {((output: number) => number) | null} at the network's outputs there
   * @returns {Rows}
   */
  readOutputs(x, y, value, at) {
    const coordinates = /** @type {Rows} */ ([
      ["x₁", short(x)],
      ["x₂", short(y)],
    ]);
    if (!this.classes) {
      const prediction = at ? at(0) : Number.NaN;
      return [
        ...coordinates,
        ["target", value === null ? "–" : short(value)],
        ["prediction", short(prediction)],
        ["error", value === null ? "–" : short(prediction - value)],
      ];
    }
    const names = this.data.class_names;
    const { prediction, share } = at
      ? decide(this.surface?.shape[0] ?? 1, at)
      : { prediction: -1, share: Number.NaN };
    return [
      ...coordinates,
      ["true", value === null ? "–" : names[value]],
      ["prediction", names[prediction] ?? "none"],
      [this.isProbability ? "p" : "output", short(share)],
    ];
  }
}
