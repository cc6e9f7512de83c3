// @ts-check
// Test days of a share price, up or not: the price, the predicted probability of a rise, which
// predictions were right and how many, and baselines without a network.

import { palette } from "../../color.js";
import { h, setText, tip } from "../../controls/dom.js";
import { count, percent, short } from "../../format.js";
import { Axes } from "./parts/axes.js";
import { Days } from "./parts/days.js";
import { ROUND, swatch, trace } from "./parts/marks.js";
import { entryOf } from "./parts/moment.js";

/** @import { Context, Entry, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */

const PROBABILITY = "view/probability";
const DRAW_EVERY = 100; // ms
const SPAN = 60; // days shown at once
const EVEN = 0.5; // above it the prediction is class 1
/** The shape of a day with a wrong prediction: a cross of two strokes. */
const CROSS = 7;
/** The share of the height that the price takes. */
const UPPER = 0.58;
const UPPER_TICKS = 4;
/** Standard deviations within which 19 of 20 values of a normal distribution lie. */
const USUAL = 1.96;

export class Direction {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    const { class_names: names, extras, labels, baselines } = model.data;
    this.title = "Later days";
    this.names = names;
    this.baselines = baselines;
    this.wants = [{ name: PROBABILITY, dtype: /** @type {const} */ ("f32") }];
    /** @type {number[]} dollars, of the day that is foreseen */
    this.closes = extras.test.close ?? [];
    this.truth = labels.test ?? [];
    this.right = this.truth.map(() => false);
    this.prices = new Axes(
      { low: 0, high: 1, label: "" },
      { low: 0, high: 1, label: "adjusted close, $" },
    );
    this.days = new Days(context, model, {
      name: `Price and probability of ${names[1]} on later days`,
      kind: "sim-direction",
      label: `p(${names[1]})`,
      span: SPAN,
      paint: (canvas, width, height) => this.paint(canvas, width, height),
      read: (day) => this.read(day),
    });
    this.heading = h("h3", {});
    this.accuracy = h("dd", {});
    const { plot, slider, readout } = this.days;
    this.element = h(
      "div",
      { class: "sim" },
      this.key(),
      plot.element,
      slider,
      readout,
      this.heading,
      this.shares(),
    );
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Entry | null} */
    this.probability = null;
  }

  destroy() {
    this.days.destroy();
  }

  key() {
    const item = (/** @type {Node} */ mark, /** @type {string} */ words) =>
      h("p", { class: "out-stroke" }, mark, h("span", {}, words));
    return h(
      "div",
      { class: "sim-key" },
      item(swatch(ROUND, "filled"), "right"),
      item(swatch(CROSS, "filled"), "wrong"),
      item(h("i", { class: "hollow" }), `p(${this.names[1]}), hollow where wrong`),
    );
  }

  /** The accuracy of the network and of the baselines. */
  shares() {
    const days = this.truth.length;
    const luck = USUAL * Math.sqrt(0.25 / days);
    const others = this.baselines.map(({ title, value }) =>
      row(title, h("dd", {}, percent(value))),
    );
    const range = h("dd", {}, `${percent(0.5 - luck)} to ${percent(0.5 + luck)}`);
    const about = `The range of ${count(days)} tosses of a fair coin in 19 of 20 tries: 0.5 ± 1.96·√(0.25/${days}). A share inside this range may be luck.`;
    return h(
      "dl",
      { class: "sim-rates", "aria-label": "Share of days predicted correctly" },
      row("the network", this.accuracy),
      ...others,
      tip(row("a coin, 19 times in 20", range), about),
    );
  }

  /** @param {number} day */
  read(day) {
    const { probability, names, truth, right, days } = this;
    if (!probability) return "";
    if (day < 0) {
      const hits = right.slice(days.start, days.end + 1).filter(Boolean).length;
      return `${hits} of these ${days.span} days predicted correctly. Trained on days up to ${days.learned}, on none of these.`;
    }
    const p = probability.at(day);
    const gain = 100 * (this.closes[day] / this.closes[day - 1] - 1);
    const by = day > 0 ? ` (${gain > 0 ? "+" : ""}${short(gain)} %)` : "";
    const verdict = right[day] ? "right" : "wrong";
    return `${days.dates[day]}: p(${names[1]}) ${short(p)}, came ${names[truth[day]]}${by}: ${verdict}`;
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const probability = entryOf(moment, PROBABILITY);
    const due = !moment.frame.running || now - this.drawn > DRAW_EVERY;
    if (probability && probability !== this.probability && due) {
      this.drawn = now;
      this.probability = probability;
      this.judge(probability);
      this.days.renew();
    }
    this.days.plot.draw();
  }

  /** @param {Entry} probability (day) */
  judge(probability) {
    const { truth, right, heading, accuracy } = this;
    let hits = 0;
    let known = true;
    for (let i = 0; i < truth.length; i += 1) {
      const p = probability.at(i);
      known &&= !Number.isNaN(p);
      right[i] = !Number.isNaN(p) && Number(p > EVEN) === truth[i];
      hits += Number(right[i]);
    }
    const share = known ? hits / truth.length : Number.NaN;
    setText(accuracy, percent(share));
    setText(heading, `Correct on ${count(truth.length)} later days: ${this.verdict(share)}`);
  }

  /** What a share of correct days means. @param {number} share */
  verdict(share) {
    const luck = USUAL * Math.sqrt(0.25 / this.truth.length);
    if (Number.isNaN(share)) return "no predictions, because the outputs are not numbers";
    if (share > EVEN + luck) return "more than luck explains";
    return share < EVEN - luck ? "worse than a coin" : "no better than a coin";
  }

  /** @param {CanvasRenderingContext2D} canvas @param {number} width @param {number} height */
  paint(canvas, width, height) {
    if (!this.probability) return;
    const { prices, days } = this;
    const { start, end } = days;
    const shown = this.closes.slice(start, end + 1);
    const [low, high] = [Math.min(...shown), Math.max(...shown)];
    const pad = 0.12 * (high - low) || 1;
    const span = { low: start - 0.7, high: end + 0.7 };
    prices.cover(span, { low: low - pad, high: high + pad });
    prices.ticksX.count = 0; // the same as below
    prices.ticksY.fit(prices.scaleY, UPPER_TICKS);
    prices.resize(width, height * UPPER);
    this.paintPrice(canvas);
    const reach = this.reach(this.probability);
    days.cover(span, { low: EVEN - reach, high: EVEN + reach });
    const { ticksY: ticks } = days.axes;
    ticks.count = 0;
    for (const offset of [-reach, 0, reach]) ticks.push(EVEN + offset, reach);
    days.axes.resize(width, height * (1 - UPPER));
    days.axes.top += height * UPPER;
    days.axes.scaleY.place(days.axes.top + days.axes.height, days.axes.top);
    this.paintBars(canvas, this.probability);
    prices.paint(canvas);
    days.axes.paint(canvas);
  }

  /** How far from even odds the bars go: in tenths, to hold still while the network learns. @param {Entry} probability */
  reach(probability) {
    let most = 0;
    for (let i = 0; i < this.truth.length; i += 1) {
      most = Math.max(most, Math.abs(probability.at(i) - EVEN) || 0);
    }
    return Math.max(0.1, Math.min(0.5, Math.ceil(most * 10) / 10));
  }

  /** @param {CanvasRenderingContext2D} canvas */
  paintPrice(canvas) {
    const { prices, closes, right } = this;
    const { start, end } = this.days;
    const { ink, ink3 } = palette();
    canvas.strokeStyle = ink3;
    canvas.lineWidth = 1.25;
    canvas.beginPath();
    for (let i = start; i <= end; i += 1) canvas.lineTo(prices.x(i), prices.y(closes[i]));
    canvas.stroke();
    canvas.fillStyle = ink;
    for (let i = start; i <= end; i += 1) {
      const [shape, r] = right[i] ? [ROUND, 1.6] : [CROSS, 2.8];
      canvas.beginPath();
      trace(canvas, shape, prices.x(i), prices.y(closes[i]), r * prices.scale);
      canvas.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} canvas @param {Entry} probability (day) */
  paintBars(canvas, probability) {
    const { axes, start, end } = this.days;
    const { positive, negative, ink3, error } = palette();
    const middle = axes.y(EVEN);
    const width = Math.max(2, Math.round(0.7 * (axes.x(1) - axes.x(0))));
    canvas.lineWidth = 1;
    for (let i = start; i <= end; i += 1) {
      const p = probability.at(i);
      const known = Number.isFinite(p);
      const top = known ? axes.y(p) : axes.top;
      canvas.fillStyle = canvas.strokeStyle = known ? (p > EVEN ? positive : negative) : error;
      const left = axes.x(i) - width / 2;
      if (this.right[i]) canvas.fillRect(left, top, width, middle - top);
      else canvas.strokeRect(left + 0.5, top + 0.5, width - 1, middle - top - 1);
    }
    canvas.fillStyle = ink3;
    canvas.fillRect(axes.left, middle - 0.5, axes.width, 1);
  }
}

/** @param {string} name @param {HTMLElement} value */
function row(name, value) {
  return h("div", {}, h("dt", {}, name), value);
}
