// @ts-check
// How the points of a chart are drawn: filled if trained on, hollow if not, with a ring if
// wrongly predicted.

import { palette } from "../../../color.js";
import { ROUND, trace } from "./marks.js";

/** @import { SplitName } from "../../../state/types.js" */
/** @import { Axes } from "./axes.js" */
/** @import { Look, PointId, Subject } from "./chart.js" */

/** @type {SplitName[]} test points lie below the others */
export const SPLITS = ["test", "train"];

export class PointPainter {
  /** @param {Subject} subject @param {Axes} axes */
  constructor(subject, axes) {
    this.subject = subject;
    this.axes = axes;
    const { train, test } = subject.points;
    this.visible = { train: true, test: true };
    /** Whether each point is wrongly predicted. */
    this.wrong = { train: new Uint8Array(train.length), test: new Uint8Array(test.length) };
  }

  /**
   * Updates which points are wrongly predicted.
   * @param {(split: SplitName, sample: number) => boolean} isWrong
   * @returns {boolean} whether that has changed
   */
  judge(isWrong) {
    let changed = false;
    for (const split of SPLITS) {
      const flags = this.wrong[split];
      for (let i = 0; i < flags.length; i += 1) {
        const flag = isWrong(split, i) ? 1 : 0;
        changed ||= flags[i] !== flag;
        flags[i] = flag;
      }
    }
    return changed;
  }

  /** Points get smaller where there are many. */
  get radius() {
    const { train, test } = this.subject.points;
    const shown =
      (this.visible.train ? train.length : 0) + (this.visible.test ? test.length : 0) || 1;
    return this.axes.scale * Math.max(1.5, Math.min(2.8, 2.7 * Math.sqrt(420 / shown)));
  }

  /** @param {CanvasRenderingContext2D} context */
  paint(context) {
    const r = this.radius;
    for (const split of SPLITS) {
      if (!this.visible[split]) continue;
      for (const [look, samples] of this.groups(split)) {
        context.beginPath();
        for (const i of samples) this.tracePoint(context, look.shape, { split, sample: i }, r);
        context.fillStyle = split === "train" ? look.color : palette().panel;
        context.strokeStyle = split === "train" ? palette().panel : look.color;
        context.lineWidth = split === "train" ? 1 : Math.max(1, 0.5 * r);
        // Outlines below and fills above where points overlap, so that none is swallowed.
        context.stroke();
        context.fill();
        if (split === "test") context.stroke();
      }
      this.paintWrong(context, split, r);
    }
  }

  /**
   * A ring around each wrongly predicted point.
   * @param {CanvasRenderingContext2D} context
   * @param {SplitName} split
   * @param {number} r
   */
  paintWrong(context, split, r) {
    let count = 0;
    context.beginPath();
    this.wrong[split].forEach((wrong, sample) => {
      if (!wrong) return;
      this.tracePoint(context, ROUND, { split, sample }, 1.75 * r);
      count += 1;
    });
    context.strokeStyle = palette().ink;
    context.lineWidth = 1.1;
    // Many rings, as before training, must not bury the points.
    context.globalAlpha = Math.max(0.25, Math.min(1, 25 / count));
    context.stroke();
    context.globalAlpha = 1;
  }

  /**
   * Samples of a split by their looks.
   * @param {SplitName} split
   */
  groups(split) {
    /** @type {Map<string, [Look, number[]]>} */
    const groups = new Map();
    this.subject.points[split].forEach(([, , value], i) => {
      const look = this.subject.look(value);
      const key = `${look.shape} ${look.color}`;
      const known = groups.get(key);
      if (known) known[1].push(i);
      else groups.set(key, [look, [i]]);
    });
    return groups.values();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} shape
   * @param {PointId} id
   * @param {number} r
   */
  tracePoint(context, shape, { split, sample }, r) {
    const point = this.subject.points[split][sample];
    if (point) trace(context, shape, this.axes.x(point[0]), this.axes.y(point[1]), r);
  }

  /**
   * The ring of the chosen sample, which is there also where its split is hidden.
   * @param {CanvasRenderingContext2D} context
   * @param {PointId} id
   */
  paintChosen(context, id) {
    const point = this.subject.points[id.split][id.sample];
    if (!point) return;
    const look = this.subject.look(point[2]);
    const r = this.radius + 1;
    for (const [extra, color, width] of /** @type {[number, string, number][]} */ ([
      [4, palette().panel, 4],
      [4, palette().accent, 2.2],
    ])) {
      context.beginPath();
      this.tracePoint(context, ROUND, id, r + extra);
      context.strokeStyle = color;
      context.lineWidth = width;
      context.stroke();
    }
    context.beginPath();
    this.tracePoint(context, look.shape, id, r);
    context.fillStyle = id.split === "train" ? look.color : palette().panel;
    context.strokeStyle = id.split === "train" ? palette().panel : look.color;
    context.lineWidth = 1.4;
    context.fill();
    context.stroke();
  }

  /**
   * The point under the pointer.
   * @param {CanvasRenderingContext2D} context
   * @param {PointId} id
   */
  paintPointed(context, id) {
    context.beginPath();
    this.tracePoint(context, ROUND, id, this.radius + 3.5);
    context.strokeStyle = palette().ink;
    context.lineWidth = 1.5;
    context.stroke();
  }
}
