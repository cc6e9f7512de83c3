// @ts-check
// The exercise: a number is hidden, the learner works it out and gets a hint if it is wrong.

import { h, setText, tip } from "../../controls/dom.js";
import { quizAnything } from "../../state/quiz.js";
import { CommandError } from "../../wire/connection.js";
import { numberOf } from "../../wire/protocol.js";

/** @import { BufferElement, Context, Explained } from "../../state/types.js" */

/** Significant digits to which an answer has to be right. */
const DIGITS = 3;
const ASKABLE = ["gradient", "update"];

/** The form that asks for the number that an explanation is about. */
export class QuizForm {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    const { questions } = context.actions;
    /** @type {Explained | null} */
    this.about = null;
    this.begin = h("button", { type: "button", class: "ins-button" }, "Quiz me on this");
    this.begin.onclick = () => this.about && questions.quiz(this.about);
    tip(this.begin, "Hides this number everywhere, so that you can work it out from the formula.");
    this.input = h("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      spellcheck: "false",
      "aria-label": `Your answer, to ${DIGITS} significant digits`,
      required: true,
    });
    this.input.onkeydown = (event) => {
      // Escape leaves the field; pressed again, the explanation.
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.input.blur();
    };
    const check = h("button", { type: "submit", class: "ins-button" }, "Check");
    this.reveal = h("button", { type: "button", class: "ins-button" }, "Reveal");
    this.reveal.onclick = () => questions.reveal();
    tip(this.reveal, "Shows the number again, everywhere.");
    this.end = h("button", { type: "button", class: "ins-button" }, "End");
    this.end.onclick = () => questions.endQuiz();
    this.another = h("button", { type: "button", class: "ins-button" }, "Another one");
    this.another.onclick = () => quizAnything(this.context);
    this.hint = h("p", { class: "exp-hint", "aria-live": "polite" });
    this.form = h("form", { class: "exp-quiz" }, this.input, check, this.reveal);
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.check();
    };
    this.form.hidden = true;
    this.after = h("p", { class: "exp-buttons" }, this.another, this.end);
    this.element = h(
      "div",
      { class: "exp-exercise" },
      this.begin,
      this.form,
      this.hint,
      this.after,
    );
  }

  /** @param {Explained} about */
  show(about) {
    const { quiz } = this.context.store.state;
    const asked = quiz?.elements.some((p) => isSame(p, about)) ?? false;
    const moved = this.about !== null && numberOf(this.about) !== numberOf(about);
    if (moved || !asked) setText(this.hint, "");
    this.about = about;
    this.begin.hidden = asked || !ASKABLE.includes(about.role) || about.moment === null;
    const opened = this.form.hidden && asked && !quiz?.revealed;
    this.form.hidden = !asked || quiz?.revealed === true;
    this.after.hidden = !asked || !quiz?.revealed;
    this.hint.hidden = !asked;
    this.element.hidden = !asked;
    if (asked && !this.hint.textContent && !quiz?.revealed) {
      setText(this.hint, `How much is ${about.symbol}? Give ${DIGITS} significant digits.`);
    }
    // On a touch screen the keyboard would cover the formula.
    if (opened && matchMedia("(hover: hover)").matches) this.input.focus({ preventScroll: true });
  }

  async check() {
    const answer = parse(this.input.value);
    if (!Number.isFinite(answer)) {
      this.say(false, "This is not a number. Type one such as 0.5 or −1.2e-3.");
      return;
    }
    try {
      const { right, hint } = await this.context.actions.questions.check(answer, DIGITS);
      this.say(right, hint);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.say(false, error.problem.message);
    }
    this.input.select();
  }

  /** @param {boolean} right @param {string} words */
  say(right, words) {
    this.hint.classList.toggle("right", right);
    this.hint.classList.toggle("wrong", !right);
    setText(this.hint, right ? `Right: ${words}` : words);
  }
}

/**
 * A number as people write it: with a true minus sign, a decimal comma, ×10 and a power.
 * @param {string} text
 */
function parse(text) {
  const plain = text.trim().replaceAll("−", "-").replace(",", ".");
  const scientific = plain.replace(/\s*[×x*·]\s*10\s*\^?\s*/, "e");
  return scientific === "" ? Number.NaN : Number(scientific);
}

/** @param {BufferElement} a @param {BufferElement} b */
function isSame(a, b) {
  return a.buffer === b.buffer && String(a.index) === String(b.index);
}
