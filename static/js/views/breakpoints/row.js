// @ts-check
// One breakpoint in the list: whether it is looked at, where it stands, how often it was hit.

import { h, iconButton, setText, tip } from "../../controls/dom.js";
import { count } from "../../format.js";
import { describe, kindOf, placeText, triggerText } from "../../state/breakpoints.js";
import { markOf } from "./mark.js";

/** @import { State } from "../../state/store.js" */
/** @import { Context, Point } from "../../state/types.js" */

export class PointRow {
  /**
   * @param {Context} context
   * @param {string} name
   * @param {{edit: () => void, removed: () => void}} tells
   */
  constructor(context, name, { edit, removed }) {
    const { stops } = context.actions;
    this.enabled = true;
    this.toggle = h("button", { type: "button", class: "stop-mark", role: "switch" });
    this.toggle.onclick = () => stops.enable(name, !this.enabled);
    tip(this.toggle, "Switches it off, or on again.");
    this.place = h("span", { class: "stop-place" });
    this.code = h("code", {});
    this.words = h("span", { class: "stop-words" });
    this.body = h("button", { type: "button", class: "stop-body", onclick: edit });
    const number = h("span", { class: "stop-number" }, `#${name}`);
    this.body.append(number, this.place, this.code, this.words);
    this.hits = h("span", { class: "stop-hits" });
    const remove = () => {
      removed();
      stops.remove(name);
    };
    this.body.onkeydown = (event) => {
      if (event.key === "Delete" || event.key === "Backspace") remove();
    };
    this.remove = iconButton("close", "Remove", "Removes it.", "", remove);
    this.element = h("li", { class: "stop" }, this.toggle, this.body, this.hits, this.remove);
  }

  /**
   * @param {Point} point
   * @param {State} state
   * @param {boolean} edited
   */
  show(point, state, edited) {
    const { element, toggle, body } = this;
    const { run } = state;
    this.enabled = point.enabled;
    const hit = point.stopped && run?.reason === "breakpoint" && !run.running;
    element.classList.toggle("hit", hit);
    element.classList.toggle("wrong", point.problem !== "");
    element.classList.toggle("disabled", !point.enabled);
    element.dataset.stop = markOf([point]);
    toggle.setAttribute("aria-checked", String(point.enabled));
    toggle.setAttribute("aria-label", `${describe(point)}: on`);
    body.setAttribute("aria-label", describe(point));
    body.setAttribute("aria-expanded", String(edited));
    this.remove.setAttribute("aria-label", `Remove ${kindOf(point)} ${point.name}`);
    const { place, code, words } = wordsOf(point, state);
    setText(this.place, place);
    setText(this.code, code);
    setText(this.words, point.problem || words);
    this.words.classList.toggle("code", !point.problem && point.expression === null);
    setText(this.hits, hit ? "stopped here" : hitsText(point, state));
  }
}

/**
 * Where it stands, what stands there, and on what condition.
 * @param {Point} point
 * @param {State} state
 */
function wordsOf(point, { model }) {
  const { instruction, expression, condition, message } = point;
  if (expression !== null) return { place: "", code: expression, words: triggerText(point) };
  const formula = model?.instructions[instruction ?? -1]?.formula ?? "";
  const place = instruction === null ? placeText(point) : String(instruction);
  const parts = [
    condition === null ? "" : `if ${condition}`,
    message === null ? "" : `log ${message}`,
  ];
  return { place, code: formula, words: parts.filter(Boolean).join("  ") };
}

/**
 * How often it was hit, as far as the page knows of its history.
 * @param {Point} point
 * @param {State} state
 */
function hitsText({ name, nth, hits, message }, state) {
  if (message !== null) {
    const lines = state.log.filter((line) => line.name === name).length;
    return lines === 0 ? "" : `${count(lines)} ${lines === 1 ? "line" : "lines"}`;
  }
  const stops = state.hits.filter(({ points }) => points.includes(name)).length;
  if (nth > 1 && hits < nth) return `${count(hits)} of ${count(nth)} hits`;
  return stops === 0 ? "" : `stopped ${count(stops)}×`;
}
