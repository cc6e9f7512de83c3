// @ts-check
// All breakpoints, logpoints and watchpoints, with locations and hits, and a form to edit one.

import { h, icon, iconButton, tip } from "../controls/dom.js";
import { newBreakpoint } from "../state/breakpoints.js";
import { examples } from "../state/completion.js";
import { BreakpointForm } from "./breakpoints/form.js";
import { BreakpointRow } from "./breakpoints/row.js";

/** @import { BreakpointSpec, Context } from "../state/types.js" */

const HOW =
  "Click the number of an instruction in the program, or press F9, to stop runs there. A condition stops them anywhere:";

/**
 * Fills the region.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  return new BreakpointsView(element, context);
}

class BreakpointsView {
  /** @param {HTMLElement} element @param {Context} context */
  constructor(element, context) {
    this.context = context;
    this.list = h("ul", { class: "stops-list", "aria-label": "Breakpoints" });
    this.guide = h("div", { class: "stops-guide" });
    this.form = new BreakpointForm(context, (name) => this.edit(name));
    this.side = h("div", { class: "stops-side", hidden: true }, this.form.element);
    const main = h("div", { class: "stops-main" }, this.adders(), this.guide, this.list);
    element.classList.add("stops");
    element.append(main, this.side);
    /** The breakpoint in the form; "" for a new one or none. */
    this.edited = "";
    /** @type {Map<string, BreakpointRow>} */
    this.rows = new Map();
    const { store } = context;
    store.on(["breakpoints", "run", "hits", "log", "model"], () => this.show());
    store.on(["model"], () => this.showGuide());
    this.showGuide();
    this.show();
  }

  adders() {
    const button = (
      /** @type {string} */ text,
      /** @type {string} */ does,
      /** @type {Partial<BreakpointSpec>} */ given,
    ) => {
      const onclick = () => this.begin(newBreakpoint(given));
      return tip(
        h("button", { type: "button", class: "button", onclick }, icon("plus"), text),
        does,
      );
    };
    const clear = iconButton("trash", "Remove all", "Removes all breakpoints.", "", () => {
      this.edit("");
      this.context.actions.breakpoints.change([]);
    });
    this.clear = clear;
    return h(
      "div",
      { class: "stops-adders" },
      button("Breakpoint", "Stops a run at a location, or whenever a condition holds.", {}),
      button("Logpoint", "Writes values to the log without stopping.", {
        phase: "update",
        log_message: "loss {loss}",
      }),
      button("Watchpoint", "Stops right after the instruction that changes a value.", {
        expression: "",
      }),
      clear,
    );
  }

  /** Instructions, while the list is empty. */
  showGuide() {
    const { model } = this.context.store.state;
    const ideas = (model ? examples(model, "condition") : []).map((condition) => {
      const onclick = () => this.begin(newBreakpoint({ condition }));
      return h("button", { type: "button", class: "example", onclick }, condition);
    });
    this.guide.replaceChildren(h("p", {}, HOW), h("p", {}, ...ideas));
  }

  show() {
    const { state } = this.context.store;
    const { breakpoints } = state;
    const { list, rows, edited } = this;
    this.guide.hidden = breakpoints.length > 0;
    if (this.clear) this.clear.hidden = breakpoints.length === 0;
    for (const name of rows.keys()) {
      if (breakpoints.some((breakpoint) => breakpoint.name === name)) continue;
      rows.get(name)?.element.remove();
      rows.delete(name);
    }
    breakpoints.forEach((breakpoint, i) => {
      const row = rows.get(breakpoint.name) ?? this.makeRow(breakpoint.name);
      row.show(breakpoint, state, breakpoint.name === edited);
      if (list.children[i] !== row.element)
        list.insertBefore(row.element, list.children[i] ?? null);
    });
    if (edited && !rows.has(edited)) this.edit("");
  }

  /** @param {string} name */
  makeRow(name) {
    const row = new BreakpointRow(this.context, name, {
      edit: () => this.edit(this.edited === name ? "" : name),
      removed: () => this.focusNext(name),
    });
    this.rows.set(name, row);
    return row;
  }

  /** Where the focus goes when a row with it is removed. @param {string} name */
  focusNext(name) {
    const names = [...this.rows.keys()];
    const at = names.indexOf(name);
    const next = this.rows.get(names[at + 1] ?? names[at - 1] ?? "");
    if (next) next.body.focus();
    /** @type {HTMLElement} */ else this.list.parentElement?.querySelector("button")?.focus();
  }

  /** @param {BreakpointSpec} spec without a name */
  begin(spec) {
    this.edited = "";
    this.form.edit(spec);
    this.side.hidden = false;
    this.form.focus();
    this.show();
  }

  /** @param {string} name "" for none */
  edit(name) {
    const breakpoint = this.context.actions.breakpoints.list.find((other) => other.name === name);
    this.edited = breakpoint ? name : "";
    this.side.hidden = !breakpoint;
    if (breakpoint) this.form.edit(breakpoint);
    this.show();
    if (!breakpoint) return;
    this.rows.get(name)?.body.focus({ preventScroll: true });
    this.side.scrollIntoView({ block: "nearest" }); // on a phone it stands below the list
  }
}
