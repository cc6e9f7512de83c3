// @ts-check
// How a number was computed: the formula of its instruction, with symbols and with numbers. Every
// operand can be followed; the trail leads back.

import { h, icon, setText, tip } from "../../controls/dom.js";
import { count, exact } from "../../format.js";
import { HIDDEN, isHidden } from "../../state/quiz.js";
import { CommandError } from "../../wire/connection.js";
import { numberOf } from "../../wire/protocol.js";
import { elements, plain, remarks, Writer } from "./formula.js";
import { Inquiries } from "./inquiries.js";
import { link } from "./links.js";
import { indexText } from "./names.js";
import { QuizForm } from "./quiz.js";
import { TermsView } from "./ranking.js";

/**
 * @import { BufferElement, Context, Explained, Model, Moment, TrailEntry } from "../../state/types.js"
 */
/** @import { Panel } from "../inspector.js" */
/** @import { Reader } from "./reader.js" */

/** While the machine runs, the explanation is requested again this often, ms. */
const ASK_INTERVAL = 500;

/**
 * The explanation at the end of a trail.
 * @param {Context} context
 * @param {Model} model
 * @param {TrailEntry[]} trail
 * @returns {Panel}
 */
export function explanationPanel(context, model, trail) {
  const view = new Explanation(context, model, trail);
  return {
    kind: "Explanation",
    path: [],
    where: "",
    parts: [view.element],
    wants: [],
    show: (reader, now) => view.follow(reader, now),
    destroy: () => view.destroy(),
  };
}

class Explanation {
  /** @param {Context} context @param {Model} model @param {TrailEntry[]} trail */
  constructor(context, model, trail) {
    this.context = context;
    this.model = model;
    this.trail = trail;
    this.stamp = "";
    this.asked = Number.NEGATIVE_INFINITY;
    /** Number of the last request; -1 once the panel is closed. */
    this.turn = 0;
    this.crumbs = h("ol", {});
    this.value = h("output", { class: "exp-value", tabindex: -1 });
    this.origin = h("p", { class: "exp-origin" });
    this.symbols = h("p", { class: "exp-line" });
    this.numbers = h("p", { class: "exp-line" });
    this.notes = h("div", { class: "exp-notes" });
    this.terms = new TermsView(context, () => this.ask());
    this.quiz = new QuizForm(context);
    this.inquiries = new Inquiries(context, model, this.quiz.begin);
    this.problem = h("p", { class: "field-error", hidden: true });
    const back = h("nav", { class: "exp-trail", "aria-label": "Trail of explanations" });
    back.append(this.crumbs);
    const formula = h("div", { class: "exp-formula", role: "group" });
    formula.append(this.symbols, this.numbers);
    this.formula = formula;
    const parts = [back, this.value, this.origin, formula, this.notes, this.quiz.element];
    parts.push(this.terms.element, this.inquiries.element, this.problem);
    this.element = h("div", { class: "exp", "aria-busy": "true" }, ...parts);
    this.showTrail(trail.map(({ buffer, index }) => `${this.symbolOf(buffer)}${indexText(index)}`));
  }

  destroy() {
    this.turn = -1;
    this.inquiries.destroy();
    this.context.store.set({ path: [] });
  }

  /** @param {string} buffer */
  symbolOf(buffer) {
    return this.model.bufferByName.get(buffer)?.symbol ?? buffer;
  }

  /**
   * Requests the explanation again when the machine has moved.
   * @param {Reader} reader
   * @param {number} now ms
   */
  follow({ stamp, frame }, now) {
    const { quiz } = this.context.store.state;
    const state = `${stamp} ${JSON.stringify(quiz)}`;
    if (state === this.stamp || (frame?.running && now - this.asked < ASK_INTERVAL)) return;
    this.stamp = state;
    this.asked = now;
    this.ask();
  }

  /** Explains the whole trail: each number but the first at the moment of the one before. */
  async ask() {
    this.turn += 1;
    const { turn } = this;
    const { questions } = this.context.actions;
    /** @type {Explained[]} */
    const answers = [];
    /** @type {Moment | null} */
    let moment = null;
    try {
      for (const [i, number] of this.trail.entries()) {
        const last = i === this.trail.length - 1;
        const secret = isHidden(this.context.store.state, number.buffer, number.index);
        const count = last ? this.terms.wanted(secret) : 1;
        const answer = await questions.explanation(number, moment, count);
        answers.push(/** @type {any} */ (answer));
        moment = answer.moment ?? moment;
      }
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (turn === this.turn) this.fail(error.problem.message);
      return;
    }
    if (turn === this.turn) this.show(answers);
  }

  /** @param {string} message */
  fail(message) {
    this.problem.hidden = false;
    setText(this.problem, message);
    this.element.setAttribute("aria-busy", "false");
  }

  /** @param {Explained[]} answers of the trail */
  show(answers) {
    const answer = answers[answers.length - 1];
    const first = this.element.getAttribute("aria-busy") === "true";
    const focus = this.focus();
    this.problem.hidden = true;
    this.showTrail(answers.map(({ symbol }) => symbol));
    this.showValue(answer);
    this.showFormula(answer);
    this.quiz.show(answer);
    this.inquiries.show(answer, this.hides(answer));
    if (!this.inquiries.draws) this.showPath(answers);
    this.element.setAttribute("aria-busy", "false");
    focus();
    if (first) this.arrive();
  }

  /**
   * Restores the focus after its element was rebuilt.
   * @returns {() => void} focuses it again
   */
  focus() {
    const focused = document.activeElement;
    const key = focused?.getAttribute("data-key");
    if (!key || !focused || !this.element.contains(focused)) return () => {};
    const alike = () => [...this.element.querySelectorAll(`[data-key="${key}"]`)];
    const at = alike().indexOf(focused);
    return () => /** @type {HTMLElement | undefined} */ (alike()[at])?.focus();
  }

  /** It begins at the top; whoever came by a key from the explanation before reads on here. */
  arrive() {
    this.element.closest("section")?.scrollIntoView({ block: "start" });
    if (document.activeElement === document.body) this.value.focus({ preventScroll: true });
  }

  /** @param {string[]} symbols */
  showTrail(symbols) {
    const { questions } = this.context.actions;
    const home = h("button", { type: "button", class: "exp-home", "aria-label": "Back" });
    home.append(icon("left"));
    home.onclick = () => questions.back();
    tip(home, "Goes back to the number that led here.", "⌫");
    const items = symbols.map((symbol, i) => {
      if (i === symbols.length - 1) return h("li", { "aria-current": "step" }, symbol);
      const button = h("button", { type: "button", class: "ins-link" }, symbol);
      button.setAttribute("data-key", `trail ${i}`);
      button.onclick = () => questions.back(i + 1);
      return h("li", {}, button);
    });
    this.crumbs.replaceChildren(h("li", {}, home), ...items);
  }

  /** Whether the exercise hides the number itself. @param {Explained} answer */
  hides({ buffer, index }) {
    const { state } = this.context.store;
    const [last] = this.trail.slice(-1);
    return isHidden(state, buffer, index) || isHidden(state, last.buffer, last.index);
  }

  /** @param {Explained} answer */
  showValue(answer) {
    const { dtype } = this.model.description;
    const text = this.hides(answer) ? HIDDEN : exact(numberOf(answer), dtype);
    this.value.replaceChildren(h("b", {}, answer.symbol), ` = ${text}`);
    const { run } = this.context.store.state;
    const instruction = answer.moment && this.model.instructions[answer.moment[1]];
    /** @type {(Node | string)[]} */
    const words = [];
    if (answer.probe) words.push(`for the probe sample, ${run?.probe.split} ${run?.probe.sample}`);
    else if (answer.moment && instruction) {
      const target = /** @type {const} */ ({ kind: "instruction", index: instruction.index });
      const name = `instruction ${instruction.index}`;
      words.push(link(this.context, name, target));
      words.push(` of step ${count(answer.moment[0])}, ${instruction.scope}`);
    } else words.push("no instruction has written it yet");
    this.origin.replaceChildren(...words);
  }

  /** @param {Explained} answer */
  showFormula(answer) {
    const { formula, terms, symbol, own, stale, probe } = answer;
    const { state } = this.context.store;
    const { questions } = this.context.actions;
    const hidden = (/** @type {BufferElement} */ p) => isHidden(state, p.buffer, p.index);
    const follow = (/** @type {BufferElement} */ operand, /** @type {number | null} */ factor) =>
      questions.follow({ buffer: operand.buffer, index: operand.index, probe, factor });
    const symbols = new Writer({ numbers: false, follow, hidden });
    const numbers = new Writer({ numbers: true, follow, hidden });
    const given = formula.kind === "number";
    const summed = terms !== null && terms.count > 1 && formula.kind === "series";
    this.formula.hidden = given;
    this.formula.setAttribute(
      "aria-label",
      `${symbol} ${own ? "becomes" : "is"} ${plain(formula)}`,
    );
    const sign = h("span", { class: "exp-sign" }, own ? "←" : "=");
    this.symbols.replaceChildren(sign, ...symbols.line(formula));
    this.numbers.hidden = summed;
    this.numbers.replaceChildren(h("span", { class: "exp-sign" }, "="), ...numbers.line(formula));
    this.terms.show(terms, { symbols, numbers, secret: this.hides(answer) });
    this.notes.replaceChildren(...this.remarksOf(answer, stale).map((text) => h("p", {}, text)));
  }

  /** @param {Explained} answer @param {boolean} stale */
  remarksOf({ formula, terms, role }, stale) {
    const texts = remarks(formula);
    if (stale) texts.push("Edited since: the formula no longer gives this value.");
    const factors = elements(formula);
    const upstream = factors.filter(({ role }) => role === "gradient");
    if (role === "gradient" && upstream.length === 1 && factors.length > 1) {
      const each = terms && terms.count > 1 ? "Each term" : "This";
      texts.push(
        `${each} is a local derivative times the upstream gradient ${plain(upstream[0])}.`,
      );
    }
    return texts;
  }

  /** The path followed so far, drawn over the network. @param {Explained[]} answers */
  showPath(answers) {
    const path = answers.map(({ buffer, index, probe, symbol, value, text }, i) => {
      const factor = this.trail[i + 1]?.factor ?? null;
      const secret = isHidden(this.context.store.state, buffer, index);
      const shown = secret ? { value: null, text: HIDDEN } : { value, text };
      return { buffer, index, probe, symbol, ...shown, factor: secret ? null : factor };
    });
    this.context.store.set({ path });
  }
}
