// @ts-check
// The position of the machine: the instruction just executed, the next one, and which activations
// and gradients already belong to the current step.

/** @import { Scene } from "../../scene/layout.js" */
/** @import { State } from "../../state/store.js" */
/** @import { Frame, InstructionInfo, Model } from "../../state/types.js" */

/** Faster than this (in its own unit, a second) nothing is animated: a calm live view. */
const MAX_WATCHED_RATE = { instruction: 20, step: 4 };
const NO_LIMIT = 1e6;

export class Progress {
  constructor() {
    /** @type {InstructionInfo[]} */
    this.instructions = [];
    /** @type {InstructionInfo | null} the last one executed, if it is worth showing */
    this.executed = null;
    /** @type {InstructionInfo | null} */
    this.next = null;
    this.calm = true;
    this.computed = new Uint8Array(0);
    /** @type {number[]} of every column: the instruction that computes its activations, or -1 */
    this.activated = [];
    /** @type {number[]} and the one that computes its gradients */
    this.graded = [];
  }

  /** @param {Model} model @param {Scene} scene */
  setModel(model, scene) {
    if (this.instructions !== model.instructions) this.executed = null;
    this.instructions = model.instructions;
    const last = (/** @type {string[]} */ names) => {
      const ids = names.map((name) => model.bufferByName.get(name)?.id ?? -1);
      return model.instructions.findLastIndex((i) => i.writes.some((id) => ids.includes(id)));
    };
    const layer = (/** @type {string} */ name) => model.layers.find((l) => l.name === name);
    this.activated = scene.columns.map((c) => last([layer(c.layer)?.output ?? "input/x"]));
    this.graded = scene.columns.map((c) => {
      const output = layer(c.layer)?.output ?? "";
      const found = last([`${output}.grad`]);
      return found >= 0 ? found : last([`${layer(c.layer)?.pre_activation}.grad`]);
    });
    const computed = new Uint8Array(scene.columns.length).fill(3);
    this.computed = this.computed.length === computed.length ? this.computed : computed;
  }

  /**
   * Whether a run is too fast to animate.
   * @param {State} state
   * @returns {{calm: boolean, limit: number}} limit: ms until the next change may come
   */
  pace({ run }) {
    if (!run?.running) return { calm: true, limit: NO_LIMIT };
    const { unit, per_second: rate } = run.speed;
    if (rate === null || rate > MAX_WATCHED_RATE[unit]) return { calm: false, limit: 0 };
    return { calm: true, limit: 900 / rate };
  }

  /**
   * Takes a new frame.
   * @param {Frame | null} from
   * @param {Frame} to
   * @param {boolean} calm
   * @returns {InstructionInfo[]} what was executed in between, if that is worth watching
   */
  advance(from, to, calm) {
    const { instructions, computed } = this;
    const n = instructions.length;
    const passed = from ? (to.step - from.step) * n + to.pc - from.pc : 0;
    const started = to.step > 0 || to.pc > 0;
    const last = calm && started ? instructions[(to.pc - 1 + n) % n] : null;
    this.calm = calm;
    this.executed = last;
    this.next = instructions[to.pc] ?? null;
    for (let c = 0; c < computed.length; c += 1) {
      const all = to.pc === 0 || !calm;
      const activated = all || this.activated[c] < to.pc;
      const graded = all || (this.graded[c] >= 0 && this.graded[c] < to.pc);
      computed[c] = (activated ? 1 : 0) | (graded ? 2 : 0);
    }
    if (!from || !calm || passed <= 0 || passed > n) return [];
    return Array.from({ length: passed }, (_, i) => instructions[(from.pc + i) % n]);
  }
}
