// @ts-check
// Pointing at the strip, dragging along it, and its keys: each of them goes to a moment.

import { endOf, nowOf, order } from "../../state/branches.js";

/** @import { Context, Moment } from "../../state/types.js" */
/** @import { Lanes } from "./lanes.js" */

export class Scrubber {
  /**
   * @param {HTMLElement} element the track
   * @param {Context} context
   * @param {Lanes} lanes
   * @param {() => void} changed the pointer has moved
   */
  constructor(element, { store, actions }, lanes, changed) {
    this.element = element;
    this.store = store;
    this.travel = actions.travel;
    this.lanes = lanes;
    this.changed = changed;
    /** Where the pointer is, px from the track's corner; NaN if it is elsewhere. */
    this.x = Number.NaN;
    this.y = Number.NaN;
    /** The branch that is dragged along; -1 for none. */
    this.branch = -1;
    /** @type {Moment | null} where the machine is being sent */
    this.target = null;
    element.addEventListener("pointerdown", (event) => this.press(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", () => this.release());
    element.addEventListener("pointercancel", () => this.release());
    element.addEventListener("pointerleave", () => this.leave());
    element.addEventListener("keydown", (event) => this.key(event));
    store.on(["run"], () => this.arrive());
  }

  get dragging() {
    return this.branch >= 0;
  }

  /** What is under the pointer; null if it is elsewhere. */
  pointed() {
    if (Number.isNaN(this.x)) return null;
    const { lanes } = this;
    const { state } = this.store;
    const row = lanes.rowAt(this.y);
    const step = lanes.stepAt(this.x);
    const present = nowOf(state).branch;
    const branch = this.dragging ? this.branch : lanes.branchAt(row, step, present);
    const end = endOf(state, branch);
    /** @type {Moment} */
    const moment = step >= end[0] ? end : [step, 0];
    return { row: this.dragging ? -1 : row, branch, moment };
  }

  /** @param {PointerEvent} event */
  place(event) {
    const box = this.element.getBoundingClientRect();
    this.x = event.clientX - box.left;
    this.y = event.clientY - box.top;
    this.changed();
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || this.store.state.branches.length === 0) return;
    this.place(event);
    this.branch = this.pointed()?.branch ?? -1;
    this.element.setPointerCapture(event.pointerId);
    this.go();
  }

  /** @param {PointerEvent} event */
  move(event) {
    this.place(event);
    if (this.dragging) this.go();
  }

  release() {
    this.branch = -1;
    this.changed();
  }

  leave() {
    if (this.dragging) return;
    this.x = this.y = Number.NaN;
    this.changed();
  }

  /** Goes to the moment under the pointer, unless the machine is there or on its way. */
  go() {
    const at = this.pointed();
    if (!at) return;
    const now = nowOf(this.store.state);
    const goal = this.target ?? now.moment;
    if (at.branch !== now.branch || order(goal, at.moment) !== 0) this.jump(at.moment, at.branch);
  }

  /**
   * @param {Moment} moment
   * @param {number} branch
   */
  async jump(moment, branch) {
    this.target = moment;
    await this.travel.goto(moment, branch);
    this.arrive();
  }

  /** Clears the destination once the machine stands still. */
  arrive() {
    if (!this.store.state.run?.running && !this.travel.jumping) this.target = null;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const moment = this.moved(event.key);
    if (!moment) return;
    event.preventDefault();
    event.stopPropagation();
    this.jump(moment, nowOf(this.store.state).branch);
  }

  /**
   * Where a key leads.
   * @param {string} key
   * @returns {Moment | null}
   */
  moved(key) {
    const { state } = this.store;
    const { branch, moment } = nowOf(state);
    const [step, pc] = this.target ?? moment;
    const end = endOf(state, branch);
    const page = state.model?.steps_per_epoch ?? 1;
    const back = pc > 0 ? 0 : 1;
    const to = {
      ArrowLeft: step - back,
      ArrowDown: step - back,
      ArrowRight: step + 1,
      ArrowUp: step + 1,
      PageDown: step - page,
      PageUp: step + page,
      Home: 0,
      End: end[0],
    }[key];
    if (to === undefined) return null;
    return to >= end[0] ? end : [Math.max(0, to), 0];
  }
}
