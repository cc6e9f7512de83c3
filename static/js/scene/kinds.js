// @ts-check
// What the scene knows of each kind of layer. A new kind is one new file and one line here.

import { dense } from "./kinds/dense.js";
import { input } from "./kinds/input.js";

/** @import { LayerInfo, Model } from "../state/types.js" */

/**
 * What fills a unit. `buffer` holds `width × height` numbers a unit.
 * map: a picture over the input plane; curve: a graph over the input line; weights: the incoming
 * weights laid out as the inputs are; value: one number as a colour.
 * @typedef {object} Face
 * @property {"map" | "curve" | "weights" | "value"} kind
 * @property {string} buffer
 * @property {number} width
 * @property {number} height
 * @property {number} range a fixed range (1 where activations lie in -1..1), 0 to follow the data
 * @property {boolean} probability 0.5 is the middle of the colours: the output of a binary choice
 */

/**
 * What a kind of layer says about its column of units.
 * @typedef {object} ColumnSpec
 * @property {string} layer the layer's name, "input" for the inputs
 * @property {string} [module] of its kind
 * @property {number} count units
 * @property {Face} face
 * @property {[number, number] | null} picture rows and columns if all units are one picture
 * @property {number} ideal size of a unit where there is room, CSS px at scale 1
 * @property {number} least below this size a single column folds into a block
 * @property {string[]} labels one a unit, or none
 * @property {string} title
 * @property {string} shape of the weights, or of the inputs
 * @property {string} activation empty for the inputs
 * @property {number} parameters
 * @property {string} weight buffer of the incoming weights, or ""
 * @property {string} bias buffer of the biases, or ""
 * @property {string} value buffer of the activations for the probe sample
 * @property {string} gradient buffer of dL/da for the probe sample (dL/dz if there is none), or ""
 * @property {string} batch buffer of the activations of the whole batch, or ""
 * @property {number} bound the largest magnitude of an activation, 0 if there is none
 * @property {import("./unit_health.js").Limits | null} limits when units are dead or saturated
 * @property {string} [saliency] buffer of the gradient by an image's pixels
 * @property {boolean} output the network's last layer
 * @property {import("./origin.js").Origin | null} [origin] where its cells come from, if from a part
 *   of what is before
 * @property {import("./panel.js").Panel | null} panel what the column is made of instead of units;
 *   its cells then are the units
 */

/**
 * @typedef {object} Kind
 * @property {string} kind
 * @property {(layer: LayerInfo, model: Model) => ColumnSpec} column
 */

/** Kinds that the first network has; all others are fetched when a network needs them. */
const EAGER = { dense, input };

/** @type {{[module: string]: () => Promise<Pick<Kind, "column">>}} */
const FETCHED = {
  answers: () => import("./kinds/answers.js"),
  attention: () => import("./kinds/attention.js"),
  maps: () => import("./kinds/maps.js"),
  nested: () => import("./kinds/nested.js"),
  places: () => import("./kinds/time_steps.js"),
  pooled: () => import("./kinds/pooled.js"),
  recurrent: () => import("./kinds/recurrent.js"),
  tokens: () => import("./kinds/tokens.js"),
  transformer_block: () => import("./kinds/transformer_block.js"),
  vectors: () => import("./kinds/vectors.js"),
};

/** Modules of kinds that have one of their own, whatever their shapes. @type {{[kind: string]: string}} */
const MODULES = {
  rnn: "recurrent",
  lstm: "recurrent",
  gru: "recurrent",
  attention: "attention",
  transformer_block: "transformer_block",
  field_embedding: "vectors",
  factorisation: "vectors",
  residual: "nested",
  concatenate: "nested",
  global_max_pool: "pooled",
  global_average_pool: "pooled",
};

/** @type {Map<string, Pick<Kind, "column">>} */
const fetched = new Map();

/**
 * The module that shows a layer.
 * @param {LayerInfo} layer
 * @param {Model} model
 */
export function moduleOf(layer, model) {
  const { vocabulary, input_shape: shape } = model.data;
  if (layer.kind === "input") {
    if ((vocabulary || model.data.field_sizes) && shape.length === 1) return "tokens";
    return shape.length === 2 && !model.data.image_shape ? "places" : "input";
  }
  if (MODULES[layer.kind]) return MODULES[layer.kind];
  if (layer.output_shape.length === 3) return "maps";
  if (layer.output_shape.length !== 2) return "dense";
  const last = layer === model.layers[model.layers.length - 1];
  return last && model.data.task === "classification" ? "answers" : "places";
}

/**
 * The layers that have a column each: inner ones are part of theirs. The first stands for the inputs.
 * @param {Model} model
 * @returns {LayerInfo[]}
 */
function layersOf(model) {
  const first = { ...model.layers[0], name: "input", kind: "input" };
  return [first, ...model.layers.filter(({ name }) => !name.includes("/"))];
}

/**
 * Whether all is there to describe the columns.
 * @param {Model} model
 */
export function isKnown(model) {
  return layersOf(model).every((layer) => {
    const module = moduleOf(layer, model);
    return module in EAGER || fetched.has(module);
  });
}

/**
 * Fetches the modules that a network needs.
 * @param {Model} model
 */
export async function fetchKinds(model) {
  const names = new Set(layersOf(model).map((layer) => moduleOf(layer, model)));
  await Promise.all(
    [...names].map(async (name) => {
      if (!(name in EAGER)) fetched.set(name, await FETCHED[name]());
    }),
  );
}

/**
 * The columns of a network, inputs first. A kind that is not there yet is shown as dense.
 * @param {Model} model
 * @returns {ColumnSpec[]}
 */
export function describeColumns(model) {
  return layersOf(model).map((layer) => {
    const module = moduleOf(layer, model);
    const kind = EAGER[/** @type {"dense"} */ (module)] ?? fetched.get(module) ?? dense;
    return { ...kind.column(layer, model), module };
  });
}
