// @ts-check
// Embedding vectors, one for each field of the input, such as a person and a film. A factorisation
// adds the biases of the two to their dot product.

import { panelColumn } from "../column.js";
import { imageWidth, positionOf, sequenceField } from "../fields.js";
import { Panel, weightLines } from "../panel.js";
import { fieldName } from "../sequence.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */

/** Width of a cell with room for the digits of a number, CSS px at scale 1. */
const CELL = 34;
const MIN_WIDTH = 150;
const MAX_WIDTH = 208;

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  const buffer = `probe/${layer.name}/vectors`;
  const [rows = 1, cols = 1] = model.bufferByName.get(buffer)?.shape ?? [];
  const ideal = CELL * cols <= MAX_WIDTH ? CELL * cols : Math.max(imageWidth(cols), 16 * cols);
  const vectors = sequenceField(model, buffer, {
    symbol: "",
    title: "vector",
    look: "words",
    axis: "unit",
    ideal: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, ideal)),
    part: { rows, cols, offset: 0, stride: cols, step: 1 },
  });
  const sum = sequenceField(model, `probe/${layer.name}/z`, {
    symbol: "",
    title: "answer",
    look: "words",
    axis: "unit",
    group: buffer,
    part: { rows: 1, cols: 1, offset: 0, stride: 1, step: 1 },
    index: () => [0],
  });
  const panel = new VectorPanel(layer.kind === "factorisation" ? [vectors, sum] : [vectors], model);
  panel.table = `${layer.name}/W`;
  panel.minHeight = heightOf(panel.fields, TIGHT) + TIGHT.name;
  panel.extraBuffers = [`${layer.name}/b`, `${layer.name}/mu`];
  return panelColumn(layer, model, panel);
}

/**
 * Heights of a row's name, of its numbers and of the gap below them.
 * @typedef {{name: number, row: number, between: number}} Heights
 */

/** Preferred and least heights, CSS px at scale 1. */
const IDEAL = { name: 18, row: 34, between: 22 };
const TIGHT = { name: 14, row: 13, between: 4 };

/** @param {Heights} heights */
function pitchOf({ name, row, between }) {
  return name + row + between;
}

/**
 * The height of the vectors and, if there is one, of the sum below them.
 * @param {import("../fields.js").FieldSpec[]} fields
 * @param {Heights} heights
 */
function heightOf([vectors, sum], heights) {
  return pitchOf(heights) * (vectors.part.rows + (sum ? 2 : 0)) - heights.between;
}

export class VectorPanel extends Panel {
  /** The name of the table that the vectors are looked up in, a row each. */
  table = "";
  /** Heights in use, CSS px. */
  heights = IDEAL;

  /** The distance from one row to the next, CSS px. */
  get pitch() {
    return pitchOf(this.heights);
  }

  /** @override @param {number} cell @param {import("../panel.js").Read} read */
  name(cell, read) {
    const { field, row, col } = positionOf(this.fields, cell);
    if (field !== this.fields[0]) return field.title;
    return `${fieldName(this.model, row, read("probe/input/x")?.[row] ?? 0)}, element ${col}`;
  }

  /**
   * Adds the weight that was looked up.
   * @override
   * @param {number} cell
   * @param {import("../panel.js").Read} read
   */
  lines(cell, read) {
    const { field, row, col } = positionOf(this.fields, cell);
    const lines = super.lines(cell, read);
    if (field !== this.fields[0]) return lines;
    const sizes = this.model.data.field_sizes ?? [];
    const before = sizes.slice(0, row).reduce((sum, size) => sum + size, 0);
    const id = read("probe/input/x")?.[row];
    if (id === undefined) return lines;
    return [...lines, ...weightLines(this.model, this.table, [before + id, col])];
  }

  /**
   * The box of the number, without the name above it.
   * @override
   * @param {number} cell
   */
  boxOf(cell) {
    const box = super.boxOf(cell);
    if (positionOf(this.fields, cell).field !== this.fields[0]) return box;
    const { name, row } = this.heights;
    return { ...box, y: box.y + name, height: row };
  }

  /**
   * @override
   * @param {import("../layout.js").Box} box
   * @param {import("../layout.js").Area} area
   */
  place(box, area) {
    const [vectors, sum] = this.fields;
    const { rows } = vectors.part;
    const count = rows + (sum ? 2 : 0);
    // Below the last row stands at most another name.
    this.heights = heightsIn((area.height - TIGHT.name * area.scale) / count, area.scale);
    const { heights, pitch } = this;
    const height = pitch * count - heights.between;
    const y = area.y + Math.max(0, (area.height - height) / 2);
    Object.assign(vectors, { x: box.x, y, width: box.width, height: pitch * rows });
    if (!sum) return;
    const below = y + pitch * (rows + 1) + heights.name;
    Object.assign(sum, { x: box.x, y: below, width: box.width, height: heights.row });
  }
}

/**
 * @param {number} room for a row
 * @param {number} scale
 * @returns {Heights}
 */
function heightsIn(room, scale) {
  const [least, most] = [pitchOf(TIGHT) * scale, pitchOf(IDEAL) * scale];
  const share = Math.max(0, Math.min(1, (room - least) / (most - least)));
  const of = (/** @type {keyof Heights} */ part) =>
    scale * (TIGHT[part] + share * (IDEAL[part] - TIGHT[part]));
  return { name: of("name"), row: of("row"), between: of("between") };
}
