// @ts-check
// What the server tells of breakpoints, of the watch list and of the log, taken into the store.
// No I/O.

import { order } from "./branches.js";
import { anchorOf } from "./breakpoints.js";

/** @import { Message } from "../wire/connection.js" */
/** @import { Store } from "./store.js" */
/** @import { Breakpoint, Moment, RunState, Watched } from "./types.js" */

const MAX_LINES = 1000;
/** Of one expression; more than the server has of it, for the moments within steps. */
const MAX_VALUES = 1024;

/**
 * The server's breakpoints; those that do not fit its network stay on the page, behind them.
 * @param {Store} store
 * @param {Message} event of type "breakpoints"
 */
export function takeBreakpoints(store, event) {
  const { breakpoints, model } = store.state;
  /** @type {Breakpoint[]} */
  const told = event.breakpoints.map((/** @type {Breakpoint} */ breakpoint) => ({
    ...breakpoint,
    problem: "",
    anchor: model ? anchorOf(model, breakpoint.instruction) : "",
  }));
  const names = new Set(told.map(({ name }) => name));
  const wrong = breakpoints.filter(({ name, problem }) => problem && !names.has(name));
  store.set({ breakpoints: [...told, ...wrong] });
}

/**
 * @param {Store} store
 * @param {Message} event of type "watched"
 */
export function takeWatched(store, event) {
  const known = new Map(store.state.watches.map((watch) => [watch.text, watch]));
  /** @type {Watched[]} */
  const told = event.values.map((/** @type {any} */ value) => {
    const { text, kind, shown, shape = [], whole, steps, values } = value;
    const trace = whole ? [] : [...(known.get(text)?.trace ?? [])];
    steps.forEach((/** @type {number} */ step, /** @type {number} */ i) => {
      put(trace, [step, 0], values[i]);
    });
    if (kind !== "array") put(trace, event.moment, value.value);
    return { text, kind, value: value.value, shown, shape, problem: "", trace: thinned(trace) };
  });
  const texts = new Set(told.map(({ text }) => text));
  const wrong = store.state.watches.filter(({ text, problem }) => problem && !texts.has(text));
  store.set({ watches: [...told, ...wrong] });
}

/**
 * Values stay in the order of their moments, so that going back changes nothing. One that is not
 * finite has no place on a line.
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
 * A viewer that comes late gets all lines, others those they have not got yet.
 * @param {Store} store
 * @param {Message} event of type "log"
 */
export function takeLines(store, event) {
  const last = store.state.log.at(-1)?.serial ?? -1;
  const fresh = event.lines.filter((/** @type {{serial: number}} */ line) => line.serial > last);
  if (fresh.length > 0) store.set({ log: [...store.state.log, ...fresh].slice(-MAX_LINES) });
}

/**
 * What a run has stopped for: breakpoints in words; null if nothing did.
 * @param {RunState | null} run
 */
export function stopText(run) {
  if (!run || run.running || run.reason !== "breakpoint") return null;
  return run.hits.map(({ text }) => text).join("; ");
}
