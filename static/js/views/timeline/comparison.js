// @ts-check
// The line that says where two compared branches separate, and by which instruction first.

import { h, icon, setText, tip } from "../../controls/dom.js";
import { count } from "../../format.js";

/** @import { Context } from "../../state/types.js" */

export class ComparisonLine {
  /** @param {Context} context */
  constructor({ store, actions }) {
    this.store = store;
    this.text = h("span", {});
    this.go = h("button", { type: "button", class: "time-go" });
    tip(this.go, "Goes to the moment before that instruction.");
    this.go.onclick = () => {
      const { compared } = store.state;
      if (compared?.difference) actions.travel.goto(compared.difference.moment);
    };
    const close = h(
      "button",
      { type: "button", class: "icon-button", "aria-label": "Stop comparing" },
      icon("close"),
    );
    tip(close, "Shows this branch alone again.", "V");
    close.onclick = () => actions.travel.compare(null);
    this.element = h("div", { class: "time-compared", hidden: true }, this.text, this.go, close);
    store.on(["compared"], () => this.show());
  }

  show() {
    const { compared, model } = this.store.state;
    this.element.hidden = compared === null;
    if (!compared) return;
    const { branch, beside, parting, difference } = compared;
    const instruction = difference ? model?.instructions[difference.moment[1]] : null;
    const part = `b${beside} and b${branch} separate at step ${count(parting[0])}`;
    setText(
      this.text,
      instruction ? `${part}. The first number that differs is written by` : `${part}.`,
    );
    this.go.hidden = !instruction;
    if (!instruction || !difference) return;
    const step = count(difference.moment[0]);
    setText(this.go, `${instruction.formula}, instruction ${instruction.index} of step ${step}`);
  }
}
