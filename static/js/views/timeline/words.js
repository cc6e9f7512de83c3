// @ts-check
// Edits and branches in words.

import { exact, short } from "../../format.js";
import { lineage, order } from "../../state/branches.js";

/** @import { State } from "../../state/store.js" */
/** @import { BranchInfo, EditInfo, Model } from "../../state/types.js" */

const INPUTS = "data/x"; // of the training samples, (sample, feature)
const MAX_CHARACTERS = 8; // of a number that is written in full

/** @param {number} value */
function number(value) {
  const all = exact(value);
  return all.length > MAX_CHARACTERS ? short(value, 4) : all;
}

/**
 * The training point that an edit has moved; null for any other edit.
 * @param {EditInfo} edit
 */
function movedPoint({ buffer, index }) {
  return buffer === INPUTS && index?.[1] === null ? index[0] : null;
}

/**
 * The subject of an edit: "learning rate", "L2 of dense1", "W1[0, 2]".
 * @param {EditInfo} edit
 * @param {Model} model
 */
function subject({ buffer, index }, model) {
  if (buffer in model.hyperparameters) {
    const [layer, setting] = buffer.includes("/") ? buffer.split("/") : ["", buffer];
    const name = setting.replace(/^l(\d)$/, "L$1").replaceAll("_", " ");
    return layer ? `${name} of ${layer}` : name;
  }
  const symbol = model.bufferByName.get(buffer)?.symbol ?? buffer;
  const indices = index?.map((i) => i ?? ":") ?? [];
  return indices.length > 0 ? `${symbol}[${indices.join(", ")}]` : symbol;
}

/**
 * The value of a hyperparameter before an edit; null for any other edit, where it is unknown.
 * @param {EditInfo} edit
 * @param {BranchInfo} branch that it belongs to
 * @param {State} state
 */
function valueBefore(edit, branch, { branches, settings }) {
  if (!(edit.buffer in settings)) return null;
  for (const { branch: line, to } of lineage(branches, branch.number)) {
    const at = line === branch ? line.edits.indexOf(edit) : line.edits.length;
    const earlier = line.edits
      .slice(0, at)
      .findLast(({ buffer, moment }) => buffer === edit.buffer && order(moment, to) <= 0);
    if (earlier) return earlier.value;
  }
  return settings[edit.buffer];
}

/**
 * An edit: "learning rate 0.03 → 0.3", "W1[0, 2] = 0.5", "A1[:, 2] clamped at 0".
 * @param {EditInfo} edit
 * @param {BranchInfo} branch that it belongs to
 * @param {State} state
 */
export function editText(edit, branch, state) {
  if (!state.model) return "";
  const point = movedPoint(edit);
  if (point !== null) return `point ${point} moved`;
  const name = subject(edit, state.model);
  const value = edit.value === null ? "other numbers" : number(edit.value);
  if (edit.kind === "release") return `${name} released`;
  if (edit.kind === "clamp") return `${name} clamped at ${value}`;
  const before = valueBefore(edit, branch, state);
  return before === null ? `${name} = ${value}` : `${name} ${number(before)} → ${value}`;
}

/**
 * A branch by what it began with: "learning rate 0.3".
 * @param {BranchInfo} branch
 * @param {Model | null} model
 */
export function branchText({ edits }, model) {
  const [first] = edits;
  if (!first || !model) return "original";
  const point = movedPoint(first);
  if (point !== null) return `point ${point} moved`;
  const name = subject(first, model);
  if (first.kind === "release") return `${name} released`;
  const value = first.value === null ? "…" : number(first.value);
  return first.kind === "clamp" ? `${name} clamped at ${value}` : `${name} ${value}`;
}
