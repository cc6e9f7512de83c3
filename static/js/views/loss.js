// @ts-check
// Loss and, for classes, accuracy over the whole run.

import { onThemeChange } from "../color.js";
import { h, setText, tip } from "../controls/dom.js";
import { count, percent, tick, told } from "../format.js";
import { Chart } from "./step_chart/chart.js";
import { Gestures } from "./step_chart/gestures.js";
import { nearest } from "./step_chart/line.js";
import { coverFromZero, coverToWhole } from "./step_chart/scale.js";
import { TimeAxis } from "./step_chart/time.js";

/** @import { State } from "../state/store.js" */
/** @import { Context } from "../state/types.js" */
/** @import { Series } from "./step_chart/chart.js" */

const HELP =
  "Charts over the steps. Left and right move along the points. With Shift they mark steps, Enter zooms to the marked steps, Escape goes back.";
const DASH = [4, 3];
/** Of another branch's lines: dots, and dots with dashes. */
const OTHER_DASHES = [
  [1.5, 2.5],
  [6, 2.5, 1.5, 2.5],
];

/** @typedef {"train" | "test" | "trainAccuracy" | "testAccuracy"} Column */

/**
 * The two lines of a chart, training set and test set; and those of a compared branch, from the step
 * where the two branches separate.
 * @param {State} state
 * @param {Column} train
 * @param {Column} test
 * @returns {Series[]}
 */
function trainAndTest({ losses, curves, compared, run }, train, test) {
  const suffix = compared ? ` b${run?.branch ?? 0}` : "";
  const shared = { samples: losses, since: 0 };
  /** @type {Series[]} */
  const series = [
    {
      ...shared,
      label: `Train${suffix}`,
      values: losses[train],
      dash: [],
      color: (palette) => palette.ink2,
    },
    {
      ...shared,
      label: `Test${suffix}`,
      values: losses[test],
      dash: DASH,
      color: (palette) => palette.ink,
    },
  ];
  const other = curves.get(compared?.branch ?? -1);
  if (!compared || !other) return series;
  for (const [i, name] of ["Train", "Test"].entries()) {
    series.push({
      label: `${name} b${compared.branch}`,
      samples: other,
      since: compared.parting[0],
      values: other[[train, test][i]],
      dash: OTHER_DASHES[i],
      color: (palette) => palette.categories[2],
    });
  }
  return series;
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
    const { state } = context.store;
    this.time = new TimeAxis();
    this.time.onChange = () => this.timeChanged();
    this.loss = new Chart({
      time: this.time,
      cover: coverFromZero,
      text: told,
      bottom: true,
      series: trainAndTest(state, "train", "test"),
    });
    this.accuracy = new Chart({
      time: this.time,
      cover: coverToWhole,
      text: percent,
      tick: (value, spacing) => `${tick(100 * value, 100 * spacing)} %`,
      series: trainAndTest(state, "trainAccuracy", "testAccuracy"),
    });
    /** The curves that are shown: the present branch's and the compared one's. */
    this.shown = { present: state.losses, other: /** @type {unknown} */ (null) };
    this.name = h("span", { class: "loss-name" });
    this.lossAt = h("span", { class: "loss-at" });
    this.accuracyAt = h("span", { class: "loss-at" });
    this.log = h("button", { type: "button", class: "loss-log", "aria-pressed": "false" }, "log");
    this.whole = h("button", { type: "button", class: "loss-whole" }, "all steps");
    this.second = h("div", { class: "loss-accuracy" });
    this.charts = h("div", {
      class: "loss-charts",
      role: "application",
      tabindex: 0,
      "aria-label": HELP,
      "aria-roledescription": "charts",
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
    tip(this.log, "Logarithmic loss axis: equal distances mean equal ratios.");
    this.log.onclick = () => this.setLog(!this.loss.log);
    tip(this.whole, "Shows all steps again. A double click or Escape does the same.");
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
      store.on(["losses", "compared"], () => this.choose()),
      store.on(["zoom"], ({ zoom }) => this.time.show(zoom)),
      store.on(["losses", "frame", "run", "hoverStep", "zoom"], loop.requestDraw),
    ];
  }

  destroy() {
    for (const stop of this.stops) stop();
    this.loss.destroy();
    this.accuracy.destroy();
  }

  /** Shows the loss of a new network, and the accuracy if it is a classifier. */
  describe() {
    const { model } = this.context.store.state;
    this.time.reset();
    this.time.right = 0;
    setText(this.name, model?.description.loss.replaceAll("_", " ") ?? "");
    this.second.hidden = model?.data.task !== "classification";
    this.context.loop.requestDraw();
  }

  /** Another branch, or another one to compare it with. */
  choose() {
    const { state } = this.context.store;
    const { present, other } = this.shown;
    if (state.losses === present && state.compared === other) return;
    this.shown = { present: state.losses, other: state.compared };
    this.time.right = 0;
    this.loss.show(trainAndTest(state, "train", "test"));
    this.accuracy.show(trainAndTest(state, "trainAccuracy", "testAccuracy"));
    this.context.loop.requestDraw();
  }

  /** @param {boolean} log */
  setLog(log) {
    this.log.setAttribute("aria-pressed", String(log));
    this.loss.setLog(log);
    this.context.loop.requestDraw();
  }

  timeChanged() {
    const { zoomed, low, high } = this.time;
    const { store } = this.context;
    if (this.whole.hidden === zoomed) this.whole.hidden = !zoomed;
    const [from, to] = store.state.zoom ?? [];
    if (zoomed && (from !== low || to !== high)) store.set({ zoom: [low, high] });
    if (!zoomed && store.state.zoom) store.set({ zoom: null });
    this.context.loop.requestDraw();
  }

  draw() {
    const { store } = this.context;
    const { frame, run, hoverStep } = store.state;
    const { time } = this;
    const last = this.lastStep();
    if (last >= 0) time.follow(this.loss.samples.step[0], last);
    time.current = frame?.step ?? run?.step ?? 0;
    if (!this.second.hidden) this.accuracy.draw(hoverStep);
    this.loss.draw(hoverStep);
    if (time.version !== this.followed) this.gestures.follow();
    this.followed = time.version;
    this.read(this.loss.seen.hover);
  }

  /** The last step that a line has; -1 if there is none yet. */
  lastStep() {
    let last = -1;
    for (const { samples } of this.loss.options.series) {
      if (samples.length > 0) last = Math.max(last, samples.step[samples.length - 1]);
    }
    return last;
  }

  /** The numbers under the pointer. @param {number} at index, or -1 */
  read(at) {
    this.name.hidden = at >= 0;
    const step = at < 0 ? -1 : this.loss.samples.step[at];
    const { series } = this.loss.options;
    setText(this.lossAt, readings(series, step, series.length > 2 ? told : sixDigits));
    setText(this.accuracyAt, readings(this.accuracy.options.series, step, percent));
  }

  /** Announces the numbers under the pointer. */
  tell() {
    const { losses, hoverStep } = this.context.store.state;
    if (hoverStep === null) return;
    this.read(nearest(losses.step, losses.length, hoverStep));
    const accuracy = this.second.hidden ? "" : `; accuracy ${this.accuracyAt.textContent}`;
    setText(this.live, `step ${count(hoverStep)}: loss ${this.lossAt.textContent}${accuracy}`);
  }
}

/** @param {number} value */
const sixDigits = (value) => told(value, 6);

/**
 * What the lines show at a step: "train 0.611  test 0.647", with another branch "train 0.611 | 0.597".
 * @param {Series[]} series
 * @param {number} step -1 for none
 * @param {(value: number) => string} text
 */
function readings(series, step, text) {
  if (step < 0) return "";
  const values = series.map(({ samples, values, since }) => {
    const i = nearest(samples.step, samples.length, step);
    return i < 0 || step < since ? "–" : text(values[i]);
  });
  const [train, test, otherTrain, otherTest] = values;
  if (otherTrain === undefined) return `train ${train}  test ${test}`;
  return `train ${train}|${otherTrain}  test ${test}|${otherTest}`;
}
