// @ts-check
// Text that the network writes: it continues a prompt, drawing each token from its prediction.

import { h, icon, tip } from "../../../controls/dom.js";
import { linear, numberField } from "../../../controls/fields.js";
import { Asking } from "./asking.js";
import { Tokens } from "./tokens.js";

/** @import { Context, Frame } from "../../../state/types.js" */
/** @import { Message } from "../../../wire/connection.js" */

const EVERY = 400; // ms
const MAX_PROMPT = 400; // characters, for the server

export class Writing {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    this.length = 120;
    this.temperature = 0.7;
    this.seed = 0;
    /** Whether to announce the next text to screen readers. */
    this.announceNext = false;
    this.asking = new Asking(context, {
      type: "sample_text",
      every: EVERY,
      answer: (answer) => this.show(answer),
      refuse: (why) => this.complain(why),
    });
    this.tokens = new Tokens("Text that the network has written");
    this.tokens.element.classList.add("live-written");
    this.tokens.element.tabIndex = 0;
    this.prompt = this.promptField();
    this.problem = h("p", { class: "field-error", role: "alert", hidden: true });
    this.element = h(
      "div",
      { class: "live-part" },
      h("div", { class: "live-row" }, this.prompt, this.againButton()),
      this.tokens.element,
      this.problem,
      this.temperatureField(),
      this.lengthField(),
    );
    this.ask();
  }

  promptField() {
    const props = { type: "text", maxlength: MAX_PROMPT, autocomplete: "off" };
    const input = h("input", { ...props, spellcheck: "false", "aria-label": "Prompt" });
    input.placeholder = "Prompt";
    input.oninput = () => this.ask();
    return tip(input, "The text before the first generated token.");
  }

  againButton() {
    const again = h("button", { type: "button", class: "button" }, icon("dice"), "Write again");
    again.onclick = () => {
      this.seed = (this.seed + 1) % 2 ** 31;
      this.announceNext = true;
      this.ask();
    };
    return tip(again, "Draws other tokens from the same probabilities, with another random seed.");
  }

  temperatureField() {
    const field = numberField({
      label: "Temperature",
      path: "temperature",
      minimum: 0.1,
      maximum: 2,
      scale: linear(0.1, 2, 0.05),
      hint: "Divides the log probabilities before a token is drawn. Below 1, likely tokens become likelier; above 1, unlikely ones do.",
      change: (value) => {
        this.temperature = value;
        this.ask();
      },
    });
    field.show(this.temperature);
    return field.element;
  }

  lengthField() {
    const field = numberField({
      label: "Length",
      path: "length",
      minimum: 20,
      maximum: 400,
      integer: true,
      scale: linear(20, 400, 20),
      hint: "How many tokens to draw. The network sees only the last ones, as many as in training.",
      change: (value) => {
        this.length = value;
        this.ask();
      },
    });
    field.show(this.length);
    return field.element;
  }

  ask() {
    const { prompt, length, temperature, seed } = this;
    this.asking.ask({ prompt: prompt.value, length, temperature, seed });
  }

  /** @param {Message} answer */
  show({ text, tokens, probabilities }) {
    this.problem.hidden = true;
    const written = tokens.map((/** @type {string} */ token, /** @type {number} */ i) => ({
      text: token,
      share: probabilities[i] ?? Number.NaN,
    }));
    const prompt = this.prompt.value;
    this.tokens.show(prompt ? [{ text: prompt, share: null }, ...written] : written);
    if (this.announceNext) this.context.store.set({ announce: prompt + text });
    this.announceNext = false;
  }

  /** @param {string} why */
  complain(why) {
    this.problem.hidden = false;
    this.problem.textContent = why;
  }

  /** @param {Frame} frame */
  renew(frame) {
    this.asking.renew(frame);
  }

  destroy() {
    this.asking.stop();
  }
}
