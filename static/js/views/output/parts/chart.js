// @ts-check
// Points of both splits over a ground, in a frame with axes; one of them is the sample whose
// numbers the network picture shows. Pointing reads numbers off, a click or the arrow keys choose.

import { onThemeChange } from "../../../color.js";
import { h } from "../../../controls/dom.js";
import { cross } from "../../../renderer/shapes.js";
import { Surface } from "../../../renderer/surface.js";
import { Axes } from "./axes.js";
import { ROUND, swatch } from "./marks.js";
import { sampleTitle } from "./moment.js";
import { PointPainter, SPLITS } from "./points.js";
import { Readout } from "./readout.js";

/** @import { Context, Points, SplitName } from "../../../state/types.js" */
/** @import { Axis } from "./axes.js" */
/** @import { Shown } from "./moment.js" */
/** @import { Rows } from "./readout.js" */

/** @typedef {{shape: number, color: string}} Look */
/** @typedef {{split: SplitName, sample: number}} PointId */

/**
 * What a chart shows.
 * @typedef {object} Subject
 * @property {string} name accessible name
 * @property {Axis} x
 * @property {Axis} y
 * @property {{train: Points, test: Points}} points
 * @property {(value: number) => Look} look of a point with that label or target
 * @property {(context: CanvasRenderingContext2D, axes: Axes) => void} paintGround
 * @property {(context: CanvasRenderingContext2D, axes: Axes, shown: PointId) => void} [paintShown]
 *   what belongs to the chosen sample beside its ring
 * @property {(shown: Shown) => Rows} readShown
 * @property {(point: PointId) => Rows} readPoint
 * @property {(x: number, y: number) => Rows} readPlace
 * @property {(sample: number, x: number, y: number) => void} [move] puts a training point
 *   elsewhere; without it points stay where they are
 * @property {Element[]} legend
 */

/** How near a click has to be to a point, CSS px. */
const CLICK_REACH = 24;
const HOVER_REACH = 9;
/** How far the pointer goes before a point goes with it, CSS px. */
const MIN_DRAG = 4;
/** Steps of a point that is moved by keys, as a share of an axis. */
const NUDGE = 0.01;

/** @type {{[key: string]: [number, number]}} */
const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class PointChart {
  /** @param {Context} context @param {Subject} subject */
  constructor(context, subject) {
    this.context = context;
    this.subject = subject;
    this.axes = new Axes(subject.x, subject.y);
    const moving = subject.move ? "; with Shift they move a training sample" : "";
    this.plot = h("div", {
      class: "out-plot",
      role: "application",
      tabindex: 0,
      "aria-label": `${subject.name}. The arrow keys choose a neighbouring sample${moving}.`,
    });
    this.ground = new Surface(this.plot);
    this.marks = new Surface(this.plot);
    this.overlay = new Surface(this.plot);
    this.points = new PointPainter(subject, this.axes);
    this.readout = new Readout();
    const { legend } = subject;
    const toggles = h("div", { class: "out-toggles" }, this.toggle("train"), this.toggle("test"));
    const { train, test } = subject.points;
    if (train.length > 0 && test.length > 0) legend.push(toggles);
    const words = h("div", { class: "out-legend" }, ...legend);
    const aside = h("div", { class: "out-aside" }, words, this.readout.element);
    this.element = h("div", { class: "out-chart" }, this.plot, aside);
    /** @type {Shown} */
    this.shown = { split: "train", sample: 0, row: null };
    /** @type {{x: number, y: number, point: PointId | null} | null} */
    this.pointer = null;
    /** A training point under the finger. @type {{sample: number, from: [number, number], moved: boolean} | null} */
    this.held = null;
    /** Whether the click to come ends a drag. */
    this.dropped = false;
    /** Whether the ground holds something that is not a finite number. */
    this.failed = false;
    this.destroy = this.listen();
  }

  /** @param {SplitName} split */
  toggle(split) {
    const kind = split === "train" ? "filled" : "hollow";
    const button = h("button", { type: "button", "aria-pressed": "true" });
    button.append(swatch(ROUND, kind), split);
    button.setAttribute("aria-label", `Show ${split} points`);
    button.onclick = () => {
      const { visible } = this.points;
      visible[split] = !visible[split];
      button.setAttribute("aria-pressed", String(visible[split]));
      this.invalidate();
    };
    return button;
  }

  /** @returns {() => void} stops listening to what outlives the chart */
  listen() {
    const { plot, context } = this;
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(plot);
    const theme = onThemeChange(() => this.invalidate());
    const point = (/** @type {PointerEvent} */ event) => {
      const [x, y] = this.place(event);
      this.point({ x, y, point: this.nearest(x, y, HOVER_REACH) });
    };
    plot.addEventListener("pointermove", (event) => {
      if (!this.drag(event)) point(event);
    });
    plot.addEventListener("pointerdown", (event) => {
      point(event);
      const grasped = this.pointer?.point;
      if (!this.subject.move || grasped?.split !== "train" || event.button !== 0) return;
      this.held = { sample: grasped.sample, from: this.place(event), moved: false };
    });
    plot.addEventListener("pointerup", () => this.drop());
    plot.addEventListener("pointercancel", () => this.drop());
    plot.addEventListener("pointerleave", () => this.point(null));
    plot.addEventListener("click", (event) => {
      if (this.dropped) {
        this.dropped = false;
        return;
      }
      const chosen = this.nearest(...this.place(event), CLICK_REACH);
      if (chosen) context.actions.probe(chosen.sample, chosen.split);
    });
    plot.addEventListener("keydown", (event) => this.key(event));
    return () => {
      observer.disconnect();
      theme();
    };
  }

  /** @param {MouseEvent} event @returns {[number, number]} */
  place(event) {
    const box = this.plot.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** @param {PointChart["pointer"]} pointer */
  point(pointer) {
    this.pointer = pointer;
    this.overlay.dirty = true;
    this.context.loop.requestDraw();
  }

  /**
   * Moves the held point with the pointer.
   * @param {PointerEvent} event
   * @returns {boolean} whether one is held
   */
  drag(event) {
    const { held, subject } = this;
    if (!held) return false;
    const [px, py] = this.place(event);
    const far = Math.hypot(px - held.from[0], py - held.from[1]) >= MIN_DRAG;
    if (!held.moved && !far) return true;
    if (!held.moved) this.plot.setPointerCapture(event.pointerId);
    held.moved = true;
    const at = this.axes.invert(px, py);
    const point = subject.points.train[held.sample];
    if (!at || !point) return true;
    [point[0], point[1]] = [at.x, at.y];
    this.pointer = { x: px, y: py, point: { split: "train", sample: held.sample } };
    this.invalidate();
    return true;
  }

  /** Releases the held point. */
  drop() {
    const { held, subject } = this;
    this.held = null;
    if (!held?.moved) return;
    this.dropped = true;
    const [x, y] = subject.points.train[held.sample];
    subject.move?.(held.sample, x, y);
  }

  /**
   * Moves the chosen training point a little.
   * @param {[number, number]} direction on the screen
   */
  nudge([dx, dy]) {
    const { subject, shown } = this;
    const point = subject.points.train[shown.sample];
    if (!subject.move || shown.split !== "train" || !point) return;
    const { x: across, y: up } = subject;
    point[0] += dx * NUDGE * (across.high - across.low);
    point[1] -= dy * NUDGE * (up.high - up.low);
    this.invalidate();
    subject.move(shown.sample, point[0], point[1]);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const direction = DIRECTIONS[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.shiftKey) {
      event.stopPropagation();
      this.nudge(direction);
      return;
    }
    this.pointer = null;
    const { split, sample } = this.shown;
    const chosen = this.neighbour({ split, sample }, direction);
    if (!chosen) return;
    this.context.actions.probe(chosen.sample, chosen.split);
    const rows = this.subject.readPoint(chosen).filter(([name]) => name !== "");
    const words = rows.map((row) => row.join(" "));
    this.context.store.set({ announce: `${chosen.split} ${chosen.sample}: ${words.join(", ")}` });
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.plot;
    if (width < 20 || height < 20) return;
    this.axes.resize(width, height);
    for (const surface of [this.ground, this.marks, this.overlay]) surface.resize(width, height);
    this.context.loop.requestDraw();
  }

  /** Marks everything for drawing. */
  invalidate() {
    for (const surface of [this.ground, this.marks, this.overlay]) surface.dirty = true;
    this.context.loop.requestDraw();
  }

  /**
   * Updates which points are wrongly predicted.
   * @param {(split: SplitName, sample: number) => boolean} isWrong
   */
  judge(isWrong) {
    if (this.points.judge(isWrong)) this.marks.dirty = true;
  }

  /**
   * The nearest visible point within reach.
   * @param {number} px
   * @param {number} py
   * @param {number} reach CSS px
   * @returns {PointId | null}
   */
  nearest(px, py, reach) {
    /** @type {PointId | null} */
    let found = null;
    let least = reach * reach;
    this.each((split, sample, x, y) => {
      const distance = (x - px) ** 2 + (y - py) ** 2;
      if (distance > least) return;
      least = distance;
      found = { split, sample };
    });
    return found;
  }

  /**
   * The visible point that lies nearest in a direction; sideways counts double.
   * @param {PointId} from
   * @param {[number, number]} direction
   * @returns {PointId | null}
   */
  neighbour(from, [dx, dy]) {
    const start = this.subject.points[from.split][from.sample];
    if (!start) return null;
    const [px, py] = [this.axes.x(start[0]), this.axes.y(start[1])];
    /** @type {PointId | null} */
    let found = null;
    let least = Number.POSITIVE_INFINITY;
    this.each((split, sample, x, y) => {
      const along = (x - px) * dx + (y - py) * dy;
      const aside = Math.abs((x - px) * dy) + Math.abs((y - py) * dx);
      if (along < 0.5 || aside > 2 * along) return;
      if (along + 2 * aside >= least) return;
      least = along + 2 * aside;
      found = { split, sample };
    });
    return found;
  }

  /** @param {(split: SplitName, sample: number, x: number, y: number) => void} visit */
  each(visit) {
    for (const split of SPLITS) {
      if (!this.points.visible[split]) continue;
      const points = this.subject.points[split];
      for (let i = 0; i < points.length; i += 1) {
        visit(split, i, this.axes.x(points[i][0]), this.axes.y(points[i][1]));
      }
    }
  }

  /**
   * Draws what has changed.
   * @param {Shown} shown
   */
  draw(shown) {
    const last = this.shown;
    this.shown = shown;
    if (last.sample !== shown.sample || last.split !== shown.split) this.overlay.dirty = true;
    if (this.axes.width <= 1) return;
    const { subject, axes } = this;
    if (this.ground.dirty) {
      const context = this.ground.begin();
      subject.paintGround(context, axes);
      if (this.failed) this.paintFailure(context);
      axes.paint(context);
    }
    if (this.marks.dirty) this.points.paint(this.marks.begin());
    if (this.overlay.dirty) this.paintOverlay(this.overlay.begin());
    this.read();
  }

  read() {
    const { pointer, subject, shown, axes } = this;
    const at = pointer && axes.invert(pointer.x, pointer.y);
    if (pointer?.point) {
      const { split, sample } = pointer.point;
      this.readout.show(`${split} ${sample}`, "", subject.readPoint(pointer.point));
    } else if (at) this.readout.show("at the pointer", "", subject.readPlace(at.x, at.y));
    else this.readout.show(...sampleTitle(shown), subject.readShown(shown));
  }

  /** @param {CanvasRenderingContext2D} context */
  paintOverlay(context) {
    const { shown, pointer, subject, axes } = this;
    subject.paintShown?.(context, axes, shown);
    this.points.paintChosen(context, shown);
    if (pointer?.point) this.points.paintPointed(context, pointer.point);
  }

  /** @param {CanvasRenderingContext2D} context */
  paintFailure(context) {
    const { left, top, width, height } = this.axes;
    const side = Math.min(width, height) / 3;
    cross(context, left + (width - side) / 2, top + (height - side) / 2, side, 6);
  }
}
