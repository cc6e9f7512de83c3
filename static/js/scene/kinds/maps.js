// @ts-check
// Layers over images: a map a channel, each beside the kernel that made it. What a cell is made of is
// found by the windows of the layers before it.

import { panelColumn } from "../column.js";
import { placeOf } from "../fields.js";
import { Panel } from "../panel.js";
import { fieldsAt, spanOf, windowsOf } from "../windows.js";

/** @typedef {import("../../types.js").LayerInfo} LayerInfo */
/** @typedef {import("../../types.js").Model} Model */
/** @typedef {import("../fields.js").FieldSpec} FieldSpec */
/** @typedef {import("../layout.js").Area} Area */
/** @typedef {import("../layout.js").Box} Box */
/** @typedef {import("../panel.js").CellLine} CellLine */
/** @typedef {import("../panel.js").Made} Made */
/** @typedef {import("../panel.js").Read} Read */
/** @typedef {import("../panel.js").Share} Share */
/** @typedef {import("../windows.js").Span} Span */

/** Cells of all maps of a layer, or of one channel. @typedef {{rows: Span, cols: Span, channel: number}} Region */

/** So many channels are shown; the others are counted. */
const MOST = 16;
/** So many stand below one another where there is room. */
const TALL = 8;
/** Sides of maps and kernels, and what is between them; CSS px at scale 1. */
const SIDE = 58;
const LEAST = 20;
/** Beside smaller maps there are no kernels. */
const WITH_KERNEL = 16;
const KERNEL = 24;
const GAP = 6;
/** The size of what is out of sight, px: not 0, so that shares of it are numbers. */
const OUT = 1e-3;
const FOOT = 16;

/** Kinds that make every channel of all channels. */
const MIXES = ["conv2d", "transposed_conv2d"];

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  const panel = new MapPanel(layer, model);
  const spec = panelColumn(layer, model, panel);
  return { ...spec, activation: panel.kernels ? layer.activation : "" };
}

export class MapPanel extends Panel {
  /** @param {LayerInfo} layer @param {Model} model */
  constructor(layer, model) {
    super(mapFields(layer, model), model);
    const [height, width, channels] = layer.output_shape;
    const outer = model.layers.filter(({ name }) => !name.includes("/"));
    const place = outer.findIndex(({ name }) => name === layer.name);
    const before = outer[place - 1]?.name;
    this.layer = layer;
    this.shape = { height, width, channels };
    /** The layers from this one back to the image, as far as they are over maps. */
    this.chain = outer.slice(0, place + 1).reverse();
    this.windows = windowsOf(layer, model);
    this.mixes = MIXES.includes(layer.kind);
    this.weight = layer.parameters.find((name) => name.endsWith("/W")) ?? "";
    this.bias = layer.parameters.find((name) => name.endsWith("/b")) ?? "";
    this.parted = Number(fieldsAt(model.description, layer.path).groups ?? 1);
    /** The maps it is made from. */
    this.source = before ? `probe/${before}/a` : "probe/input/x";
    this.z = `probe/${layer.name}/z`;
    this.kernelShape = kernelShape(layer.kind, this.weight, model);
    this.kernels = this.mixes && this.weight !== "";
    this.also = [this.z, this.bias, this.source].filter((name) => model.bufferByName.has(name));
    this.shownChannels = Math.min(MOST, channels);
    this.hidden = channels - this.shownChannels;
    const grid = this.shownChannels > TALL ? 2 : 1;
    const beside = this.kernels ? KERNEL + GAP / 2 : 0;
    const side = SIDE * Math.max(1, width / height) ** 0.5;
    this.width = grid * (side + beside) + (grid - 1) * 2 * GAP;
    this.least = grid * LEAST + (grid - 1) * 2 * GAP;
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
    const cols = count > TALL ? 2 : 1;
    const rows = Math.ceil(count / cols);
    const each = (box.width - (cols - 1) * 2 * gap) / cols;
    const beside = each - wide < WITH_KERNEL * scale ? 0 : wide;
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

  /**
   * Whether a cell is one of a kernel.
   * @param {number} cell
   */
  isKernel(cell) {
    return this.kernels && this.channelOf(cell).kernel;
  }

  /** @param {number} cell */
  channelOf(cell) {
    const { field, row, col } = placeOf(this.fields, cell);
    const at = this.fields.indexOf(field);
    const each = this.kernels ? 2 : 1;
    return { channel: Math.floor(at / each), kernel: each === 2 && at % 2 === 0, field, row, col };
  }

  /** @override @param {number} cell */
  name(cell) {
    const { channel, kernel, row, col } = this.channelOf(cell);
    return `${kernel ? "kernel of " : ""}channel ${channel}, row ${row}, column ${col}`;
  }

  /**
   * @override
   * @param {number} cell
   * @param {Read} read
   * @returns {CellLine[]}
   */
  lines(cell, read) {
    const { channel, kernel, field, row, col } = this.channelOf(cell);
    const line = (/** @type {string} */ symbol, /** @type {string} */ buffer) => {
      const index = kernel ? field.index(row, col) : [row, col, channel];
      return this.model.bufferByName.has(buffer) ? [{ symbol, buffer, index }] : [];
    };
    if (!kernel) {
      const own = this.kernels ? line("z", this.z) : [];
      const a = line("a", field.value);
      const flow = this.kernels ? line("dL/dz", `${this.z}.grad`) : [];
      return [...own, ...a, ...flow, ...line("dL/da", field.gradient)];
    }
    if (field.look !== "words") {
      const update = this.model.bufferByName.get(field.value)?.update ?? "";
      return [...line("w", field.value), ...line("dL/dw", field.gradient), ...line("Δw", update)];
    }
    const norm = (/** @type {string} */ buffer) => this.normAt(read(buffer), channel, row, col);
    return [
      { symbol: "norm over inputs", number: norm(this.weight) },
      { symbol: "norm of dL/dw", number: norm(field.gradient) },
    ];
  }

  /**
   * Where a weight stands in its buffer.
   * @param {number} row
   * @param {number} col
   * @param {number} input
   * @param {number} filter
   */
  weightAt(row, col, input, filter) {
    const { cols, inputs, filters, turned } = this.kernelShape;
    const at = (row * cols + col) * inputs * filters;
    return at + (turned ? filter * inputs + input : input * filters + filter);
  }

  /**
   * @param {Float32Array | null} weights
   * @param {number} filter
   * @param {number} row
   * @param {number} col
   */
  normAt(weights, filter, row, col) {
    if (!weights) return Number.NaN;
    const { inputs } = this.kernelShape;
    let sum = 0;
    for (let i = 0; i < inputs; i += 1) sum += weights[this.weightAt(row, col, i, filter)] ** 2;
    return Math.sqrt(sum);
  }

  /**
   * The cells of the maps before that a cell is made of; null for a cell of a kernel.
   * @param {number} cell
   * @returns {Region | null}
   */
  made(cell) {
    const { channel, kernel, row, col } = this.channelOf(cell);
    return kernel ? null : this.before({ rows: [row, row], cols: [col, col], channel });
  }

  /**
   * The cells of the maps before that a region is made of.
   * @param {Region} region `channel` -1 for all
   * @returns {Region}
   */
  before({ rows, cols, channel }) {
    const [height, width] = this.layer.input_shape;
    return {
      rows: spanOf(this.windows[0], rows, height),
      cols: spanOf(this.windows[1], cols, width),
      channel: this.mixes ? -1 : channel,
    };
  }

  /**
   * The receptive field of a cell in words: what of the image it depends on.
   * @param {number} row
   * @param {number} col
   */
  field(row, col) {
    /** @type {[Span, Span]} */
    let [rows, cols] = [
      [row, row],
      [col, col],
    ];
    for (const layer of this.chain) {
      const windows = windowsOf(layer, this.model);
      rows = spanOf(windows[0], rows, layer.input_shape[0]);
      cols = spanOf(windows[1], cols, layer.input_shape[1]);
    }
    const size = `${rows[1] - rows[0] + 1}×${cols[1] - cols[0] + 1}`;
    return `receptive field ${size}: rows ${rows.join("–")}, columns ${cols.join("–")}`;
  }

  /**
   * @override
   * @param {number} cell
   * @param {Read} read
   * @returns {Made | null} null where there is nothing to show, or not all is there yet
   */
  sum(cell, read) {
    const { channel, kernel, row, col } = this.channelOf(cell);
    const pools = /pool/.test(this.layer.kind);
    if (kernel || !(this.layer.kind === "conv2d" || pools)) return null;
    const inputs = read(this.source);
    const own = read(pools ? `probe/${this.layer.name}/a` : this.z) ?? read(this.fields[1].value);
    if (!inputs || !own) return null;
    const { width, channels } = this.shape;
    const value = own[(row * width + col) * channels + channel];
    if (pools) return this.pooled(inputs, channel, row, col, value);
    return this.weighed(inputs, read, channel, row, col, value);
  }

  /**
   * @param {Float32Array} inputs
   * @param {number} channel
   * @param {number} row
   * @param {number} col
   * @param {number} value
   * @returns {Made}
   */
  pooled(inputs, channel, row, col, value) {
    const [{ size: rows }, { size: cols }] = this.windows;
    const patch = this.patch(inputs, channel, row, col, rows, cols, Number.NaN);
    const rule = this.layer.kind === "max_pool" ? "largest" : "mean";
    const shares = [{ channel, patch, kernel: [], sum: value }];
    return { rule, field: this.field(row, col), rows, cols, shares, bias: 0, value };
  }

  /**
   * @param {Float32Array} inputs
   * @param {Read} read
   * @param {number} filter
   * @param {number} row
   * @param {number} col
   * @param {number} value
   * @returns {Made | null}
   */
  weighed(inputs, read, filter, row, col, value) {
    const weights = read(this.weight);
    if (!weights) return null;
    const { rows, cols, inputs: count, filters } = this.kernelShape;
    const group = Math.floor((filter * this.parted) / filters);
    /** @type {Share[]} */
    const shares = [];
    for (let i = 0; i < count; i += 1) {
      const channel = group * count + i;
      const patch = this.patch(inputs, channel, row, col, rows, cols, 0);
      const kernel = patch.map(
        (_, at) => weights[this.weightAt(Math.floor(at / cols), at % cols, i, filter)],
      );
      const sum = patch.reduce((total, number, at) => total + number * kernel[at], 0);
      shares.push({ channel, patch, kernel, sum });
    }
    shares.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
    const bias = read(this.bias)?.[filter] ?? 0;
    return { rule: "sum", field: this.field(row, col), rows, cols, shares, bias, value };
  }

  /**
   * What lies under a window; `outside` beyond the edge.
   * @param {Float32Array} inputs
   * @param {number} channel
   * @param {number} row
   * @param {number} col
   * @param {number} rows
   * @param {number} cols
   * @param {number} outside
   * @returns {number[]}
   */
  patch(inputs, channel, row, col, rows, cols, outside) {
    const [height, width, channels] = this.layer.input_shape;
    const [down, across] = this.windows;
    return Array.from({ length: rows * cols }, (_, at) => {
      const r = row * down.stride - down.before + Math.floor(at / cols) * down.dilation;
      const c = col * across.stride - across.before + (at % cols) * across.dilation;
      if (r < 0 || r >= height || c < 0 || c >= width) return outside;
      return inputs[(r * width + c) * channels + channel];
    });
  }
}

/**
 * How many rows, columns, inputs and filters kernels have; `turned` if filters come before inputs.
 * @param {string} kind
 * @param {string} weight buffer
 * @param {Model} model
 */
function kernelShape(kind, weight, model) {
  const [rows = 1, cols = 1, a = 1, b = 1] = model.bufferByName.get(weight)?.shape ?? [];
  const turned = kind === "transposed_conv2d";
  return { rows, cols, inputs: turned ? b : a, filters: turned ? a : b, turned };
}

/**
 * In the middle of its map's height, in whole pixels.
 * @param {Box & {part: {rows: number, cols: number}}} field
 * @param {number} x
 * @param {number} middle
 * @param {number} most height
 * @param {number} scale
 */
function placeKernel(field, x, middle, most, scale) {
  const { rows, cols } = field.part;
  // Without room it is out of sight, not gone: its cells keep their numbers.
  const size = most > 0 ? Math.min(KERNEL * scale, most) / Math.max(rows, cols) : OUT;
  const cell = size >= 2 ? Math.floor(size) : size;
  field.width = cell * cols;
  field.height = cell * rows;
  field.x = most > 0 ? x + KERNEL * scale - field.width : -1;
  field.y = Math.round(middle - field.height / 2);
}

/**
 * For every channel its kernel, where it has one, and its map.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {FieldSpec[]}
 */
function mapFields(layer, model) {
  const weight = layer.parameters.find((name) => name.endsWith("/W"));
  const shown = Math.min(MOST, layer.output_shape[2]);
  const kernels = weight !== undefined && MIXES.includes(layer.kind);
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
 * A kernel over one input is an image; over several, its norm over them is, which the painter makes.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @param {string} weight
 * @param {number} filter
 * @returns {FieldSpec}
 */
function kernelField({ name, kind }, model, weight, filter) {
  const [rows, cols, a, b] = model.bufferByName.get(weight)?.shape ?? [1, 1, 1, 1];
  const turned = kind === "transposed_conv2d";
  const inputs = turned ? b : a;
  return {
    ...PLAIN,
    title: `${name}, kernel ${filter}`,
    look: inputs === 1 ? "heat" : "words",
    value: weight,
    gradient: model.bufferByName.get(weight)?.grad ?? "",
    part: {
      ...{ rows, cols, offset: turned ? filter * inputs : filter },
      ...{ stride: cols * a * b, step: a * b },
    },
    index: (row, col) => (turned ? [row, col, filter, 0] : [row, col, 0, filter]),
    ideal: KERNEL,
  };
}
