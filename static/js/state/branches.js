// @ts-check
// The page's copy of the history: branches, their curves, and where breakpoints were hit. No I/O.

import { History } from "./store.js";

/** @import { Message } from "../wire/connection.js" */
/** @import { Store } from "./store.js" */
/** @import { BranchInfo, Moment, RunState } from "./types.js" */

const MAX_HITS = 200;

/**
 * Compares two moments: below 0 if `a` is before `b`, above 0 if it is after `b`.
 * @param {Moment} a
 * @param {Moment} b
 */
export function order(a, b) {
  return a[0] - b[0] || a[1] - b[1];
}

/**
 * A branch and its ancestors, the trunk last, each with the moments that belong to this history.
 * @param {BranchInfo[]} branches
 * @param {number} number
 * @returns {{branch: BranchInfo, from: Moment, to: Moment}[]}
 */
export function lineage(branches, number) {
  const line = [];
  let branch = branches[number];
  for (let to = branch?.end; branch; branch = branches[branch.parent ?? -1]) {
    if (order(branch.end, to) < 0) to = branch.end;
    line.push({ branch, from: branch.start, to });
    to = branch.start;
  }
  return line;
}

/**
 * The machine's branch and moment: while it runs those of the picture on the screen, else those of
 * the last state.
 * @param {import("./store.js").State} state
 * @returns {{branch: number, moment: Moment}}
 */
export function nowOf({ run, frame }) {
  const at = run?.running && frame?.branch === run.branch ? frame : run;
  return { branch: run?.branch ?? 0, moment: [at?.step ?? 0, at?.pc ?? 0] };
}

/**
 * The last known moment of a branch, including the picture on the screen.
 * @param {import("./store.js").State} state
 * @param {number} number
 * @returns {Moment}
 */
export function endOf(state, number) {
  const known = state.branches[number]?.end ?? [0, 0];
  const { branch, moment } = nowOf(state);
  return branch === number && order(moment, known) > 0 ? moment : known;
}

/** Empties the history, for another network or a restarted training. @param {Store} store */
export function begin(store) {
  const losses = new History();
  const curves = new Map([[0, losses]]);
  const edgeMode = store.state.edgeMode === "difference" ? "weight" : store.state.edgeMode;
  const watches = store.state.watches.map((watch) => ({ ...watch, trace: [] }));
  store.set({ branches: [], curves, losses, edgeMode, compared: null, hits: [], zoom: null });
  store.set({ watches, log: [] });
}

/**
 * @param {Store} store
 * @param {Message} event of type "timeline"
 */
export function takeTimeline(store, event) {
  const { state } = store;
  if (event.generation !== state.model?.generation) return;
  /** @type {BranchInfo[]} */
  const branches = event.branches;
  const known = state.branches;
  const shorter = known.some(({ end }, i) => !branches[i] || order(branches[i].end, end) < 0);
  if (shorter) begin(store);
  for (const { number, parent, start } of branches) {
    if (store.state.curves.has(number)) continue;
    const curve = new History();
    const origin = store.state.curves.get(parent ?? -1);
    if (origin) curve.inherit(origin, start[0] + (start[1] > 0 ? 1 : 0));
    store.state.curves.set(number, curve);
  }
  store.set({ branches, settings: event.hyperparameters, hits: event.hits.map(hitOf) });
  showCurve(store);
}

/**
 * Charts show the present branch's curve. The server announces a branch before its curve.
 * @param {Store} store
 */
function showCurve(store) {
  const { curves, run } = store.state;
  const losses = curves.get(run?.branch ?? 0);
  if (losses) store.set({ losses });
}

/**
 * @param {Store} store
 * @param {Message} event of type "loss"
 */
export function takeLosses(store, event) {
  const { curves, losses, model } = store.state;
  const curve = curves.get(event.branch);
  if (event.generation !== model?.generation || !curve) return;
  for (const point of event.points) curve.put(point);
  store.set({ curves, losses });
}

/**
 * @param {Store} store
 * @param {RunState | null} run the new state
 */
export function takeRunState(store, run) {
  if (!run) return;
  const { branches, hits } = store.state;
  const branch = branches[run.branch];
  if (branch && order(run.end, branch.end) < 0) begin(store);
  else if (branch) {
    store.set({ branches: branches.with(run.branch, { ...branch, end: run.end }) });
  }
  if (run.reason === "breakpoint") store.set({ hits: withHit(hits, run) });
  showCurve(store);
}

/**
 * @param {import("./types.js").Hit[]} hits
 * @param {RunState} run stopped at a breakpoint
 */
function withHit(hits, { branch, step, pc, hits: stopped }) {
  const others = hits.filter((h) => h.branch !== branch || order(h.moment, [step, pc]) !== 0);
  const hit = hitOf({ branch, moment: [step, pc], breakpoints: stopped });
  return [...others, hit].slice(-MAX_HITS);
}

/**
 * @param {{branch: number, moment: Moment, breakpoints: {name: string, text: string}[]}} hit
 * @returns {import("./types.js").Hit}
 */
function hitOf({ branch, moment, breakpoints }) {
  const names = breakpoints.map(({ name }) => name);
  const texts = breakpoints.map(({ text }) => text);
  return { branch, moment, breakpoints: names, texts };
}
