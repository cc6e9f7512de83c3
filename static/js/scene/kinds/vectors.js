// @ts-check
// Vectors that are looked up by name: one for each field of the input, such as a person and a film. A
// factorisation multiplies the two and adds what each has of its own.

import { panelColumn } from "../column.js";
import { imageWidth, placeOf, sequenceField } from "../fields.js";
import { Panel, weightLines } from "../panel.js";
import { fieldName } from "../sequence.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */

/** A number has room for its digits, CSS px at scale 1. */
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
  panel.tall = heightOf(panel.fields, TIGHT) + TIGHT.name;
  panel.also = [`${layer.name}/b`, `${layer.name}/mu`];
  return panelColumn(layer, model, panel);
}

/** Heights of a row's name, of its numbers and of what is below it. @typedef {{name: number, row: number, between: number}} Heights */

/** Where there is room, and at least; CSS px at scale 1. */
const IDEAL = { name: 18, row: 34, between: 22 };
const TIGHT = { name: 14, row: 13, between: 4 };

/** @param {Heights} heights */
function pitchOf({ name, row, between }) {
  return name + row + between;
}

/**
 * Of the vectors and, where there is one, of the sum below what is added.
 * @param {import("../fields.js").FieldSpec[]} fields
 * @param {Heights} heights
 */
function heightOf([vectors, sum], heights) {
  return pitchOf(heights) * (vectors.part.rows + (sum ? 2 : 0)) - heights.between;
}

export class VectorPanel extends Panel {
  /** The parameters that it is looked up in, a row a vector. */
  table = "";
  /** CSS px. */
  heights = IDEAL;

  /** From one row to the next, CSS px. */
  get pitch() {
    return pitchOf(this.heights);
  }

  /** @override @param {number} cell @param {import("../panel.js").Read} read */
  name(cell, read) {
    const { field, row, col } = placeOf(this.fields, cell);
    if (field !== this.fields[0]) return field.title;
    return `${fieldName(this.model, row, read("probe/input/x")?.[row] ?? 0)}, element ${col}`;
  }

  /**
   * With the weight that a number is.
   * @override
   * @param {number} cell
   * @param {import("../panel.js").Read} read
   */
  lines(cell, read) {
    const { field, row, col } = placeOf(this.fields, cell);
    const own = super.lines(cell, read);
    if (field !== this.fields[0]) return own;
    const sizes = this.model.data.field_sizes ?? [];
    const before = sizes.slice(0, row).reduce((sum, size) => sum + size, 0);
    const id = read("probe/input/x")?.[row];
    if (id === undefined) return own;
    return [...own, ...weightLines(this.model, this.table, [before + id, col])];
  }

  /**
   * Without the name above it.
   * @override
   * @param {number} cell
   */
  boxOf(cell) {
    const box = super.boxOf(cell);
    if (placeOf(this.fields, cell).field !== this.fields[0]) return box;
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
