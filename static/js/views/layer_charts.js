// @ts-check
// Every layer over time: a row each, the quantities side by side, on the steps that all charts
// share; and the gradient from the first layer to the last as it is now.

import { onThemeChange } from "../color.js";
import { h, setText, tip } from "../controls/dom.js";
import { selectBox } from "../controls/fields.js";
import { displayScale, lineScale } from "../display.js";
import { count } from "../format.js";
import { nowOf } from "../state/branches.js";
import { StepAxis } from "./layer_charts/axis.js";
import { COLUMNS } from "./layer_charts/columns.js";
import { SeriesData } from "./layer_charts/data.js";
import { Feed } from "./layer_charts/feed.js";
import { FlowAxis } from "./layer_charts/flow.js";
import { Row } from "./layer_charts/row.js";
import { Gestures } from "./step_chart/gestures.js";
import { TimeAxis } from "./step_chart/time.js";

/** @import { Context, SeriesAnswer } from "../state/types.js" */

const HELP =
  "Charts of every layer over the steps. Left and right move along the steps. With Shift they mark steps, Enter zooms to the marked steps, Escape goes back. The table has the values at the step.";
const FLOW = {
  name: "flow",
  title: "Gradient flow now",
  does: "Norm of the gradient of each layer's parameters at the current step, from the first layer to the last, on one logarithmic axis. If it fades towards the first layer, the gradient vanishes.",
};
const HEADS = [...COLUMNS, FLOW];
const GRADIENT = COLUMNS[1];

/**
 * Fills the region.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  return new ChartsView(element, context);
}

class ChartsView {
  /** @param {HTMLElement} element @param {Context} context */
  constructor(element, context) {
    this.context = context;
    this.element = element;
    this.time = new TimeAxis();
    /** @type {SeriesData | null} */
    this.data = null;
    /** @type {Row[]} */
    this.rows = [];
    /** The column that is shown where there is room for one only. */
    this.chosen = GRADIENT.name;
    this.axes = COLUMNS.map(() => new StepAxis(this.time));
    this.flowAxis = new FlowAxis();
    this.step = h("td", { class: "charts-step" });
    this.body = h("tbody", {});
    this.guide = h(
      "p",
      { class: "charts-guide" },
      "No step has been trained yet. Start a run to see charts of the activations, gradients, updates and weights of every layer.",
    );
    this.table = h("div", {
      class: "charts-table",
      role: "group",
      tabindex: 0,
      "aria-label": HELP,
    });
    this.live = h("p", { class: "unseen", "aria-live": "polite" });
    this.build();
    this.feed = new Feed(context, (answer) => this.take(answer));
    this.gestures = new Gestures(this.table, this.axes[0], context.store, () => this.tell());
    this.listen();
    this.choose(this.chosen);
    this.show();
  }

  build() {
    const heads = HEADS.map(({ name, title, does }) => {
      const head = h("th", { scope: "col", "data-column": name }, title);
      if (name === "ratio") head.append(h("span", { class: "charts-key" }, "healthy"));
      return tip(head, does);
    });
    const axes = this.axes.map(({ element }, i) =>
      h("td", { "data-column": COLUMNS[i].name }, element, h("div", { class: "lane-values" })),
    );
    const flow = h("td", { "data-column": "flow" }, this.flowAxis.element);
    flow.append(h("div", { class: "lane-values" }));
    this.table.append(
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, this.step, ...heads)),
        this.body,
        h("tfoot", { "aria-hidden": "true" }, h("tr", {}, h("td", {}, "step"), ...axes, flow)),
      ),
    );
    this.element.classList.add("charts");
    this.element.append(this.chooser(), this.guide, this.table, this.live);
  }

  /** A select for the column, where there is room for one only. */
  chooser() {
    const { select, box } = selectBox(HEADS, (name) => this.choose(name));
    select.setAttribute("aria-label", "Quantity");
    select.value = this.chosen;
    return h("div", { class: "charts-choice" }, box);
  }

  /** @param {string} name of a column */
  choose(name) {
    for (const cell of this.element.querySelectorAll("[data-column]")) {
      cell.classList.toggle("chosen", cell.getAttribute("data-column") === name);
    }
    this.chosen = name;
    this.resize();
  }

  listen() {
    const { store, loop } = this.context;
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(this.element);
    observer.observe(this.table);
    this.time.onChange = () => this.timeChanged();
    store.on(["zoom"], ({ zoom }) => this.time.show(zoom));
    store.on(["frame", "run", "hoverStep"], () => {
      if (this.feed.visible) loop.requestDraw();
    });
    store.on(["model"], () => this.forget());
    loop.onDraw(() => this.draw());
    onThemeChange(() => this.repaint());
    for (const type of ["pointerdown", "pointermove"]) {
      this.table.addEventListener(type, (event) => this.pointAt(event), true);
    }
  }

  /** The pointer is in one column at a time. @param {Event} event */
  pointAt({ target }) {
    if (!Number.isNaN(this.gestures.pressed)) return; // brushing continues where it began
    const cell = target instanceof Element ? target.closest("[data-column]") : null;
    const c = COLUMNS.findIndex(({ name }) => name === cell?.getAttribute("data-column"));
    if (c >= 0) this.gestures.chart = this.axes[c];
  }

  /** Clears the charts for a new network. */
  forget() {
    this.data = null;
    this.show();
  }

  /** @param {SeriesAnswer} answer */
  take(answer) {
    this.data = new SeriesData(answer, (this.data?.version ?? 0) + 1);
    this.show();
    this.context.loop.requestDraw();
  }

  /** Rows for the layers there are. */
  show() {
    const { data, rows } = this;
    const layers = data?.layers ?? [];
    const trained = (data?.last ?? -1) >= 0;
    this.guide.hidden = trained;
    this.table.hidden = !trained;
    if (layers.length !== rows.length || layers.some(({ name }, i) => name !== rows[i].layer)) {
      this.rows = layers.map(({ name }) => new Row(this.context, this.time, name));
      this.body.replaceChildren(...this.rows.map(({ element }) => element));
      this.choose(this.chosen);
    }
    if (!data || !trained) return;
    for (const [i, row] of this.rows.entries()) row.show(data, i);
    this.flowAxis.show(data.ranges.flow);
    for (const axis of this.axes) axis.samples = layers[0].samples;
  }

  resize() {
    this.feed.show(this.element.clientHeight > 0);
    const type = {
      scale: displayScale(),
      lines: lineScale(),
    };
    for (const row of this.rows) row.resize(type);
    for (const axis of [...this.axes, this.flowAxis]) axis.resize(type);
    this.context.loop.requestDraw();
  }

  repaint() {
    for (const row of this.rows) row.repaint();
    for (const axis of [...this.axes, this.flowAxis]) axis.dirty = true;
    this.context.loop.requestDraw();
  }

  timeChanged() {
    const { zoomed, low, high } = this.time;
    const { store, loop } = this.context;
    const [from, to] = store.state.zoom ?? [];
    if (zoomed && (from !== low || to !== high)) store.set({ zoom: [low, high] });
    if (!zoomed && store.state.zoom) store.set({ zoom: null });
    loop.requestDraw();
  }

  draw() {
    const { data, time, feed } = this;
    const { state } = this.context.store;
    if (!data || !feed.visible || this.table.hidden) return;
    time.current = nowOf(state).moment[0];
    time.follow(0, Math.max(data.last, time.current));
    const { hoverStep } = state;
    const step = hoverStep ?? time.current;
    setText(this.step, `step ${count(step)}`);
    for (const axis of [...this.axes, this.flowAxis]) axis.draw();
    for (const [i, row] of this.rows.entries()) {
      row.draw(hoverStep);
      row.read(data, i, step);
    }
  }

  /** Announces the values at the step that the keys have reached. */
  tell() {
    const { hoverStep } = this.context.store.state;
    if (hoverStep === null || !this.data) return;
    const { layers } = this.data;
    const values = this.rows.map(
      ({ title }, i) => `${title} ${GRADIENT.read(layers[i], hoverStep)}`,
    );
    setText(this.live, `step ${count(hoverStep)}: gradient norm ${values.join(", ")}`);
  }
}
