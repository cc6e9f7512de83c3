// @ts-check
// What is computed at every position of a sequence: a row per step, a column per unit.

import { panelColumn } from "../column.js";
import { positionOf, sequenceField } from "../fields.js";
import { originOf } from "../origin.js";
import { Panel, weightLines } from "../panel.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { FieldSpec } from "../fields.js" */
/** @import { Origin, Position } from "../origin.js" */
/** @import { CellLine, Read } from "../panel.js" */

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  // Above a convolution there is room for its shape only.
  const activation = layer.kind === "dense" ? layer.activation : "";
  return { ...panelColumn(layer, model, new SequencePanel(layer, model)), activation };
}

export class SequencePanel extends Panel {
  /** @param {LayerInfo} layer @param {Model} model */
  constructor(layer, model) {
    super(fieldsOf(layer, model), model);
    const output = this.fields[this.fields.length - 1];
    this.origin = originOf(layer, model, (cell) => {
      const { field, row, col } = positionOf(this.fields, cell);
      return field === output ? { row, col: 0, channel: col } : null;
    });
    this.extraBuffers = this.origin?.needs ?? [];
  }

  /**
   * Adds the pre-activation, if there is one, or the weight that was looked up.
   * @override
   * @param {number} cell
   * @param {Read} read
   * @returns {CellLine[]}
   */
  lines(cell, read) {
    const { origin, model } = this;
    const position = origin?.find(cell);
    if (!origin || !position) return super.lines(cell, read);
    if (!origin.weighs)
      return [...super.lines(cell, read), ...this.lookedUp(origin, position, read)];
    const index = [position.row, position.channel];
    const named = { z: origin.z, a: origin.a };
    const gradients = { "dL/dz": `${origin.z}.grad`, "dL/da": `${origin.a}.grad` };
    return Object.entries({ ...named, ...gradients }).flatMap(([symbol, buffer]) =>
      model.bufferByName.has(buffer) ? [{ symbol, buffer, index }] : [],
    );
  }

  /**
   * @param {Origin} origin
   * @param {Position} position
   * @param {Read} read
   */
  lookedUp({ layer, weight, source }, { row, channel }, read) {
    const id = layer.reads_ids ? read(source)?.[row] : undefined;
    return id === undefined ? [] : weightLines(this.model, weight, [id, channel]);
  }
}

/**
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
function fieldsOf(layer, model) {
  if (layer.kind === "input") {
    return [sequenceField(model, "probe/input/x", { symbol: "x", title: "input" })];
  }
  const answer = { symbol: "a", title: layer.name };
  const table = `${layer.name}/P`;
  return [
    ...(model.bufferByName.has(table) ? [learned(model, table)] : []),
    sequenceField(model, `probe/${layer.name}/a`, answer),
  ];
}

/**
 * A learned position vector per step, which is added to the token's vector.
 * @param {Model} model
 * @param {string} buffer
 */
function learned(model, buffer) {
  const gradient = model.bufferByName.get(buffer)?.grad ?? "";
  const of = { symbol: "P", title: "position", gradient, group: "positions" };
  return sequenceField(model, buffer, of);
}
