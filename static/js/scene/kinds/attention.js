// @ts-check
// Attention: a matrix of weights per head, with a row per query and a column per key.

import { panelColumn } from "../column.js";
import { sequenceField } from "../fields.js";
import { Panel } from "../panel.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { FieldSpec } from "../fields.js" */

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  const answer = sequenceField(model, `probe/${layer.name}/a`, { symbol: "a", title: layer.name });
  return panelColumn(layer, model, new Panel([...headFields(layer.name, model), answer], model));
}

/**
 * @param {string} layer name of an attention layer
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
export function headFields(layer, model) {
  const value = `probe/${layer}/weights`;
  const [heads = 0, rows = 0, cols = 0] = model.bufferByName.get(value)?.shape ?? [];
  return Array.from({ length: heads }, (_, head) => ({
    symbol: `head ${head + 1}`,
    title: `attention of head ${head + 1}`,
    look: "shares",
    value,
    gradient: model.bufferByName.has(`${value}.grad`) ? `${value}.grad` : "",
    part: { rows, cols, offset: head * rows * cols, stride: cols, step: 1 },
    index: (row, col) => [head, row, col],
    axis: "query",
    group: value,
    path: "",
    back: false,
    range: 1,
    ideal: 100,
  }));
}
