// @ts-check
// The probe sample's inputs as the network gets them: signed bars around zero.

import { h, setText } from "../../../controls/dom.js";
import { short } from "../../../format.js";

/** @import { Entry } from "../../../state/types.js" */

/** More than these are folded away, the ones farthest from the average first. */
const MAX_LISTED = 7;
/** Standard deviations at which a bar ends. */
const MAX_DEVIATIONS = 3;

export class Features {
  /** @param {string[]} names of the inputs */
  constructor(names) {
    this.names = names;
    this.rows = names.map((name) => {
      const value = h("dd", {});
      const bar = h("i", {});
      const row = h("div", {}, h("dt", { title: name }, name), value, bar);
      return { row, value, bar };
    });
    this.list = h("dl", { class: "out-features", "aria-label": "Inputs, standardised" });
    const title = h("h3", {}, "Inputs", h("span", {}, " standardised"));
    /** Whether all inputs are listed, in their own order. */
    this.all = names.length <= MAX_LISTED;
    /** @type {number[]} */
    this.order = [];
    const more = this.all ? null : this.more();
    this.element = h("div", { class: "out-inputs" }, title, this.list, more);
  }

  /** The button that unfolds all inputs. */
  more() {
    const button = h("button", { type: "button", class: "out-more", "aria-expanded": "false" });
    const label = () => (this.all ? "only the most unusual" : `all ${this.names.length}`);
    button.onclick = () => {
      this.all = !this.all;
      this.order = [];
      button.setAttribute("aria-expanded", String(this.all));
      setText(button, label());
      if (this.values) this.show(this.values);
    };
    button.textContent = `all ${this.names.length}`;
    return button;
  }

  /** @param {Entry} values (features,) */
  show(values) {
    this.values = values;
    this.choose(values);
    for (const i of this.order) {
      const { value, bar } = this.rows[i];
      const x = values.at(i);
      setText(value, short(x));
      const length = Math.min(1, Math.abs(x) / MAX_DEVIATIONS) || 0;
      bar.style.setProperty("--share", length.toFixed(3));
      bar.classList.toggle("negative", x < 0);
    }
  }

  /** Which rows stand in the list. @param {Entry} values */
  choose(values) {
    const order = this.names.map((_, i) => i);
    if (!this.all) {
      order.sort((a, b) => Math.abs(values.at(b)) - Math.abs(values.at(a)));
      order.length = Math.min(MAX_LISTED - 1, order.length);
    }
    if (order.join() === this.order.join()) return;
    this.order = order;
    this.list.replaceChildren(...order.map((i) => this.rows[i].row));
  }
}
