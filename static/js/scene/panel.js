// @ts-check
// A column made of fields: their arrangement, and the names and numbers of their cells. Pure.

import { across, boxAround, boxOf, makeFields, positionOf } from "./fields.js";
import { rowsOf, stepName } from "./sequence.js";

/** @import { Model } from "../state/types.js" */
/** @import { Field, FieldSpec } from "./fields.js" */
/** @import { Area, Box } from "./layout.js" */
/** @import { Origin, Region } from "./origin.js" */

/** The newest numbers of a buffer, null if there are none. @typedef {(buffer: string) => Float32Array | null} Read */

/**
 * A line about a cell: an element of a buffer, or a number computed from several.
 * @typedef {{symbol: string, buffer: string, index: number[]} | {symbol: string, number: number}} CellLine
 */

/** The gaps between two fields of a group and between two groups, CSS px at scale 1. */
const GAP = 6;
const WIDE_GAP = 12;
/** The gap between the matrices of two heads. */
const HEAD_GAP = 8;
/** Room above the fields, and below them for their symbols. */
const TOP = 14;
const FOOT = 16;
/** The least height of a row with a token, whose letters are 10 px high; CSS px at scale 1. */
const MIN_TOKEN_ROW = 11.2;
/** The least size of an attention cell with a token's name, and the width of the name, CSS px. */
export const MIN_NAMED_CELL = 6.5;
export const NAME_WIDTH = 20;
/** The number of a query's keys that are named. */
const MAX_SOURCES = 4;
/** The least share of the preferred width, of images and of written fields. */
const MIN_WIDTH_SHARE = 0.45;
const MIN_WORD_SHARE = 0.6;

/** Fields that stand together: side by side, or below one another. @typedef {{fields: Field[], width: number, rigid: boolean, x: number}} Group */

export class Panel {
  /**
   * @param {FieldSpec[]} specs
   * @param {Model} model
   * @param {number} between two groups, CSS px at scale 1
   */
  constructor(specs, model, between = WIDE_GAP) {
    this.model = model;
    this.between = between;
    this.fields = makeFields(specs, model);
    /** @type {string[]} other buffers that its painter reads */
    this.extraBuffers = [];
    /** The input also runs past the fields, into the last one. */
    this.bypass = false;
    /** The number of input channels whose kernels can be shown; 0 if there is no choice. */
    this.inputs = 0;
    /** @type {Origin | null} the receptive fields of its cells, if not the whole input */
    this.origin = null;
    this.longest = Math.max(1, model.data.input_shape[0] ?? 1);
    this.groups = groupsOf(this.fields);
    const last = this.fields[this.fields.length - 1];
    this.cells = last ? last.first + last.cells : 0;
    const gaps = between * (this.groups.length - 1);
    const sum = (/** @type {(group: Group) => number} */ of) =>
      this.groups.reduce((total, group) => total + of(group), gaps);
    /** The preferred width and the least that can be read, CSS px at scale 1. */
    this.width = sum(({ width }) => width);
    this.least = sum(({ width, rigid }) => (rigid ? MIN_WORD_SHARE : MIN_WIDTH_SHARE) * width);
    /** The least height that can be read, CSS px at scale 1: a text needs a row for every token. */
    this.minHeight = model.data.vocabulary ? MIN_TOKEN_ROW * this.longest + TOP + FOOT : 0;
    /** Matrices of heads make use of any width. */
    this.greedy = this.fields.some(({ axis }) => axis === "query");
  }

  /**
   * Gives every field its box.
   * @param {Box} box
   * @param {Area} area
   */
  place(box, area) {
    const { groups, between } = this;
    const { scale } = area;
    const gaps = between * scale * (groups.length - 1);
    const room = box.width - gaps;
    const narrowed = Math.min(1, box.width / (this.width * scale));
    const words = scale * narrowed;
    const rigid = groups.reduce((sum, g) => sum + (g.rigid ? g.width * words : 0), 0);
    const loose = groups.reduce((sum, g) => sum + (g.rigid ? 0 : g.width * scale), 0);
    const share = loose > 0 ? Math.min(1, (room - rigid) / loose) : 1;
    const spare = Math.max(0, room - rigid - loose);
    const heads = groups.filter((group) => group.fields[0].axis === "query").length || 1;
    let { x } = box;
    for (const group of groups) {
      const greedy = group.fields[0].axis === "query" ? spare / heads : 0;
      const width = group.width * (group.rigid ? words : scale * share) + greedy;
      group.x = x;
      if (greedy || group.fields[0].axis === "query") this.placeHeads(group, x, width, area);
      else this.placeBeside(group, x, width, area);
      x += width + between * scale;
    }
  }

  /**
   * Side by side with a row per step, or one image below the other.
   * @param {Group} group
   * @param {number} left
   * @param {number} width
   * @param {Area} area
   */
  placeBeside(group, left, width, area) {
    const { scale } = area;
    const { fields } = group;
    const gap = GAP * scale;
    const stacked = fields[0].axis === "pixel";
    const unit = stacked ? width : (width - gap * (fields.length - 1)) / inner(group);
    let x = left;
    let y = area.y + TOP * scale;
    for (const field of fields) {
      const { rows, cols } = field.part;
      if (stacked) {
        Object.assign(field, { x, y, width, height: (width * rows) / cols });
        y += field.height + gap;
        continue;
      }
      const placed = this.rows(rows, area, field.axis);
      field.x = Math.round(x);
      field.width = snapped(field.ideal * unit, cols);
      field.y = placed.y;
      field.height = placed.height;
      x += field.ideal * unit + gap;
    }
  }

  /**
   * @param {Group} group
   * @param {number} left
   * @param {number} width
   * @param {Area} area
   */
  placeHeads({ fields }, left, width, area) {
    const gap = HEAD_GAP * area.scale;
    const { y, height } = this.rows(fields[0].part.rows, area, "step");
    const steps = fields[0].part.rows;
    const named = this.model.data.vocabulary && width / steps > 2 * MIN_NAMED_CELL;
    const margin = named ? NAME_WIDTH * area.scale : 0;
    const { cols, rows, side } = headGrid(fields.length, width - margin, height - margin, gap);
    const pitch = side + gap;
    const x0 = left + margin + (width - margin - cols * pitch + gap) / 2;
    const y0 = y + (height - rows * pitch + gap) / 2;
    fields.forEach((field, i) => {
      field.x = x0 + (i % cols) * pitch;
      field.y = y0 + Math.floor(i / cols) * pitch;
      field.width = field.height = side;
    });
  }

  /**
   * The rows of a sequence of `count` steps, the same in every column.
   * @param {number} count
   * @param {Area} area
   * @param {string} axis fields without steps need not line up with other columns
   */
  rows(count, area, axis) {
    const { scale } = area;
    const height = area.height - (TOP + FOOT) * scale;
    const longest = axis === "step" ? this.longest : count;
    return rowsOf({ y: area.y + TOP * scale, height, scale }, count, longest);
  }

  /**
   * What a cell is called.
   * @param {number} cell
   * @param {Read} read
   */
  name(cell, read) {
    const { field, row, col } = positionOf(this.fields, cell);
    const step = (/** @type {number} */ at) => stepName(this.model, read("probe/input/x"), at);
    if (field.axis === "query") return `${field.title}: from ${step(row)} to ${step(col)}`;
    const where = field.axis === "step" ? step(row) : `row ${row + 1}`;
    const unit = across(field) > 1 ? ` ${col}` : "";
    return `${field.title}${unit}, ${where}`;
  }

  /**
   * The box in which a cell is drawn.
   * @param {number} cell
   * @returns {Box}
   */
  boxOf(cell) {
    return boxOf(this.fields, cell);
  }

  /**
   * The boxes of a region of its output: one per channel's map, one field over time, or the states
   * of both directions in time.
   * @param {Region} region
   * @returns {Box[]}
   */
  boxesOf({ rows, cols, channels }) {
    const { value, axis } = this.fields[this.fields.length - 1];
    if (axis === "pixel") {
      const maps = this.fields.filter((field) => field.value === value);
      return maps.slice(channels[0], channels[1] + 1).map((map) => boxAround(map, rows, cols));
    }
    const states = this.fields.filter(({ symbol }) => symbol === "h");
    const outputs = states.length > 0 ? states : this.fields.slice(-1);
    return outputs.flatMap((field, i) => {
      const count = across(field);
      const before = i * field.part.cols;
      // Bars and tokens have one cell for all channels.
      const first = count === 1 ? 0 : Math.max(0, channels[0] - before);
      const last = count === 1 ? 0 : Math.min(count - 1, channels[1] - before);
      return first > last ? [] : [boxAround(field, rows, [first, last])];
    });
  }

  /**
   * Shows the kernels of one input channel, -1 for the norm over all.
   * @param {number} _input
   */
  selectInput(_input) {}

  /**
   * The boxes of the weights that a cell uses, if it uses a part of its kernel only.
   * @param {number} _cell
   * @returns {Box[]}
   */
  weightsOf(_cell) {
    return [];
  }

  /**
   * The numbers of a cell and, of a time step, those of the same unit in the fields beside it.
   * @param {number} cell
   * @param {Read} read
   * @returns {CellLine[]}
   */
  lines(cell, read) {
    const { field, row, col } = positionOf(this.fields, cell);
    if (across(field) === 1 && field.part.cols > 1) return summary(field, row, read);
    if (field.axis === "query")
      return [...both(field, row, col), ...this.strongest(field, row, read)];
    const beside = this.fields.filter(
      (f) => f.path !== "" && f.path === field.path && f.look !== "fade",
    );
    return (beside.length > 0 ? beside : [field]).flatMap((f) => both(f, row, col));
  }

  /**
   * The keys that a query attends to most.
   * @param {Field} field
   * @param {number} row
   * @param {Read} read
   * @returns {CellLine[]}
   */
  strongest({ value, part }, row, read) {
    const all = read(value);
    if (!all) return [];
    const from = part.offset + row * part.stride;
    const keys = Array.from({ length: part.cols }, (_, key) => key);
    keys.sort((a, b) => all[from + b] - all[from + a]);
    return keys.slice(0, MAX_SOURCES).map((key) => ({
      symbol: `to ${stepName(this.model, read("probe/input/x"), key)}`,
      number: all[from + key],
    }));
  }
}

/**
 * A number of the buffers and its gradient.
 * @param {Field} field
 * @param {number} row
 * @param {number} col
 * @returns {CellLine[]}
 */
function both({ symbol: name, axis, value, gradient, index }, row, col) {
  const symbol = axis === "query" ? "p" : name.length === 1 ? name : "a";
  const line = { symbol, buffer: value, index: index(row, col) };
  return gradient
    ? [line, { symbol: `dL/d${symbol}`, buffer: gradient, index: index(row, col) }]
    : [line];
}

/**
 * A weight, its gradient and its update.
 * @param {Model} model
 * @param {string} buffer
 * @param {number[]} index
 * @returns {CellLine[]}
 */
export function weightLines({ bufferByName }, buffer, index) {
  const known = bufferByName.get(buffer);
  const named = { w: buffer, "dL/dw": known?.grad, Δw: known?.update };
  return Object.entries(named).flatMap(([symbol, name]) =>
    name && bufferByName.has(name) ? [{ symbol, buffer: name, index }] : [],
  );
}

/**
 * The numbers that a bar summarises.
 * @param {Field} field
 * @param {number} row
 * @param {Read} read
 * @returns {CellLine[]}
 */
function summary({ symbol, look, part, value, gradient }, row, read) {
  const at = (/** @type {string} */ buffer, /** @type {boolean} */ mean) => {
    const numbers = read(buffer);
    if (!numbers) return Number.NaN;
    let sum = 0;
    for (let col = 0; col < part.cols; col += 1) {
      const number = numbers[part.offset + row * part.stride + col * part.step];
      sum += mean ? Math.abs(number) : number * number;
    }
    return mean ? sum / part.cols : Math.sqrt(sum);
  };
  const mean = look === "mean";
  /** @type {CellLine[]} */
  const lines =
    look === "fade"
      ? []
      : [{ symbol: mean ? `mean |${symbol}|` : "norm", number: at(value, mean) }];
  if (gradient)
    lines.push({ symbol: look === "fade" ? symbol : "‖dL‖", number: at(gradient, false) });
  return lines;
}

/**
 * @param {Field[]} fields
 * @returns {Group[]}
 */
function groupsOf(fields) {
  /** @type {Map<string, Field[]>} */
  const groups = new Map();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups.values()].map((members) => {
    const stacked = members[0].axis === "query" || members[0].axis === "pixel";
    const widths = members.map(({ ideal }) => ideal);
    const sum = widths.reduce((total, width) => total + width, GAP * (members.length - 1));
    const rigid = members.some(({ look }) => look === "words");
    return { fields: members, width: stacked ? Math.max(...widths) : sum, rigid, x: 0 };
  });
}

/** @param {Group} group */
function inner({ fields }) {
  return fields.reduce((sum, { ideal }) => sum + ideal, 0);
}

/**
 * Rounds a width down so that all columns are equally wide, if there is a pixel for each.
 * @param {number} width
 * @param {number} cols
 */
function snapped(width, cols) {
  return cols > 1 && width >= cols ? Math.floor(width / cols) * cols : width;
}

/**
 * How heads are laid out in a box: columns, rows and the side of a matrix.
 * @param {number} heads
 * @param {number} width
 * @param {number} height
 * @param {number} gap
 */
function headGrid(heads, width, height, gap) {
  let best = { cols: 1, rows: heads, side: 0 };
  for (let cols = 1; cols <= heads; cols += 1) {
    const rows = Math.ceil(heads / cols);
    const side = Math.min((width + gap) / cols, (height + gap) / rows) - gap;
    if (side > best.side) best = { cols, rows, side };
  }
  return best;
}
