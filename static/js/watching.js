// @ts-check
// What the server tells of breakpoints, of the watch list and of the log, taken into the store.
// No I/O.

import { lineage, order } from "./branches.js";
import { anchorOf } from "./points.js";

/** @typedef {import("./connection.js").Message} Message */
/** @typedef {import("./store.js").State} State */
/** @typedef {import("./types.js").Moment} Moment */
/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").RunState} RunState */
/** @typedef {import("./types.js").Store} Store */
/** @typedef {import("./types.js").Watched} Watched */

const KEPT_LINES = 1000;
const KEPT_VALUES = 300;

/**
 * The server's points; those that do not fit its network stay on the page, behind them.
 * @param {Store} store
 * @param {Message} event of type "points"
 */
export function takePoints(store, event) {
  const { points, model } = store.state;
  /** @type {Point[]} */
  const told = event.points.map((/** @type {Point} */ point) => ({
    ...point,
    problem: "",
    anchor: model ? anchorOf(model, point.instruction) : "",
  }));
  const names = new Set(told.map(({ name }) => name));
  const wrong = points.filter(({ name, problem }) => problem && !names.has(name));
  store.set({ points: [...told, ...wrong] });
}

/**
 * @param {Store} store
 * @param {Message} event of type "watched"
 */
export function takeWatched(store, event) {
  const { branch, moment, values } = event;
  const known = new Map(store.state.watches.map((watch) => [watch.text, watch]));
  /** @type {Watched[]} */
  const told = values.map((/** @type {Watched} */ value) => {
    const trace = known.get(value.text)?.trace ?? [];
    const number = value.kind === "array" ? Number.NaN : Number(value.value ?? Number.NaN);
    return {
      ...value,
      ...{ shape: value.shape ?? [], problem: "" },
      trace: Number.isFinite(number) ? withValue(trace, branch, moment, number) : trace,
    };
  });
  const texts = new Set(told.map(({ text }) => text));
  const wrong = store.state.watches.filter(({ text, problem }) => problem && !texts.has(text));
  store.set({ watches: [...told, ...wrong] });
}

/**
 * Values stay in the order of their moments, so that going back changes nothing.
 * @param {Watched["trace"]} trace
 * @param {number} branch
 * @param {Moment} moment
 * @param {number} value
 * @returns {Watched["trace"]}
 */
function withValue(trace, branch, moment, value) {
  const before = trace.filter((v) => v.branch !== branch || order(v.moment, moment) < 0);
  const after = trace.filter((v) => v.branch === branch && order(v.moment, moment) > 0);
  return [...before, { branch, moment, value }, ...after].slice(-KEPT_VALUES);
}

/**
 * The values of an expression along the present branch.
 * @param {State} state
 * @param {Watched} watch
 */
export function traceOf({ branches, run }, { trace }) {
  const line = lineage(branches, run?.branch ?? 0);
  if (line.length < 2) return trace.filter((v) => v.branch === (run?.branch ?? 0));
  const along = trace.filter(({ branch, moment }) =>
    line.some((l) => l.branch.number === branch && (l === line[0] || order(moment, l.to) <= 0)),
  );
  return along.sort((a, b) => order(a.moment, b.moment));
}

/**
 * A viewer that comes late gets all lines, others those they have not got yet.
 * @param {Store} store
 * @param {Message} event of type "log"
 */
export function takeLines(store, event) {
  const last = store.state.log.at(-1)?.serial ?? -1;
  const fresh = event.lines.filter((/** @type {{serial: number}} */ line) => line.serial > last);
  if (fresh.length > 0) store.set({ log: [...store.state.log, ...fresh].slice(-KEPT_LINES) });
}

/**
 * What a run has stopped for: breakpoints in words; null if nothing did.
 * @param {RunState | null} run
 */
export function stopText(run) {
  if (!run || run.running || run.reason !== "breakpoint") return null;
  return run.hits.map(({ text }) => text).join("; ");
}
