// @ts-check
// The watch list: expressions with their current values and history.

import { h, icon, iconButton, setText, tip } from "../../controls/dom.js";
import { ExpressionField } from "../../controls/expression.js";
import { examples } from "../../state/completion.js";
import { Sparkline } from "./sparkline.js";
import { valueText } from "./value.js";

/** @import { State } from "../../state/store.js" */
/** @import { Context, Watched } from "../../state/types.js" */

const HOW =
  "Each watch shows its value at every stop, and how it changed along the present branch. Start with one of these:";

export class WatchList {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.field = new ExpressionField(context, {
      label: "Expression to watch",
      role: "value",
      bare: true,
      placeholder: "watch an expression…",
      change: () => this.judge(),
      enter: () => this.add(),
    });
    this.button = h("button", { type: "submit", class: "button" }, icon("plus"), "Watch");
    const form = h(
      "form",
      { class: "watch-add", novalidate: true },
      this.field.element,
      this.button,
    );
    form.onsubmit = (event) => {
      event.preventDefault();
      this.add();
    };
    this.guide = h("div", { class: "watch-guide" });
    this.list = h("ul", { class: "watch-list" });
    this.parts = [form, this.guide, this.list];
    /** @type {Map<string, WatchRow>} */
    this.rows = new Map();
    const { store } = context;
    store.on(["watches", "pins", "run"], () => this.show());
    store.on(["model"], () => this.showGuide());
    this.showGuide();
    this.judge();
    this.show();
  }

  judge() {
    this.button.disabled = this.field.text === "" || !this.field.right;
  }

  async add() {
    await this.field.settled();
    if (this.field.text === "" || !this.field.right) return;
    if (this.context.actions.breakpoints.watch(this.field.text)) this.field.clear();
  }

  /** Instructions, while the list is empty. */
  showGuide() {
    const { store, actions } = this.context;
    const { model } = store.state;
    const ideas = (model ? examples(model, "value") : []).map((text) => {
      const onclick = () => void actions.breakpoints.watch(text);
      return h("button", { type: "button", class: "example", onclick }, text);
    });
    this.guide.replaceChildren(h("p", {}, HOW), h("p", {}, ...ideas));
  }

  show() {
    const { list, rows, context } = this;
    const { state } = context.store;
    const { watches } = state;
    this.guide.hidden = watches.length > 0;
    for (const [text, row] of rows) {
      if (watches.some((watch) => watch.text === text)) continue;
      row.element.remove();
      rows.delete(text);
    }
    watches.forEach((watch, i) => {
      const row = rows.get(watch.text) ?? new WatchRow(context, watch.text);
      rows.set(watch.text, row);
      row.show(watch, state);
      if (list.children[i] !== row.element)
        list.insertBefore(row.element, list.children[i] ?? null);
    });
  }
}

class WatchRow {
  /** @param {Context} context @param {string} text */
  constructor({ actions }, text) {
    const { breakpoints } = actions;
    this.pinned = false;
    this.value = h("output", { class: "watch-value", "aria-label": text });
    this.line = new Sparkline();
    this.pin = iconButton(
      ...["pin", `Pin ${text}`, "Shows the value in the picture, next to its layer.", ""],
      () => breakpoints.pin(text, !this.pinned),
    );
    this.remove = iconButton("close", `Remove ${text}`, "Stops watching it.", "", () =>
      breakpoints.unwatch(text),
    );
    const name = tip(h("code", { class: "watch-name" }, text), text);
    this.element = h("li", {}, name, this.value, this.line.element, this.pin, this.remove);
  }

  /** @param {Watched} watch @param {State} state */
  show(watch, state) {
    this.pinned = state.pins.includes(watch.text);
    this.pin.setAttribute("aria-pressed", String(this.pinned));
    this.pin.hidden = watch.problem !== "";
    this.element.classList.toggle("wrong", watch.problem !== "");
    setText(this.value, watch.problem || valueText(watch));
    this.line.show(watch.trace, state);
  }
}
