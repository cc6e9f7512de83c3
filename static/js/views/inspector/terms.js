// @ts-check
// A gradient as a sum over the batch: one term per sample.

import { h, setText } from "../../controls/dom.js";
import { short } from "../../format.js";
import { HIDDEN, isHidden } from "../../state/quiz.js";
import { batchTerms } from "./elements.js";
import { ageOf } from "./lines.js";
import { table } from "./links.js";
import { writerOf } from "./names.js";
import { exactly } from "./reader.js";

/** @import { Context, Entry, InstructionInfo, Model } from "../../state/types.js" */
/** @import { Reader } from "./reader.js" */

/** Terms that are listed; of more, the rest is one line. */
const MAX_LISTED = 10;

export class Terms {
  /**
   * @param {Context} context
   * @param {Model} model
   * @param {InstructionInfo} instruction
   * @param {number[]} at the element
   */
  constructor(context, model, instruction, at) {
    this.context = context;
    /** The sum of the terms. */
    this.result = { buffer: model.bufferById.get(instruction.writes[0])?.name ?? "", index: at };
    const found = batchTerms(model, instruction, at) ?? [];
    this.factors = found.map(({ buffer, unit }) => ({
      buffer,
      unit,
      writer: writerOf(model, buffer.name),
    }));
    this.wants = exactly(
      model,
      found.map(({ buffer }) => buffer.name),
    );
    /** Whether there is such a sum, small enough to be shown. */
    this.usable = found.length > 0 && this.wants.length === found.length;
    this.batch = found[0]?.buffer.shape[0] ?? 0;
    this.listed = this.batch > MAX_LISTED + 1 ? MAX_LISTED : this.batch;
    const heads = found.map(({ buffer, unit }) => `${buffer.symbol}[b, ${unit}]`);
    const rows = Array.from({ length: this.listed }, (_, i) => String(i));
    if (this.batch > this.listed) rows.push(`${this.listed}…${this.batch - 1}`);
    if (found.length > 1) heads.push("product");
    this.table = table(["b", ...heads], [...rows, "Σ"], "sum");
    this.note = h("p", { class: "ins-guide" });
    this.element = h("div", {}, this.table.element, this.note);
  }

  /** @param {Reader} reader */
  show(reader) {
    const { factors, batch, listed, table: rows } = this;
    const entries = factors.flatMap(({ buffer }) => reader.entry(buffer.name) ?? []);
    if (entries.length < factors.length) return;
    const late = factors.filter(({ writer }) => ageOf(reader.frame, writer, false) !== "now");
    // Factors of two different steps have no product.
    const mixed = late.length > 0 && late.length < factors.length;
    const fresh = late.length > 0 && reader.frame?.step === 0;
    const { buffer, index } = this.result;
    const secret = isHidden(this.context.store.state, buffer, index);
    const text = (/** @type {number} */ term) =>
      secret ? HIDDEN : mixed || fresh ? "–" : short(term);
    const missing = late.map(({ buffer }) => buffer.symbol).join(" and ");
    setText(this.note, mixed || fresh ? `This step has not computed ${missing} yet.` : "");
    let sum = 0;
    let rest = 0;
    for (let b = 0; b < batch; b += 1) {
      const values = this.valuesOf(entries, b);
      const term = values.reduce((product, value) => product * value, 1);
      sum += term;
      if (b >= listed) rest += term;
      else rows.show(b, [...values.map((v) => short(v)), text(term)].slice(0, this.columns));
    }
    const blank = Array(this.columns - 1).fill("");
    if (listed < batch) rows.show(listed, [...blank, text(rest)]);
    rows.show(listed < batch ? listed + 1 : listed, [...blank, text(sum)]);
  }

  /** Columns beside the row's number: the factors, and their product if there are two. */
  get columns() {
    return this.factors.length > 1 ? 3 : 1;
  }

  /** @param {Entry[]} entries @param {number} b */
  valuesOf(entries, b) {
    return entries.map((entry, i) => {
      const { buffer, unit } = this.factors[i];
      return entry.at(b * buffer.shape[1] + unit);
    });
  }
}
