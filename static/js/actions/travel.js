// @ts-check
// Time travel: by steps in both directions, to any moment, and to other branches.

import { endOf, nowOf } from "../state/branches.js";
import { addProblem } from "../state/events.js";
import { CommandError } from "../wire/connection.js";

/** @import { Store } from "../state/store.js" */
/** @import { Moment, StepUnit } from "../state/types.js" */
/** @import { Actions } from "./actions.js" */
/** @typedef {"step" | "step_back"} Direction */

const MAX_WAITING = 8; // steps
const ONE_BRANCH =
  "There is only one branch so far. Go back and change something: that starts a second one.";

/** The actions that move the machine along its history. */
export class Travel {
  /**
   * @param {Actions} actions
   * @param {Store} store
   */
  constructor(actions, store) {
    this.actions = actions;
    this.store = store;
    this.walking = false;
    this.waiting = { direction: /** @type {Direction} */ ("step"), unit: "", count: 0 };
    /** @type {{[field: string]: unknown} | null} the newest requested moment */
    this.wanted = null;
    this.jumping = false;
    store.on(["run"], () => this.follow());
  }

  /**
   * Steps forward or back by one unit. Calls during a step are added up, to a few at most, and sent
   * together after it: quick presses all count, but a key held down never gets ahead of the
   * machine.
   * @param {Direction} direction
   * @param {StepUnit} unit
   */
  async walk(direction, unit) {
    const same = this.waiting.unit === unit && this.waiting.direction === direction;
    if (!same) this.waiting = { direction, unit, count: 0 };
    this.waiting.count = Math.min(MAX_WAITING, this.waiting.count + 1);
    if (this.walking) return;
    this.walking = true;
    while (this.waiting.count > 0) {
      const { direction: type, unit: by, count } = this.waiting;
      this.waiting.count = 0;
      await this.actions.send(type, { unit: by, count });
    }
    this.walking = false;
  }

  /**
   * Goes back by one unit.
   * @param {StepUnit} [unit] by default the one chosen on the transport
   */
  stepBack(unit = this.store.state.stepUnit) {
    return this.walk("step_back", unit);
  }

  /** Steps to the end of the present layer's instructions in this phase. */
  out() {
    return this.actions.send("step", { unit: "out" });
  }

  /** Runs back to the breakpoint that was hit last before this moment, or else to the start. */
  reverseContinue() {
    return this.actions.send("reverse_continue");
  }

  /**
   * Goes to a moment. Sends one command at a time; of the moments requested meanwhile the last
   * counts.
   * @param {Moment} moment
   * @param {number | null} [branch] null for the present one
   */
  async goto([step, pc], branch = null) {
    this.wanted = { step, pc, branch };
    if (this.jumping) return;
    this.jumping = true;
    while (this.wanted) {
      const target = this.wanted;
      this.wanted = null;
      await this.actions.send("goto", target);
    }
    this.jumping = false;
  }

  /** Goes to the start of training. */
  start() {
    return this.goto([0, 0]);
  }

  /** Goes to the latest moment trained on the present branch. */
  end() {
    const { state } = this.store;
    return this.goto(endOf(state, nowOf(state).branch));
  }

  /**
   * Goes to another branch: to the same step, or to its end if it does not go that far.
   * @param {number} branch
   */
  switchTo(branch) {
    const { state } = this.store;
    const { moment } = nowOf(state);
    const end = endOf(state, branch);
    const [step] = moment[0] < end[0] ? moment : end;
    return this.goto(step === end[0] ? end : [step, 0], branch);
  }

  /**
   * Goes to the branch above or below the present one.
   * @param {number} by
   */
  switchBy(by) {
    const { state } = this.store;
    const { length } = state.branches;
    if (length < 2) this.store.set({ announce: ONE_BRANCH });
    else this.switchTo((nowOf(state).branch + by + length) % length);
  }

  /**
   * Shows another branch beside the present one; null ends it.
   * @param {number | null} branch
   */
  async compare(branch) {
    const { store } = this;
    const beside = nowOf(store.state).branch;
    try {
      const answer = await this.actions.connection.request("compare", { branch });
      const { parting, difference } = answer;
      store.set({ compared: branch === null ? null : { branch, beside, parting, difference } });
      if (branch === null && store.state.edgeMode === "difference")
        store.set({ edgeMode: "weight" });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      addProblem(store, error.problem);
    }
  }

  /**
   * Shows another branch beside the present one, unless one is shown: its parent, or the newest.
   * @returns {Promise<boolean>} whether there is another one
   */
  async compareAny() {
    const { state } = this.store;
    const { branches, compared } = state;
    if (branches.length < 2) this.store.set({ announce: ONE_BRANCH });
    else if (!compared) {
      await this.compare(branches[nowOf(state).branch].parent ?? branches.length - 1);
    }
    return branches.length > 1;
  }

  /** Begins or ends a comparison. */
  toggleComparison() {
    return this.store.state.compared ? this.compare(null) : this.compareAny();
  }

  /** After a switch to the compared branch, the comparison is seen from its other side. */
  follow() {
    const { compared, run } = this.store.state;
    if (!compared || !run || run.branch === compared.beside) return;
    this.compare(run.branch === compared.branch ? compared.beside : compared.branch);
  }
}
