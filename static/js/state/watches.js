// @ts-check
// Applies the server's events about breakpoints, the watch list and the log to the store. No I/O.

import { order } from "./branches.js";
import { anchorOf } from "./breakpoints.js";

/** @import { Message } from "../wire/connection.js" */
/** @import { Store } from "./store.js" */
/** @import { Breakpoint, Moment, RunState, Watched } from "./types.js" */

const MAX_LINES = 1000;
/** Values of one expression: more than the server keeps, for the moments within steps. */
const MAX_VALUES = 1024;

/**
 * The server's breakpoints; those that do not fit its network stay on the page, behind them.
 * @param {Store} store
 * @param {Message} event of type "breakpoints"
 */
export function takeBreakpoints(store, event) {
  const { breakpoints, model } = store.state;
  /** @type {Breakpoint[]} */
  const installed = event.breakpoints.map((/** @type {Breakpoint} */ breakpoint) => ({
    ...breakpoint,
    problem: "",
    anchor: model ? anchorOf(model, breakpoint.instruction) : "",
  }));
  const names = new Set(installed.map(({ name }) => name));
  const wrong = breakpoints.filter(({ name, problem }) => problem && !names.has(name));
  store.set({ breakpoints: [...installed, ...wrong] });
}

/**
 * @param {Store} store
 * @param {Message} event of type "watched"
 */
export function takeWatched(store, event) {
  const known = new Map(store.state.watches.map((watch) => [watch.text, watch]));
  /** @type {Watched[]} */
  const watched = event.values.map((/** @type {any} */ value) => {
    const { text, kind, shown, shape = [], whole, steps, values } = value;
    const trace = whole ? [] : [...(known.get(text)?.trace ?? [])];
    steps.forEach((/** @type {number} */ step, /** @type {number} */ i) => {
      put(trace, [step, 0], values[i]);
    });
    if (kind !== "array") put(trace, event.moment, value.value);
    return { text, kind, value: value.value, shown, shape, problem: "", trace: thinned(trace) };
  });
  const texts = new Set(watched.map(({ text }) => text));
  const wrong = store.state.watches.filter(({ text, problem }) => problem && !texts.has(text));
  store.set({ watches: [...watched, ...wrong] });
}

/**
 * Inserts a value in the order of moments, so that going back changes nothing. Ignores null, since
 * a value that is not finite cannot be drawn.
 * @param {Watched["trace"]} trace changed in place
 * @param {Moment} moment
 * @param {number | boolean | null} value
 */
function put(trace, moment, value) {
  if (value === null) return;
  let at = trace.length;
  while (at > 0 && order(trace[at - 1].moment, moment) > 0) at -= 1;
  const same = at > 0 && order(trace[at - 1].moment, moment) === 0;
  trace.splice(same ? at - 1 : at, same ? 1 : 0, { moment, value: Number(value) });
}

/** @param {Watched["trace"]} trace */
function thinned(trace) {
  if (trace.length <= MAX_VALUES) return trace;
  return trace.filter((_, i) => i % 2 === 0 || i === trace.length - 1);
}

/**
 * Adds new lines. A viewer that comes late receives all of them, others may receive some twice.
 * @param {Store} store
 * @param {Message} event of type "log"
 */
export function takeLines(store, event) {
  const last = store.state.log.at(-1)?.serial ?? -1;
  const fresh = event.lines.filter((/** @type {{serial: number}} */ line) => line.serial > last);
  if (fresh.length > 0) store.set({ log: [...store.state.log, ...fresh].slice(-MAX_LINES) });
}

/**
 * The breakpoints that stopped a run, in words; null if none did.
 * @param {RunState | null} run
 */
export function stopText(run) {
  if (!run || run.running || run.reason !== "breakpoint") return null;
  return run.hits.map(({ text }) => text).join("; ");
}
