// @ts-check
// Breakpoints, logpoints and watchpoints: their specifications, as words, in links, and in another
// network. No I/O.

import { exact } from "../format.js";

/** @import { Breakpoint, BreakpointSpec, Model, Trigger } from "./types.js" */
/** @typedef {"breakpoint" | "logpoint" | "watchpoint"} Kind */
/** @typedef {Pick<BreakpointSpec, "instruction" | "scope" | "phase">} Location */

/** @type {BreakpointSpec} the defaults, which a link leaves out */
const DEFAULTS = {
  name: "",
  enabled: true,
  instruction: null,
  scope: null,
  phase: null,
  condition: null,
  log_message: null,
  expression: null,
  trigger: "change",
  level: 0,
  hit_condition: 1,
};

/** @type {[Trigger, string][]} the events for which a watchpoint stops, in words */
export const TRIGGERS = [
  ["change", "changes"],
  ["cross", "crosses"],
  ["sign", "changes sign"],
  ["non_finite", "becomes NaN or infinite"],
];

/** The most breakpoints that the server accepts. */
export const MAX_BREAKPOINTS = 64;

/**
 * A new specification that has no location yet.
 * @param {Partial<BreakpointSpec>} [given]
 * @returns {BreakpointSpec}
 */
export function newBreakpoint(given = {}) {
  return { ...DEFAULTS, ...given };
}

/**
 * @param {BreakpointSpec} spec
 * @returns {Kind}
 */
export function kindOf({ expression, log_message }) {
  if (expression !== null) return "watchpoint";
  return log_message === null ? "breakpoint" : "logpoint";
}

/**
 * Whether the specification has all that the server needs; its expressions may still be wrong.
 * @param {BreakpointSpec} spec
 */
export function isComplete(spec) {
  const { instruction, scope, phase, condition, log_message, expression } = spec;
  if (expression !== null) return expression.trim() !== "";
  if (log_message !== null && log_message.trim() === "") return false;
  return [instruction, scope, phase, condition].some((given) => given !== null);
}

/**
 * A breakpoint reduced to the fields that the server accepts.
 * @param {BreakpointSpec} breakpoint
 * @returns {BreakpointSpec}
 */
export function specOf(breakpoint) {
  /** @type {any} */
  const all = breakpoint;
  return /** @type {any} */ (
    Object.fromEntries(Object.keys(DEFAULTS).map((field) => [field, all[field]]))
  );
}

/**
 * @param {BreakpointSpec} a
 * @param {BreakpointSpec} b
 */
export function isSame(a, b) {
  return JSON.stringify(specOf(a)) === JSON.stringify(specOf(b));
}

/**
 * The next number as a name.
 * @param {BreakpointSpec[]} breakpoints
 */
export function nextName(breakpoints) {
  const numbers = breakpoints.map(({ name }) => Number(name)).filter(Number.isInteger);
  return String(Math.max(0, ...numbers) + 1);
}

// --- Locations ----------------------------------------------------------------------------------

/**
 * Whether a breakpoint stands at exactly this location.
 * @param {BreakpointSpec} breakpoint
 * @param {Location} location
 */
export function isAt(breakpoint, { instruction, scope, phase }) {
  return (
    breakpoint.expression === null &&
    breakpoint.instruction === instruction &&
    breakpoint.scope === scope &&
    breakpoint.phase === phase
  );
}

/**
 * A location in words.
 * @param {Location} location
 */
export function locationText({ instruction, scope, phase }) {
  if (instruction !== null) return `instruction ${instruction}`;
  if (scope !== null) return phase === null ? scope : `${scope}, ${phase}`;
  return phase ?? "once per step";
}

/**
 * The event for which a watchpoint stops, in words.
 * @param {BreakpointSpec} spec
 */
export function triggerText({ trigger, level }) {
  const [, words] = TRIGGERS.find(([name]) => name === trigger) ?? TRIGGERS[0];
  return trigger === "cross" ? `${words} ${exact(level)}` : words;
}

/**
 * A whole specification in one line of words.
 * @param {BreakpointSpec} spec
 */
export function describe(spec) {
  const { expression, condition, log_message, hit_condition } = spec;
  const what = expression === null ? locationText(spec) : `${expression} ${triggerText(spec)}`;
  const parts = [what];
  if (condition !== null) parts.push(`if ${condition}`);
  if (log_message !== null) parts.push(`logs ${log_message}`);
  if (hit_condition > 1) parts.push(`from hit ${hit_condition} on`);
  return `${kindOf(spec)} ${spec.name}: ${parts.join(", ")}`;
}

/**
 * The breakpoints that stand at instructions rather than at headings.
 * @param {Breakpoint[]} breakpoints
 * @param {Location[]} headings the scopes and phases that have one
 * @returns {Map<number, Breakpoint[]>} by instruction
 */
export function byInstruction(breakpoints, headings) {
  /** @type {Map<number, Breakpoint[]>} */
  const found = new Map();
  for (const breakpoint of breakpoints) {
    if (breakpoint.expression !== null || breakpoint.problem) continue;
    if (headings.some((heading) => isAt(breakpoint, heading))) continue;
    const { instruction } = breakpoint;
    const rows = instruction === null ? breakpoint.instructions : [instruction];
    for (const row of rows) found.set(row, [...(found.get(row) ?? []), breakpoint]);
  }
  return found;
}

// --- Another network ----------------------------------------------------------------------------

/**
 * A key that identifies an instruction by its phase, scope and written buffers, whatever its index
 * and sizes.
 * @param {Model} model
 * @param {number | null} index
 */
export function anchorOf(model, index) {
  const instruction = model.instructions[index ?? -1];
  if (!instruction) return "";
  const written = instruction.writes.map((id) => model.bufferById.get(id)?.name);
  return [instruction.phase, instruction.scope, ...written].join(" ");
}

/**
 * Moves breakpoints to the instructions of another network with the same anchors, if there are any.
 * @param {Breakpoint[]} breakpoints
 * @param {Model} model
 * @returns {Breakpoint[]}
 */
export function refit(breakpoints, model) {
  const anchors = model.instructions.map(({ index }) => anchorOf(model, index));
  return breakpoints.map((breakpoint) => {
    const clear = { ...breakpoint, problem: "" };
    if (breakpoint.instruction === null || breakpoint.anchor === "") return clear;
    const instruction = anchors.indexOf(breakpoint.anchor);
    if (instruction >= 0) return { ...clear, instruction };
    return { ...breakpoint, problem: "This network has no such instruction." };
  });
}

// --- Links --------------------------------------------------------------------------------------

/** @typedef {{breakpoints?: Partial<BreakpointSpec>[], watches?: string[], pins?: string[]}} Packed */

/**
 * Breakpoints, watch list and pins in their shortest form; null if there are none.
 * @param {{breakpoints: BreakpointSpec[], watches: {text: string}[], pins: string[]}} all
 * @returns {Packed | null}
 */
export function pack({ breakpoints, watches, pins }) {
  /** @type {Packed} */
  const packed = {};
  if (breakpoints.length > 0) packed.breakpoints = breakpoints.map(brief);
  if (watches.length > 0) packed.watches = watches.map(({ text }) => text);
  if (pins.length > 0) packed.pins = pins;
  return Object.keys(packed).length > 0 ? packed : null;
}

/**
 * A breakpoint without the fields that have their defaults.
 * @param {BreakpointSpec} breakpoint
 * @returns {Partial<BreakpointSpec>}
 */
function brief(breakpoint) {
  /** @type {any} */
  const defaults = DEFAULTS;
  const given = Object.entries(specOf(breakpoint)).filter(
    ([field, value]) => value !== defaults[field],
  );
  return Object.fromEntries(given.filter(([field]) => field !== "name"));
}

/** Former names of fields and values, in links and files of version 1 of the protocol. */
const FORMER = new Map([
  ["nth", "hit_condition"],
  ["message", "log_message"],
  ["nonfinite", "non_finite"],
]);

/**
 * Reads what was packed, now or under the former names; leaves out what is not valid.
 * @param {unknown} packed
 * @returns {{breakpoints: Breakpoint[], watches: string[], pins: string[]}}
 */
export function unpack(packed) {
  const { points, breakpoints = points, watches, pins } = /** @type {any} */ (packed ?? {});
  const list = (/** @type {unknown} */ given) => (Array.isArray(given) ? given : []);
  const texts = (/** @type {unknown} */ given) =>
    list(given).filter((text) => typeof text === "string" && text !== "");
  const objects = list(breakpoints).filter((given) => given instanceof Object);
  return {
    breakpoints: objects
      .slice(0, MAX_BREAKPOINTS)
      .map((given, i) => asBreakpoint(readSpec(given), String(i + 1))),
    watches: [...new Set(texts(watches))],
    pins: texts(pins),
  };
}

/** @param {{[field: string]: unknown}} given */
function readSpec(given) {
  const texts = ["scope", "phase", "condition", "log_message", "expression"];
  const numbers = ["instruction", "level", "hit_condition"];
  const fits = ([field, value] = /** @type {[string, unknown]} */ (["", 0])) =>
    (texts.includes(field) && typeof value === "string") ||
    (numbers.includes(field) && Number.isFinite(value)) ||
    (field === "enabled" && typeof value === "boolean") ||
    (field === "trigger" && TRIGGERS.some(([name]) => name === value));
  const renamed = Object.entries(given).map(([field, value]) => {
    const current = field === "trigger" ? (FORMER.get(String(value)) ?? value) : value;
    return /** @type {[string, unknown]} */ ([FORMER.get(field) ?? field, current]);
  });
  return newBreakpoint(Object.fromEntries(renamed.filter(fits)));
}

/**
 * A specification as a breakpoint that has not been set yet.
 * @param {BreakpointSpec} spec
 * @param {string} [name]
 * @returns {Breakpoint}
 */
export function asBreakpoint(spec, name = spec.name) {
  const instructions = spec.instruction === null ? [] : [spec.instruction];
  return { ...spec, name, hits: 0, stopped: false, instructions, problem: "", anchor: "" };
}
