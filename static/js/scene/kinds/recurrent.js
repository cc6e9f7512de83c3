// @ts-check
// A recurrent layer unrolled: a row per time step, with its gates, its states and the norm of dL/dh
// there.

import { panelColumn } from "../column.js";
import { sequenceField } from "../fields.js";
import { Panel } from "../panel.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { FieldSpec } from "../fields.js" */

/** Symbols and names of the gates, in the order of their blocks. */
const GATES = {
  lstm: [
    ["i", "input gate"],
    ["f", "forget gate"],
    ["o", "output gate"],
    ["g", "candidate"],
  ],
  gru: [
    ["r", "reset gate"],
    ["u", "update gate"],
  ],
  rnn: [],
};

/** The gap between the two directions in time, for the arrows of both; CSS px at scale 1. */
const BETWEEN = 30;

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  return panelColumn(layer, model, new Panel(recurrentFields(layer, model), model, BETWEEN));
}

/**
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
function recurrentFields(layer, model) {
  const two = model.bufferByName.has(`probe/${layer.name}/ahead/h`);
  const paths = two ? [`${layer.name}/ahead`, `${layer.name}/reverse`] : [layer.name];
  return paths.flatMap((path) => [
    ...gates(layer.kind, path, model),
    ...states(path, model),
    fade(path, model),
  ]);
}

/**
 * @param {string} path
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
function states(path, model) {
  const named = { c: "cell state", h: "state" };
  return Object.entries(named)
    .filter(([symbol]) => model.bufferByName.has(`probe/${path}/${symbol}`))
    .map(([symbol, title]) =>
      sequenceField(model, `probe/${path}/${symbol}`, { symbol, title, ...along(path) }),
    );
}

/**
 * @param {string} kind
 * @param {string} path
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
function gates(kind, path, model) {
  const buffer = model.bufferByName.get(`probe/${path}/gates`);
  if (!buffer) return [];
  const [rows, count, units] = buffer.shape;
  const names = GATES[/** @type {"lstm"} */ (kind)] ?? [];
  return Array.from({ length: count }, (_, gate) => {
    const [symbol, title] = names[gate] ?? [`gate ${gate}`, `gate ${gate}`];
    return sequenceField(model, buffer.name, {
      symbol,
      title,
      ...along(path),
      look: "mean",
      part: { rows, cols: units, offset: gate * units, stride: count * units, step: 1 },
      index: (row, col) => [row, gate, col],
      range: 1,
      ideal: 20,
    });
  });
}

/** @param {string} path @param {Model} model @returns {FieldSpec} */
function fade(path, model) {
  return sequenceField(model, `probe/${path}/h`, {
    symbol: "‖dL/dh‖",
    title: "norm of dL/dh",
    ...along(path),
    look: "fade",
    ideal: 52,
  });
}

/** @param {string} path */
function along(path) {
  return { path, group: path, back: path.endsWith("/reverse") };
}
