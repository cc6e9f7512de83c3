// @ts-check
// The exercise: the numbers that it hides, and those that it may ask for.

/** @import { State } from "./store.js" */
/** @import { BufferInfo, Context, Selection } from "./types.js" */

/** The text that replaces a hidden number. */
export const HIDDEN = "?";

/**
 * Whether the exercise hides an element of a buffer.
 * @param {State} state
 * @param {string} buffer
 * @param {number[]} index
 */
export function isHidden({ quiz }, buffer, index) {
  if (!quiz || quiz.revealed) return false;
  return quiz.elements.some((p) => p.buffer === buffer && String(p.index) === String(index));
}

/**
 * Whether the exercise hides the number at a flat index of a buffer. In the flat buffers of all
 * parameters every number is hidden, since its parameter is not known here.
 * @param {State} state
 * @param {BufferInfo} buffer
 * @param {number} flat
 */
export function isHiddenAt(state, buffer, flat) {
  const { quiz } = state;
  if (!quiz || quiz.revealed) return false;
  if (!buffer.name.startsWith("parameters")) {
    return isHidden(state, buffer.name, indexOf(buffer, flat));
  }
  const kind = buffer.name.replace("parameters", "");
  return kind !== "" && quiz.elements.some((element) => element.buffer.endsWith(kind));
}

/**
 * The index along every axis that belongs to a flat index of a buffer.
 * @param {BufferInfo} buffer
 * @param {number} flat
 */
export function indexOf({ shape }, flat) {
  let rest = flat;
  return shape
    .toReversed()
    .map((n) => {
      const i = rest % n;
      rest = Math.floor(rest / n);
      return i;
    })
    .toReversed();
}

/**
 * Asks for a random number: a weight's gradient or update, or a unit's delta.
 * @param {Context} context
 */
export function quizAnything({ store, actions }) {
  const { model, run } = store.state;
  if (!model || !run) return;
  const layer = model.layers[below(model.layers.length)];
  const unit = below(layer.units);
  const from = below(layer.inputs);
  const weight = model.bufferByName.get(layer.parameters[0]);
  /** @type {[string | null | undefined, number[], Selection][]} */
  const choices = [
    [`probe/${layer.name}/z.grad`, [unit], { kind: "unit", layer: layer.name, unit }],
  ];
  /** @type {Selection} */
  const edge = { kind: "edge", layer: layer.name, from, to: unit };
  // Before the first step there is neither a gradient of the batch nor an update.
  if (run.step > 0)
    choices.push([weight?.grad, [from, unit], edge], [weight?.update, [from, unit], edge]);
  const [buffer, index, selection] = choices[below(choices.length)];
  if (buffer) actions.questions.quiz({ buffer, index }, selection);
}

/** A random whole number from 0 to n - 1. @param {number} n */
function below(n) {
  return Math.floor(n * Math.random());
}
