// @ts-check
// Where the stations of a path lie in the picture: a weight's number on its edge, a unit's at the
// unit, the loss at its circle.

/** @import { Station } from "../state/types.js" */
/** @import { Column, Pair, Scene } from "./layout.js" */

/**
 * @typedef {{kind: "unit", column: Column, unit: number}
 *   | {kind: "edge", pair: Pair, from: number, to: number}
 *   | {kind: "layer", column: Column}
 *   | {kind: "loss"}} Spot
 */

/**
 * The part of the picture that a number belongs to; null if there is none. A number of no single
 * unit, as in layers with more axes, belongs to its layer.
 * @param {Scene} scene
 * @param {Station} station
 * @returns {Spot | null}
 */
export function spotOf(scene, { buffer, index }) {
  const [owner, name = ""] = buffer.replace(/^probe\//, "").split("/");
  if (owner === "loss") return { kind: "loss" };
  const layer = owner === "data" ? "input" : owner;
  const column = scene.columns.find((candidate) => candidate.layer === layer);
  if (!column) return null;
  const last = index[index.length - 1] ?? -1;
  const single = index.length > 0 && index.length < 3 && last < column.count;
  if (!single) return { kind: "layer", column };
  const pair = scene.pairs[column.index - 1];
  if (!name.startsWith("W") || index.length < 2) return { kind: "unit", column, unit: last };
  if (!pair || index[0] >= pair.from.count) return { kind: "layer", column };
  return { kind: "edge", pair, from: index[0], to: last };
}
