// @ts-check
// Layers over images: a map per channel, beside the kernel that computed it.

import { panelColumn } from "../column.js";
import { boxAround, positionOf } from "../fields.js";
import { kernelShape, Origin } from "../origin.js";
import { Panel, weightLines } from "../panel.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */
/** @import { FieldSpec } from "../fields.js" */
/** @import { Area, Box } from "../layout.js" */
/** @import { CellLine, Read } from "../panel.js" */

/** The most channels that are shown; the others are only counted. */
const MAX_CHANNELS = 16;
/** The most maps in one column, where there is room. */
const MAX_STACKED = 8;
/** Sides of maps and kernels, and the gap between them; CSS px at scale 1. */
const SIDE = 58;
const MIN_SIDE = 20;
/** Smaller maps have no kernels beside them. */
const MIN_SIDE_WITH_KERNEL = 16;
const KERNEL = 24;
const GAP = 6;
/** The size of a hidden kernel, px: above 0, so that shares of it are finite. */
const HIDDEN_SIZE = 1e-3;
const FOOT = 16;

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  const panel = new MapPanel(layer, model);
  const activation = panel.kernels ? layer.activation : "";
  return { ...panelColumn(layer, model, panel), activation };
}

export class MapPanel extends Panel {
  /** @param {LayerInfo} layer @param {Model} model */
  constructor(layer, model) {
    super(mapFields(layer, model), model);
    const [height, width, channels] = layer.output_shape;
    this.shape = { height, width, channels };
    this.kernels = layer.combines === "sum";
    this.origin = new Origin(layer, model, (cell) => {
      const { channel, kernel, row, col } = this.channelOf(cell);
      return kernel ? null : { row, col, channel };
    });
    this.extraBuffers = this.origin.needs;
    this.inputs = this.kernels && this.origin.kernel.inputs > 1 ? this.origin.kernel.inputs : 0;
    /** The input channel, within its group, whose kernels are shown; -1 for the norm over all. */
    this.input = -1;
    this.selectInput(this.inputs ? -1 : 0);
    this.shownChannels = Math.min(MAX_CHANNELS, channels);
    this.hidden = channels - this.shownChannels;
    const grid = this.shownChannels > MAX_STACKED ? 2 : 1;
    const beside = this.kernels ? KERNEL + GAP / 2 : 0;
    const side = SIDE * Math.max(1, width / height) ** 0.5;
    this.width = grid * (side + beside) + (grid - 1) * 2 * GAP;
    this.least = grid * MIN_SIDE + (grid - 1) * 2 * GAP;
  }

  /**
   * As large as the room allows, kernels to the left of their maps.
   * @override
   * @param {Box} box
   * @param {Area} area
   */
  place(box, area) {
    const { scale } = area;
    const { height, width } = this.shape;
    const count = this.shownChannels;
    const gap = GAP * scale;
    const wide = this.kernels ? (KERNEL + GAP / 2) * scale : 0;
    const foot = this.hidden ? FOOT * scale : 0;
    const cols = count > MAX_STACKED ? 2 : 1;
    const rows = Math.ceil(count / cols);
    const each = (box.width - (cols - 1) * 2 * gap) / cols;
    const beside = each - wide < MIN_SIDE_WITH_KERNEL * scale ? 0 : wide;
    const room = each - beside;
    const cell = Math.min(room / width, ((area.height - foot + gap) / rows - gap) / height);
    const size = cell >= 2 ? Math.floor(cell) : cell;
    const [w, h] = [size * width, size * height];
    const pitch = h + gap;
    const top = area.y + (area.height - foot - rows * pitch + gap) / 2;
    const left = box.x + (box.width - cols * (w + beside) - (cols - 1) * 2 * gap) / 2;
    const step = this.kernels ? 2 : 1;
    for (let i = 0; i < count; i += 1) {
      const x = Math.round(left + (i % cols) * (w + beside + 2 * gap));
      const y = Math.round(top + Math.floor(i / cols) * pitch);
      const map = this.fields[step * i + step - 1];
      Object.assign(map, { x: x + beside, y, width: w, height: h });
      if (this.kernels) placeKernel(this.fields[step * i], x, y + h / 2, beside ? h : 0, scale);
    }
  }

  /** @override @param {number} input */
  selectInput(input) {
    this.input = input < this.origin.kernel.inputs ? input : -1;
    if (!this.kernels || this.input < 0) return;
    for (let filter = 0; filter < this.shownChannels; filter += 1) {
      this.fields[2 * filter].part.offset = this.origin.weightAt(0, 0, this.input, filter);
    }
  }

  /** @param {number} cell */
  channelOf(cell) {
    const { field, row, col } = positionOf(this.fields, cell);
    const at = this.fields.indexOf(field);
    const each = this.kernels ? 2 : 1;
    return { channel: Math.floor(at / each), kernel: each === 2 && at % 2 === 0, field, row, col };
  }

  /** @override @param {number} cell */
  name(cell) {
    const { channel, kernel, row, col } = this.channelOf(cell);
    const from = this.input < 0 ? "all inputs" : `input ${this.input}`;
    const which = this.inputs ? ` from ${from}` : "";
    const of = kernel ? `kernel of channel ${channel}${which}` : `channel ${channel}`;
    return `${of}, row ${row}, column ${col}`;
  }

  /**
   * @override
   * @param {number} cell
   * @param {Read} read
   * @returns {CellLine[]}
   */
  lines(cell, read) {
    const { channel, kernel, field, row, col } = this.channelOf(cell);
    const { z, weight } = this.origin;
    const line = (/** @type {string} */ symbol, /** @type {string} */ buffer) =>
      this.model.bufferByName.has(buffer) ? [{ symbol, buffer, index: [row, col, channel] }] : [];
    if (!kernel) {
      const preActivation = this.kernels ? line("z", z) : [];
      const a = line("a", field.value);
      const flow = this.kernels ? line("dL/dz", `${z}.grad`) : [];
      return [...preActivation, ...a, ...flow, ...line("dL/da", field.gradient)];
    }
    if (this.input >= 0) {
      return weightLines(this.model, weight, this.indexOf(row, col, channel));
    }
    const norm = (/** @type {string} */ buffer) => this.normAt(read(buffer), channel, row, col);
    return [
      { symbol: "norm over inputs", number: norm(weight) },
      { symbol: "norm of dL/dw", number: norm(field.gradient) },
    ];
  }

  /**
   * The index of a weight for the input channel that is shown.
   * @param {number} row
   * @param {number} col
   * @param {number} filter
   */
  indexOf(row, col, filter) {
    const input = Math.max(0, this.input);
    return this.origin.kernel.turned ? [row, col, filter, input] : [row, col, input, filter];
  }

  /**
   * @param {Float32Array | null} weights
   * @param {number} filter
   * @param {number} row
   * @param {number} col
   */
  normAt(weights, filter, row, col) {
    if (!weights) return Number.NaN;
    const { origin } = this;
    let sum = 0;
    for (let i = 0; i < origin.kernel.inputs; i += 1)
      sum += weights[origin.weightAt(row, col, i, filter)] ** 2;
    return Math.sqrt(sum);
  }

  /** @override @param {number} cell */
  weightsOf(cell) {
    const { kernels, origin, fields } = this;
    const position = origin.find(cell);
    if (!kernels || !position || origin.windows[0].kind !== "spread") return [];
    const [rows, cols] = origin.kernelAt(position);
    const kernel = fields[2 * position.channel];
    return rows.flatMap((row) => cols.map((col) => boxAround(kernel, [row, row], [col, col])));
  }
}

/**
 * Centres a kernel on its map's height, in whole pixels.
 * @param {Box & {part: {rows: number, cols: number}}} field
 * @param {number} x
 * @param {number} middle
 * @param {number} most height
 * @param {number} scale
 */
function placeKernel(field, x, middle, most, scale) {
  const { rows, cols } = field.part;
  // A kernel without room is hidden, not removed, so its cells keep their numbers.
  const size = most > 0 ? Math.min(KERNEL * scale, most) / Math.max(rows, cols) : HIDDEN_SIZE;
  const cell = size >= 2 ? Math.floor(size) : size;
  field.width = cell * cols;
  field.height = cell * rows;
  field.x = most > 0 ? x + KERNEL * scale - field.width : -1;
  field.y = Math.round(middle - field.height / 2);
}

/**
 * For every channel its kernel, if there is one, and its map.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
function mapFields(layer, model) {
  const weight = layer.parameters.find((name) => name.endsWith("/W"));
  const shown = Math.min(MAX_CHANNELS, layer.output_shape[2]);
  const kernels = weight !== undefined && layer.combines === "sum";
  return Array.from({ length: shown }, (_, channel) => [
    ...(kernels ? [kernelField(layer, model, weight, channel)] : []),
    mapField(layer, model, channel),
  ]).flat();
}

/** @type {Pick<FieldSpec, "symbol" | "axis" | "group" | "path" | "back" | "range">} */
const PLAIN = { symbol: "", axis: "pixel", group: "maps", path: "", back: false, range: 0 };

/**
 * @param {LayerInfo} layer
 * @param {Model} model
 * @param {number} channel
 * @returns {FieldSpec}
 */
function mapField({ name, output_shape: [rows, cols, channels] }, model, channel) {
  const value = `probe/${name}/a`;
  const gradient = [`${value}.grad`, `probe/${name}/z.grad`].find((of) =>
    model.bufferByName.has(of),
  );
  return {
    ...PLAIN,
    title: `${name}, channel ${channel}`,
    look: "heat",
    value,
    gradient: gradient ?? "",
    part: { rows, cols, offset: channel, stride: cols * channels, step: channels },
    index: (row, col) => [row, col, channel],
    ideal: SIDE,
  };
}

/**
 * A kernel over one input channel. The panel chooses the channel; the painter shows the norm over
 * all.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @param {string} weight
 * @param {number} filter
 * @returns {FieldSpec}
 */
function kernelField({ name }, model, weight, filter) {
  const [rows, cols, a, b] = model.bufferByName.get(weight)?.shape ?? [1, 1, 1, 1];
  const { turned } = kernelShape(weight, model);
  return {
    ...PLAIN,
    title: `${name}, kernel ${filter}`,
    look: "heat",
    value: weight,
    gradient: model.bufferByName.get(weight)?.grad ?? "",
    part: { rows, cols, offset: 0, stride: cols * a * b, step: a * b },
    index: (row, col) => (turned ? [row, col, filter, 0] : [row, col, 0, filter]),
    ideal: KERNEL,
  };
}
