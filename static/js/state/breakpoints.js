// @ts-check
// Breakpoints, logpoints and watchpoints: what they are, in words, in a link, in another network.
// No I/O.

import { exact } from "../format.js";

/** @import { Model, Point, PointSpec, Trigger } from "./types.js" */
/** @typedef {"breakpoint" | "logpoint" | "watchpoint"} Kind */
/** @typedef {Pick<PointSpec, "instruction" | "scope" | "phase">} Place */

/** @type {PointSpec} what a link leaves out */
const USUAL = {
  name: "",
  enabled: true,
  instruction: null,
  scope: null,
  phase: null,
  condition: null,
  message: null,
  expression: null,
  trigger: "change",
  level: 0,
  nth: 1,
};

/** @type {[Trigger, string][]} what a watchpoint stops for, in words */
export const TRIGGERS = [
  ["change", "changes"],
  ["cross", "crosses"],
  ["sign", "changes sign"],
  ["nonfinite", "becomes NaN or infinite"],
];

/** The most that the server takes. */
export const MAX_BREAKPOINTS = 64;

/**
 * A new one, which stands nowhere yet.
 * @param {Partial<PointSpec>} [given]
 * @returns {PointSpec}
 */
export function newPoint(given = {}) {
  return { ...USUAL, ...given };
}

/**
 * @param {PointSpec} spec
 * @returns {Kind}
 */
export function kindOf({ expression, message }) {
  if (expression !== null) return "watchpoint";
  return message === null ? "breakpoint" : "logpoint";
}

/**
 * Whether nothing is missing that the server needs; the expressions may still be wrong.
 * @param {PointSpec} spec
 */
export function isComplete(spec) {
  const { instruction, scope, phase, condition, message, expression } = spec;
  if (expression !== null) return expression.trim() !== "";
  if (message !== null && message.trim() === "") return false;
  return [instruction, scope, phase, condition].some((given) => given !== null);
}

/**
 * The fields that the server takes, of a point that may have more.
 * @param {PointSpec} point
 * @returns {PointSpec}
 */
export function specOf(point) {
  /** @type {any} */
  const all = point;
  return /** @type {any} */ (
    Object.fromEntries(Object.keys(USUAL).map((field) => [field, all[field]]))
  );
}

/**
 * @param {PointSpec} a
 * @param {PointSpec} b
 */
export function isSame(a, b) {
  return JSON.stringify(specOf(a)) === JSON.stringify(specOf(b));
}

/**
 * The next number as a name.
 * @param {PointSpec[]} points
 */
export function nextName(points) {
  const numbers = points.map(({ name }) => Number(name)).filter(Number.isInteger);
  return String(Math.max(0, ...numbers) + 1);
}

// --- Places -------------------------------------------------------------------------------------

/**
 * Whether a point stands at just this place.
 * @param {PointSpec} point
 * @param {Place} place
 */
export function isAt(point, { instruction, scope, phase }) {
  return (
    point.expression === null &&
    point.instruction === instruction &&
    point.scope === scope &&
    point.phase === phase
  );
}

/**
 * Where it stands, in words.
 * @param {Place} place
 */
export function placeText({ instruction, scope, phase }) {
  if (instruction !== null) return `instruction ${instruction}`;
  if (scope !== null) return phase === null ? scope : `${scope}, ${phase}`;
  return phase ?? "once a step";
}

/**
 * What a watchpoint stops for, in words.
 * @param {PointSpec} spec
 */
export function triggerText({ trigger, level }) {
  const [, words] = TRIGGERS.find(([name]) => name === trigger) ?? TRIGGERS[0];
  return trigger === "cross" ? `${words} ${exact(level)}` : words;
}

/**
 * All of it in one line of words.
 * @param {PointSpec} spec
 */
export function describe(spec) {
  const { expression, condition, message, nth } = spec;
  const what = expression === null ? placeText(spec) : `${expression} ${triggerText(spec)}`;
  const parts = [what];
  if (condition !== null) parts.push(`if ${condition}`);
  if (message !== null) parts.push(`logs ${message}`);
  if (nth > 1) parts.push(`from hit ${nth} on`);
  return `${kindOf(spec)} ${spec.name}: ${parts.join(", ")}`;
}

/**
 * Which points stand at an instruction itself, rather than at a heading.
 * @param {Point[]} points
 * @param {Place[]} headings the scopes and phases that have one
 * @returns {Map<number, Point[]>} by instruction
 */
export function byInstruction(points, headings) {
  /** @type {Map<number, Point[]>} */
  const found = new Map();
  for (const point of points) {
    if (point.expression !== null || point.problem) continue;
    if (headings.some((place) => isAt(point, place))) continue;
    const places = point.instruction === null ? point.places : [point.instruction];
    for (const place of places) found.set(place, [...(found.get(place) ?? []), point]);
  }
  return found;
}

// --- Another network ----------------------------------------------------------------------------

/**
 * What an instruction is by, whatever its number and its sizes: what it writes, and where.
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
 * The points as they stand in a network: on instructions that do the same, if there are any.
 * @param {Point[]} points
 * @param {Model} model
 * @returns {Point[]}
 */
export function refit(points, model) {
  const anchors = model.instructions.map(({ index }) => anchorOf(model, index));
  return points.map((point) => {
    const clear = { ...point, problem: "" };
    if (point.instruction === null || point.anchor === "") return clear;
    const instruction = anchors.indexOf(point.anchor);
    if (instruction >= 0) return { ...clear, instruction };
    return { ...point, problem: "This network has no such instruction." };
  });
}

// --- Links --------------------------------------------------------------------------------------

/** @typedef {{points?: Partial<PointSpec>[], watches?: string[], pins?: string[]}} Packed */

/**
 * Points, watch list and pins as short as they can be; null if there are none.
 * @param {{points: PointSpec[], watches: {text: string}[], pins: string[]}} all
 * @returns {Packed | null}
 */
export function pack({ points, watches, pins }) {
  /** @type {Packed} */
  const packed = {};
  if (points.length > 0) packed.points = points.map(brief);
  if (watches.length > 0) packed.watches = watches.map(({ text }) => text);
  if (pins.length > 0) packed.pins = pins;
  return Object.keys(packed).length > 0 ? packed : null;
}

/**
 * A point without what is usual.
 * @param {PointSpec} point
 * @returns {Partial<PointSpec>}
 */
function brief(point) {
  /** @type {any} */
  const usual = USUAL;
  const given = Object.entries(specOf(point)).filter(([field, value]) => value !== usual[field]);
  return Object.fromEntries(given.filter(([field]) => field !== "name"));
}

/**
 * What was packed; nonsense in it is left out.
 * @param {unknown} packed
 * @returns {{points: Point[], watches: string[], pins: string[]}}
 */
export function unpack(packed) {
  const { points, watches, pins } = /** @type {any} */ (packed ?? {});
  const texts = (/** @type {unknown} */ list) =>
    (Array.isArray(list) ? list : []).filter((text) => typeof text === "string" && text !== "");
  const specs = (Array.isArray(points) ? points : []).filter((point) => point instanceof Object);
  return {
    points: specs
      .slice(0, MAX_BREAKPOINTS)
      .map((point, i) => asPoint(readSpec(point), String(i + 1))),
    watches: [...new Set(texts(watches))],
    pins: texts(pins),
  };
}

/** @param {{[field: string]: unknown}} given */
function readSpec(given) {
  const texts = ["scope", "phase", "condition", "message", "expression"];
  const numbers = ["instruction", "level", "nth"];
  const fits = ([field, value] = /** @type {[string, unknown]} */ (["", 0])) =>
    (texts.includes(field) && typeof value === "string") ||
    (numbers.includes(field) && Number.isFinite(value)) ||
    (field === "enabled" && typeof value === "boolean") ||
    (field === "trigger" && TRIGGERS.some(([name]) => name === value));
  return newPoint(Object.fromEntries(Object.entries(given).filter(fits)));
}

/**
 * A specification as a point that has not been set yet.
 * @param {PointSpec} spec
 * @param {string} [name]
 * @returns {Point}
 */
export function asPoint(spec, name = spec.name) {
  const places = spec.instruction === null ? [] : [spec.instruction];
  return { ...spec, name, hits: 0, stopped: false, places, problem: "", anchor: "" };
}
