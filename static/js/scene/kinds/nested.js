// @ts-check
// Layers that contain others: residual connections and parallel branches. The inner layers stand
// side by side; the bypass runs above them.

import { panelColumn } from "../column.js";
import { sequenceField } from "../fields.js";
import { Panel } from "../panel.js";
import { headFields } from "./attention.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { FieldSpec } from "../fields.js" */

/** The most channels that are shown of an image. */
const MAX_CHANNELS = 4;

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  const { name } = layer;
  const inside = model.layers.filter((l) => l.name.startsWith(`${name}/`) && direct(l, name));
  const specs = inside.flatMap((l) => [
    ...(l.kind === "attention" ? headFields(l.name, model) : []),
    ...shown(l, title(l), model),
  ]);
  const sum = layer.kind === "residual" ? "⊕" : "joined";
  const panel = new Panel([...specs, ...shown(layer, sum, model)], model);
  panel.bypass = layer.kind === "residual" || hasEmpty(layer, model);
  return panelColumn(layer, model, panel);
}

/** Whether a branch outputs its input unchanged. @param {LayerInfo} layer @param {Model} model */
function hasEmpty({ path }, model) {
  /** @type {any} */
  const described = model.description.layers[Number(/\d+/.exec(path)?.[0])];
  return (
    described?.branches?.some((/** @type {unknown[]} */ branch) => branch.length === 0) ?? false
  );
}

/** Whether a layer stands directly inside the outer one. @param {LayerInfo} layer @param {string} outer */
function direct({ name }, outer) {
  return !name.slice(outer.length + 1).includes("/");
}

/** @param {LayerInfo} layer */
function title({ name, kind }) {
  return kind === "layer_norm" ? "norm" : (name.split("/").pop() ?? name);
}

/**
 * The field of a layer's output, whatever its shape.
 * @param {LayerInfo} layer
 * @param {string} symbol
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
function shown({ name, output_shape: shape }, symbol, model) {
  const value = `probe/${name}/a`;
  const [height, width = 1, channels = 1] = shape;
  if (shape.length === 2) return [sequenceField(model, value, { symbol, title: name, ideal: 44 })];
  if (shape.length === 1) {
    return [
      sequenceField(model, value, {
        symbol,
        title: name,
        axis: "unit",
        ideal: 18,
        part: { rows: height, cols: 1, offset: 0, stride: 1, step: 1 },
        index: (row) => [row],
      }),
    ];
  }
  return Array.from({ length: Math.min(MAX_CHANNELS, channels) }, (_, channel) =>
    sequenceField(model, value, {
      symbol: "",
      title: `${name}, channel ${channel}`,
      axis: "pixel",
      ideal: 64,
      part: {
        rows: height,
        cols: width,
        offset: channel,
        stride: width * channels,
        step: channels,
      },
      index: (row, col) => [row, col, channel],
    }),
  );
}
