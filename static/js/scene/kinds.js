// @ts-check
// What the scene knows of each kind of layer. A new kind is one new file and one line here.

import { dense } from "./kinds/dense.js";
import { input } from "./kinds/input.js";

/** @typedef {import("../types.js").Model} Model */
/** @typedef {import("../types.js").LayerInfo} LayerInfo */

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
 * @property {boolean} output the network's last layer
 */

/**
 * @typedef {object} Kind
 * @property {string} kind
 * @property {(layer: LayerInfo, model: Model) => ColumnSpec} column
 */

/** @type {Map<string, Kind>} */
const kinds = new Map([input, dense].map((kind) => [kind.kind, kind]));

/**
 * The columns of a network, inputs first. A kind without a file of its own is shown as dense.
 * @param {Model} model
 * @returns {ColumnSpec[]}
 */
export function describeColumns(model) {
  const first = { ...model.layers[0], name: "input", kind: "input" };
  return [first, ...model.layers].map((layer) =>
    (kinds.get(layer.kind) ?? dense).column(layer, model),
  );
}
