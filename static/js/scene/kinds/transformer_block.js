// @ts-check
// A Transformer's block: the residual stream runs through it from left to right, attention and
// feed-forward are branches that add to it.

import { panelColumn } from "../column.js";
import { sequenceField } from "../fields.js";
import { Panel } from "../panel.js";
import { headFields } from "./attention.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { FieldSpec } from "../fields.js" */

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  return panelColumn(layer, model, new Panel(blockFields(layer, model), model));
}

/**
 * The heads; the stream after attention; the hidden units of the feed-forward; the stream after it.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
function blockFields(layer, model) {
  const inner = model.layers.filter(({ name }) => name.startsWith(`${layer.name}/`));
  const attention = inner.find(({ kind }) => kind === "attention");
  const hidden = inner.find(({ kind }) => kind === "dense");
  const norm = (/** @type {string} */ buffer, /** @type {string} */ title) =>
    sequenceField(model, `probe/${layer.name}/${buffer}`, {
      symbol: "‖x‖",
      title,
      ideal: 22,
      look: "norm",
    });
  return [
    ...headFields(attention?.name ?? "", model),
    norm("sum1", "norm of the residual stream after attention"),
    sequenceField(model, `probe/${hidden?.name}/a`, {
      symbol: "FF",
      title: "feed-forward unit",
      ideal: 36,
    }),
    norm("a", "norm of the residual stream after the feed-forward"),
  ];
}
