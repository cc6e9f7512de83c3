// @ts-check
// The weights of one unit, strongest first: the unit at the other end, and the contribution of each
// for the probe sample.

import { h, setText } from "../../controls/dom.js";
import { told } from "../../format.js";
import { link } from "./links.js";
import { briefName } from "./names.js";

/** @import { ColumnSpec } from "../../scene/kinds.js" */
/** @import { Context, Entry } from "../../state/types.js" */
/** @import { Reader } from "./reader.js" */

const MAX_LISTED = 8;
/** Rows that change places faster can not be read, ms. */
const SORT_EVERY = 2000;

export class Weights {
  /**
   * @param {Context} context
   * @param {{from: ColumnSpec, to: ColumnSpec}} pair
   * @param {number} unit
   * @param {boolean} incoming whether it is a unit of `to`, else of `from`
   */
  constructor(context, { from, to }, unit, incoming) {
    this.context = context;
    this.from = from;
    this.to = to;
    this.unit = unit;
    this.incoming = incoming;
    this.count = incoming ? from.count : to.count;
    this.all = false;
    this.sorted = Number.NEGATIVE_INFINITY;
    /** @type {number[]} */
    this.order = [];
    /** @type {Map<number, {row: HTMLElement, cells: HTMLElement[], bar: HTMLElement}>} */
    this.rows = new Map();
    const heads = incoming ? ["from", "w", "a", "w·a"] : ["to", "w"];
    const head = h("div", { class: "ins-heads", "aria-hidden": "true" });
    head.append(...heads.map((text) => h("span", {}, text)));
    this.list = h("ul", { class: "ins-weights" });
    this.more = h("button", { type: "button", class: "ins-more", "aria-expanded": "false" });
    this.more.onclick = () => this.unfold();
    this.more.hidden = this.count <= MAX_LISTED;
    setText(this.more, `all ${this.count}`);
    this.element = h(
      "div",
      { class: incoming ? "incoming" : "outgoing" },
      head,
      this.list,
      this.more,
    );
  }

  unfold() {
    this.all = !this.all;
    this.sorted = Number.NEGATIVE_INFINITY;
    this.more.setAttribute("aria-expanded", String(this.all));
    setText(this.more, this.all ? `only the ${MAX_LISTED} strongest` : `all ${this.count}`);
    this.context.loop.requestDraw();
  }

  /** The index of weight i in its matrix. @param {number} i @returns {[number, number]} */
  indexOf(i) {
    return this.incoming ? [i, this.unit] : [this.unit, i];
  }

  /** @param {Reader} reader @param {number} now ms */
  show(reader, now) {
    const weights = reader.entry(this.to.weight);
    if (!weights) return;
    const value = (/** @type {number} */ i) => {
      const [row, column] = this.indexOf(i);
      return weights.at(row * this.to.count + column);
    };
    if (!reader.frame?.running || now - this.sorted > SORT_EVERY) this.sort(value, now);
    const strongest = Math.max(...this.order.map((i) => Math.abs(value(i)))) || 1;
    const activations = this.incoming ? reader.entry(this.from.value) : null;
    for (const i of this.order) {
      const row = this.rows.get(i);
      if (!row) continue;
      const known = this.exact(reader, weights, i);
      const w = known ?? value(i);
      row.bar.style.setProperty("--share", Math.min(1, Math.abs(w) / strongest || 0).toFixed(3));
      row.bar.classList.toggle("negative", w < 0);
      setText(row.cells[0], (known === null ? "≈" : "") + told(w));
      if (!this.incoming) continue;
      const a = activations?.at(i) ?? Number.NaN;
      setText(row.cells[1], told(a));
      setText(row.cells[2], told(w * a));
    }
  }

  /**
   * Large matrices come as pictures only; the few that are listed are asked for.
   * @param {Reader} reader
   * @param {Entry} weights
   * @param {number} i
   */
  exact(reader, weights, i) {
    if (weights.dtype !== "f64" && this.all) return null;
    return reader.number(this.to.weight, this.indexOf(i));
  }

  /**
   * @param {(i: number) => number} value
   * @param {number} now
   */
  sort(value, now) {
    this.sorted = now;
    const order = Array.from({ length: this.count }, (_, i) => i);
    order.sort((a, b) => Math.abs(value(b)) - Math.abs(value(a)) || a - b);
    if (!this.all) order.length = Math.min(order.length, MAX_LISTED);
    if (order.join() === this.order.join()) return;
    this.order = order;
    this.list.replaceChildren(...order.map((i) => this.rowOf(i).row));
  }

  /** @param {number} i */
  rowOf(i) {
    const known = this.rows.get(i);
    if (known) return known;
    const [from, to] = this.indexOf(i);
    const name = briefName(this.incoming ? this.from : this.to, i);
    const edge = /** @type {const} */ ({ kind: "edge", layer: this.to.layer, from, to });
    const button = link(this.context, name, edge);
    const cells = (this.incoming ? ["w", "a", "w·a"] : ["w"]).map(() => h("span", {}));
    const bar = h("i", {});
    const parts = { row: h("li", {}, button, bar, ...cells), cells, bar };
    this.rows.set(i, parts);
    return parts;
  }
}
