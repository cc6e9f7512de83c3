// @ts-check
// Gradients checked against central differences, on demand: of one element, a layer or everything.

import { h, icon, setText, tip } from "../../controls/dom.js";
import { selectBox } from "../../controls/fields.js";
import { styled } from "../../controls/styles.js";
import { count, short } from "../../format.js";
import { HIDDEN, isHidden } from "../../state/quiz.js";
import { CommandError } from "../../wire/connection.js";
import { numberOf } from "../../wire/protocol.js";

/** @import { Context, Explained, Model } from "../../state/types.js" */
/** @import { Message } from "../../wire/connection.js" */

/**
 * What may be checked.
 * @typedef {{name: string, title: string, fields: {[field: string]: unknown}}} Scope
 */

const MAX_LISTED = 8;
const WORST = ["wrong", "suspicious", "kink", "truncated", "right"];
/** @type {{[verdict: string]: [icon: string, meaning: string]}} */
const VERDICTS = {
  right: ["check", "The two agree."],
  truncated: [
    "check",
    "Backpropagation through time is truncated, as asked: the gradient is right for that. The error is its difference from the full gradient.",
  ],
  suspicious: ["warning", "They differ by more than rounding can explain."],
  wrong: ["close", "They differ: either backpropagation or the difference is wrong."],
  kink: [
    "kink",
    "Every step tried crosses a kink, such as that of ReLU at 0. A difference proves nothing there.",
  ],
};

const EDITED =
  "The machine holds this number since it, or what it was computed from, was written by hand.";

export class GradientCheck {
  /**
   * @param {Context} context
   * @param {Model} model
   */
  constructor(context, model) {
    this.context = context;
    this.model = model;
    /** @type {Scope[]} */
    this.scopes = [];
    this.select = selectBox([], () => {});
    this.select.select.setAttribute("aria-label", "What to check");
    this.button = h("button", { type: "button", class: "ins-button" }, "Check gradient");
    this.button.onclick = () => this.run();
    tip(
      this.button,
      "Compares dL/dw with (L(w + h) − L(w − h)) / 2h, in double precision, for the same batch.",
    );
    this.summary = h("p", { class: "ins-guide", "aria-live": "polite" });
    this.results = h("div", {});
    this.all = false;
    this.asked = 0;
    this.of = h("span", {}, "of ", this.select.box);
    const row = h("p", { class: "exp-buttons" }, this.button, this.of);
    this.element = h("div", { class: "exp-check" }, row, this.summary, this.results);
  }

  destroy() {
    this.asked = -1;
  }

  /**
   * The scopes that fit an explained number; none if it belongs to no parameter.
   * @param {Explained} about
   * @param {boolean} secret whether the exercise hides it
   */
  show({ buffer, index, symbol }, secret) {
    const parameter = [...this.model.bufferByName.values()].find(
      (b) =>
        b.role === "parameter" && (b.name === buffer || b.grad === buffer || b.update === buffer),
    );
    this.element.hidden = secret || !parameter || parameter.name === "parameters";
    if (this.element.hidden || !parameter) return;
    const name = symbol.replace(/^[dΔ]/, "");
    const { layer } = parameter;
    this.offer([
      { name: "one", title: name, fields: { buffer: parameter.name, index } },
      { name: "layer", title: `layer ${layer}`, fields: { layer } },
      { name: "all", title: "everything", fields: {} },
    ]);
  }

  /** @param {Scope[]} scopes */
  offer(scopes) {
    const same = JSON.stringify(scopes) === JSON.stringify(this.scopes);
    if (same) return;
    this.scopes = scopes;
    const options = scopes.map(({ name, title }) => h("option", { value: name }, title));
    const { select } = this.select;
    const chosen = select.value;
    select.replaceChildren(...options);
    if (scopes.some(({ name }) => name === chosen)) select.value = chosen;
    this.of.hidden = scopes.length < 2;
  }

  async run() {
    const scope = this.scopes.find(({ name }) => name === this.select.select.value);
    this.asked += 1;
    const { asked } = this;
    setText(this.summary, "Checking …");
    try {
      const fields = scope?.fields ?? {};
      const asking = this.context.actions.questions.ask("check_gradient", fields);
      const answer = await styled("explanation", asking);
      if (asked === this.asked) this.tell(answer);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (asked === this.asked) setText(this.summary, error.problem.message);
    }
  }

  /** @param {Message} answer */
  tell({ moment, results }) {
    const sorted = /** @type {any[]} */ (results).toSorted(
      (a, b) =>
        WORST.indexOf(a.verdict) - WORST.indexOf(b.verdict) ||
        numberOf(b.error) - numberOf(a.error),
    );
    const counts = WORST.flatMap((verdict) => {
      const n = sorted.filter((result) => result.verdict === verdict).length;
      return n > 0 ? [`${count(n)} ${verdict}`] : [];
    });
    const many = sorted.length > 1 ? `${counts.join(", ")}, the worst first; ` : "";
    const [{ step }] = sorted;
    const cut = sorted.some(({ verdict }) => verdict === "truncated");
    const why = cut ? ` ${VERDICTS.truncated[1]}` : "";
    setText(this.summary, `${many}batch of step ${count(moment[0])}, h = ${short(step)}.${why}`);
    this.all = false;
    this.list(sorted);
  }

  /** @param {any[]} results */
  list(results) {
    const shown = this.all ? results : results.slice(0, MAX_LISTED);
    const heads = ["element", "backprop", "numeric", "error", ""];
    const head = heads.map((name) => h("th", { scope: "col" }, name));
    const rows = shown.map((result) => this.row(result));
    const table = h(
      "table",
      { class: "ins-table check" },
      h("thead", {}, h("tr", {}, ...head)),
      h("tbody", {}, ...rows),
    );
    const more = h("button", { type: "button", class: "ins-more" });
    more.hidden = results.length <= MAX_LISTED;
    setText(more, this.all ? `Only the first ${MAX_LISTED}` : `Show all ${count(results.length)}`);
    more.onclick = () => {
      this.all = !this.all;
      this.list(results);
    };
    this.results.replaceChildren(table, more);
  }

  /** @param {any} result */
  row({ buffer, index, symbol, backprop, numeric, error, verdict, edited }) {
    const grad = this.model.bufferByName.get(buffer)?.grad ?? buffer;
    const onclick = () => this.context.actions.questions.explain({ buffer: grad, index });
    const name = h("button", { type: "button", class: "ins-link", onclick }, symbol);
    const [sign, meaning] = VERDICTS[verdict];
    const badge = h("span", { class: `exp-badge ${verdict}` }, icon(sign), verdict);
    tip(badge, edited ? `${meaning} ${EDITED}` : meaning);
    const secret = isHidden(this.context.store.state, grad, index);
    const numbers = [backprop, numeric].map((number) =>
      h("td", {}, secret ? HIDDEN : short(numberOf(number))),
    );
    numbers.push(h("td", {}, short(numberOf(error), 1)));
    return h("tr", {}, h("th", { scope: "row" }, name), ...numbers, h("td", {}, badge));
  }
}
