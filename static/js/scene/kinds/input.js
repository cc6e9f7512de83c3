// @ts-check
// The inputs: a feature is its own map over the plane, an image is one picture, a table a column.

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { ColumnSpec, Face } from "../kinds.js" */

const RESPONSE = "view/response/input";
const PROBE = "probe/input/x";

/**
 * A feature's name as mathematics: "x1_squared" is x₁².
 * @param {string} id
 */
export function featureLabel(id) {
  return id
    .replace(/^(x\d)_(x\d)$/, "$1 $2")
    .replace("_squared", "²")
    .replace("sin_", "sin ")
    .replace(/x1/g, "x₁")
    .replace(/x2/g, "x₂")
    .replace(/_/g, " ");
}

/**
 * @param {Model} model
 * @returns {Face}
 */
function face(model) {
  const response = model.bufferByName.get(RESPONSE);
  const value = { buffer: PROBE, width: 1, height: 1, range: 0, probability: false };
  if (!response || model.data.image_shape) return { ...value, kind: "value" };
  const [, height, width] = response.shape.length > 2 ? response.shape : [0, 1, response.shape[1]];
  return { ...value, kind: height > 1 ? "map" : "curve", buffer: RESPONSE, width, height };
}

export const input = {
  kind: "input",

  /**
   * @param {LayerInfo} layer stands for the inputs; `inputs` is their number
   * @param {Model} model
   * @returns {ColumnSpec}
   */
  column(layer, model) {
    const { data } = model;
    const [rows, columns] = data.image_shape ?? [0, 0];
    const picture = rows * columns === layer.inputs && rows > 0;
    return {
      layer: "input",
      count: layer.inputs,
      face: face(model),
      picture: picture ? [rows, columns] : null,
      ideal: picture ? 132 : data.kind === "table" ? 30 : 44,
      least: 10,
      labels: picture ? [] : data.feature_names.slice(0, layer.inputs).map(featureLabel),
      title: "Input",
      shape: picture ? `${rows}×${columns}` : `${layer.inputs}`,
      activation: "",
      parameters: 0,
      weight: "",
      bias: "",
      value: PROBE,
      gradient: "",
      saliency: picture && model.bufferByName.has(`${PROBE}.grad`) ? `${PROBE}.grad` : "",
      batch: "",
      bound: 0,
      limits: null,
      output: false,
      panel: null,
    };
  },
};
