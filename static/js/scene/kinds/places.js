// @ts-check
// What is computed at every place of a sequence: a row a step, a column a unit.

import { panelColumn } from "../column.js";
import { sequenceField } from "../fields.js";
import { Panel } from "../panel.js";

/** @typedef {import("../../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../../types.js").Model} Model */
/** @typedef {import("../fields.js").FieldSpec} FieldSpec */

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  return panelColumn(layer, model, new Panel(placeFields(layer, model), model));
}

/**
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
export function placeFields(layer, model) {
  if (layer.kind === "input") {
    return [sequenceField(model, "probe/input/x", { symbol: "x", title: "input" })];
  }
  const answer = { symbol: "a", title: layer.name };
  const table = `${layer.name}/P`;
  return [
    ...(model.bufferByName.has(table) ? [learned(model, table)] : []),
    sequenceField(model, `probe/${layer.name}/a`, answer),
  ];
}

/**
 * Positions that are learned, each added to what stands there.
 * @param {Model} model
 * @param {string} buffer
 */
function learned(model, buffer) {
  const gradient = model.bufferByName.get(buffer)?.grad ?? "";
  const of = { symbol: "P", title: "position", gradient, group: "positions" };
  return sequenceField(model, buffer, of);
}
