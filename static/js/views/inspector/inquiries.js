// @ts-check
// Questions about a gradient: its chain rule to the loss, why it is large or small, and a gradient
// check.

import { h, setText, tip } from "../../controls/dom.js";
import { percent } from "../../format.js";
import { HIDDEN, isHidden } from "../../state/quiz.js";
import { CommandError } from "../../wire/connection.js";
import { numberOf } from "../../wire/protocol.js";
import { GradientCheck } from "./check.js";
import { figure } from "./formula.js";

/** @import { Context, Explained, Model, Station } from "../../state/types.js" */
/** @import { Message } from "../../wire/connection.js" */

const MAX_SMALL = 1e-3;
const MIN_LARGE = 10;

/**
 * The question that a gradient raises.
 * @param {number} value
 */
function whyText(value) {
  if (!Number.isFinite(value)) return "Why is this gradient not a number?";
  if (value === 0) return "Why is this gradient zero?";
  if (Math.abs(value) < MAX_SMALL) return "Why is this gradient so small?";
  return Math.abs(value) > MIN_LARGE
    ? "Why is this gradient so large?"
    : "Is this gradient healthy?";
}

export class Inquiries {
  /**
   * @param {Context} context
   * @param {Model} model
   * @param {HTMLElement} exercise the button that begins it
   */
  constructor(context, model, exercise) {
    this.context = context;
    this.model = model;
    /** @type {Explained | null} */
    this.about = null;
    this.chain = this.toggle("Chain to the loss", () => this.switchTo("chain"));
    tip(
      this.chain,
      "The chain rule as a path from here to the loss, along the largest terms. The network shows its factors.",
    );
    this.why = this.toggle("", () => this.switchTo("why"));
    tip(this.why, "Follows the factors and names the first one that is to blame.");
    /** @type {"chain" | "why" | ""} which of the two is open */
    this.open = "";
    this.answer = h("div", { class: "exp-answer", "aria-live": "polite" });
    this.check = new GradientCheck(context, model);
    const buttons = h("p", { class: "exp-buttons" }, this.chain, this.why, exercise);
    this.element = h("div", { class: "exp-inquiries" }, buttons, this.answer, this.check.element);
    this.asked = 0;
    /** Whether the coming answer is new and must be scrolled into view. */
    this.opening = false;
  }

  destroy() {
    this.asked = -1;
    this.check.destroy();
  }

  /** Whether these questions drew the path over the network. */
  get draws() {
    return this.open !== "";
  }

  /** @param {string} text @param {() => void} onclick */
  toggle(text, onclick) {
    const props = { type: "button", class: "ins-button", "aria-expanded": "false", onclick };
    return h("button", props, text);
  }

  /** @param {"chain" | "why"} name */
  switchTo(name) {
    this.open = this.open === name ? "" : name;
    this.opening = true;
    this.chain.setAttribute("aria-expanded", String(this.open === "chain"));
    this.why.setAttribute("aria-expanded", String(this.open === "why"));
    if (this.open === "") this.context.store.set({ path: [] });
    this.renew();
  }

  /**
   * @param {Explained} about
   * @param {boolean} secret whether it is hidden
   */
  show(about, secret) {
    this.about = about;
    this.chain.hidden = this.why.hidden = !about.gradient || secret;
    const itself = about.role === "gradient";
    setText(this.why, itself ? whyText(numberOf(about)) : "Is its gradient healthy?");
    this.check.show(about, secret);
    this.renew();
  }

  /** Asks the open question. */
  async renew() {
    this.asked += 1;
    const { open, about, asked } = this;
    if (!about?.gradient || open === "") {
      this.answer.replaceChildren();
      return;
    }
    const { buffer, index, probe } = about;
    try {
      const answer = await this.context.actions.questions.ask(open, { buffer, index, probe });
      if (asked !== this.asked) return;
      if (open === "chain") this.showChain(answer);
      else this.showWhy(answer);
      if (this.opening) this.answer.scrollIntoView({ block: "nearest" });
      this.opening = false;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (asked !== this.asked) return;
      this.answer.replaceChildren(h("p", { class: "field-error" }, error.problem.message));
    }
  }

  // The chain rule --------------------------------------------------------------------------------

  /** @param {Message} answer */
  showChain({ links, end }) {
    const list = h("ol", { class: "exp-chain" });
    for (const link of links) list.append(...this.chainRows(link));
    const seed = { ...end, symbol: "dL/dL", value: 1, probe: links[0].probe, factor: null };
    list.append(h("li", {}, h("span", {}, "dL/dL"), h("output", {}, "1")));
    const [first] = links;
    const secret = links.some((/** @type {Station} */ link) => this.isSecret(link));
    const product = secret ? HIDDEN : figure(numberOf(first.term));
    const whole = links.every((/** @type {any} */ { terms }) => terms === 1);
    const words = whole
      ? `The product of all factors is ${first.symbol}.`
      : `At each sum the path takes the largest term. The product of all factors is ${product}.`;
    this.answer.replaceChildren(list, h("p", { class: "ins-guide" }, words));
    this.draw([...links.map(station), seed]);
  }

  /** Whether the exercise hides a number. @param {Station} station */
  isSecret({ buffer, index }) {
    return isHidden(this.context.store.state, buffer, index);
  }

  /** A number, unless it is hidden. @param {Station} station */
  numberText(station) {
    return this.isSecret(station) ? HIDDEN : figure(numberOf(station));
  }

  /** @param {any} link */
  chainRows(link) {
    const name = this.placeLink(link);
    const row = h("li", {}, name, h("output", {}, this.numberText(link)));
    const share =
      link.terms > 1 ? ` the largest of ${link.terms} terms, ${percent(link.share)}` : "";
    const factor = h("b", {}, `× ${figure(numberOf(link.local))}`);
    return [row, h("li", { class: "exp-factor" }, factor, h("span", {}, share))];
  }

  /** @param {Station} station */
  placeLink({ buffer, index, probe, symbol }) {
    const onclick = () => this.context.actions.questions.follow({ buffer, index, probe });
    return h("button", { type: "button", class: "ins-link", onclick }, symbol);
  }

  // Why -------------------------------------------------------------------------------------------

  /** @param {Message} answer */
  showWhy({ kind, sentence, path, evidence, probe }) {
    const stations = /** @type {any[]} */ (path).map((station) => ({
      ...station,
      probe,
      factor: null,
    }));
    const steps = stations.map((station) => {
      const name = this.placeLink(station);
      return h("li", {}, name, h("output", {}, this.numberText(station)));
    });
    const rows = /** @type {any[]} */ (evidence).map(({ name, ...number }) =>
      h("div", {}, h("dt", {}, name), h("dd", {}, figure(numberOf(number)))),
    );
    const verdict = h("p", { class: kind === "healthy" ? "exp-verdict" : "exp-verdict blame" });
    verdict.append(h("b", {}, kind.replaceAll("_", " ")), ` ${sentence}`);
    this.answer.replaceChildren(
      verdict,
      stations.length > 1 ? h("ol", { class: "exp-chain" }, ...steps) : "",
      rows.length > 0 ? h("dl", { class: "ins-facts exp-evidence" }, ...rows) : "",
    );
    this.draw(stations);
  }

  /** @param {Station[]} path */
  draw(path) {
    const stations = path.map((station) =>
      this.isSecret(station) ? { ...station, value: null, text: HIDDEN } : station,
    );
    this.context.store.set({ path: stations });
  }
}

/** @param {any} link @returns {Station} */
function station({ buffer, index, probe, symbol, value, text, local }) {
  return { buffer, index, probe, symbol, value, text, factor: local.value };
}
