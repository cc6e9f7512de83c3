// @ts-check
// The steps of a sequence: their names, their rows, and the instructions that compute them. Time
// runs downwards, so that one row reads across the whole network. Pure.

/** @import { InstructionInfo, Model } from "../state/types.js" */

/** The rows of a sequence: step t lies at `y + t * pitch`. @typedef {{y: number, pitch: number, height: number}} Rows */

/** The largest height of a row, CSS px at scale 1. */
const MAX_ROW = 24;

/** Visible signs for white space, and for what is not in the vocabulary. */
const MARKS = new Map([
  [" ", "␣"],
  ["\n", "↵"],
  ["\t", "⇥"],
  ["\ufffd", "∅"],
]);

/** @type {WeakMap<string[], string[]>} the visible tokens of each vocabulary */
const shown = new WeakMap();

/**
 * A token as visible text: spaces, line ends and unknown characters have signs.
 * @param {Model} model
 * @param {number} id
 */
export function tokenText({ data: { vocabulary } }, id) {
  if (!vocabulary) return String(id);
  let texts = shown.get(vocabulary);
  if (!texts) {
    texts = vocabulary.map((token) => [...token].map((c) => MARKS.get(c) ?? c).join(""));
    shown.set(vocabulary, texts);
  }
  return texts[id] ?? "";
}

/**
 * The name of a step: its number, with its token in quotes if there is one.
 * @param {Model} model
 * @param {ArrayLike<number> | null} ids the tokens of the sample, where it has any
 * @param {number} step from 0
 */
export function stepName(model, ids, step) {
  const known = model.data.vocabulary && ids && step < ids.length && Number.isFinite(ids[step]);
  return known ? `step ${step + 1} “${tokenText(model, ids[step])}”` : `step ${step + 1}`;
}

/**
 * The rows of a sequence of `count` steps in a network whose inputs have `longest`.
 * @param {{y: number, height: number, scale: number}} area
 * @param {number} count
 * @param {number} longest
 * @returns {Rows}
 */
export function rowsOf(area, count, longest) {
  const height = Math.min(area.height, MAX_ROW * area.scale * Math.max(longest, count));
  return { y: area.y + (area.height - height) / 2, pitch: height / count, height };
}

/**
 * The instructions that compute the steps of a recurrent layer: `done[t]` is the last one of step t
 * in the forward pass; after `reached[t]`, dL/dh of step t is complete. -1 if there is none, as
 * before the truncation.
 * @typedef {{path: string, done: Int32Array, reached: Int32Array}} Steps
 */

/**
 * @param {InstructionInfo[]} instructions
 * @param {string} path scope of the steps: "lstm2", or "lstm2/ahead" of one of two directions
 * @param {number} count of steps
 * @returns {Steps}
 */
export function findSteps(instructions, path, count) {
  const done = new Int32Array(count).fill(-1);
  const reached = new Int32Array(count).fill(-1);
  for (const instruction of instructions) {
    const step = stepIn(instruction, path);
    if (step < 0 || step >= count) continue;
    if (instruction.phase === "forward") done[step] = instruction.index;
    else if (instruction.phase === "backward" && reached[step] < 0) {
      reached[step] = instruction.index;
    }
  }
  return { path, done, reached };
}

/**
 * The time step that an instruction belongs to, from 0; -1 if to none of this path.
 * @param {InstructionInfo | null} instruction
 * @param {string} path
 */
export function stepIn(instruction, path) {
  if (!instruction?.scope.startsWith(`${path}/t`)) return -1;
  const rest = instruction.scope.slice(path.length + 2);
  const found = /^\d+/.exec(rest);
  return found ? Number(found[0]) - 1 : -1;
}

/**
 * The name of the table row that a field of the input selects: "person 12", or the title of a film.
 * @param {Model} model
 * @param {number} field
 * @param {number} id
 */
export function fieldName(model, field, id) {
  const { feature_names: names, extras } = model.data;
  const titles = field === names.length - 1 ? extras?.all.titles : null;
  return titles?.[id] ?? `${names[field] ?? "field"} ${id}`;
}
