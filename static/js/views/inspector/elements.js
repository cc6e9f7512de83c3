// @ts-check
// An instruction's formula for a single element of what it writes: dW1 = Xᵀ·dZ1 becomes
// Σ_b X[b, 0]·dZ1[b, 2] for dW1[0, 2].

import { bufferOf, writerOf } from "./names.js";

/** @import { BufferInfo, InstructionInfo, Model } from "../../state/types.js" */

/** Ops on whole rows, where the indices of one element are not enough. */
const OF_ROWS = ["log_softmax", "batch"];

/**
 * The right-hand side for one element, or the formula's own where it has no elements to name.
 * @param {Model} model
 * @param {InstructionInfo} instruction
 * @param {(number | string)[]} at index into what it writes; a letter stands for any
 */
export function elementOf(model, instruction, at) {
  const [out] = instruction.writes.map((id) => model.bufferById.get(id));
  const reads = instruction.reads.flatMap((id) => model.bufferById.get(id) ?? []);
  const right = instruction.formula.replace(/^.*? [=←] /, "");
  if (!out || out.shape.length !== at.length || OF_ROWS.includes(instruction.op)) return right;
  const rule = RULES[instruction.op];
  return rule ? rule(reads, at, right, out) : elementwise(reads, at, right, out);
}

/**
 * @typedef {(reads: BufferInfo[], at: (number | string)[], right: string,
 *   out: BufferInfo) => string} Rule
 */

/** @type {{[op: string]: Rule}} */
const RULES = {
  linear: ([x, w, b], [row, unit]) =>
    `Σ_k ${x.symbol}[${row}, k]·${w.symbol}[k, ${unit}] + ${b.symbol}[${unit}]`,

  matmul([left, right], [row, column], formula) {
    const [first, second] = formula.split("·").map((factor) => factor.endsWith("ᵀ"));
    const k = left.axes[first ? 0 : 1] === "batch" ? "b" : "k";
    const a = first ? [k, row] : [row, k];
    const b = second ? [column, k] : [k, column];
    return `Σ_${k} ${left.symbol}[${a.join(", ")}]·${right.symbol}[${b.join(", ")}]`;
  },

  sum([x], at, formula) {
    const summed = x.shape.length - at.length;
    if (summed !== 1) return formula;
    return `Σ_b ${x.symbol}[${["b", ...at].join(", ")}]`;
  },

  gather: ([source, rows], [row, ...rest]) =>
    `${source.symbol}[${[`${rows.symbol}[${row}]`, ...rest].join(", ")}]`,
};

/**
 * Every operand of the result's shape gets the result's index; scalars stay as they are.
 * @type {Rule}
 */
function elementwise(reads, at, right, out) {
  const shape = String(out.shape);
  const symbols = reads.filter((x) => String(x.shape) === shape).map((x) => x.symbol);
  if (symbols.length === 0) return right;
  // The longest first: dW2⁽¹⁾ is not dW2.
  symbols.sort((a, b) => b.length - a.length);
  const any = symbols.map((s) => s.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const whole = new RegExp(`(?<![\\p{L}\\d])(?:${any})(?![\\p{L}\\d⁽])`, "gu");
  return right.replace(whole, (symbol) => `${symbol}[${at.join(", ")}]`).replaceAll(" ⊙ ", "·");
}

/**
 * The instructions that make a gradient: the one that writes it, and where that is a sum of
 * several contributions the ones that write these; in the order of the program.
 * @param {Model} model
 * @param {string | null | undefined} gradient name of the buffer
 * @returns {InstructionInfo[]}
 */
export function makersOf(model, gradient) {
  const maker = gradient ? writerOf(model, gradient) : undefined;
  if (!maker) return [];
  if (maker.op !== "add") return [maker];
  const parts = maker.reads.flatMap((id) => makersOf(model, model.bufferById.get(id)?.name));
  return [...parts, maker].sort((a, b) => a.index - b.index);
}

/**
 * The factors of the terms that a sum over the batch adds up for one element; null where the
 * instruction is no such sum.
 * @param {Model} model
 * @param {InstructionInfo} instruction
 * @param {number[]} at
 * @returns {{buffer: BufferInfo, unit: number}[] | null} columns of (batch, unit) buffers
 */
export function batchTerms(model, instruction, at) {
  const [x, y] = instruction.reads.map((id) => bufferOf(model, model.bufferById.get(id)?.name));
  if (x?.axes[0] !== "batch" || x.shape.length !== 2) return null;
  if (instruction.op === "sum" && at.length === 1) return [{ buffer: x, unit: at[0] }];
  if (instruction.op !== "matmul" || at.length !== 2 || !y || y.axes[0] !== "batch") return null;
  return [
    { buffer: x, unit: at[0] },
    { buffer: y, unit: at[1] },
  ];
}
