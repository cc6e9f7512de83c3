// @ts-check
// The findings of the diagnostics, most severe first: the numbers that show each, and what to try.

import { h, setText } from "../controls/dom.js";
import { count } from "../format.js";
import { keyOf } from "../state/findings.js";
import { card } from "./diagnostics/card.js";
import { Rules } from "./diagnostics/rules.js";

/** @import { Context, Finding } from "../state/types.js" */

/**
 * Fills the region.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  return new DiagnosticsView(element, context);
}

class DiagnosticsView {
  /** @param {HTMLElement} element @param {Context} context */
  constructor(element, context) {
    this.context = context;
    this.summary = h("p", { class: "diagnosis", role: "status" });
    this.list = h("ol", { class: "findings", role: "list", "aria-label": "Findings" });
    this.rules = new Rules(context);
    this.rules.onChange = () => this.summarise();
    element.classList.add("diagnostics");
    element.append(
      h("header", { class: "diagnostics-head" }, this.summary, this.rules.asking),
      this.list,
      this.rules.element,
    );
    /** @type {Map<string, {finding: Finding, row: HTMLElement}>} what is shown, by what it is of */
    this.rows = new Map();
    const { store } = context;
    store.on(["findings"], () => this.show());
    store.on(["examined"], () => this.summarise());
    store.on(["model", "tab", "connection"], () => this.rules.load());
    this.rules.load();
    this.show();
  }

  /** A finding that has not changed keeps its row, with unfolded parts and focus. */
  show() {
    const { findings } = this.context.store.state;
    const rows = new Map();
    for (const finding of findings) {
      const key = keyOf(finding);
      const known = this.rows.get(key);
      const same = known && JSON.stringify(known.finding) === JSON.stringify(finding);
      rows.set(key, same ? known : { finding, row: card(this.context, finding) });
    }
    const before = [...this.list.children];
    const after = [...rows.values()].map(({ row }) => row);
    if (before.length !== after.length || before.some((row, i) => row !== after[i])) {
      this.list.replaceChildren(...after);
    }
    this.rows = rows;
    this.summarise();
  }

  summarise() {
    const { size } = this.rows;
    const watching = this.rules.watching;
    const looking = watching ? `${watching} rules watch the training all the time.` : "";
    const found = size === 0 ? "Nothing found" : size === 1 ? "One finding" : `${size} findings`;
    const asked = this.context.store.state.examined.filter(({ found }) => found === 0);
    const answers = asked.map(({ title, step }) => `${title}: no, at step ${count(step)}.`);
    const text = looking ? `${found}; ${looking}` : `${found}.`;
    setText(this.summary, [text, ...answers].join(" "));
    this.summary.classList.toggle("healthy", size === 0);
  }
}
