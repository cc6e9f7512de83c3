// @ts-check
// The line above the picture: what was just executed and what comes next, and what the edges show.

import { h, setText, tip } from "../../controls/dom.js";
import { stopText } from "../../state/watches.js";

/** @import { State } from "../../state/store.js" */
/** @import { Context, EdgeMode } from "../../state/types.js" */
/** @import { Progress } from "./progress.js" */

/** @type {{[phase: string]: string}} the way each phase goes through the picture */
const DIRECTION = { forward: "→", loss: "•", backward: "←", update: "↻" };

/** @type {[EdgeMode, string, string, string][]} */
const MODES = [
  ["weight", "Weight", "Edges show the weights w by width and colour.", "1"],
  ["gradient", "Gradient", "Edges show dL/dw of the last backward pass, hollow.", "2"],
  ["update", "Update", "Edges show Δw of the last update, dashed.", "3"],
  [
    "difference",
    "Difference",
    "Edges show how much w differs from w of another branch, dotted, at the last stop.",
    "4",
  ],
];

export class Caption {
  /** @param {Context} context */
  constructor({ actions }) {
    this.phase = h("span", { class: "net-phase" });
    this.formula = h("span", { class: "net-formula" });
    this.scope = h("span", { class: "net-scope" });
    this.stop = h("span", { class: "net-stop", hidden: true });
    this.next = h("span", { class: "net-next" });
    const now = h("div", {}, this.phase, this.formula, this.scope);
    const then = h("div", {}, this.stop, this.next);
    const words = h("div", { class: "net-words" }, now, then);
    const modes = h("div", { class: "net-modes", role: "radiogroup", "aria-label": "Edges show" });
    this.buttons = MODES.map(([mode, label, text, key]) => {
      const button = h("button", { type: "button", role: "radio", "data-mode": mode }, label);
      button.onclick = () => actions.showEdges(mode);
      modes.append(tip(button, text, key));
      return button;
    });
    modes.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const shown = this.buttons.filter((button) => !button.hidden);
      const at = shown.indexOf(/** @type {any} */ (document.activeElement));
      const button = shown[(at + step + shown.length) % shown.length];
      button.click();
      button.focus();
      event.preventDefault();
      event.stopPropagation();
    });
    this.element = h("div", { class: "net-caption" }, words, modes);
    this.mode = "";
  }

  /** @param {Progress} progress @param {State} state */
  show(progress, state) {
    const { executed, next, calm } = progress;
    const shown = executed ?? (calm ? next : null);
    this.element.dataset.phase = shown?.phase ?? "";
    setText(this.phase, shown ? `${DIRECTION[shown.phase] ?? ""} ${shown.phase}` : "live");
    setText(this.formula, shown ? shown.formula : sampleText(state));
    setText(this.scope, shown ? shown.scope : "");
    const following = executed && next ? `next: ${next.formula}` : shown ? "next" : "";
    setText(this.next, following);
    const stop = stopText(state.run);
    this.stop.hidden = stop === null;
    setText(this.stop, `stopped: ${stop}`);
    this.buttons[3].hidden = state.branches.length < 2;
    if (this.mode === state.edgeMode) return;
    this.mode = state.edgeMode;
    this.buttons.forEach((button, i) => {
      const on = MODES[i][0] === state.edgeMode;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
    });
  }
}

/** @param {State} state */
function sampleText({ run, frame }) {
  if (!run || !frame) return "";
  return `units show ${run.probe.split} sample ${run.probe.sample}`;
}
