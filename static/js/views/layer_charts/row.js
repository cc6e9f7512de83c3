// @ts-check
// One layer's row of the charts: a lane and a value for each column, and its gradient now.

import { h, setText, tip } from "../../controls/dom.js";
import { told } from "../../format.js";
import { columnOf } from "../inspector/names.js";
import { COLUMNS } from "./columns.js";
import { FlowBar } from "./flow.js";
import { Lane } from "./lane.js";

/** @import { Context } from "../../state/types.js" */
/** @import { TimeAxis } from "../step_chart/time.js" */
/** @import { SeriesData } from "./data.js" */

export class Row {
  /**
   * @param {Context} context
   * @param {TimeAxis} time
   * @param {string} layer
   */
  constructor({ store, actions }, time, layer) {
    this.layer = layer;
    this.cells = COLUMNS.map(({ name, paint, log }) => {
      const lane = new Lane(time, paint, log);
      const lines = [h("span", {}), h("span", {})];
      const values = h("div", { class: "lane-values" }, ...lines);
      const cell = h("td", { "data-column": name }, lane.element, values);
      return { lane, lines, cell };
    });
    this.bar = new FlowBar();
    this.flow = h("span", {});
    const onclick = () => actions.select({ kind: "layer", layer });
    const { model } = store.state;
    this.title = (model && columnOf(model, layer).column?.title) ?? layer;
    const name = h("button", { type: "button", class: "charts-layer", onclick }, this.title);
    tip(name, "Selects the layer.");
    const values = h("div", { class: "lane-values" }, this.flow);
    this.element = h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      ...this.cells.map(({ cell }) => cell),
      h("td", { "data-column": "flow" }, this.bar.element, values),
    );
  }

  /** @param {SeriesData} data @param {number} i which layer it is */
  show(data, i) {
    const layer = data.layers[i];
    for (const [c, { lane }] of this.cells.entries()) {
      lane.show(layer, COLUMNS[c].range(data, layer));
    }
    this.bar.show(data.flow[i], data.ranges.flow);
    setText(this.flow, told(data.flow[i].parameters ?? Number.NaN));
  }

  /** The values at a step. @param {SeriesData} data @param {number} i @param {number} step */
  read(data, i, step) {
    for (const [c, { lines }] of this.cells.entries()) {
      const texts = COLUMNS[c].read(data.layers[i], step);
      for (const [k, line] of lines.entries()) setText(line, texts[k] ?? "");
    }
  }

  /** @param {{scale: number, lines: number}} type */
  resize(type) {
    for (const { lane } of this.cells) lane.resize(type);
    this.bar.resize(type);
  }

  repaint() {
    for (const { lane } of this.cells) lane.dirty = true;
    this.bar.dirty = true;
  }

  /** @param {number | null} hoverStep */
  draw(hoverStep) {
    for (const { lane } of this.cells) lane.draw(hoverStep);
    this.bar.draw();
  }
}
