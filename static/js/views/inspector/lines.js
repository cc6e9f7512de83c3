// @ts-check
// Named numbers in full precision, each with the formula that makes it.

import { h, setText, tip } from "../../controls/dom.js";
import { exact } from "../../format.js";
import { HIDDEN, isHidden } from "../../state/quiz.js";
import { expressionOf, watchButton } from "../watch/button.js";
import { ValueField } from "./field.js";
import { bufferOf, writerOf } from "./names.js";

/** @import { Context, Frame, Model } from "../../state/types.js" */
/** @import { Reader } from "./reader.js" */

/**
 * @typedef {object} Line
 * @property {string} symbol
 * @property {string | null | undefined} buffer a line whose buffer the network lacks is left out
 * @property {number[]} index
 * @property {string} [formula]
 * @property {string} [source] the buffer it is computed from, if the program does not write its own
 * @property {boolean} [editable]
 */

/** Labels of numbers that the current step has not computed yet. */
const AGE = {
  now: ["", ""],
  old: ["old", "This step has not computed it yet. The value is from the step before."],
  none: ["none yet", "No step has computed it yet."],
};

export class Lines {
  /**
   * @param {Context} context
   * @param {Model} model
   * @param {Line[]} lines
   */
  constructor(context, model, lines) {
    this.context = context;
    this.model = model;
    this.rows = lines.flatMap((line) => {
      const buffer = bufferOf(model, line.buffer);
      return buffer ? [this.row(context, line, buffer)] : [];
    });
    this.element = h("dl", { class: "ins-lines" }, ...this.rows.map((row) => row.element));
  }

  /**
   * @param {Context} context
   * @param {Line} line
   * @param {import("../../state/types.js").BufferInfo} buffer
   */
  row(context, { symbol, index, formula, source, editable }, buffer) {
    const field = editable ? new ValueField(context, buffer.name, index, symbol) : null;
    const value = h("dd", {}, field?.element ?? null);
    const note = h("small", {});
    const formulaLine = formula ? h("p", { class: "ins-formula" }, formula) : null;
    const name = nameOf(context, symbol, buffer, index);
    const watch = watchButton(context, expressionOf(this.model, buffer, index, source));
    const element = h("div", {}, h("dt", {}, name, watch, note), value, formulaLine);
    const writer = writerOf(this.model, source ?? buffer.name);
    return { element, value, field, note, buffer, index, writer };
  }

  /** @param {Reader} reader */
  show(reader) {
    for (const { element, value, field, note, buffer, index, writer } of this.rows) {
      const number = reader.number(buffer.name, index);
      const age = ageOf(reader.frame, writer, buffer.name.startsWith("probe/"));
      if (field) field.show(number);
      else if (isHidden(this.context.store.state, buffer.name, index)) {
        setText(value, aligned(HIDDEN));
      } else if (age === "none") setText(value, aligned("–"));
      else setText(value, number === null ? "…" : aligned(exact(number, buffer.dtype)));
      element.classList.toggle("stale", age !== "now");
      setText(note, AGE[age][0]);
      note.title = AGE[age][1];
    }
  }
}

/**
 * A symbol; a button where the number can be explained.
 * @param {Context} context
 * @param {string} symbol
 * @param {import("../../state/types.js").BufferInfo} buffer
 * @param {number[]} index
 */
function nameOf({ actions }, symbol, { name, role }, index) {
  if (role === "view" && !name.startsWith("probe/")) return h("span", {}, symbol);
  const onclick = () => actions.questions.explain({ buffer: name, index });
  const button = h("button", { type: "button", class: "ins-link", onclick }, symbol);
  return tip(button, "Explains this number: its formula with live numbers.");
}

/**
 * A figure's space stands where a minus sign would, so that digits do not move with the sign.
 * @param {string} text
 */
export function aligned(text) {
  return text.startsWith("−") ? text : `\u2007${text}`;
}

/**
 * Whether the current step has computed a number already. The update of a parameter stays that of
 * the last step.
 * @param {Frame | null} frame
 * @param {import("../../state/types.js").InstructionInfo | undefined} writer
 * @param {boolean} probed of the probe sample, which between two steps is computed by itself
 * @returns {keyof typeof AGE}
 */
export function ageOf(frame, writer, probed) {
  if (!frame || frame.running || !writer || writer.index < frame.pc) return "now";
  if (probed && frame.pc === 0) return "now";
  if (frame.step === 0) return "none";
  return frame.pc === 0 || writer.phase === "update" ? "now" : "old";
}
