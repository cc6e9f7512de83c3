// @ts-check
// What units, edges and buffers are called, and where their numbers are.

import { describeColumns, isKnown } from "../../scene/kinds.js";

/** @import { ColumnSpec } from "../../scene/kinds.js" */
/** @import { InstructionInfo, Model, Selection } from "../../state/types.js" */

/** @type {WeakMap<Model, ColumnSpec[]>} */
const known = new WeakMap();

/**
 * The columns of a network, inputs first.
 * @param {Model} model
 */
export function columnsOf(model) {
  const columns = known.get(model) ?? describeColumns(model);
  if (isKnown(model)) known.set(model, columns);
  return columns;
}

/**
 * A layer's column and the one before it; null where there is none.
 * @param {Model} model
 * @param {string} layer
 * @returns {{column: ColumnSpec | null, before: ColumnSpec | null, after: ColumnSpec | null}}
 */
export function columnOf(model, layer) {
  const columns = columnsOf(model);
  const index = columns.findIndex((column) => column.layer === layer);
  if (index < 0) return { column: null, before: null, after: null };
  const [before = null, after = null] = [columns[index - 1], columns[index + 1]];
  return { column: columns[index], before, after };
}

/**
 * @param {ColumnSpec} column
 * @param {number} unit
 */
export function unitName(column, unit) {
  if (column.picture)
    return `pixel ${Math.floor(unit / column.picture[1])}, ${unit % column.picture[1]}`;
  const label = column.labels[unit];
  if (column.layer === "input") return label ?? `input ${unit}`;
  return label ? `${column.layer} ${unit} ${label}` : `${column.layer} unit ${unit}`;
}

/**
 * The same where the layer is known.
 * @param {ColumnSpec} column
 * @param {number} unit
 */
export function briefName(column, unit) {
  return column.layer === "input"
    ? unitName(column, unit)
    : (column.labels[unit] ?? `unit ${unit}`);
}

/**
 * Whether a selection exists in the current network.
 * @param {Model} model
 * @param {Selection} target
 */
export function exists(model, target) {
  if (target.kind === "instruction") return target.index < model.instructions.length;
  const { column, before } = columnOf(model, target.layer);
  if (!column) return false;
  if (target.kind === "layer") return true;
  if (target.kind !== "edge") return target.unit < column.count;
  return target.to < column.count && before !== null && target.from < before.count;
}

/**
 * A buffer by name, or undefined.
 * @param {Model} model
 * @param {string | null | undefined} name
 */
export function bufferOf(model, name) {
  return model.bufferByName.get(name ?? "");
}

/**
 * The last instruction that writes a buffer, or the whole that it is a part of, as the updates and
 * the optimizer's numbers of all parameters are computed together.
 * @param {Model} model
 * @param {string} name
 * @returns {InstructionInfo | undefined}
 */
export function writerOf(model, name) {
  const source = name.replace(/^probe\//, "");
  const whole = source.replace(/^.*\//, "parameters/").replace(/^parameters\/\w+\./, "parameters.");
  for (const candidate of [source, whole]) {
    const id = bufferOf(model, candidate)?.id ?? -1;
    const found = model.instructions.findLast((i) => i.writes.includes(id));
    if (found) return found;
  }
  return undefined;
}

/** @param {number[]} index */
export function indexText(index) {
  return index.length ? `[${index.join(", ")}]` : "";
}

/** @param {number[]} shape */
export function shapeText(shape) {
  return shape.length ? shape.join("×") : "scalar";
}
