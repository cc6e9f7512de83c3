// @ts-check
// Fields: matrices of numbers that are drawn side by side in one column. The cells of a column are
// numbered through all its fields, and a cell is selected by its number. Pure.

import { findSteps } from "./sequence.js";

/** @import { Model } from "../state/types.js" */
/** @import { Box } from "./layout.js" */
/** @import { Steps } from "./sequence.js" */

/**
 * A part of a buffer as a matrix: number (row, col) is at `offset + row * stride + col * step`.
 * @typedef {{rows: number, cols: number, offset: number, stride: number, step: number}} Part
 */

/**
 * How a field is drawn. heat: signed numbers as an image; shares: numbers 0..1 as ink; mean: a bar
 * per row with its mean magnitude; norm: a bar per row with its norm; fade: the norm of its
 * gradient per row, on a logarithmic scale; words: text that the painter of its kind writes.
 * @typedef {"heat" | "shares" | "mean" | "norm" | "fade" | "words"} Look
 */

/**
 * A field as its kind of layer describes it.
 * @typedef {object} FieldSpec
 * @property {string} symbol is written below the field
 * @property {string} title in words
 * @property {Look} look
 * @property {string} value buffer
 * @property {string} gradient buffer of its gradient, or ""
 * @property {Part} part of both
 * @property {(row: number, col: number) => number[]} index of a cell in both
 * @property {"step" | "query" | "unit" | "pixel"} axis what a row stands for
 * @property {string} group fields of one group stand together
 * @property {string} path scope of its time steps, or ""
 * @property {boolean} back the steps run from the last to the first
 * @property {number} range the largest magnitude if it is fixed; 0 to follow the numbers
 * @property {number} ideal width, CSS px at scale 1
 */

/**
 * A field with its box; its cells are numbered from `first` on. Its values belong to the current
 * step after instruction `done`, its gradient after `reached`; -1 if unknown.
 * @typedef {FieldSpec & Box & {first: number, cells: number, steps: Steps | null, done: number,
 *   reached: number}} Field
 */

/** The preferred and the largest width of an image of a sequence, CSS px at scale 1. */
const IDEAL_IMAGE = 48;
const MAX_IMAGE = 72;

/**
 * A whole buffer of (row, col) as a part.
 * @param {number} rows
 * @param {number} cols
 * @returns {Part}
 */
function whole(rows, cols) {
  return { rows, cols, offset: 0, stride: cols, step: 1 };
}

/**
 * A field of (step, unit).
 * @param {Model} model
 * @param {string} value buffer
 * @param {Partial<FieldSpec> & {symbol: string, title: string}} of
 * @returns {FieldSpec}
 */
export function sequenceField(model, value, of) {
  const [rows = 1, cols = 1] = model.bufferByName.get(value)?.shape ?? [];
  return {
    look: "heat",
    value,
    gradient: model.bufferByName.has(`${value}.grad`) ? `${value}.grad` : "",
    part: whole(rows, cols),
    index: (row, col) => [row, col],
    axis: "step",
    group: value,
    path: "",
    back: false,
    range: 0,
    ideal: imageWidth(cols),
    ...of,
  };
}

/**
 * A width at which every column has the same whole number of pixels, at least one.
 * @param {number} cols
 */
export function imageWidth(cols) {
  if (cols > MAX_IMAGE) return MAX_IMAGE;
  return cols * Math.max(1, Math.min(8, Math.floor(IDEAL_IMAGE / cols)));
}

/** The number of cells in a row; bars have one. @param {FieldSpec} field */
export function across({ look, part }) {
  return look === "mean" || look === "norm" || look === "fade" ? 1 : part.cols;
}

/**
 * Numbers the cells and finds the instructions that compute each field.
 * @param {FieldSpec[]} specs
 * @param {Model} model
 * @returns {Field[]}
 */
export function makeFields(specs, model) {
  let first = 0;
  return specs.map((spec) => {
    const cells = spec.part.rows * across(spec);
    const steps = spec.path ? findSteps(model.instructions, spec.path, spec.part.rows) : null;
    const field = {
      ...spec,
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      first,
      cells,
      steps,
      done: lastWriter(model, spec.value, "forward"),
      reached: lastWriter(model, spec.gradient, "backward"),
    };
    first += cells;
    return field;
  });
}

/**
 * @param {Model} model
 * @param {string} view of a buffer for the probe sample
 * @param {string} phase
 */
function lastWriter(model, view, phase) {
  const id = model.bufferByName.get(view.replace(/^probe\//, ""))?.id ?? -1;
  return model.instructions.findLastIndex((i) => i.phase === phase && i.writes.includes(id));
}

/**
 * The cell at a point, or -1.
 * @param {Field[]} fields
 * @param {number} x
 * @param {number} y
 */
export function cellAt(fields, x, y) {
  for (const field of fields) {
    const cols = across(field);
    const col = Math.floor(((x - field.x) / field.width) * cols);
    const row = Math.floor(((y - field.y) / field.height) * field.part.rows);
    if (col < 0 || col >= cols || row < 0 || row >= field.part.rows) continue;
    return field.first + row * cols + col;
  }
  return -1;
}

/**
 * The field, row and column of a cell.
 * @param {Field[]} fields
 * @param {number} cell
 */
export function positionOf(fields, cell) {
  const field = fields.findLast((candidate) => candidate.first <= cell) ?? fields[0];
  const cols = across(field);
  const within = cell - field.first;
  return { field, row: Math.floor(within / cols), col: within % cols };
}

/**
 * @param {Field[]} fields
 * @param {number} cell
 * @returns {Box}
 */
export function boxOf(fields, cell) {
  const { field, row, col } = positionOf(fields, cell);
  return boxAround(field, [row, row], [col, col]);
}

/**
 * The box of neighbouring cells of a field.
 * @param {Field} field
 * @param {[first: number, last: number]} rows
 * @param {[first: number, last: number]} cols
 * @returns {Box}
 */
export function boxAround(field, rows, cols) {
  const width = field.width / across(field);
  const height = field.height / field.part.rows;
  return {
    x: field.x + cols[0] * width,
    y: field.y + rows[0] * height,
    width: (cols[1] - cols[0] + 1) * width,
    height: (rows[1] - rows[0] + 1) * height,
  };
}

/**
 * The cell that an arrow key leads to; null if that is outside the column.
 * @param {Field[]} fields
 * @param {number} cell
 * @param {string} key
 * @returns {number | null}
 */
export function walkCells(fields, cell, key) {
  const { field, row, col } = positionOf(fields, cell);
  const cols = across(field);
  const to = (/** @type {number} */ r, /** @type {number} */ c) => field.first + r * cols + c;
  if (key === "Home") return to(row, 0);
  if (key === "End") return to(row, cols - 1);
  if (key === "ArrowUp") return to(Math.max(0, row - 1), col);
  if (key === "ArrowDown") return to(Math.min(field.part.rows - 1, row + 1), col);
  const step = key === "ArrowRight" ? 1 : -1;
  if (col + step >= 0 && col + step < cols) return to(row, col + step);
  const next = fields[fields.indexOf(field) + step];
  if (!next) return null;
  const share = Math.min(next.part.rows - 1, Math.floor((row * next.part.rows) / field.part.rows));
  return next.first + share * across(next) + (step > 0 ? 0 : across(next) - 1);
}
