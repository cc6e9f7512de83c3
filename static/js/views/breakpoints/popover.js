// @ts-check
// The form of a breakpoint, beside its instruction or heading.

import { h } from "../../controls/dom.js";
import { placeAt } from "../../controls/menu.js";
import { BreakpointForm } from "./form.js";

/** @import { BreakpointSpec, Context } from "../../state/types.js" */

export class BreakpointPopover {
  /** @param {Context} context */
  constructor(context) {
    this.form = new BreakpointForm(context, () => this.element.hidePopover());
    this.element = h("div", { class: "point-popover", popover: "auto", role: "dialog" });
    this.element.setAttribute("aria-label", "Breakpoint");
    this.element.append(this.form.element);
    /** @type {HTMLElement | null} */
    this.before = null;
    this.element.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "open") return;
      this.before?.focus({ preventScroll: true });
    });
    document.body.append(this.element);
  }

  /**
   * @param {BreakpointSpec} spec
   * @param {DOMRect} box what it stands at, on the screen
   * @param {"condition" | "log_message"} field where to begin
   */
  open(spec, box, field) {
    this.before = /** @type {HTMLElement | null} */ (document.activeElement);
    this.form.edit(spec);
    this.element.showPopover();
    placeAt(this.element, box);
    this.form.focus(field);
  }
}
