// @ts-check
// A column that is made of fields: its headings and counts.

import { Panel } from "./panel.js";

/** @import { LayerInfo, Model } from "../state/types.js" */
/** @import { ColumnSpec } from "./kinds.js" */

/**
 * @param {LayerInfo} layer
 * @param {Model} model
 * @param {Panel} panel
 * @returns {ColumnSpec}
 */
export function panelColumn(layer, model, panel) {
  const input = layer.kind === "input";
  const output = layer === model.layers[model.layers.length - 1];
  const value = input ? "probe/input/x" : `probe/${layer.name}/a`;
  const face = { kind: /** @type {const} */ ("value"), buffer: value, width: 1, height: 1 };
  return {
    layer: layer.name,
    count: panel.cells,
    face: { ...face, range: 0, probability: false },
    picture: null,
    ideal: 44,
    least: 1,
    labels: [],
    title: input ? "Input" : output ? "Output" : layer.heading,
    shape: (input ? model.data.input_shape : layer.output_shape).join("×"),
    activation: "",
    parameters: input ? 0 : parameters(layer, model),
    weight: "",
    bias: "",
    value,
    gradient: "",
    batch: "",
    bound: 0,
    limits: null,
    output: output && !input,
    origin: panel.origin,
    panel,
  };
}

/**
 * The number of parameters of a layer, including its inner layers.
 * @param {LayerInfo} layer
 * @param {Model} model
 */
function parameters({ name }, model) {
  const layers = model.layers.filter((l) => l.name === name || l.name.startsWith(`${name}/`));
  const names = new Set(layers.flatMap((l) => l.parameters));
  const sizes = [...names].map((buffer) => model.bufferByName.get(buffer)?.shape ?? [0]);
  return sizes.reduce((sum, shape) => sum + shape.reduce((product, n) => product * n, 1), 0);
}
