// @ts-check
// Moving through the picture with the keys, and the description of the selection.

import { short } from "../../format.js";
import { across, walkCells } from "../../scene/fields.js";

/** @import { Column, Scene } from "../../scene/layout.js" */
/** @import { Panel } from "../../scene/panel.js" */
/** @import { Selection } from "../../state/types.js" */

/** @param {number} i @param {number} count */
const within = (i, count) => Math.max(0, Math.min(count - 1, i));

/**
 * Where a key leads from a unit or an edge.
 * @param {Scene} scene
 * @param {Selection | null} at
 * @param {string} key of the KeyboardEvent
 * @returns {Selection | null} null if the key does not move
 */
export function walk(scene, at, key) {
  if (!/^(Arrow|e$|E$|Home$|End$)/.test(key)) return null;
  const layer = at && "layer" in at ? at.layer : "input";
  const column = scene.columns.find((c) => c.layer === layer) ?? scene.columns[0];
  if (at?.kind === "edge") return walkEdges(scene, column, at, key);
  const unit = at?.kind === "unit" || at?.kind === "bias" ? at.unit : -1;
  if (unit < 0) return { kind: "unit", layer: column.layer, unit: 0 };
  if (key === "e" || key === "E") {
    const before = scene.columns[column.index - 1];
    if (!before || column.panel || before.panel) return at;
    return { kind: "edge", layer: column.layer, from: 0, to: unit };
  }
  if (column.panel) return walkPanel(scene, column, column.panel, unit, key);
  if (key === "Home") return { kind: "unit", layer: column.layer, unit: 0 };
  if (key === "End") return { kind: "unit", layer: column.layer, unit: column.count - 1 };
  return walkUnits(scene, column, unit, key);
}

/**
 * Up and down within a column, left and right along a row of a block and on to the next column.
 * @param {Scene} scene
 * @param {Column} column
 * @param {number} unit
 * @param {string} key
 * @returns {Selection}
 */
function walkUnits(scene, column, unit, key) {
  const stay = (/** @type {number} */ i) =>
    /** @type {Selection} */ ({ kind: "unit", layer: column.layer, unit: within(i, column.count) });
  if (key === "ArrowUp") return stay(unit - column.cols < 0 ? unit : unit - column.cols);
  if (key === "ArrowDown")
    return stay(unit + column.cols >= column.count ? unit : unit + column.cols);
  const step = key === "ArrowRight" ? 1 : -1;
  const col = (unit % column.cols) + step;
  if (col >= 0 && col < column.cols && unit + step < column.count) return stay(unit + step);
  const next = scene.columns[within(column.index + step, scene.columns.length)];
  if (next === column) return stay(unit);
  // To the unit at the same height.
  if (next.panel) return enter(next, next.panel, column.ys[unit] + column.size / 2, step);
  const row = within(Math.round((column.ys[unit] - next.y) / next.pitchY), next.rows);
  const to = within(row * next.cols + (step > 0 ? 0 : next.cols - 1), next.count);
  return { kind: "unit", layer: next.layer, unit: to };
}

/**
 * From cell to cell, and on to the next column.
 * @param {Scene} scene
 * @param {Column} column
 * @param {Panel} panel
 * @param {number} cell
 * @param {string} key
 * @returns {Selection}
 */
function walkPanel(scene, column, panel, cell, key) {
  const to = walkCells(panel.fields, cell, key);
  if (to !== null) return { kind: "unit", layer: column.layer, unit: to };
  const step = key === "ArrowRight" ? 1 : -1;
  const next = scene.columns[column.index + step];
  if (!next) return { kind: "unit", layer: column.layer, unit: cell };
  const box = panel.boxOf(cell);
  const y = box.y + box.height / 2;
  if (next.panel) return enter(next, next.panel, y, step);
  const row = within(Math.floor((y - next.y) / next.pitchY), next.rows);
  return { kind: "unit", layer: next.layer, unit: within(row * next.cols, next.count) };
}

/**
 * The cell of a column at a height, on the side from which the selection moves in.
 * @param {Column} column
 * @param {Panel} panel
 * @param {number} y
 * @param {number} step 1 from the left, -1 from the right
 * @returns {Selection}
 */
function enter(column, { fields }, y, step) {
  const field = fields[step > 0 ? 0 : fields.length - 1];
  const row = within(Math.floor(((y - field.y) / field.height) * field.part.rows), field.part.rows);
  const cols = across(field);
  const unit = field.first + row * cols + (step > 0 ? 0 : cols - 1);
  return { kind: "unit", layer: column.layer, unit };
}

/**
 * Up and down through the edges into a unit; left and right, or E again, leave for its ends.
 * @param {Scene} scene
 * @param {Column} column
 * @param {{from: number, to: number}} edge
 * @param {string} key
 * @returns {Selection}
 */
function walkEdges(scene, column, edge, key) {
  const before = scene.columns[column.index - 1];
  if (key === "ArrowLeft") return { kind: "unit", layer: before.layer, unit: edge.from };
  if (key === "ArrowUp" || key === "ArrowDown") {
    const from = within(edge.from + (key === "ArrowDown" ? 1 : -1), before.count);
    return { kind: "edge", layer: column.layer, from, to: edge.to };
  }
  return { kind: "unit", layer: column.layer, unit: edge.to };
}

/**
 * The selection in words, with its values.
 * @param {Scene} scene
 * @param {Selection} target
 * @param {[string, number | null][]} values
 * @param {import("../../scene/panel.js").Read} read
 */
export function describe(scene, target, values, read) {
  const column = "layer" in target ? scene.columns.find((c) => c.layer === target.layer) : null;
  if (!column) return "";
  const numbers = values
    .map(([name, v]) => `${name} ${v === null ? "unknown" : short(v)}`)
    .join(", ");
  if (target.kind === "edge") {
    const from = scene.columns[column.index - 1];
    return `Edge from ${unitName(from, target.from)} to ${unitName(column, target.to)}: ${numbers}`;
  }
  if (target.kind !== "unit" && target.kind !== "bias") return column.title;
  if (column.panel) return `${column.title}, ${column.panel.name(target.unit, read)}: ${numbers}`;
  return `${unitName(column, target.unit)} of ${column.count}: ${numbers}`;
}

/**
 * @param {Column} column
 * @param {number} unit
 */
export function unitName(column, unit) {
  const label = column.labels[unit];
  if (column.picture) {
    const [, cols] = column.picture;
    return `pixel ${Math.floor(unit / cols)}, ${unit % cols}`;
  }
  if (column.index === 0) return label ?? `input ${unit}`;
  return label ? `${column.layer} unit ${unit} (${label})` : `${column.layer} unit ${unit}`;
}
