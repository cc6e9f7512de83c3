// @ts-check
// A field for an expression, checked by the server while it is typed: the wrong part is underlined,
// and a message below says what was expected. Names are completed at the caret.

import { complete, examples, inserted, vocabulary } from "../state/completion.js";
import { h, setText } from "./dom.js";
import { placeAt } from "./menu.js";

/** @import { Judgement, Role } from "../actions/breakpoints.js" */
/** @import { Context } from "../state/types.js" */
/** @typedef {{text: string, about: string, from: number, to: number}} Offer its text replaces from…to */

/**
 * @typedef {object} Options
 * @property {string} label
 * @property {Role} role
 * @property {boolean} [optional] it may be left empty
 * @property {boolean} [bare] the label is for screen readers only
 * @property {string} [placeholder]
 * @property {() => void} [change] called when the text has changed and been checked
 * @property {() => void} [enter] called when Enter is pressed
 */

const DELAY = 120; // milliseconds from the last letter to the question

let lastId = 0;

export class ExpressionField {
  /** @param {Context} context @param {Options} options */
  constructor(context, options) {
    this.context = context;
    this.options = options;
    lastId += 1;
    const id = `expression-${lastId}`;
    this.ghost = h("div", { class: "expression-ghost", "aria-hidden": "true" });
    this.input = h("input", {
      id,
      type: "text",
      role: "combobox",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      maxlength: 400,
      placeholder: options.placeholder ?? null,
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": `${id}-offers`,
      "aria-describedby": `${id}-said`,
    });
    this.message = h("p", { class: "expression-said", id: `${id}-said`, "aria-live": "polite" });
    this.list = h("div", {
      class: "expression-offers",
      id: `${id}-offers`,
      role: "listbox",
      popover: "manual",
      "aria-label": `Completions of ${options.label}`,
    });
    const label = h("label", { for: id, class: options.bare ? "unseen" : null }, options.label);
    const box = h("div", { class: "expression-box" }, this.ghost, this.input);
    this.element = h("div", { class: "expression" }, label, box, this.message, this.list);
    /** @type {Offer[]} */
    this.offers = [];
    this.active = -1;
    this.timer = 0;
    /** The text that the server checked last, and the result. */
    this.judged = "";
    /** @type {Judgement | null} */
    this.judgement = null;
    this.listen();
  }

  listen() {
    const { input, list } = this;
    input.oninput = () => this.typed();
    input.onfocus = () => this.offer(true);
    input.onblur = () => this.close();
    input.onkeydown = (event) => this.key(event);
    input.onscroll = () => this.follow();
    list.onpointerdown = (event) => {
      event.preventDefault(); // the focus stays in the field
      const option = /** @type {Element} */ (event.target).closest("[role=option]");
      if (option) this.accept([...list.children].indexOf(option));
    };
    this.context.store.on(["model"], () => this.judge());
  }

  /** The typed text without surrounding blanks. */
  get text() {
    return this.input.value.trim();
  }

  /** Whether the typed text has been checked and is right. */
  get right() {
    if (this.text === "") return this.options.optional ?? false;
    return this.judged === this.input.value && this.judgement?.wrong === null;
  }

  /** Waits until the typed text has been checked. */
  async settled() {
    if (this.judged !== this.input.value) await this.judge();
  }

  /** @param {string} text */
  set(text) {
    if (this.input.value === text) return;
    this.input.value = text;
    this.judge();
  }

  /** Clears the field. */
  clear() {
    this.input.value = "";
    this.judge();
    this.offer(true);
  }

  typed() {
    this.offer(false);
    this.mark(null);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.judge(), DELAY);
  }

  /** Asks the server to check the current text. */
  async judge() {
    clearTimeout(this.timer);
    const text = this.input.value;
    const empty = text.trim() === "";
    const judgement = empty
      ? null
      : await this.context.actions.breakpoints.judge(text, this.options.role);
    if (this.input.value !== text) return;
    this.judged = text;
    this.judgement = judgement;
    this.tell();
    this.options.change?.();
  }

  /** Shows the result, except for a word that is still being completed. */
  tell() {
    const { judgement, offers } = this;
    const wrong = judgement?.wrong ?? null;
    if (this.judged !== this.input.value) return;
    if (wrong && this.open && offers[0].to > wrong.at) return;
    this.mark(wrong);
    this.say(judgement);
  }

  /**
   * Underlines a part of the text.
   * @param {{at: number, length: number} | null} wrong
   */
  mark(wrong) {
    const text = this.input.value;
    this.input.toggleAttribute("aria-invalid", false);
    this.ghost.replaceChildren();
    if (!wrong) return;
    this.input.setAttribute("aria-invalid", "true");
    const end = wrong.at + wrong.length;
    const part = text.slice(wrong.at, end).trimEnd() || "\u00a0";
    this.ghost.append(text.slice(0, wrong.at), h("u", {}, part), text.slice(end));
    this.follow();
  }

  /** Keeps the underline below its letters. */
  follow() {
    this.ghost.scrollLeft = this.input.scrollLeft;
  }

  /** @param {Judgement | null} judgement */
  say(judgement) {
    const wrong = judgement?.wrong;
    this.message.classList.toggle("wrong", Boolean(wrong));
    if (wrong) setText(this.message, wrong.message);
    else
      setText(
        this.message,
        judgement && this.options.role !== "log_message" ? kindText(judgement) : "",
      );
  }

  // --- Completion --------------------------------------------------------------------------------

  /**
   * Offers completions at the caret, or examples if nothing is typed yet.
   * @param {boolean} onlyExamples
   */
  offer(onlyExamples) {
    const { model, catalogue } = this.context.store.state;
    if (!model) return;
    const { value } = this.input;
    if (value.trim() === "") {
      const whole = examples(model, this.options.role);
      this.show(whole.map((text) => ({ text, about: "example", from: 0, to: value.length })));
      return;
    }
    const caret = this.input.selectionStart ?? value.length;
    const inside = this.options.role !== "log_message" || /\{[^}]*$/.test(value.slice(0, caret));
    const found =
      onlyExamples || !inside ? null : complete(value, caret, vocabulary(model, catalogue));
    const { from = 0, to = 0, words = [] } = found ?? {};
    this.show(words.map((word) => ({ text: inserted(word), about: word.about, from, to })));
  }

  /** @param {Offer[]} offers */
  show(offers) {
    this.offers = offers;
    this.activate(-1);
    if (offers.length === 0 || document.activeElement !== this.input) {
      this.close();
      return;
    }
    this.list.replaceChildren(
      ...offers.map(({ text, about }, i) =>
        h(
          "div",
          { role: "option", id: `${this.list.id}-${i}`, "aria-selected": "false" },
          h("code", {}, text),
          h("span", {}, about),
        ),
      ),
    );
    this.list.showPopover();
    this.list.scrollTop = 0;
    placeAt(this.list, this.input.getBoundingClientRect());
    this.input.setAttribute("aria-expanded", "true");
  }

  close() {
    if (this.list.matches(":popover-open")) this.list.hidePopover();
    this.input.setAttribute("aria-expanded", "false");
    this.activate(-1);
    this.tell();
  }

  get open() {
    return this.input.getAttribute("aria-expanded") === "true";
  }

  /** @param {number} index -1 for none */
  activate(index) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = index;
    const option = this.list.children[index];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  accept(index) {
    const { text, from, to } = this.offers[index];
    const { input } = this;
    input.setRangeText(text, from, to, "end");
    this.close();
    this.mark(null);
    this.judge();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { key } = event;
    const { open, active, offers } = this;
    if (key === "ArrowDown" || key === "ArrowUp") {
      if (!open) this.offer(false);
      const step = key === "ArrowDown" ? 1 : -1;
      // The arrow keys cycle through all offers and the state without one, as in other combo boxes.
      if (this.open) this.activate(((active + 1 + step) % (offers.length + 1)) - 1);
      if (this.active < -1) this.activate(offers.length - 1);
    } else if (key === "Escape" && open) this.close();
    else if (key === "Enter" && open && active >= 0) this.accept(active);
    else if (key === "Tab" && open && !event.shiftKey && this.text !== "") {
      this.accept(Math.max(0, active));
    } else if (key === "Enter" && this.options.enter) this.options.enter();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/**
 * The kind of value an expression has, in words.
 * @param {Judgement} judgement
 */
function kindText({ shape, truth }) {
  if (shape.length === 0) return truth ? "yes or no" : "a number";
  return `${shape.join("×")} ${truth ? "yes-or-no values" : "numbers"}`;
}
