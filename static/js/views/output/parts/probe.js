// @ts-check
// The controls of the probe sample: split, number, previous, next, random.

import { h, iconButton, setText, tip } from "../../../controls/dom.js";
import { count } from "../../../format.js";

/** @import { Context, SplitName } from "../../../state/types.js" */

/** @type {SplitName[]} */
const SPLITS = ["train", "test"];

export class ProbeBar {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.splits = SPLITS.map((split) => this.splitButton(split));
    const choice = h("div", { class: "out-choice", role: "radiogroup", "aria-label": "Split" });
    choice.append(...this.splits);
    choice.addEventListener("keydown", (event) => this.key(event));
    const limits = { min: 0, step: 1, required: true, inputmode: "numeric", autocomplete: "off" };
    this.number = h("input", { type: "number", "aria-label": "Sample number", ...limits });
    tip(
      this.number,
      "The number of the sample whose values the network picture shows, counted from 0.",
    );
    this.number.onchange = () => this.choose(this.number.valueAsNumber);
    this.of = h("span", { class: "out-of" });
    const step = (/** @type {number} */ by) => () => this.choose(this.at.sample + by);
    this.element = h(
      "div",
      { class: "out-probe", role: "group", "aria-label": "Probe sample" },
      h("span", { class: "out-label" }, "Sample"),
      choice,
      iconButton("left", "Previous sample", "Shows the previous sample.", "", step(-1)),
      this.number,
      iconButton("right", "Next sample", "Shows the next sample.", "", step(1)),
      this.of,
      iconButton("dice", "Random sample", "Shows a random sample.", "", () =>
        this.choose(Math.floor(Math.random() * this.size)),
      ),
    );
  }

  /** @param {SplitName} split */
  splitButton(split) {
    const button = h("button", { type: "button", role: "radio" }, split);
    button.onclick = () => this.choose(this.at.sample, split);
    const seen =
      split === "train" ? "The network learns from it." : "The network never learns from it.";
    return tip(button, `Shows a sample of the ${split} set. ${seen}`);
  }

  /** The probe sample now. */
  get at() {
    return this.context.store.state.run?.probe ?? { sample: 0, split: SPLITS[0] };
  }

  /** Samples in its split. */
  get size() {
    return this.sizeOf(this.at.split);
  }

  /** @param {SplitName} split */
  sizeOf(split) {
    return this.context.store.state.model?.data[split] ?? 1;
  }

  /**
   * Chooses a sample; past either end it wraps around.
   * @param {number} sample
   * @param {SplitName} [split]
   */
  choose(sample, split = this.at.split) {
    const { actions, store } = this.context;
    const size = this.sizeOf(split);
    const wanted = Number.isFinite(sample) ? Math.round(sample) : this.at.sample;
    const changed = split !== this.at.split;
    const next = changed ? Math.min(wanted, size - 1) : ((wanted % size) + size) % size;
    this.number.value = String(next);
    store.set({ announce: `Probe sample: ${split} ${next}` });
    actions.probe(next, split);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!event.key.startsWith("Arrow")) return;
    const other = SPLITS.findIndex((split) => split !== this.at.split);
    this.splits[other].click();
    this.splits[other].focus();
    event.preventDefault();
  }

  show() {
    const { sample, split } = this.at;
    this.splits.forEach((button, i) => {
      const on = SPLITS[i] === split;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
    });
    this.number.max = String(this.size - 1);
    if (document.activeElement !== this.number) this.number.value = String(sample);
    setText(this.of, `of ${count(this.size)}`);
  }
}
