// @ts-check
// Inputs that name rows of a table: the tokens of a text, or the person and the film of a rating.

import { panelColumn } from "../column.js";
import { sequenceField } from "../fields.js";
import { Panel } from "../panel.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */

/** Width of a letter and of the margins, CSS px at scale 1. */
const LETTER = 7;
const AROUND = 8;
const MAX_WIDTH = 64;

/** @param {LayerInfo} layer stands for the inputs @param {Model} model */
export function column(layer, model) {
  const [rows = 1] = model.data.input_shape;
  const { vocabulary, feature_names: names } = model.data;
  const letters = Math.max(
    ...(vocabulary ?? names.map((name) => `${name} 100`)).map((t) => t.length),
  );
  const field = sequenceField(model, "probe/input/x", {
    symbol: "",
    title: vocabulary ? "token" : "input",
    look: "words",
    part: { rows, cols: 1, offset: 0, stride: 1, step: 1 },
    index: (row) => [row],
    axis: vocabulary ? "step" : "unit",
    ideal: Math.min(vocabulary ? MAX_WIDTH : 2 * MAX_WIDTH, AROUND + LETTER * letters),
  });
  return panelColumn(layer, model, new Panel([field], model));
}
