// @ts-check
// Which element of the picture shows a buffer's numbers. No I/O.

/** @import { Finding, Model, Selection } from "../../state/types.js" */

/**
 * The selection that shows an element of a buffer: its edge, bias or unit, or else its layer; null
 * if the picture does not show it.
 * @param {Model} model
 * @param {string} name of the buffer
 * @param {(number | null)[] | null} index null along an axis for all
 * @returns {Selection | null}
 */
export function selectionAt(model, name, index) {
  const [owner] = name.replace(/^probe\//, "").split("/");
  const layer = owner === "data" ? "input" : owner;
  const known = layer === "input" || model.layers.some((l) => l.name === layer);
  if (!known) return null;
  const [unit, from] = [...(index ?? [])].reverse();
  if (typeof unit !== "number" || name.startsWith("data/y")) return { kind: "layer", layer };
  const parameter = name.replace(/\.(grad|update)$/, "");
  const at = model.layers.find((l) => l.name === layer)?.parameters.indexOf(parameter) ?? -1;
  const { axes = [] } = model.bufferByName.get(parameter) ?? {};
  if (at >= 0 && axes.length === 1) return { kind: "bias", layer, unit };
  if (at >= 0 && typeof from === "number") return { kind: "edge", layer, from, to: unit };
  return { kind: "unit", layer, unit };
}

/**
 * The layer of a finding; "" if it concerns no particular layer.
 * @param {Model} model
 * @param {Finding} finding
 */
export function layerOf(model, { subject }) {
  const [owner] = subject.split("/");
  return model.layers.some(({ name }) => name === owner) ? owner : "";
}
