// @ts-check
// A few named numbers under a title. Rows are made once: changing numbers change text only.

import { h, setText } from "../../../controls/dom.js";

/** @typedef {[string, string][]} Rows names and values as text */

export class Readout {
  constructor() {
    this.title = h("h3", {});
    this.note = h("span", {});
    this.list = h("dl", {});
    const head = h("p", { class: "out-caption" }, this.title, this.note);
    this.element = h("div", { class: "out-readout" }, head, this.list);
    /** @type {[HTMLElement, HTMLElement][]} */
    this.rows = [];
  }

  /**
   * @param {string} title
   * @param {string} note
   * @param {Rows} rows
   */
  show(title, note, rows) {
    setText(this.title, title);
    setText(this.note, note);
    while (this.rows.length < rows.length) {
      const row = /** @type {[HTMLElement, HTMLElement]} */ ([h("dt", {}), h("dd", {})]);
      this.rows.push(row);
      this.list.append(h("div", {}, ...row));
    }
    this.rows.forEach(([name, value], i) => {
      setText(name, rows[i]?.[0] ?? "");
      setText(value, rows[i]?.[1] ?? "");
    });
  }
}
