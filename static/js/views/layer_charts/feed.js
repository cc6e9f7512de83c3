// @ts-check
// Requests the series: about twice a second while the machine runs, once when it has stopped or
// moved, and not while the charts are hidden.

import { CommandError } from "../../wire/connection.js";

/** @import { Context, SeriesAnswer } from "../../state/types.js" */

const INTERVAL = 500; // ms, while it runs

export class Feed {
  /**
   * @param {Context} context
   * @param {(answer: SeriesAnswer) => void} take
   */
  constructor({ store, actions }, take) {
    this.store = store;
    this.actions = actions;
    this.take = take;
    this.visible = false;
    this.asking = false;
    /** Whether the last answer may be out of date. */
    this.stale = true;
    this.timer = 0;
    store.on(["run", "model", "connection"], () => this.outdate());
    document.addEventListener("visibilitychange", () => this.next());
  }

  /** @param {boolean} visible */
  show(visible) {
    if (this.visible === visible) return;
    this.visible = visible;
    this.next();
  }

  outdate() {
    this.stale = true;
    this.next();
  }

  get wanted() {
    const { connection, model } = this.store.state;
    const seen = this.visible && document.visibilityState === "visible";
    return seen && connection === "open" && model !== null;
  }

  /** Requests the series if they are out of date; while the machine runs, again after a while. */
  async next() {
    if (!this.wanted || this.asking || !this.stale) return;
    clearTimeout(this.timer);
    this.asking = true;
    this.stale = false;
    try {
      const { model } = this.store.state;
      const answer = await this.actions.health.series();
      if (model === this.store.state.model) this.take(answer);
    } catch (error) {
      // Refused while there is no program; a new program asks again.
      if (!(error instanceof CommandError)) throw error;
    } finally {
      this.asking = false;
    }
    const running = this.store.state.run?.running;
    if (running) this.timer = window.setTimeout(() => this.outdate(), INTERVAL);
    else this.next();
  }
}
