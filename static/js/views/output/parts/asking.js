// @ts-check
// A question to the network, repeated while it trains: one at a time, the newest wins, and training
// keeps most of the machine.

import { CommandError } from "../../../wire/connection.js";

/** @import { Context, Frame } from "../../../state/types.js" */
/** @import { Message } from "../../../wire/connection.js" */
/** @typedef {{[field: string]: unknown}} Fields */

/** The pause after an answer, as a multiple of the time it took. */
const REST = 1;

/**
 * @typedef {object} Asked
 * @property {string} type of the command
 * @property {number} every ms between two answers while the network trains, at least
 * @property {(answer: Message) => void} answer
 * @property {(why: string) => void} refuse gets the server's sentence
 */

export class Asking {
  /** @param {Context} context @param {Asked} asked */
  constructor(context, asked) {
    this.context = context;
    this.asked = asked;
    /** @type {Fields | null} what is asked; null for nothing */
    this.fields = null;
    /** @type {Frame | null} whose parameters have been asked */
    this.frame = null;
    this.timer = 0;
    this.busy = false;
    this.over = false;
    /** Whether the question has changed. */
    this.changed = false;
    /** Whether the answer belongs to earlier parameters. */
    this.stale = false;
    /** When the question may be repeated, ms. */
    this.rested = 0;
  }

  /**
   * Asks another question as soon as the pending answer has come.
   * @param {Fields | null} fields
   */
  ask(fields) {
    this.fields = fields;
    this.changed = true;
    this.next();
  }

  /**
   * Repeats the question if the parameters may have changed. Call it while the picture is shown.
   * @param {Frame} frame
   */
  renew(frame) {
    if (frame === this.frame) return;
    this.frame = frame;
    this.stale = true;
    this.next();
  }

  stop() {
    this.over = true;
    clearTimeout(this.timer);
  }

  next() {
    if (this.busy || this.over || !(this.changed || this.stale)) return;
    clearTimeout(this.timer);
    const wait = this.changed ? 0 : Math.max(0, this.rested - performance.now());
    this.timer = window.setTimeout(() => this.send(), wait);
  }

  async send() {
    const { fields } = this;
    this.changed = this.stale = false;
    if (!fields) return;
    this.busy = true;
    const begun = performance.now();
    try {
      const answer = await this.context.actions.questions.ask(this.asked.type, fields);
      if (this.isWanted()) this.asked.answer(answer);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (this.isWanted()) this.asked.refuse(error.problem.message);
    } finally {
      const now = performance.now();
      this.rested = now + Math.max(this.asked.every, REST * (now - begun));
      this.busy = false;
      this.next();
    }
  }

  /** Whether there is still a question that the answer belongs to. */
  isWanted() {
    return !this.over && this.fields !== null;
  }
}
