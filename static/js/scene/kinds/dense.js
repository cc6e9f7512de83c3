// @ts-check
// A dense layer: every unit is a picture of what it computes, every weight an edge.

import { fieldsAt } from "../../state/description.js";
import { limitsOf } from "../unit_health.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { ColumnSpec, Face } from "../kinds.js" */

/**
 * A map or curve of the unit's response if the data allow one; the weights as an image where the
 * inputs are an image; the activation for the probe sample otherwise.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {Face}
 */
function face(layer, model) {
  const output = layer === model.layers[model.layers.length - 1];
  const range = boundOf(layer);
  const probability = output && layer.units === 1 && layer.probability;
  const response = model.bufferByName.get(`view/response/${layer.name}`);
  if (response) {
    const [, height, width] =
      response.shape.length > 2 ? response.shape : [0, 1, response.shape[1]];
    const kind = height > 1 ? "map" : "curve";
    return { kind, buffer: response.name, width, height, range, probability };
  }
  const image = model.data.image_shape;
  if (image && layer === model.layers[0] && image[0] * image[1] === layer.inputs && !output) {
    const [height, width] = image;
    const buffer = layer.parameters[0];
    return { kind: "weights", buffer, width, height, range: 0, probability: false };
  }
  const buffer = `probe/${layer.name}/a`;
  return { kind: "value", buffer, width: 1, height: 1, range, probability };
}

/** The largest magnitude that an output can have, 0 if there is none. @param {LayerInfo} layer */
function boundOf({ range: [low, high] }) {
  return low === null || high === null ? 0 : Math.max(Math.abs(low), Math.abs(high));
}

/** @type {{[kind: string]: number}} the smallest size at which a single column still reads */
const MIN_SIZE = { map: 14, curve: 18, weights: 28, value: 11 };

export const dense = {
  kind: "dense",

  /**
   * @param {LayerInfo} layer
   * @param {Model} model
   * @returns {ColumnSpec}
   */
  column(layer, model) {
    const output = layer === model.layers[model.layers.length - 1];
    const look = face(layer, model);
    const names = model.data.class_names;
    const [weight = "", bias = ""] = layer.parameters;
    // Other layers, such as flattening or dropout, pass their input on.
    const weighs = layer.combines === "sum";
    // If the loss is differentiated by z at once, as with cross-entropy, there is no dL/da.
    const gradient = ["a", "z"]
      .map((value) => `probe/${layer.name}/${value}.grad`)
      .find((name) => model.bufferByName.has(name));
    return {
      layer: layer.name,
      count: layer.units,
      face: look,
      picture: null,
      ideal: 44,
      least: MIN_SIZE[look.kind],
      labels: output && layer.units > 1 && names.length === layer.units ? names : [],
      title: output ? "Output" : layer.heading,
      shape: weighs ? `${layer.inputs}×${layer.units}` : `${layer.units}`,
      activation: "activation" in fieldsAt(model.description, layer.path) ? layer.activation : "",
      parameters: weighs ? layer.inputs * layer.units + (bias ? layer.units : 0) : 0,
      weight: weighs ? weight : "",
      bias: weighs ? bias : "",
      value: `probe/${layer.name}/a`,
      gradient: gradient ?? "",
      batch: model.bufferByName.has(layer.output) ? layer.output : "",
      bound: boundOf(layer),
      limits: limitsOf(layer, model),
      output,
      panel: null,
    };
  },
};
