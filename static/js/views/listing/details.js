// @ts-check
// What one instruction does: its formula, what it reads and writes, and the numbers in it. Without
// one, what the program costs.

import { h, setText } from "../../controls/dom.js";
import { count } from "../../format.js";
import { Operand } from "./operand.js";
import { flopsOf } from "./rows.js";

/** @import { BufferInfo, Frame, InstructionInfo, Model } from "../../state/types.js" */
/** @import { Phase } from "./rows.js" */

/** Between two changes of the numbers while they change faster than one can read, ms. */
const MIN_INTERVAL = 250;

export class Details {
  constructor() {
    this.tag = h("span", { class: "listing-tag" });
    this.location = h("span", { class: "listing-place" });
    this.flops = h("span", {});
    this.formula = h("p", { class: "listing-formula" });
    this.operands = h("div", { class: "listing-operands" });
    this.total = h("p", { class: "listing-total" });
    this.costs = h("dl", { class: "listing-costs" });
    this.element = h(
      "div",
      { class: "listing-details" },
      h("p", {}, this.tag, this.location, this.flops),
      this.formula,
      this.operands,
      this.total,
      this.costs,
    );
    /** @type {Operand[]} */
    this.pool = [];
    /** @type {Operand[]} those in use */
    this.shown = [];
    /** @type {Map<number, BufferInfo>} */
    this.buffers = new Map();
    /** @type {InstructionInfo | null} */
    this.instruction = null;
    /** @type {Frame | null} */
    this.painted = null;
    this.paintedAt = 0;
    /** Whether a number is hidden by the exercise. @type {(buffer: BufferInfo, flat: number) => boolean} */
    this.hides = () => false;
  }

  /**
   * A new program.
   * @param {Phase[]} phases
   * @param {Model} model
   */
  setProgram(phases, model) {
    this.buffers = model.bufferById;
    const all = phases.flatMap(({ instructions }) => instructions);
    const total = flopsOf(all);
    const most = Math.max(1, ...phases.map(({ instructions }) => flopsOf(instructions)));
    setText(this.total, `${all.length} instructions, ${count(total)} FLOPs per step`);
    const rows = phases.flatMap(({ name, instructions }) => {
      const flops = flopsOf(instructions);
      const bar = h("span", { class: "listing-bar" });
      bar.style.width = `${(100 * flops) / most}%`;
      return [h("dt", {}, name), h("dd", {}, bar), h("dd", {}, count(flops))];
    });
    this.costs.replaceChildren(...rows);
    this.instruction = null;
    this.showCosts();
  }

  /** The whole program instead of one instruction. */
  showCosts() {
    this.instruction = null;
    this.shown = [];
    setText(this.tag, "");
    setText(this.location, "");
    setText(this.flops, "");
    setText(this.formula, "");
    this.operands.replaceChildren();
    this.total.hidden = this.costs.hidden = false;
  }

  /**
   * @param {InstructionInfo} instruction
   * @param {string} tag why this one
   */
  show(instruction, tag) {
    const { index, scope, flops, formula, reads, writes } = instruction;
    setText(this.tag, tag);
    if (instruction === this.instruction) return;
    this.instruction = instruction;
    this.painted = null;
    this.total.hidden = this.costs.hidden = true;
    setText(this.location, `${index} · ${scope}`);
    setText(this.flops, `${count(flops)} FLOPs`);
    setText(this.formula, formula);
    const named = (/** @type {number[]} */ ids) => ids.flatMap((id) => this.buffers.get(id) ?? []);
    const read = named(reads);
    const all = [...read, ...named(writes)];
    while (this.pool.length < all.length) this.pool.push(new Operand());
    this.shown = this.pool.slice(0, all.length);
    for (const [i, buffer] of all.entries()) this.shown[i].set(buffer, i >= read.length);
    this.operands.replaceChildren(...this.shown.map(({ element }) => element));
  }

  /**
   * The numbers.
   * @param {Frame | null} frame
   * @param {number} now ms
   * @param {boolean} calm whether every change can be read
   */
  paint(frame, now, calm) {
    if (!frame || frame === this.painted || this.shown.length === 0) return;
    if (!calm && this.painted && now - this.paintedAt < MIN_INTERVAL) return;
    this.painted = frame;
    this.paintedAt = now;
    for (const operand of this.shown) {
      const { id } = /** @type {BufferInfo} */ (operand.buffer);
      operand.paint(frame.entries.get(id), this.hides);
    }
  }

  /** The colours have changed. */
  repaint() {
    this.painted = null;
  }
}
