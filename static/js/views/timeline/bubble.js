// @ts-check
// What is under the pointer on the strip, in words.

import { h, setText } from "../../controls/dom.js";
import { count } from "../../format.js";
import { nowOf } from "../../state/branches.js";
import { branchText } from "./words.js";

/** @import { State } from "../../state/store.js" */
/** @import { Lanes } from "./lanes.js" */
/** @import { Scrubber } from "./scrubber.js" */

const MAX_DISTANCE = 7; // px
const MAX_LINES = 4; // lines

export class Bubble {
  constructor() {
    this.step = h("b", {});
    this.lines = h("div", {});
    this.element = h("div", { class: "time-bubble", hidden: true }, this.step, this.lines);
  }

  /**
   * @param {State} state
   * @param {Lanes} lanes
   * @param {Scrubber} scrubber
   * @param {HTMLElement} track
   */
  show(state, lanes, scrubber, track) {
    const at = scrubber.pointed();
    const { element } = this;
    element.hidden = at === null || state.branches.length === 0;
    if (!at || element.hidden) return;
    setText(this.step, `step ${count(at.moment[0])}`);
    const marks = lanes.near(scrubber.x, at.row, MAX_DISTANCE).map(({ text }) => text);
    const other = at.branch !== nowOf(state).branch ? state.branches[at.branch] : null;
    const texts = marks.slice(0, MAX_LINES);
    if (marks.length > MAX_LINES) texts.push(`and ${marks.length - MAX_LINES} more`);
    if (other) texts.unshift(`b${other.number}: ${branchText(other, state.model)}`);
    if (this.lines.textContent !== texts.join("")) {
      this.lines.replaceChildren(...texts.map((text) => h("p", {}, text)));
    }
    const parent = /** @type {HTMLElement} */ (element.parentElement);
    const offset = track.getBoundingClientRect().left - parent.getBoundingClientRect().left;
    const left = offset + scrubber.x - element.offsetWidth / 2;
    const most = parent.clientWidth - element.offsetWidth - 4;
    element.style.left = `${Math.max(4, Math.min(most, left))}px`;
  }
}
