// @ts-check
// Vectors that are looked up by name: one for each field of the input, such as a person and a film. A
// factorisation multiplies the two and adds what each has of its own.

import { panelColumn } from "../column.js";
import { imageWidth, placeOf, sequenceField } from "../fields.js";
import { Panel } from "../panel.js";
import { fieldName } from "../sequence.js";

/** @typedef {import("../../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../../types.js").Model} Model */

/** A number has room for its digits, CSS px at scale 1. */
const CELL = 34;
const MIN = 150;
const MOST = 208;

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  const buffer = `probe/${layer.name}/vectors`;
  const [rows = 1, cols = 1] = model.bufferByName.get(buffer)?.shape ?? [];
  const ideal = CELL * cols <= MOST ? CELL * cols : Math.max(imageWidth(cols), 16 * cols);
  const vectors = sequenceField(model, buffer, {
    ...{
      symbol: "",
      title: "vector",
      look: "words",
      axis: "unit",
      ideal: Math.min(MOST, Math.max(MIN, ideal)),
    },
    part: { rows, cols, offset: 0, stride: cols, step: 1 },
  });
  const sum = sequenceField(model, `probe/${layer.name}/z`, {
    ...{ symbol: "", title: "answer", look: "words", axis: "unit", group: buffer },
    part: { rows: 1, cols: 1, offset: 0, stride: 1, step: 1 },
    index: () => [0],
  });
  const panel = new VectorPanel(layer.kind === "factorisation" ? [vectors, sum] : [vectors], model);
  panel.also = [`${layer.name}/b`, `${layer.name}/mu`];
  return panelColumn(layer, model, panel);
}

/** Room for a field's name above its vector, and for the sum below, CSS px at scale 1. */
export const NAME = 18;
export const ROW = 34;
export const BETWEEN = 22;

class VectorPanel extends Panel {
  /** @override @param {number} cell @param {import("../panel.js").Read} read */
  name(cell, read) {
    const { field, row, col } = placeOf(this.fields, cell);
    if (field !== this.fields[0]) return field.title;
    return `${fieldName(this.model, row, read("probe/input/x")?.[row] ?? 0)}, number ${col}`;
  }

  /**
   * @override
   * @param {import("../layout.js").Box} box
   * @param {import("../layout.js").Area} area
   */
  place(box, area) {
    const { scale } = area;
    const [vectors, sum] = this.fields;
    const { rows } = vectors.part;
    const pitch = (NAME + ROW + BETWEEN) * scale;
    const height = pitch * (rows + (sum ? 2 : 0)) - BETWEEN * scale;
    const y = area.y + Math.max(0, (area.height - height) / 2);
    Object.assign(vectors, { x: box.x, y, width: box.width, height: pitch * rows });
    if (!sum) return;
    const below = y + pitch * (rows + 1) + NAME * scale;
    Object.assign(sum, { x: box.x, y: below, width: box.width, height: ROW * scale });
  }
}
