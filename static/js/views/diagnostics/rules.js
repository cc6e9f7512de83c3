// @ts-check
// The rules: when they run, their thresholds, and buttons for those that run only on demand.

import { h, tip } from "../../controls/dom.js";

/** @import { Context, Rule } from "../../state/types.js" */

const WHEN = {
  start: "before training",
  look: "while it runs",
  evaluation: "at every loss point",
  demand: "when asked",
};

export class Rules {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    /** @type {Rule[]} */
    this.known = [];
    this.loading = false;
    /** The buttons of the rules that run only on demand. */
    this.asking = h("div", { class: "diagnostics-ask" });
    this.list = h("dl", { class: "rules" });
    this.element = h(
      "details",
      { class: "rules-all" },
      h("summary", {}, "All rules and their thresholds"),
      this.list,
    );
    /** @type {() => void} */
    this.onChange = () => {};
    this.element.hidden = true;
  }

  /** The number of rules that run by themselves. */
  get watching() {
    return this.known.filter(({ when }) => when !== "demand").length;
  }

  /** Requests the rules once, when their tab is first opened. */
  async load() {
    const { store, actions } = this.context;
    const { tab, connection, model } = store.state;
    const ready = tab === "diagnostics" && connection === "open" && model;
    if (!ready || this.loading || this.known.length > 0) return;
    this.loading = true;
    try {
      this.known = await actions.health.rules();
      this.show();
    } finally {
      this.loading = false;
    }
  }

  show() {
    const asked = this.known.filter(({ when }) => when === "demand");
    this.asking.replaceChildren(...asked.map((rule) => this.button(rule)));
    this.list.replaceChildren(...this.known.map((rule) => this.row(rule)));
    this.element.hidden = false;
    this.onChange();
  }

  /** @param {Rule} rule */
  button(rule) {
    const button = h("button", { type: "button", class: "button" }, `Examine now: ${rule.title}`);
    button.onclick = async () => {
      button.disabled = true;
      await this.context.actions.health.examine(rule);
      button.disabled = false;
      button.focus();
    };
    return tip(button, `${rule.meaning} It takes a few dozen passes over the training set.`);
  }

  /** @param {Rule} rule */
  row(rule) {
    const limits = Object.keys(rule.thresholds).map((name) => this.limit(rule, name));
    return h(
      "div",
      {},
      h("dt", {}, rule.title, h("span", {}, WHEN[rule.when])),
      h("dd", {}, rule.meaning, h("div", { class: "rule-limits" }, ...limits)),
    );
  }

  /**
   * A threshold that can be changed; a value that the server refuses is reset.
   * @param {Rule} rule
   * @param {string} name
   */
  limit(rule, name) {
    const bounds = { min: 0, step: "any", required: true, autocomplete: "off" };
    const input = h("input", { type: "number", ...bounds });
    input.value = String(rule.thresholds[name]);
    input.onchange = async () => {
      const value = input.valueAsNumber;
      if (input.checkValidity()) await this.context.actions.health.adjust(rule, name, value);
      input.value = String(rule.thresholds[name]);
    };
    const label = h("label", {}, name.replaceAll("_", " "), input);
    return tip(label, `Threshold of “${rule.title}”, for this session.`);
  }
}
