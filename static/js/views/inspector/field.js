// @ts-check
// A number that can be read and written: a weight or a bias. A server error is shown below.

import { h } from "../../controls/dom.js";
import { errorSlot, showError } from "../../controls/fields.js";
import { exact } from "../../format.js";
import { indexText } from "./names.js";
import { scrub } from "./scrub.js";

/** @import { Context } from "../../state/types.js" */

export class ValueField {
  /**
   * @param {Context} context
   * @param {string} buffer
   * @param {number[]} index
   * @param {string} symbol
   */
  constructor(context, buffer, index, symbol) {
    this.context = context;
    this.buffer = buffer;
    this.index = index;
    this.shown = "";
    const label = `${symbol}, ${buffer}${indexText(index)}: type a value, or drag, to change it`;
    this.input = h("input", {
      type: "number",
      step: "any",
      required: true,
      autocomplete: "off",
      inputmode: "decimal",
      "aria-label": label,
      title: "Type a value, or drag sideways, to change it",
    });
    this.input.onchange = () => this.write();
    this.input.onkeydown = (event) => this.key(event);
    this.input.onblur = () => this.refresh();
    scrub(this.input, (value) => this.put(value));
    this.element = h("div", { class: "ins-field" }, this.input, errorSlot());
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    showError(this.element, "");
    this.input.value = this.shown;
    this.input.blur();
  }

  /** @param {number | null} value */
  show(value) {
    this.shown = value === null || !Number.isFinite(value) ? "" : String(value);
    this.input.placeholder = value === null ? "…" : String(value);
    // What is being typed stays.
    if (document.activeElement !== this.input) this.refresh();
  }

  refresh() {
    if (this.input.getAttribute("aria-invalid") === "true") return;
    if (this.input.value !== this.shown) this.input.value = this.shown;
  }

  async write() {
    if (!this.input.validity.valid) {
      showError(this.element, "This is not a number. Type one such as 0.5 or -1e-3.");
      return;
    }
    await this.put(this.input.valueAsNumber);
  }

  /** @param {number} value */
  async put(value) {
    const { context, buffer, index } = this;
    const accepted = await context.actions.write(buffer, index, value);
    showError(this.element, accepted ? "" : this.takeProblem());
    if (!accepted) return;
    this.shown = String(value);
    context.store.set({ announce: `${buffer}${indexText(index)} is now ${exact(value)}.` });
  }

  /** The server's refusal, taken away from where the page would show it. */
  takeProblem() {
    const { store } = this.context;
    const [problem] = store.state.errors.slice(-1);
    store.set({ errors: store.state.errors.filter((other) => other !== problem) });
    return problem?.message ?? "";
  }
}
