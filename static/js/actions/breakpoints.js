// @ts-check
// Sets breakpoints, logpoints, watchpoints and the watch list. The server has the lists; items that
// it refuses stay on the page with the reason.

import * as specs from "../state/breakpoints.js";
import { addProblem } from "../state/events.js";
import { stopText } from "../state/watches.js";
import { CommandError } from "../wire/connection.js";

/** @import { Store } from "../state/store.js" */
/** @import { Breakpoint, BreakpointSpec, Watched } from "../state/types.js" */
/** @import { Actions } from "./actions.js" */
/** @typedef {"value" | "condition" | "scalar" | "log_message"} Role of an expression */

/**
 * The server's judgement of an expression: where it is wrong, or the shape and kind of its value.
 * @typedef {{wrong: {at: number, length: number, message: string} | null, shape: number[],
 *   truth: boolean}} Judgement
 */

const MAX_WATCHES = 32;

export class Breakpoints {
  /**
   * @param {Actions} actions
   * @param {Store} store
   */
  constructor(actions, store) {
    this.actions = actions;
    this.store = store;
    /** @type {Breakpoint[] | null} the newest list until the server has it */
    this.breakpoints = null;
    /** @type {Watched[] | null} */
    this.watches = null;
    /** The moment of the last announced stop, or "". */
    this.announced = "";
    store.on(["run"], () => this.announce());
  }

  // --- Breakpoints -------------------------------------------------------------------------------

  /** The newest breakpoints, even if the server does not have them yet. */
  get list() {
    return this.breakpoints ?? this.store.state.breakpoints;
  }

  /**
   * Adds a breakpoint, or changes the one of the same name. Names a breakpoint without a name.
   * @param {BreakpointSpec} spec
   * @returns {string} its name, "" if there are too many
   */
  put(spec) {
    const name = spec.name || specs.nextName(this.list);
    const breakpoint = specs.asBreakpoint({ ...spec, name });
    const at = this.list.findIndex((other) => other.name === name);
    if (at < 0 && this.list.length >= specs.MAX_BREAKPOINTS) {
      this.store.set({
        announce: `There are already ${specs.MAX_BREAKPOINTS} breakpoints, the maximum. Remove one first.`,
      });
      return "";
    }
    const known = at < 0 ? null : this.list[at];
    const anchor = known?.instruction === breakpoint.instruction ? known.anchor : "";
    this.change(
      at < 0 ? [...this.list, breakpoint] : this.list.with(at, { ...breakpoint, anchor }),
    );
    return name;
  }

  /** @param {string} name */
  remove(name) {
    this.change(this.list.filter((breakpoint) => breakpoint.name !== name));
  }

  /** @param {string} name @param {boolean} enabled */
  enable(name, enabled) {
    const breakpoint = this.list.find((other) => other.name === name);
    if (breakpoint) this.put({ ...specs.specOf(breakpoint), enabled });
  }

  /**
   * Sets a plain breakpoint at a location, or removes those that stand there.
   * @param {import("../state/breakpoints.js").Location} location
   * @param {Breakpoint[]} [standing] those seen there, if more than those at exactly this location
   */
  toggle(location, standing = this.list.filter((breakpoint) => specs.isAt(breakpoint, location))) {
    const where = specs.locationText(location);
    if (standing.length === 0) {
      if (this.put(specs.newBreakpoint(location))) this.say(`Breakpoint set: ${where}.`);
      return;
    }
    this.change(this.list.filter(({ name }) => !standing.some((other) => other.name === name)));
    this.say(`Breakpoint removed: ${where}.`);
  }

  /** Toggles a breakpoint at the hovered or selected instruction, else at the next one. */
  toggleHere() {
    const { hover, selection, run } = this.store.state;
    const at = [hover, selection].find((target) => target?.kind === "instruction");
    const instruction = at?.kind === "instruction" ? at.index : (run?.pc ?? 0);
    this.toggle({ instruction, scope: null, phase: null });
  }

  /** @param {string} announce */
  say(announce) {
    this.store.set({ announce });
  }

  /** @param {Breakpoint[]} list */
  async change(list) {
    const busy = this.breakpoints !== null;
    this.breakpoints = list;
    this.store.set({ breakpoints: list });
    if (busy) return;
    for (let sent = null; sent !== this.breakpoints; ) {
      sent = this.breakpoints;
      const settled = await this.install(sent, "set_breakpoints", (fit) => ({
        breakpoints: fit.map(specs.specOf),
      }));
      if (this.breakpoints !== sent) continue;
      const wrong = settled.filter(({ problem }) => problem);
      const names = new Set(wrong.map(({ name }) => name));
      const installed = this.store.state.breakpoints.filter(({ name }) => !names.has(name));
      this.store.set({ breakpoints: [...installed, ...wrong] });
    }
    this.breakpoints = null;
  }

  /**
   * Sends a list without the items that the server refuses.
   * @template {{problem: string}} T
   * @param {T[]} list
   * @param {string} type of the command
   * @param {(fit: T[]) => {[field: string]: unknown}} fields
   * @returns {Promise<T[]>} the list, with the problems of refused items
   */
  async install(list, type, fields) {
    let settled = list;
    for (;;) {
      const fit = settled.filter(({ problem }) => !problem);
      try {
        await this.actions.connection.request(type, fields(fit));
        return settled;
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        const [, index] = /\[(\d+)\]/.exec(error.problem.field) ?? [];
        const refused = fit[Number(index ?? -1)];
        if (!refused) {
          addProblem(this.store, error.problem);
          return settled;
        }
        const problem = reasonOf(error.problem);
        settled = settled.map((item) => (item === refused ? { ...item, problem } : item));
      }
    }
  }

  // --- The watch list ----------------------------------------------------------------------------

  /**
   * @param {string} text
   * @returns {boolean} whether it is on the watch list now
   */
  watch(text) {
    const list = this.watches ?? this.store.state.watches;
    if (list.some((watch) => watch.text === text)) return true;
    if (list.length >= MAX_WATCHES) {
      this.say(
        `There are already ${MAX_WATCHES} watched expressions, the maximum. Remove one first.`,
      );
      return false;
    }
    this.changeWatches([...list, asWatch(text)]);
    this.say(`Watching ${text}.`);
    return true;
  }

  /** @param {string} text */
  unwatch(text) {
    const list = this.watches ?? this.store.state.watches;
    this.changeWatches(list.filter((watch) => watch.text !== text));
    this.pin(text, false);
  }

  /**
   * Shows the value on the canvas, or stops showing it.
   * @param {string} text
   * @param {boolean} pinned
   */
  pin(text, pinned) {
    const others = this.store.state.pins.filter((pin) => pin !== text);
    this.store.set({ pins: pinned ? [...others, text] : others });
  }

  /** @param {Watched[]} list */
  async changeWatches(list) {
    const busy = this.watches !== null;
    this.watches = list;
    this.store.set({ watches: list });
    if (busy) return;
    for (let sent = null; sent !== this.watches; ) {
      sent = this.watches;
      const settled = await this.install(sent, "watch", (fit) => ({
        expressions: fit.map(({ text }) => text),
      }));
      if (this.watches !== sent) continue;
      const wrong = settled.filter(({ problem }) => problem);
      const texts = new Set(wrong.map(({ text }) => text));
      const watched = this.store.state.watches.filter(({ text }) => !texts.has(text));
      this.store.set({ watches: [...watched, ...wrong] });
    }
    this.watches = null;
  }

  /**
   * Asks the server to judge an expression; null without a connection or a network.
   * @param {string} text
   * @param {Role} role
   * @returns {Promise<Judgement | null>}
   */
  async judge(text, role) {
    try {
      const { wrong, shape, truth } = await this.actions.connection.request("check_expression", {
        text,
        role,
      });
      return { wrong, shape: shape ?? [], truth: truth ?? false };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return null;
    }
  }

  // --- Another network, another page -------------------------------------------------------------

  /** Sets the page's breakpoints and watches in a network that was just configured, if they fit. */
  restore() {
    const { model, watches } = this.store.state;
    if (!model) return;
    if (this.list.length > 0) this.change(specs.refit(this.list, model));
    if (watches.length > 0) this.changeWatches(watches.map(({ text }) => asWatch(text)));
  }

  /**
   * Replaces the breakpoints and watches by those of a link, as soon as its network is configured.
   * @param {unknown} packed
   */
  prepare(packed) {
    const { breakpoints: list, watches, pins } = specs.unpack(packed);
    this.store.set({ breakpoints: list, watches: watches.map(asWatch), pins });
  }

  /**
   * Replaces the breakpoints and watches by those of a file.
   * @param {unknown} packed
   */
  open(packed) {
    const { breakpoints: list, watches, pins } = specs.unpack(packed);
    this.store.set({ pins });
    this.change(list);
    this.changeWatches(watches.map(asWatch));
  }

  /** Announces once why a run has stopped. */
  announce() {
    const { run, model } = this.store.state;
    const text = stopText(run);
    const moment = run && text !== null ? `${run.branch} ${run.step} ${run.pc}` : "";
    if (run && moment !== "" && moment !== this.announced) {
      const next = model?.instructions[run.pc]?.formula ?? "";
      this.say(`Stopped at step ${run.step}, before ${next}: ${text}.`);
    }
    this.announced = moment;
  }
}

/**
 * @param {string} text
 * @returns {Watched}
 */
function asWatch(text) {
  return { text, kind: "", value: null, shown: "", shape: [], problem: "", trace: [] };
}

/** A refusal without the path, which the page does not show. @param {import("../state/types.js").Problem} problem */
function reasonOf({ field, message }) {
  return message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
}
