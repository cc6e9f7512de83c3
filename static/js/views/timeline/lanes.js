// @ts-check
// Where everything lies on the strip: a lane for each branch, marks for what happened on them.

import { endOf, lineage, nowOf, order } from "../../state/branches.js";
import { roundDown, Scale } from "../step_chart/scale.js";
import { editText } from "./words.js";

/** @import { State } from "../../state/store.js" */
/** @import { Moment } from "../../state/types.js" */

/**
 * A piece of a lane, in steps.
 * @typedef {{row: number, from: number, to: number}} Piece
 */

/** @typedef {{row: number, at: number, kind: "edit" | "hit", text: string, moment: Moment}} Mark */

const MAX_LANES = 24; // lanes
const EDGE = 10; // px on both sides

/** The strip as it is to be drawn. */
export class Lanes {
  constructor() {
    this.x = new Scale();
    /** @type {number[]} the branches that have a lane, by row */
    this.rows = [];
    /** @type {Piece[]} of a row each */
    this.lines = [];
    /** @type {Piece[]} the way from the start to the end of the present branch */
    this.path = [];
    /** @type {{at: number, from: number, to: number}[]} where a lane leaves another: rows */
    this.forks = [];
    /** @type {Mark[]} */
    this.marks = [];
    this.now = 0;
    this.nowRow = 0;
    this.height = 1;
    this.instructions = 1;
  }

  /**
   * Takes the state.
   * @param {State} state
   * @param {number} width px
   */
  take(state, width) {
    this.instructions = state.model?.instructions.length ?? 1;
    this.rows = rowsOf(state);
    const { branch, moment } = nowOf(state);
    this.lines = this.rows.map((number, row) => ({
      row,
      from: this.stepOf(state.branches[number].start),
      to: this.stepOf(endOf(state, number)),
    }));
    this.path = lineage(state.branches, branch).map(({ branch: { number }, from, to }) => ({
      row: this.rows.indexOf(number),
      from: this.stepOf(from),
      to: this.stepOf(number === branch ? endOf(state, branch) : to),
    }));
    this.forks = this.rows.flatMap((number, row) => {
      const { parent, start } = state.branches[number];
      const from = parent === null ? -1 : this.rows.indexOf(parent);
      return from < 0 ? [] : [{ at: this.stepOf(start), from, to: row }];
    });
    this.now = this.stepOf(moment);
    this.nowRow = this.path.find(({ from }) => from <= this.now)?.row ?? 0;
    this.marks = this.marksOf(state);
    const [low, high] = state.zoom ?? [0, Math.max(1, ...this.lines.map(({ to }) => to))];
    this.x.cover(low, high);
    this.x.place(EDGE, Math.max(EDGE + 1, width - EDGE));
  }

  /** A moment on the axis of steps. @param {Moment} moment */
  stepOf([step, pc]) {
    return step + pc / this.instructions;
  }

  /** @param {State} state */
  marksOf(state) {
    /** @type {Mark[]} */
    const marks = [];
    for (const [row, number] of this.rows.entries()) {
      const branch = state.branches[number];
      for (const edit of branch.edits) {
        const { moment } = edit;
        const text = editText(edit, branch, state);
        marks.push({ row, at: this.stepOf(moment), kind: "edit", text, moment });
      }
    }
    for (const { branch, moment, texts } of state.hits) {
      const line = lineage(state.branches, branch).find(({ from }) => order(from, moment) <= 0);
      const row = this.rows.indexOf(line?.branch.number ?? branch);
      const text = `stopped at ${texts.join(", ")}`;
      if (row >= 0) marks.push({ row, at: this.stepOf(moment), kind: "hit", text, moment });
    }
    return marks;
  }

  /** The row at a height; -1 below the last one. @param {number} y px */
  rowAt(y) {
    const row = Math.max(0, Math.floor(y / this.height));
    return row < this.rows.length ? row : -1;
  }

  /** The middle of a row, px. @param {number} row */
  y(row) {
    return (row + 0.5) * this.height;
  }

  /**
   * The step at a pixel: where many lie on one pixel, the roundest.
   * @param {number} x px
   */
  stepAt(x) {
    const perPixel = 1 / this.x.slope;
    const unit = perPixel > 1 ? roundDown(perPixel) : 1;
    return Math.max(0, Math.round(this.x.valueAt(x) / unit) * unit);
  }

  /**
   * The branch at a position: the present one wherever its history passes.
   * @param {number} row -1 for none
   * @param {number} step
   * @param {number} present number of the present branch
   */
  branchAt(row, step, present) {
    const passes = this.path.some((p) => p.row === row && p.from <= step && step <= p.to);
    return row < 0 || passes ? present : this.rows[row];
  }

  /**
   * The marks near a position, the nearest first.
   * @param {number} x px
   * @param {number} row -1 for any
   * @param {number} reach px
   */
  near(x, row, reach) {
    const distance = (/** @type {Mark} */ mark) => Math.abs(this.x.at(mark.at) - x);
    return this.marks
      .filter((mark) => (row < 0 || mark.row === row) && distance(mark) <= reach)
      .sort((a, b) => distance(a) - distance(b));
  }
}

/**
 * The branches that get a lane: all, or if they are too many the present one's history, the one
 * compared, and the newest.
 * @param {State} state
 */
function rowsOf(state) {
  const { branches, compared } = state;
  if (branches.length <= MAX_LANES) return branches.map(({ number }) => number);
  const line = lineage(branches, nowOf(state).branch).map(({ branch }) => branch.number);
  const kept = new Set([...line.slice(0, MAX_LANES / 2), compared?.branch ?? 0]);
  for (let n = branches.length - 1; kept.size < MAX_LANES; n -= 1) kept.add(n);
  return [...kept].sort((a, b) => a - b);
}
