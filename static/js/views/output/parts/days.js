// @ts-check
// Test days in a row: a plot of some of them, the choice of these, and the day under the pointer.

import { palette } from "../../../color.js";
import { h, setText } from "../../../controls/dom.js";
import { Axes } from "./axes.js";
import { Plot } from "./plot.js";

/** @import { Context, Model } from "../../../state/types.js" */

/**
 * @typedef {object} Subject
 * @property {string} kind class of the plot
 * @property {string} name accessible name
 * @property {string} label of the upward axis
 * @property {number} span days shown at once
 * @property {(canvas: CanvasRenderingContext2D, width: number, height: number) => void} paint
 * @property {(day: number) => string} read one day in words, or -1 for all
 */

const MONTH = 7; // characters of an ISO date that name the month
const MAX_MONTHS = 3; // that are named

/** Days from one to the next by key. @type {{[key: string]: number}} */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };

export class Days {
  /** @param {Context} context @param {Model} model @param {Subject} subject */
  constructor(context, model, subject) {
    const { train, test } = model.data.extras;
    this.subject = subject;
    /** @type {string[]} of the test samples, ISO */
    this.dates = test.date ?? [];
    /** The last day whose outcome was trained on. @type {string} */
    this.learned = train.date?.at(-1) ?? "";
    this.span = Math.min(subject.span, this.dates.length);
    this.start = this.dates.length - this.span;
    this.pointed = -1;
    this.axes = new Axes({ low: 0, high: 1, label: "" }, { low: 0, high: 1, label: subject.label });
    this.axes.ticksX.text = (day) => this.dates[day].slice(0, MONTH);
    this.plot = new Plot(context, {
      kind: `sim-days ${subject.kind}`,
      role: "application",
      name: `${subject.name}. The left and right arrow keys read days.`,
      paint: (canvas, width, height) => {
        subject.paint(canvas, width, height);
        this.paintPointed(canvas);
      },
    });
    this.from = h("input", {
      type: "range",
      min: 0,
      max: this.start,
      step: 1,
      value: this.start,
      "aria-label": "First day shown",
    });
    this.first = h("output", {}, this.dates[this.start]);
    this.from.oninput = () => this.move(Number(this.from.value));
    this.slider = h("div", { class: "sim-slider" }, h("span", {}, "From"), this.from, this.first);
    this.readout = h("p", { class: "sim-said", "aria-live": "polite" });
    this.listen();
  }

  destroy() {
    this.plot.destroy();
  }

  /** The last day shown. */
  get end() {
    return this.start + this.span - 1;
  }

  listen() {
    const { element } = this.plot;
    element.addEventListener("pointermove", (event) => {
      const day = Math.round(this.axes.scaleX.valueAt(this.plot.place(event)[0]));
      this.point(Math.max(this.start, Math.min(this.end, day)));
    });
    element.addEventListener("pointerleave", () => this.point(-1));
    element.addEventListener("keydown", (event) => {
      const by = STEPS[event.key];
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const next = this.pointed < 0 ? this.end : this.pointed + by;
      this.point(Math.max(0, Math.min(this.dates.length - 1, next)));
    });
  }

  /** @param {number} start first day shown */
  move(start) {
    this.start = start;
    this.from.value = String(start);
    setText(this.first, this.dates[start] ?? "");
    this.renew();
  }

  /**
   * Reads a day; one that is not in view is scrolled into it.
   * @param {number} day -1 for none
   */
  point(day) {
    this.pointed = day;
    if (day >= 0 && day < this.start) this.move(day);
    else if (day > this.end) this.move(day - this.span + 1);
    else this.renew();
  }

  /** Draws and announces what has changed. */
  renew() {
    setText(this.readout, this.subject.read(this.pointed));
    this.plot.invalidate();
  }

  /**
   * Sets what the axes cover; the ticks of the days stand where months begin.
   * @param {import("./axes.js").Interval} x
   * @param {import("./axes.js").Interval} y
   */
  cover(x, y) {
    const { axes, dates, start, end } = this;
    const { ticksX: ticks } = axes;
    axes.cover(x, y);
    const firsts = [];
    for (let day = start + 1; day <= end; day += 1) {
      if (dates[day].slice(0, MONTH) !== dates[day - 1].slice(0, MONTH)) firsts.push(day);
    }
    ticks.count = 0;
    const every = Math.ceil(firsts.length / MAX_MONTHS);
    for (let i = 0; i < firsts.length; i += every) ticks.push(firsts[i], 1);
  }

  /** @param {CanvasRenderingContext2D} canvas */
  paintPointed(canvas) {
    const { axes, pointed } = this;
    if (pointed < 0) return;
    canvas.fillStyle = palette().accent;
    const bottom = axes.top + axes.height;
    canvas.fillRect(axes.x(pointed) - 0.5, 5, 1, bottom - 5);
  }
}
