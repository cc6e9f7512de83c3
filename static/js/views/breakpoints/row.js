// @ts-check
// One breakpoint in the list: whether it is enabled, its location, and how often it was hit.

import { h, iconButton, setText, tip } from "../../controls/dom.js";
import { count } from "../../format.js";
import { describe, kindOf, locationText, triggerText } from "../../state/breakpoints.js";
import { markOf } from "./mark.js";

/** @import { State } from "../../state/store.js" */
/** @import { Breakpoint, Context } from "../../state/types.js" */

export class BreakpointRow {
  /**
   * @param {Context} context
   * @param {string} name
   * @param {{edit: () => void, removed: () => void}} tells
   */
  constructor(context, name, { edit, removed }) {
    const { breakpoints } = context.actions;
    this.enabled = true;
    this.toggle = h("button", { type: "button", class: "stop-mark", role: "switch" });
    this.toggle.onclick = () => breakpoints.enable(name, !this.enabled);
    tip(this.toggle, "Switches this breakpoint on or off.");
    this.location = h("span", { class: "stop-place" });
    this.code = h("code", {});
    this.words = h("span", { class: "stop-words" });
    this.body = h("button", { type: "button", class: "stop-body", onclick: edit });
    const number = h("span", { class: "stop-number" }, `#${name}`);
    this.body.append(number, this.location, this.code, this.words);
    this.hits = h("span", { class: "stop-hits" });
    const remove = () => {
      removed();
      breakpoints.remove(name);
    };
    this.body.onkeydown = (event) => {
      if (event.key === "Delete" || event.key === "Backspace") remove();
    };
    this.remove = iconButton("close", "Remove", "Removes this breakpoint.", "", remove);
    this.element = h("li", { class: "stop" }, this.toggle, this.body, this.hits, this.remove);
  }

  /**
   * @param {Breakpoint} breakpoint
   * @param {State} state
   * @param {boolean} edited
   */
  show(breakpoint, state, edited) {
    const { element, toggle, body } = this;
    const { run } = state;
    this.enabled = breakpoint.enabled;
    const hit = breakpoint.stopped && run?.reason === "breakpoint" && !run.running;
    element.classList.toggle("hit", hit);
    element.classList.toggle("wrong", breakpoint.problem !== "");
    element.classList.toggle("disabled", !breakpoint.enabled);
    element.dataset.stop = markOf([breakpoint]);
    toggle.setAttribute("aria-checked", String(breakpoint.enabled));
    toggle.setAttribute("aria-label", `${describe(breakpoint)}: on`);
    body.setAttribute("aria-label", describe(breakpoint));
    body.setAttribute("aria-expanded", String(edited));
    this.remove.setAttribute("aria-label", `Remove ${kindOf(breakpoint)} ${breakpoint.name}`);
    const { location, code, words } = wordsOf(breakpoint, state);
    setText(this.location, location);
    setText(this.code, code);
    setText(this.words, breakpoint.problem || words);
    this.words.classList.toggle("code", !breakpoint.problem && breakpoint.expression === null);
    setText(this.hits, hit ? "stopped here" : hitsText(breakpoint, state));
  }
}

/**
 * The location of a breakpoint, the formula there, and its conditions.
 * @param {Breakpoint} breakpoint
 * @param {State} state
 */
function wordsOf(breakpoint, { model }) {
  const { instruction, expression, condition, log_message } = breakpoint;
  if (expression !== null)
    return { location: "", code: expression, words: triggerText(breakpoint) };
  const formula = model?.instructions[instruction ?? -1]?.formula ?? "";
  const location = instruction === null ? locationText(breakpoint) : String(instruction);
  const parts = [
    condition === null ? "" : `if ${condition}`,
    log_message === null ? "" : `log ${log_message}`,
  ];
  return { location, code: formula, words: parts.filter(Boolean).join("  ") };
}

/**
 * How often a breakpoint was hit, as far as the page knows.
 * @param {Breakpoint} breakpoint
 * @param {State} state
 */
function hitsText({ name, hit_condition, hits, log_message }, state) {
  if (log_message !== null) {
    const lines = state.log.filter((line) => line.name === name).length;
    return lines === 0 ? "" : `${count(lines)} ${lines === 1 ? "line" : "lines"}`;
  }
  const stops = state.hits.filter(({ breakpoints }) => breakpoints.includes(name)).length;
  if (hit_condition > 1 && hits < hit_condition)
    return `${count(hits)} of ${count(hit_condition)} hits`;
  return stops === 0 ? "" : `stopped ${count(stops)}×`;
}
