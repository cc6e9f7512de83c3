// @ts-check
// The branches by name, beside their lanes: to switch to one, or to compare with it.

import { h, iconButton, tip } from "../../controls/dom.js";
import { count } from "../../format.js";
import { endOf, nowOf } from "../../state/branches.js";
import { branchText, editText } from "./words.js";

/** @import { BranchInfo, Context } from "../../state/types.js" */

const MAX_EDITS = 5;

export class Names {
  /** @param {Context} context */
  constructor({ store, actions }) {
    this.store = store;
    this.travel = actions.travel;
    this.element = h("div", { class: "time-names", role: "group", "aria-label": "Branches" });
    this.shown = "";
  }

  /** @param {number[]} rows the branches that have a lane */
  show(rows) {
    const { state } = this.store;
    this.element.hidden = rows.length < 2;
    const present = nowOf(state).branch;
    const names = rows.map((number) => branchText(state.branches[number], state.model));
    const key = JSON.stringify([names, rows, present, state.compared?.branch]);
    if (key === this.shown) return;
    this.shown = key;
    const focused = document.activeElement?.getAttribute("data-row");
    this.element.replaceChildren(...rows.map((number, i) => this.row(number, names[i], present)));
    const again = focused ? this.element.querySelector(`[data-row="${focused}"]`) : null;
    /** @type {HTMLElement | null} */ (again)?.focus();
  }

  /**
   * @param {number} number
   * @param {string} name
   * @param {number} present
   */
  row(number, name, present) {
    const { state } = this.store;
    const here = number === present;
    const onclick = () => this.travel.switchTo(number);
    const button = h(
      "button",
      {
        type: "button",
        class: "time-branch",
        "data-row": `switch ${number}`,
        onclick,
        "aria-current": here ? "true" : null,
        "aria-label": this.description(state.branches[number], name),
      },
      h("b", {}, `b${number}`),
      h("span", {}, name),
    );
    tip(
      button,
      here ? "This is the present branch." : "Switches to this branch, to the same step.",
      "[ ]",
    );
    if (here) return h("div", { class: "time-name here" }, button);
    const compared = state.compared?.branch === number;
    const compare = iconButton(
      ...["compare", `Compare with branch ${number}`],
      ...[
        "Draws its losses next to those of this branch, and on request the difference of the weights.",
        "V",
      ],
      () => this.travel.compare(compared ? null : number),
    );
    compare.setAttribute("aria-pressed", String(compared));
    compare.setAttribute("data-row", `compare ${number}`);
    return h("div", { class: "time-name" }, button, compare);
  }

  /**
   * The description of a branch for screen readers.
   * @param {BranchInfo} branch
   * @param {string} name
   */
  description(branch, name) {
    const { state } = this.store;
    const from = count(branch.start[0]);
    const to = count(endOf(state, branch.number)[0]);
    const edits = branch.edits
      .slice(0, MAX_EDITS)
      .map((edit) => `; ${editText(edit, branch, state)} at step ${count(edit.moment[0])}`);
    return `Branch ${branch.number}, ${name}, steps ${from} to ${to}${edits.join("")}`;
  }
}
