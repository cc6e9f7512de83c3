// @ts-check
// Receptive fields: the cells of the previous layers, back to the input, that a cell of a layer
// with windows depends on. Pure.

import { fieldsAt } from "../state/description.js";
import { spanOf, windowsOf } from "./windows.js";

/** @import { LayerInfo, Model } from "../state/types.js" */
/** @import { Read } from "./panel.js" */
/** @import { Span, Window } from "./windows.js" */

/**
 * The position of a number in a layer: a sequence has a row per step and one column.
 * @typedef {{row: number, col: number, channel: number}} Position
 */

/** A block of a layer's cells. @typedef {{rows: Span, cols: Span, channels: Span}} Region */

/**
 * The origin of a layer's cells; null if they depend on the whole input.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @param {(cell: number) => Position | null} find the position of a cell in the layer's output
 */
export function originOf(layer, model, find) {
  return layer.window ? new Origin(layer, model, find) : null;
}

export class Origin {
  /**
   * @param {LayerInfo} layer
   * @param {Model} model
   * @param {(cell: number) => Position | null} find
   */
  constructor(layer, model, find) {
    const outer = model.layers.filter(({ name }) => !name.includes("/"));
    const position = outer.findIndex(({ name }) => name === layer.name);
    const before = outer[position - 1]?.name;
    const back = outer.slice(0, position + 1).reverse();
    const end = back.findIndex((other) => !other.window);
    this.layer = layer;
    this.model = model;
    this.find = find;
    /** The layers from this one back to the input, or to one without a window. */
    this.chain = end < 0 ? back : back.slice(0, end);
    this.start = end < 0 ? "" : back[end].name;
    this.timed = layer.input_shape.length < 3;
    this.input = inputOf(layer);
    this.output = extents(layer.output_shape);
    this.windows = windowsOf(layer);
    this.mixes = layer.mixes;
    this.weighs = layer.combines === "sum";
    this.groups = Number(fieldsAt(model.description, layer.path).groups ?? 1);
    this.weight = layer.parameters.find((name) => name.endsWith("/W")) ?? "";
    this.bias = layer.parameters.find((name) => name.endsWith("/b")) ?? "";
    this.kernel = kernelShape(this.weight, model);
    /** The buffer of the layer's inputs. */
    this.source = before ? `probe/${before}/a` : "probe/input/x";
    this.z = `probe/${layer.name}/z`;
    this.a = `probe/${layer.name}/a`;
    /** Buffers that are read, besides the cells themselves, to show how a cell is computed. */
    const needs = this.weighs ? [this.z, this.weight, this.bias] : [];
    this.needs = [this.source, ...needs].filter((name) => model.bufferByName.has(name));
  }

  /**
   * The cells of the previous layer that a cell depends on; null for a cell outside the output.
   * @param {number} cell
   * @returns {Region | null}
   */
  sourcesOf(cell) {
    const position = this.find(cell);
    if (!position) return null;
    const { row, col, channel } = position;
    return this.before({ rows: [row, row], cols: [col, col], channels: [channel, channel] });
  }

  /**
   * The cells of the previous layer that a region depends on.
   * @param {Region} region
   * @returns {Region}
   */
  before({ rows, cols, channels }) {
    const [height, width] = this.input;
    const [first, last] = channels;
    return {
      rows: spanOf(this.windows[0], rows, height),
      cols: spanOf(this.windows[1], cols, width),
      channels: this.mixes ? [this.inputChannels(first)[0], this.inputChannels(last)[1]] : channels,
    };
  }

  /** The input channels that a filter reads. @param {number} filter @returns {Span} */
  inputChannels(filter) {
    const each = this.input[2] / this.groups;
    const group = Math.floor((filter * this.groups) / this.output[2]);
    return [group * each, (group + 1) * each - 1];
  }

  /**
   * The position that a maximum was taken from; null if the layer takes none.
   * @param {number} cell
   * @param {Read} read
   * @returns {Position | null}
   */
  argmax(cell, read) {
    const position = this.find(cell);
    const inputs = read(this.source);
    if (!position || !inputs || this.layer.combines !== "largest") return null;
    return this.argmaxIn(position, this.patch(inputs, position, position.channel, Number.NaN));
  }

  /**
   * The position in the input of a patch's largest number.
   * @param {Position} position
   * @param {number[]} patch NaN beyond the edge
   * @returns {Position}
   */
  argmaxIn(position, patch) {
    const [rows, cols] = this.patchAt(position);
    const at = patch.indexOf(Math.max(...patch.filter((number) => !Number.isNaN(number))));
    const { channel } = position;
    return { row: rows[Math.floor(at / cols.length)], col: cols[at % cols.length], channel };
  }

  /**
   * Rows and columns of the input under the window of a position, including those beyond the edge.
   * @param {Position} position
   * @returns {[number[], number[]]}
   */
  patchAt({ row, col }) {
    const [height, width] = this.input;
    return [under(this.windows[0], row, height), under(this.windows[1], col, width)];
  }

  /**
   * Rows and columns of the kernel by which those of `patchAt` are multiplied.
   * @param {Position} position
   * @returns {[number[], number[]]}
   */
  kernelAt(position) {
    const [rows, cols] = this.patchAt(position);
    return [
      weightsOf(this.windows[0], position.row, rows),
      weightsOf(this.windows[1], position.col, cols),
    ];
  }

  /**
   * The inputs under the window of a position.
   * @param {Float32Array} inputs
   * @param {Position} position
   * @param {number} channel
   * @param {number} outside the value beyond the edge
   * @returns {number[]} by row
   */
  patch(inputs, position, channel, outside) {
    const [height, width] = this.input;
    const [rows, cols] = this.patchAt(position);
    const inside = (/** @type {number} */ i, /** @type {number} */ n) => i >= 0 && i < n;
    return rows.flatMap((row) =>
      cols.map((col) =>
        inside(row, height) && inside(col, width)
          ? inputs[this.at(this.input, { row, col, channel })]
          : outside,
      ),
    );
  }

  /** @param {number[]} extents @param {Position} position */
  at([, width, channels], { row, col, channel }) {
    return (row * width + col) * channels + channel;
  }

  /**
   * The index of a weight in its flat buffer.
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
   * The receptive field of a position in words: the part of the network's input it depends on.
   * @param {Position} position
   */
  receptiveField({ row, col }) {
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
 * Rows, columns and channels: a sequence has one column, a vector one position.
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
 * The positions of the input under a window along one axis. A sliding window includes those
 * outside.
 * @param {Window} window
 * @param {number} at position in the output
 * @param {number} n number of positions in the input
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
 * The positions of the kernel that meet positions of the input.
 * @param {Window} window
 * @param {number} at position in the output
 * @param {number[]} positions in the input
 */
function weightsOf({ kind, stride, before }, at, positions) {
  return positions.map((position, k) => (kind === "spread" ? at + before - position * stride : k));
}

/**
 * The numbers of rows, columns, inputs and filters of a kernel; `turned` if filters come before
 * inputs. A dense layer at every step has kernels of one row.
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
