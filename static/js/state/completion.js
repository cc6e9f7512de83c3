// @ts-check
// Completes an expression at the caret, and finds the buffers in one. Names contain "/" and ".",
// and "/" is also division: as in the server's grammar, the longest known name counts. No I/O.

/** @import { Model } from "./types.js" */

/** A name that can stand in an expression. @typedef {{name: string, kind: "buffer" | "scalar" | "function", about: string}} Word */
/** @typedef {{from: number, to: number, words: Word[]}} Completion `words` replace from…to */

const MAX_WORDS = 60;
const TAIL = /[\p{L}_][\p{L}\p{N}_′#./]*$/u;
const NAME = /[\p{L}_][\p{L}\p{N}_′#]*(?:[./][\p{L}\p{N}_′#]+)*/gu;

/**
 * All names that an expression over a network can use: its buffers, scalars and functions.
 * @param {Model} model
 * @param {import("./types.js").Catalogue | null} catalogue
 * @returns {Word[]}
 */
export function vocabulary(model, catalogue) {
  const named = catalogue ?? { functions: [], scalars: [] };
  const shape = (/** @type {number[]} */ s) => (s.length > 0 ? s.join("×") : "scalar");
  const buffers = model.buffers.filter(({ role }) => role !== "view");
  return [
    ...named.scalars.map((s) => word(s.name, "scalar", s.title)),
    ...buffers.map((b) => word(b.name, "buffer", `${b.symbol}  ${shape(b.shape)}`)),
    ...named.functions.map((f) => word(f.name, "function", f.title)),
  ];
}

/** @param {string} name @param {Word["kind"]} kind @param {string} about @returns {Word} */
function word(name, kind, about) {
  return { name, kind, about };
}

/**
 * The completions at the caret, the likeliest first; null if the user is not typing a word there.
 * @param {string} text
 * @param {number} caret
 * @param {Word[]} words
 * @returns {Completion | null}
 */
export function complete(text, caret, words) {
  const tail = TAIL.exec(text.slice(0, caret))?.[0] ?? "";
  for (const begun of beginnings(tail, words)) {
    const found = ranked(begun, words);
    const done = found.length === 1 && found[0].name === begun;
    if (done) return null;
    if (found.length > 0) return { from: caret - begun.length, to: caret, words: found };
  }
  return null;
}

/**
 * The parts of the text before the caret that may begin a name: all of it, or the text behind a
 * known name and a "/".
 * @param {string} tail
 * @param {Word[]} words
 */
function beginnings(tail, words) {
  const cuts = [...tail.matchAll(/\//g)].map(({ index }) => index);
  const behind = cuts.filter((cut) => words.some(({ name }) => name === tail.slice(0, cut)));
  return [tail, ...behind.map((cut) => tail.slice(cut + 1))].filter((begun) => begun !== "");
}

/**
 * @param {string} begun
 * @param {Word[]} words
 */
function ranked(begun, words) {
  const sought = begun.toLowerCase();
  /** @type {Word[][]} */
  const ranks = [[], [], []];
  for (const candidate of words) {
    const name = candidate.name.toLowerCase();
    const inside = name.indexOf(sought);
    if (inside < 0) continue;
    const rank = inside === 0 ? 0 : /[./]/.test(name[inside - 1]) ? 1 : 2;
    ranks[rank].push(candidate);
  }
  return ranks.flat().slice(0, MAX_WORDS);
}

/**
 * The text that a completion inserts; for a function with its opening bracket.
 * @param {Word} chosen
 */
export function inserted({ name, kind }) {
  return kind === "function" ? `${name}(` : name;
}

/**
 * The buffers that an expression reads, in the order in which they stand there.
 * @param {string} text
 * @param {Model} model
 * @returns {import("./types.js").BufferInfo[]}
 */
export function buffersIn(text, model) {
  return (text.match(NAME) ?? []).flatMap((name) => {
    for (let end = name.length; end > 0; end = name.lastIndexOf("/", end - 1)) {
      const buffer = model.bufferByName.get(name.slice(0, end));
      if (buffer) return [buffer];
    }
    return name === "loss" ? (model.bufferByName.get("loss/L") ?? []) : [];
  });
}

/**
 * Expressions to begin with, over the buffers of a network.
 * @param {Model} model
 * @param {"condition" | "scalar" | "value" | "log_message"} role
 * @returns {string[]}
 */
export function examples(model, role) {
  const first = model.layers.find((l) => l.parameters.includes(`${l.name}/W`))?.name;
  const last = model.layers.at(-1);
  if (!first || !last) return [];
  if (role === "condition") {
    return [
      ...["loss < 0.1", "step % 100 == 0", `norm(${first}/W.grad) > 10`],
      `any(isnan(${last.pre_activation}))`,
    ];
  }
  if (role === "log_message")
    return ["loss {loss}", `step {step}: |dL/dW| = {norm(${first}/W.grad)}`];
  return [
    ...[`norm(${first}/W.grad)`, `${first}/W[0, 0]`, "loss", `max(abs(${first}/W.update))`],
    `mean(${last.output})`,
  ];
}
