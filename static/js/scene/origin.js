// @ts-check
// Where the numbers of a layer come from that looks at its input through windows: which cells of the
// layer before, and of those before it, back to the input. Pure.

import { fieldsAt } from "../state/description.js";
import { spanOf, windowsOf } from "./windows.js";

/** @import { LayerInfo, Model } from "../state/types.js" */
/** @import { Read } from "./panel.js" */
/** @import { Span, Window } from "./windows.js" */

/** One number of a layer. Sequences have a row a step and one column. @typedef {{row: number, col: number, channel: number}} Place */

/** Cells of a layer. @typedef {{rows: Span, cols: Span, channels: Span}} Region */

/**
 * The origin of the cells of a layer; null if they depend on all of the input.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @param {(cell: number) => Place | null} find the place of a column's cell in the layer's output
 */
export function originOf(layer, model, find) {
  return layer.window ? new Origin(layer, model, find) : null;
}

export class Origin {
  /**
   * @param {LayerInfo} layer
   * @param {Model} model
   * @param {(cell: number) => Place | null} find
   */
  constructor(layer, model, find) {
    const outer = model.layers.filter(({ name }) => !name.includes("/"));
    const place = outer.findIndex(({ name }) => name === layer.name);
    const before = outer[place - 1]?.name;
    const back = outer.slice(0, place + 1).reverse();
    const end = back.findIndex((other) => !other.window);
    this.layer = layer;
    this.model = model;
    this.find = find;
    /** The layers from this one back to the input, or to one that sees all of its own input. */
    this.chain = end < 0 ? back : back.slice(0, end);
    this.start = end < 0 ? "" : back[end].name;
    this.timed = layer.input_shape.length < 3;
    this.input = inputOf(layer);
    this.output = extents(layer.output_shape);
    this.windows = windowsOf(layer);
    this.mixes = layer.mixes;
    this.weighs = layer.combines === "sum";
    this.parted = Number(fieldsAt(model.description, layer.path).groups ?? 1);
    this.weight = layer.parameters.find((name) => name.endsWith("/W")) ?? "";
    this.bias = layer.parameters.find((name) => name.endsWith("/b")) ?? "";
    this.kernel = kernelShape(this.weight, model);
    /** What it is made from. */
    this.source = before ? `probe/${before}/a` : "probe/input/x";
    this.z = `probe/${layer.name}/z`;
    this.a = `probe/${layer.name}/a`;
    /** What has to be known beside the cells themselves. */
    const needs = this.weighs ? [this.z, this.weight, this.bias] : [];
    this.needs = [this.source, ...needs].filter((name) => model.bufferByName.has(name));
  }

  /**
   * The cells of the layer before that a cell is made of; null for one that is not of the output.
   * @param {number} cell
   * @returns {Region | null}
   */
  made(cell) {
    const place = this.find(cell);
    if (!place) return null;
    const { row, col, channel } = place;
    return this.before({ rows: [row, row], cols: [col, col], channels: [channel, channel] });
  }

  /**
   * The cells of the layer before that a region is made of.
   * @param {Region} region
   * @returns {Region}
   */
  before({ rows, cols, channels }) {
    const [height, width] = this.input;
    const [first, last] = channels;
    return {
      rows: spanOf(this.windows[0], rows, height),
      cols: spanOf(this.windows[1], cols, width),
      channels: this.mixes ? [this.seen(first)[0], this.seen(last)[1]] : channels,
    };
  }

  /** The input channels that a filter sees. @param {number} filter @returns {Span} */
  seen(filter) {
    const each = this.input[2] / this.parted;
    const group = Math.floor((filter * this.parted) / this.output[2]);
    return [group * each, (group + 1) * each - 1];
  }

  /**
   * The cell that a largest one was taken from; null where none is chosen.
   * @param {number} cell
   * @param {Read} read
   * @returns {Place | null}
   */
  chosen(cell, read) {
    const place = this.find(cell);
    const inputs = read(this.source);
    if (!place || !inputs || this.layer.combines !== "largest") return null;
    return this.largest(place, this.patch(inputs, place, place.channel, Number.NaN));
  }

  /**
   * Where the largest of a patch stands in the input.
   * @param {Place} place
   * @param {number[]} patch NaN beyond the edge
   * @returns {Place}
   */
  largest(place, patch) {
    const [rows, cols] = this.patchAt(place);
    const at = patch.indexOf(Math.max(...patch.filter((number) => !Number.isNaN(number))));
    const { channel } = place;
    return { row: rows[Math.floor(at / cols.length)], col: cols[at % cols.length], channel };
  }

  /**
   * Rows and columns of the input that are under the window of a place, those beyond the edge, too.
   * @param {Place} place
   * @returns {[number[], number[]]}
   */
  patchAt({ row, col }) {
    const [height, width] = this.input;
    return [under(this.windows[0], row, height), under(this.windows[1], col, width)];
  }

  /**
   * Rows and columns of the kernel that these are multiplied with.
   * @param {Place} place
   * @returns {[number[], number[]]}
   */
  kernelAt(place) {
    const [rows, cols] = this.patchAt(place);
    return [
      weightsOf(this.windows[0], place.row, rows),
      weightsOf(this.windows[1], place.col, cols),
    ];
  }

  /**
   * What lies under the window of a place.
   * @param {Float32Array} inputs
   * @param {Place} place
   * @param {number} channel
   * @param {number} outside what counts beyond the edge
   * @returns {number[]} by row
   */
  patch(inputs, place, channel, outside) {
    const [height, width] = this.input;
    const [rows, cols] = this.patchAt(place);
    const inside = (/** @type {number} */ i, /** @type {number} */ n) => i >= 0 && i < n;
    return rows.flatMap((row) =>
      cols.map((col) =>
        inside(row, height) && inside(col, width)
          ? inputs[this.at(this.input, { row, col, channel })]
          : outside,
      ),
    );
  }

  /** @param {number[]} extents @param {Place} place */
  at([, width, channels], { row, col, channel }) {
    return (row * width + col) * channels + channel;
  }

  /**
   * Where a weight stands in its buffer.
   * @param {number} row
   * @param {number} col
   * @param {number} input within the group
   * @param {number} filter
   */
  weightAt(row, col, input, filter) {
    const { cols, inputs, filters, turned } = this.kernel;
    const at = (row * cols + col) * inputs * filters;
    return at + (turned ? filter * inputs + input : input * filters + filter);
  }

  /**
   * The receptive field of a place in words: what of the network's input it depends on.
   * @param {Place} place
   */
  field({ row, col }) {
    /** @type {[Span, Span]} */
    let [rows, cols] = [
      [row, row],
      [col, col],
    ];
    for (const layer of this.chain) {
      const windows = windowsOf(layer);
      const [height, width] = inputOf(layer);
      rows = spanOf(windows[0], rows, height);
      cols = spanOf(windows[1], cols, width);
    }
    const of = this.start && ` of ${this.start}`;
    const size = rows[1] - rows[0] + 1;
    if (!this.timed) {
      const area = `${size}×${cols[1] - cols[0] + 1}`;
      return `receptive field ${area}${of}: rows ${rows.join("–")}, columns ${cols.join("–")}`;
    }
    const steps = size === 1 ? `step ${rows[0] + 1}` : `steps ${rows[0] + 1}–${rows[1] + 1}`;
    return `receptive field${of}: ${steps}`;
  }
}

/**
 * Rows, columns and channels: a sequence has one column, a vector one place.
 * @param {number[]} shape of a sample
 * @returns {[number, number, number]}
 */
function extents(shape) {
  if (shape.length === 3) return [shape[0], shape[1], shape[2]];
  return shape.length === 2 ? [shape[0], 1, shape[1]] : [1, 1, shape[0]];
}

/** Ids have no channels. @param {LayerInfo} layer */
function inputOf({ reads_ids, input_shape: shape }) {
  return extents(reads_ids ? [...shape, 1] : shape);
}

/**
 * The places of the input under a window along one axis; of one that slides also those outside.
 * @param {Window} window
 * @param {number} at of the output
 * @param {number} n places of the input
 * @returns {number[]}
 */
function under(window, at, n) {
  const { kind, size, stride, dilation, before } = window;
  if (kind === "slide") {
    return Array.from({ length: size }, (_, k) => at * stride - before + k * dilation);
  }
  const [first, last] = spanOf(window, [at, at], n);
  return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}

/**
 * The places of the kernel that they meet.
 * @param {Window} window
 * @param {number} at of the output
 * @param {number[]} places of the input
 */
function weightsOf({ kind, stride, before }, at, places) {
  return places.map((place, k) => (kind === "spread" ? at + before - place * stride : k));
}

/**
 * How many rows, columns, inputs and filters kernels have; `turned` if filters come before inputs.
 * A dense layer at every step has kernels of one row.
 * @param {string} weight buffer
 * @param {Model} model
 */
export function kernelShape(weight, model) {
  const { shape = [], axes = [] } = model.bufferByName.get(weight) ?? {};
  const [a = 1, b = 1] = shape.slice(-2);
  const [rows = 1, cols = 1] = shape.slice(0, -2);
  const turned = axes[axes.length - 1] === "input";
  return { rows, cols, inputs: turned ? b : a, filters: turned ? a : b, turned };
}
