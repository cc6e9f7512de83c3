// @ts-check
// The terms of a sum, the largest first, with symbols above their numbers; the rest is folded.

import { h, setText } from "../../controls/dom.js";
import { count } from "../../format.js";
import { HIDDEN } from "../../state/quiz.js";
import { numberOf } from "../../wire/protocol.js";
import { figure, plain } from "./formula.js";

/** @import { Context, FormulaNode, TermList } from "../../state/types.js" */
/** @import { Writer } from "./formula.js" */
/** @typedef {{symbols: Writer, numbers: Writer, secret: boolean}} Ways */

const FIRST_TERMS = 6;
/** An exercise shows more terms: the learner needs them to work out the sum. */
const MIN_EXERCISE_TERMS = 16;
const MAX_TERMS = 200; // for the server

export class TermsView {
  /**
   * @param {Context} context
   * @param {() => void} more asks for as many terms as are wanted
   */
  constructor(context, more) {
    this.context = context;
    this.count = FIRST_TERMS;
    this.title = h("h3", {});
    this.list = h("ol", { class: "exp-terms" });
    this.more = h("button", { type: "button", class: "ins-more", "data-key": "more terms" });
    this.more.onclick = () => {
      this.count = this.count === FIRST_TERMS ? MAX_TERMS : FIRST_TERMS;
      more();
    };
    this.rest = h("p", { class: "ins-guide" });
    this.element = h("section", { class: "ins-part" }, this.title, this.list, this.rest, this.more);
  }

  /** How many terms to ask for. @param {boolean} exercise */
  wanted(exercise) {
    return exercise ? Math.max(this.count, MIN_EXERCISE_TERMS) : this.count;
  }

  /**
   * @param {TermList | null} terms
   * @param {Ways} ways how they are written; `secret` leaves out their values
   */
  show(terms, ways) {
    this.element.hidden = !terms || terms.count < 2;
    if (!terms || terms.count < 2) return;
    const { listed, folded } = terms;
    setText(this.title, `${count(terms.count)} terms, by magnitude`);
    const most = Math.max(...listed.map((term) => Math.abs(numberOf(asNumber(term))) || 0)) || 1;
    this.list.replaceChildren(...listed.map((term) => this.row(term, most, ways)));
    this.showRest(terms, ways.secret);
    const unfolded = this.count > FIRST_TERMS;
    this.more.hidden = !folded && !unfolded;
    this.more.setAttribute("aria-expanded", String(unfolded));
    const all = terms.count > MAX_TERMS ? `the ${MAX_TERMS} largest` : `all ${count(terms.count)}`;
    setText(this.more, unfolded ? `Only the ${FIRST_TERMS} largest` : `Show ${all}`);
  }

  /** @param {TermList} terms @param {boolean} secret */
  showRest({ folded }, secret) {
    const rest = folded && numberOf(folded.sum);
    const sum = rest === null || secret ? HIDDEN : figure(rest);
    const words = folded ? `${count(folded.count)} more, together ${sum}.` : "";
    this.rest.hidden = !words;
    setText(this.rest, words);
  }

  /** @param {FormulaNode} term @param {number} most @param {Ways} ways */
  row(term, most, { symbols, numbers, secret }) {
    const value = numberOf(asNumber(term));
    const simple = term.kind === "element" || term.kind === "number";
    const bar = h("i", { class: value < 0 ? "negative" : "" });
    bar.style.setProperty("--share", (Math.min(1, Math.abs(value) / most) || 0).toFixed(3));
    const words = h("div", { class: "exp-line" }, ...symbols.line(term));
    const figures = simple ? null : h("div", { class: "exp-line" }, ...numbers.line(term));
    const result = h("output", {}, secret ? HIDDEN : figure(value));
    const label = `${plain(term)} = ${secret ? HIDDEN : figure(value)}`;
    const left = h("div", { role: "group", "aria-label": label }, words, figures);
    return h("li", {}, left, result, bar);
  }
}

/** @param {FormulaNode} node @returns {import("../../state/types.js").AnswerNumber} */
const asNumber = (node) => /** @type {any} */ (node);
