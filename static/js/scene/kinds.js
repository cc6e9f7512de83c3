// @ts-check
// Chooses the picture of each layer, by its kind or else by its shapes. A new picture is one entry
// in PICTURES and the modules of its name.

import { dense } from "./kinds/dense.js";
import { input } from "./kinds/input.js";

/** @import { LayerInfo, Model } from "../state/types.js" */

/**
 * What fills a unit. `buffer` holds `width × height` numbers per unit.
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
 * A column of units as its kind of layer describes it.
 * @typedef {object} ColumnSpec
 * @property {string} layer the layer's name, "input" for the inputs
 * @property {string} [module] of its picture
 * @property {number} count units
 * @property {Face} face
 * @property {[number, number] | null} picture rows and columns if all units are one picture
 * @property {number} ideal size of a unit where there is room, CSS px at scale 1
 * @property {number} least below this size a single column folds into a block
 * @property {string[]} labels one per unit, or none
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
 * @property {import("./origin.js").Origin | null} [origin] receptive fields of its cells, if these
 *   depend on a part of the input only
 * @property {import("./panel.js").Panel | null} panel fields that the column consists of instead
 *   of units; their cells then count as units
 */

/**
 * @typedef {object} Kind
 * @property {string} kind
 * @property {(layer: LayerInfo, model: Model) => ColumnSpec} column
 */

/**
 * A picture: the module of its name in `scene/kinds/` describes a layer's column. If it is
 * `painted`, the class `Painter` of the same module in `renderer/kinds/` draws it; otherwise it is
 * drawn as units. The kinds of layers in `kinds` have this picture whatever their shapes.
 * @typedef {{painted: boolean, kinds: string[]}} Picture
 */

/** @type {{[module: string]: Picture}} */
export const PICTURES = {
  attention: { painted: true, kinds: ["attention"] },
  dense: { painted: false, kinds: [] },
  input: { painted: false, kinds: [] },
  maps: { painted: true, kinds: [] },
  nested: { painted: true, kinds: ["residual", "concatenate"] },
  pooled: { painted: false, kinds: ["global_max_pool", "global_average_pool"] },
  predictions: { painted: true, kinds: [] },
  recurrent: { painted: true, kinds: ["rnn", "lstm", "gru"] },
  time_steps: { painted: true, kinds: [] },
  tokens: { painted: true, kinds: [] },
  transformer_block: { painted: true, kinds: ["transformer_block"] },
  vectors: { painted: true, kinds: ["field_embedding", "factorisation"] },
};

/** The pictures of the first network; all others are fetched when a network needs them. */
const EAGER = { dense, input };

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
    return shape.length === 2 && !model.data.image_shape ? "time_steps" : "input";
  }
  const special = Object.keys(PICTURES).find((module) =>
    PICTURES[module].kinds.includes(layer.kind),
  );
  if (special) return special;
  if (layer.output_shape.length === 3) return "maps";
  if (layer.output_shape.length !== 2) return "dense";
  const last = layer === model.layers[model.layers.length - 1];
  return last && model.data.task === "classification" ? "predictions" : "time_steps";
}

/**
 * A layer that stands for the inputs: a copy of the first layer with another name and kind.
 * @param {Model} model
 * @returns {LayerInfo}
 */
export function inputLayer(model) {
  return { ...model.layers[0], name: "input", kind: "input", combines: "", window: null };
}

/**
 * The layers that have a column each, without inner layers. The first one stands for the inputs.
 * @param {Model} model
 * @returns {LayerInfo[]}
 */
function layersOf(model) {
  return [inputLayer(model), ...model.layers.filter(({ name }) => !name.includes("/"))];
}

/**
 * Whether the modules of all columns are loaded.
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
      if (!(name in EAGER)) fetched.set(name, await import(`./kinds/${name}.js`));
    }),
  );
}

/**
 * The columns of a network, inputs first. A picture that is not loaded yet is replaced by dense.
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
