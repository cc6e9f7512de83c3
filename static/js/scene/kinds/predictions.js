// @ts-check
// Predictions of the next token at every step: the probability of the true token, and the most
// probable ones.

import { panelColumn } from "../column.js";
import { positionOf, sequenceField } from "../fields.js";
import { Panel } from "../panel.js";
import { stepName, tokenText } from "../sequence.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { CellLine, Read } from "../panel.js" */

/** The number of most probable tokens that are named. */
export const RANKS = 3;

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  const activation = layer.kind === "dense" ? layer.activation : "";
  return { ...panelColumn(layer, model, predictionPanel(layer, model)), activation };
}

/**
 * @param {LayerInfo} layer
 * @param {Model} model
 */
function predictionPanel(layer, model) {
  const value = `probe/${layer.name}/a`;
  const gradient = `probe/${layer.name}/z.grad`;
  const [rows = 1, cols = 1] = model.bufferByName.get(value)?.shape ?? [];
  const ranks = { rows, cols: RANKS, offset: 0, stride: cols, step: 1 };
  return new PredictionPanel(
    [
      sequenceField(model, value, {
        symbol: "next",
        title: "probability of the next token",
        look: "norm",
        gradient,
        range: 1,
        ideal: 56,
        group: "answers",
      }),
      sequenceField(model, value, {
        symbol: `top ${RANKS}`,
        title: "answer",
        look: "words",
        gradient: "",
        part: ranks,
        ideal: 22 * RANKS,
        group: "answers",
      }),
    ],
    model,
  );
}

class PredictionPanel extends Panel {
  /**
   * The token that a cell is about, and its step.
   * @param {number} cell
   * @param {Read} read
   */
  tokenOf(cell, read) {
    const { field, row, col } = positionOf(this.fields, cell);
    const cols = this.fields[0].part.cols;
    if (field === this.fields[0]) return { row, id: read("probe/input/y")?.[row] ?? -1, rank: -1 };
    const all = read(field.value);
    if (!all) return { row, id: -1, rank: col };
    const ranked = Array.from({ length: cols }, (_, id) => id);
    ranked.sort((a, b) => all[row * cols + b] - all[row * cols + a]);
    return { row, id: ranked[col] ?? -1, rank: col };
  }

  /** @override @param {number} cell @param {Read} read */
  name(cell, read) {
    const { row, id, rank } = this.tokenOf(cell, read);
    const after = `after ${stepName(this.model, read("probe/input/x"), row)}`;
    if (id < 0) return `No token ${after}`;
    const token = `“${tokenText(this.model, id)}”`;
    return rank < 0
      ? `${token}, the true token ${after}`
      : `${token}, prediction ${rank + 1} ${after}`;
  }

  /**
   * @override
   * @param {number} cell
   * @param {Read} read
   * @returns {CellLine[]}
   */
  lines(cell, read) {
    const { row, id } = this.tokenOf(cell, read);
    if (id < 0) return [];
    const { value, gradient } = this.fields[0];
    return [
      { symbol: "p", buffer: value, index: [row, id] },
      { symbol: "dL/dz", buffer: gradient, index: [row, id] },
    ];
  }
}
