// @ts-check
// The motion of executed instructions: a short list of cues with a start and an end. It depends
// only on the instruction's buffers, so that new ops move without being named here.

/** @import { Scene } from "../scene/layout.js" */
/** @import { InstructionInfo, Model } from "../state/types.js" */
/** @import { Values } from "./values.js" */

/**
 * flow: comets along the edges into a column, forward; pull: against them, backward; fill, ring:
 * the units of a column take new values; settle: dL/dW arrives at the edges; dash: the update is
 * computed; morph: it is applied; loss: the loss is computed, or its gradient leaves it.
 * @typedef {"flow" | "pull" | "fill" | "ring" | "settle" | "dash" | "morph" | "loss"} CueKind
 */

/** @typedef {{kind: CueKind, column: number, start: number, end: number}} Cue ms */

/** The duration of each cue when one instruction is watched alone, ms. */
const DURATIONS = {
  flow: 480,
  pull: 520,
  fill: 260,
  ring: 260,
  settle: 560,
  dash: 560,
  morph: 580,
  loss: 320,
};
/** The longest motion of a layer, a phase or a step, ms. */
const MAX_DURATION = 1400;

/**
 * The cue of one instruction, or null if nothing in the picture moves. For "flow", "pull",
 * "settle" and "morph" the column is the one at which the edges arrive.
 * @param {Model} model
 * @param {Scene} scene
 * @param {InstructionInfo} instruction
 * @returns {{kind: CueKind, column: number} | null}
 */
export function cueOf(model, scene, instruction) {
  for (const id of instruction.writes) {
    const buffer = model.bufferById.get(id);
    if (!buffer) continue;
    const column = scene.columns.findIndex((c) => c.layer === buffer.layer);
    const isBias = scene.columns[column]?.bias === buffer.name;
    if (buffer.role === "parameter" && !isBias) return { kind: "morph", column };
    if (buffer.role === "update" && !isBias) return { kind: "dash", column };
    if (buffer.role === "pre_activation") return { kind: "flow", column };
    if (buffer.role === "activation") return { kind: "fill", column };
    if (buffer.role === "loss") return { kind: "loss", column: -1 };
    if (buffer.role === "gradient") {
      const of = model.bufferByName.get(buffer.name.replace(/\.grad$/, ""));
      if (of?.role === "parameter" && of.name === scene.columns[column]?.weight) {
        return { kind: "settle", column };
      }
      if (of?.role === "pre_activation") return { kind: "ring", column };
      if (of?.role === "activation" && column >= 0) {
        return column + 1 < scene.columns.length
          ? { kind: "pull", column: column + 1 }
          : { kind: "loss", column: -1 };
      }
    }
    if (buffer.role === "input") return { kind: "fill", column: 0 };
  }
  return null;
}

/** The cues that are running. */
export class Motion {
  constructor() {
    /** @type {Cue[]} */
    this.cues = [];
    this.end = 0;
  }

  stop() {
    this.cues = [];
    this.end = 0;
  }

  /**
   * Schedules the cues of some instructions one after the other.
   * @param {Model} model
   * @param {Scene} scene
   * @param {InstructionInfo[]} instructions
   * @param {number} now ms
   * @param {number} limit ms until the next instructions may come
   */
  begin(model, scene, instructions, now, limit) {
    this.stop();
    /** @type {{kind: CueKind, column: number}[]} */
    const found = [];
    for (const instruction of instructions) {
      const cue = cueOf(model, scene, instruction);
      const last = found[found.length - 1];
      if (cue && !(last && last.kind === cue.kind && last.column === cue.column)) found.push(cue);
    }
    const total = found.reduce((sum, cue) => sum + DURATIONS[cue.kind], 0);
    const most = Math.min(found.length > 1 ? MAX_DURATION : 600, limit);
    const pace = total > most ? most / total : 1;
    let start = now;
    for (const cue of found) {
      const end = start + DURATIONS[cue.kind] * pace;
      this.cues.push({ ...cue, start, end });
      start = end;
    }
    this.end = start;
  }

  /**
   * Delays values until their cue: an activation fills when its comets have arrived.
   * @param {Scene} scene
   * @param {Values} values
   * @param {number} now
   */
  holdValues(scene, values, now) {
    for (const signal of values.signals.values()) signal.hold = 0;
    const hold = (/** @type {string | undefined} */ name, /** @type {number} */ until) => {
      const signal = name ? values.signal(name) : null;
      if (signal && until > now) signal.hold = until;
    };
    for (const { kind, column, start, end } of this.cues) {
      if (kind === "flow") hold(scene.columns[column]?.value, end);
      if (kind === "fill") hold(scene.columns[column]?.value, start);
      if (kind === "pull") hold(scene.columns[column - 1]?.gradient, end);
      if (kind === "ring") hold(scene.columns[column]?.gradient, start);
      if (kind !== "morph") continue;
      for (const c of scene.columns) {
        for (const name of [c.weight, c.bias, c.face.buffer]) hold(name, (3 * start + end) / 4);
      }
    }
  }

  /**
   * The values of a column that were computed but stay hidden until their cue.
   * @param {number} column
   * @param {number} now
   * @returns {number} bit 0 activations, bit 1 gradients
   */
  pending(column, now) {
    let bits = 0;
    for (const { kind, column: c, start, end } of this.cues) {
      if (kind === "flow" && c === column && now < end) bits |= 1;
      if (kind === "fill" && c === column && now < start) bits |= 1;
      if (kind === "pull" && c - 1 === column && now < end) bits |= 2;
      if (kind === "ring" && c === column && now < start) bits |= 2;
    }
    return bits;
  }

  /** @param {number} now */
  active(now) {
    return now < this.end;
  }
}
