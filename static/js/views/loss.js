// @ts-check
// Loss and, for classes, accuracy over the whole run.

import { onThemeChange } from "../color.js";
import { h, setText, tip } from "../controls/dom.js";
import { count, percent, short, tick } from "../format.js";
import { Chart } from "./chart/chart.js";
import { Gestures } from "./chart/gestures.js";
import { nearest } from "./chart/line.js";
import { coverFromZero, coverToWhole } from "./chart/scale.js";
import { TimeAxis } from "./chart/time.js";

/** @typedef {import("./chart/chart.js").Series} Series */
/** @typedef {import("../types.js").Context} Context */

const HELP =
  "Charts over the steps. Left and right move along the points, with Shift they mark steps and Enter zooms to them, Escape goes back.";
const DASH = [4, 3];

/**
 * The two lines of a chart: what is trained on, and what is not.
 * @param {Float64Array} train
 * @param {Float64Array} test
 * @returns {Series[]}
 */
function trainAndTest(train, test) {
  return [
    { label: "Train", values: train, dash: [], color: (palette) => palette.ink2 },
    { label: "Test", values: test, dash: DASH, color: (palette) => palette.ink },
  ];
}

/**
 * Fills the region with the charts.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  const view = new LossView(element, context);
  return { destroy: () => view.destroy() };
}

class LossView {
  /** @param {HTMLElement} element @param {Context} context */
  constructor(element, context) {
    this.context = context;
    const { losses } = context.store.state;
    this.time = new TimeAxis();
    this.time.onChange = () => this.timeChanged();
    this.loss = new Chart({
      ...{ time: this.time, samples: losses, cover: coverFromZero, text: short, bottom: true },
      series: trainAndTest(losses.train, losses.test),
    });
    this.accuracy = new Chart({
      ...{ time: this.time, samples: losses, cover: coverToWhole, text: percent },
      ...{ tick: (value, spacing) => `${tick(100 * value, 100 * spacing)} %` },
      series: trainAndTest(losses.trainAccuracy, losses.testAccuracy),
    });
    this.name = h("span", { class: "loss-name" });
    this.lossAt = h("span", { class: "loss-at" });
    this.accuracyAt = h("span", { class: "loss-at" });
    this.log = h("button", { type: "button", class: "loss-log", "aria-pressed": "false" }, "log");
    this.whole = h("button", { type: "button", class: "loss-whole" }, "all steps");
    this.second = h("div", { class: "loss-accuracy" });
    this.charts = h("div", {
      ...{ class: "loss-charts", role: "application", tabindex: 0 },
      ...{ "aria-label": HELP, "aria-roledescription": "charts" },
    });
    this.live = h("p", { class: "unseen", "aria-live": "polite" });
    this.build(element);
    this.gestures = new Gestures(this.charts, this.loss, context.store, () => this.tell());
    this.stops = this.listen();
    /** The version of the time axis that the hover line was last placed on. */
    this.followed = -1;
    this.describe();
    this.timeChanged();
  }

  /** @param {HTMLElement} element */
  build(element) {
    tip(this.log, "Logarithmic loss axis: equal distances are equal ratios.");
    this.log.onclick = () => this.setLog(!this.loss.log);
    tip(this.whole, "Shows all steps again, as a double click or Escape does.");
    this.whole.onclick = () => this.time.reset();
    const head = h("div", { class: "loss-head" }, h("h2", {}, "Loss"), this.name, this.lossAt);
    head.append(this.log);
    const second = h("div", { class: "loss-head" }, h("h3", {}, "Accuracy"), this.accuracyAt);
    this.second.append(second, this.accuracy.element);
    this.charts.append(this.loss.element, this.second, this.whole);
    element.classList.add("loss");
    element.append(head, this.charts, this.live);
  }

  listen() {
    const { store, loop } = this.context;
    const repaint = () => {
      this.loss.dirty = this.accuracy.dirty = true;
      loop.requestDraw();
    };
    this.loss.onResize = this.accuracy.onResize = loop.requestDraw;
    return [
      loop.onDraw(() => this.draw()),
      onThemeChange(repaint),
      store.on(["model"], () => this.describe()),
      store.on(["losses", "frame", "run", "hoverStep"], loop.requestDraw),
    ];
  }

  destroy() {
    for (const stop of this.stops) stop();
    this.loss.destroy();
    this.accuracy.destroy();
  }

  /** A new network: which loss it has, and whether answers can be right or wrong. */
  describe() {
    const { model } = this.context.store.state;
    this.time.reset();
    this.time.right = 0;
    setText(this.name, model?.description.loss.replaceAll("_", " ") ?? "");
    this.second.hidden = model?.data.task !== "classification";
    this.context.loop.requestDraw();
  }

  /** @param {boolean} log */
  setLog(log) {
    this.log.setAttribute("aria-pressed", String(log));
    this.loss.setLog(log);
    this.context.loop.requestDraw();
  }

  timeChanged() {
    if (this.whole.hidden === this.time.zoomed) this.whole.hidden = !this.time.zoomed;
    this.context.loop.requestDraw();
  }

  draw() {
    const { store } = this.context;
    const { losses, frame, run, hoverStep } = store.state;
    const { time } = this;
    if (losses.length > 0) time.follow(losses.step[0], losses.step[losses.length - 1]);
    time.current = frame?.step ?? run?.step ?? 0;
    if (!this.second.hidden) this.accuracy.draw(hoverStep);
    this.loss.draw(hoverStep);
    if (time.version !== this.followed) this.gestures.follow();
    this.followed = time.version;
    this.read(this.loss.seen.hover);
  }

  /** The numbers under the pointer. @param {number} at index, or -1 */
  read(at) {
    const { losses } = this.context.store.state;
    this.name.hidden = at >= 0;
    setText(this.lossAt, at < 0 ? "" : pair(losses.train[at], losses.test[at], sixDigits));
    const { trainAccuracy: train, testAccuracy: test } = losses;
    setText(this.accuracyAt, at < 0 ? "" : pair(train[at], test[at], percent));
  }

  /** Says the numbers under the pointer. */
  tell() {
    const { losses, hoverStep } = this.context.store.state;
    if (hoverStep === null) return;
    this.read(nearest(losses.step, losses.length, hoverStep));
    const accuracy = this.second.hidden ? "" : `; accuracy ${this.accuracyAt.textContent}`;
    setText(this.live, `step ${count(hoverStep)}: loss ${this.lossAt.textContent}${accuracy}`);
  }
}

/** @param {number} value */
const sixDigits = (value) => short(value, 6);

/**
 * @param {number} train
 * @param {number} test
 * @param {(value: number) => string} text
 */
function pair(train, test, text) {
  return `train ${text(train)}  test ${text(test)}`;
}
