// @ts-check
// Lays out the picture: from a model to positions. Pure: no drawing, no numbers of the run.
// Computed once per change of the network or of the size of the picture.

import { placeHeadings } from "./headings.js";
import { describeColumns } from "./kinds.js";

/** @import { Model } from "../state/types.js" */
/** @import { ColumnSpec } from "./kinds.js" */

/** @typedef {{x: number, y: number, width: number, height: number}} Box CSS px */

/**
 * Where the picture may be drawn. `scale` is 1 on a desk, more on a projector; `lines` thickens
 * strokes only.
 * @typedef {Box & {scale: number, lines: number}} Area
 */

/**
 * A column of units with its position. A folded column has `cols` > 1. `xs`, `ys` are the upper
 * left corners of the units; `portsIn`, `portsOut` the heights at which edges arrive and leave.
 * @typedef {ColumnSpec & Box & {index: number, cols: number, rows: number, size: number,
 *   pitchX: number, pitchY: number, xs: Float32Array, ys: Float32Array, ports: Float32Array,
 *   labelWidth: number, headX: number, headWidth: number}} Column
 */

/**
 * The weights between two neighbouring columns. all: every edge is a curve; strongest: the `keep`
 * strongest are; matrix: an image of the matrix; image: the units of `to` show their weights
 * themselves; fan: an outline without single edges. `first` is the index of the pair's edge 0 in
 * `Scene.edges`.
 * @typedef {object} Pair
 * @property {number} index
 * @property {Column} from
 * @property {Column} to
 * @property {"all" | "strongest" | "matrix" | "image" | "fan"} mode
 * @property {number} keep
 * @property {number} first
 * @property {number} count edges drawn as curves: all of the matrix, or none
 * @property {number} x0 where edges leave
 * @property {number} x1 where edges arrive
 * @property {Box | null} panel of the matrix
 */

/**
 * The curves of the whole scene, as flat arrays. Edge `first + i * units + j` of a pair goes from
 * (x0, y0) at its input i to (x1, y1) at its unit j, in the order of the weight matrix.
 * @typedef {{count: number, x0: Float32Array, y0: Float32Array, x1: Float32Array,
 *   y1: Float32Array}} Edges
 */

/**
 * @typedef {object} Scene
 * @property {Area} area
 * @property {Column[]} columns
 * @property {Pair[]} pairs
 * @property {Edges} edges
 * @property {{x: number, y: number, r: number}} loss
 */

/** With more curves the picture is too slow (docs/design.md). */
const MAX_EDGES = 1500;
/** With more curves between two columns single ones cannot be told apart. */
const MAX_PAIR = 260;
/** With more weights an image of the matrix says more than the strongest of them. */
const MAX_STRONGEST = 6000;
/** Bounds of `ease`, see `shapeColumns`. */
const MAX_EASE = 3;
const MIN_EASE = -0.4;
const GAP = 0.28;
const WIDE_GAP = 0.95;
/** The height that a label needs at scale 1. */
const MIN_LABEL_PITCH = 10;
const FOLD_GAP = 0.14;

/**
 * Lays the network out, left to right.
 * @param {Model} model
 * @param {Area} area
 * @returns {Scene}
 */
export function layoutScene(model, area) {
  const specs = describeColumns(model);
  const modes = pairModes(specs, area.width / area.scale);
  // Without curves less space must stay free.
  const free = modes.includes("fan") ? 0.34 : 0.5;
  const least = Math.min(72 * area.scale, (free * area.width) / (specs.length + 1));
  let share = 0.24;
  let ease = 1;
  let columns = shapeColumns(specs, area, share, ease);
  const narrowest = specs.some(({ panel }) => panel) ? MIN_EASE : 1;
  while (measure(columns, modes, area).gap < least && (share > 0.06 || ease > narrowest)) {
    if (share > 0.06) share *= 0.85;
    ease -= 0.12;
    columns = shapeColumns(specs, area, share, ease);
  }
  // Attention matrices use the room that is left.
  while (columns.some(({ panel }) => panel?.greedy) && ease >= 1 && ease < MAX_EASE) {
    const wider = shapeColumns(specs, area, share, ease + 0.2);
    if (measure(wider, modes, area).gap < least) break;
    columns = wider;
    ease += 0.2;
  }
  const { pairs, loss } = place(columns, modes, area);
  return { area, columns, pairs, edges: curves(pairs), loss };
}

/**
 * How each pair is drawn, so that all curves together stay below MAX_EDGES.
 * @param {ColumnSpec[]} specs
 * @param {number} width of the picture at scale 1: a narrow one has no room for matrices
 * @returns {Pair["mode"][]}
 */
function pairModes(specs, width) {
  const counts = specs.slice(1).map((to, p) => specs[p].count * to.count);
  const order = counts.map((_, p) => p).sort((a, b) => counts[a] - counts[b]);
  /** @type {Pair["mode"][]} */
  const modes = counts.map(() => "all");
  let used = 0;
  for (const p of order) {
    const weighed = specs[p + 1].weight !== "";
    if (specs[p].panel || specs[p + 1].panel || !weighed) modes[p] = "fan";
    else if (specs[p].picture) modes[p] = "image";
    else if (counts[p] <= MAX_PAIR && used + counts[p] <= MAX_EDGES) used += counts[p];
    else modes[p] = counts[p] <= MAX_STRONGEST || width < 600 ? "strongest" : "matrix";
  }
  return modes;
}

/**
 * Chooses sizes and folds.
 * @param {ColumnSpec[]} specs
 * @param {Area} area
 * @param {number} share of the width that one folded column or picture may take
 * @param {number} ease 1 gives columns of fields their preferred width, 0 the least one that can be
 *   read; above 1 attention matrices grow, below 0 all fields shrink further
 * @returns {Column[]}
 */
function shapeColumns(specs, area, share, ease) {
  const most = Math.min(area.width * share, (1.6 * area.width) / specs.length);
  return specs.map((spec, index) => {
    if (spec.panel) return shapePanel(spec, spec.panel, index, area, ease);
    const grid = spec.picture ? pictureGrid(spec, area, most) : fold(spec, area, most);
    const tight = grid.cols > 1;
    const gap = spec.picture ? 0 : (tight ? FOLD_GAP : GAP) * grid.size;
    const pitchX = grid.size + gap;
    const free = area.height / grid.rows;
    const pitchY = spec.picture ? grid.size : tight ? pitchX : within(free, pitchX, WIDE_GAP, grid);
    const width = pitchX * grid.cols - gap;
    const height = pitchY * (grid.rows - 1) + grid.size;
    const labelWidth = tight ? 0 : labelSpace(spec, grid.size, pitchY, area);
    const blank = new Float32Array(spec.count);
    const place = { x: 0, y: area.y + (area.height - height) / 2, headX: 0, headWidth: 0 };
    const arrays = { xs: blank, ys: blank.slice(), ports: blank.slice() };
    return {
      ...spec,
      index,
      ...grid,
      pitchX,
      pitchY,
      width,
      height,
      labelWidth,
      ...place,
      ...arrays,
    };
  });
}

/**
 * A column of fields is as high as the picture.
 * @param {ColumnSpec} spec
 * @param {import("./panel.js").Panel} panel
 * @param {number} index
 * @param {Area} area
 * @param {number} ease
 * @returns {Column}
 */
function shapePanel(spec, panel, index, area, ease) {
  const { least, greedy } = panel;
  const width = (least + (panel.width - least) * (greedy ? ease : Math.min(1, ease))) * area.scale;
  const { y, height } = area;
  const blank = new Float32Array(0);
  return {
    ...spec,
    index,
    x: 0,
    y,
    width,
    height,
    cols: 1,
    rows: 1,
    size: width,
    pitchX: width,
    pitchY: height,
    xs: blank,
    ys: blank,
    ports: blank,
    labelWidth: 0,
    headX: 0,
    headWidth: 0,
  };
}

/**
 * The free height per unit, limited to that of a wide gap.
 * @param {number} free
 * @param {number} least
 * @param {number} gap
 * @param {{size: number}} grid
 */
function within(free, least, gap, grid) {
  return Math.max(least, Math.min(free, grid.size * (1 + gap)));
}

/**
 * @param {ColumnSpec} spec
 * @param {Area} area
 * @param {number} most width
 */
function pictureGrid(spec, area, most) {
  const [rows, cols] = spec.picture ?? [1, 1];
  const side = Math.min(spec.ideal * area.scale, area.height, Math.max(most, 0.15 * area.width));
  return { rows, cols, size: Math.max(1, Math.floor(side / Math.max(rows, cols))) };
}

/**
 * A single column if its units stay readable, else the block with the largest units.
 * @param {ColumnSpec} spec
 * @param {Area} area
 * @param {number} most width
 */
function fold(spec, area, most) {
  const ideal = spec.ideal * area.scale * roominess(spec, area);
  const single = area.height / spec.count / (1 + GAP);
  if (single >= spec.least || spec.count < 4) {
    return { cols: 1, rows: spec.count, size: Math.min(ideal, single, most) };
  }
  let best = { cols: 1, rows: spec.count, size: 0 };
  for (let cols = 2; cols <= spec.count; cols += 1) {
    const rows = Math.ceil(spec.count / cols);
    const size = Math.min(0.8 * ideal, Math.min(area.height / rows, most / cols) / (1 + FOLD_GAP));
    if (size * evenness(spec, cols, rows) > best.size * evenness(spec, best.cols, best.rows)) {
      best = { cols, rows, size };
    }
  }
  return best;
}

/**
 * Units may be smaller in a block without holes.
 * @param {ColumnSpec} spec
 * @param {number} cols
 * @param {number} rows
 */
function evenness(spec, cols, rows) {
  return cols * rows === spec.count ? 1.35 : 1;
}

/**
 * Units are larger in a small network on a large page.
 * @param {ColumnSpec} spec
 * @param {Area} area
 */
function roominess(spec, area) {
  if (spec.face.kind === "value" || spec.count > 6) return 1;
  return Math.max(1, Math.min(1.27, area.height / (340 * area.scale)));
}

/**
 * Room for the labels beside a single column; none where they would be too small to read, or lie
 * over one another.
 * @param {ColumnSpec} spec
 * @param {number} size
 * @param {number} pitch from unit to unit
 * @param {Area} area
 */
function labelSpace(spec, size, pitch, area) {
  if (spec.labels.length === 0 || size < 9 || pitch < MIN_LABEL_PITCH * area.scale) return 0;
  const longest = Math.max(...spec.labels.map((label) => label.length));
  const wanted = (7 * longest + 12) * area.scale;
  return Math.min(wanted, Math.max(18, area.width * 0.16));
}

/** The share of the free width between two columns: curves need more than a fan. */
const SPACE = { all: 1, strongest: 1.15, image: 0.6, matrix: 0.5, fan: 0.4 };
const LOSS_SPACE = 0.6;

/**
 * How the width is shared: what columns, labels, panels and the loss take, and how wide one unit of
 * space between them is.
 * @param {Column[]} columns
 * @param {Pair["mode"][]} modes
 * @param {Area} area
 */
function measure(columns, modes, area) {
  const panels = modes.map((mode, p) =>
    mode === "matrix" ? panelSize(columns[p], columns[p + 1], area) : null,
  );
  const loss = 52 * area.scale;
  let taken = loss;
  for (const column of columns) taken += column.width + column.labelWidth;
  for (const panel of panels) taken += panel ? panel.width : 0;
  let spaces = LOSS_SPACE;
  for (const mode of modes) spaces += SPACE[mode] * (mode === "matrix" ? 2 : 1);
  return {
    panels,
    loss,
    gap: Math.min((area.width - taken) / spaces, 200 * area.scale),
    taken,
    spaces,
  };
}

/**
 * A matrix keeps its proportions as far as it stays readable: inputs are rows, units columns.
 * @param {Column} from
 * @param {Column} to
 * @param {Area} area
 */
function panelSize(from, to, area) {
  const cell = Math.min((0.5 * area.height) / from.count, (0.09 * area.width) / to.count, 6);
  const width = Math.max(28, cell * to.count);
  return { width, height: Math.max(28, cell * from.count) };
}

/**
 * Gives every column its x, every unit its position, every pair its ports and panel.
 * @param {Column[]} columns
 * @param {Pair["mode"][]} modes
 * @param {Area} area
 */
function place(columns, modes, area) {
  const { panels, loss, gap, taken, spaces } = measure(columns, modes, area);
  const middle = area.y + area.height / 2;
  let x = area.x + (area.width - taken - gap * spaces) / 2;
  /** @type {Pair[]} */
  const pairs = [];
  columns.forEach((column, c) => {
    const space = c > 0 ? gap * SPACE[modes[c - 1]] : 0;
    x += c > 0 ? space : column.labelWidth;
    const panel = c > 0 ? panels[c - 1] : null;
    const box = panel ? { x, y: middle - panel.height / 2, ...panel } : null;
    if (panel) x += panel.width + space;
    column.x = x;
    if (column.panel) placePanel(column, column.panel, area);
    else placeUnits(column);
    if (c > 0) pairs.push(makePair(columns[c - 1], column, modes[c - 1], box));
    x += column.width + (c > 0 ? column.labelWidth : 0);
  });
  const circle = { x: x + gap * LOSS_SPACE + loss / 2, y: middle, r: 17 * area.scale };
  placeHeadings(columns, circle, area);
  return { pairs, loss: circle };
}

/**
 * Lines reach a column of fields at the rows of its first field.
 * @param {Column} column
 * @param {import("./panel.js").Panel} panel
 * @param {Area} area
 */
function placePanel(column, panel, area) {
  const { x, width } = column;
  panel.place({ x, y: area.y, width, height: area.height }, area);
  const rows = panel.fields[panel.fields.length - 1];
  const top = Math.min(...panel.fields.map(({ y }) => y));
  column.height = Math.max(...panel.fields.map(({ y, height }) => y + height)) - top;
  column.y = top;
  const count = Math.min(32, rows.part.rows);
  column.ports = Float32Array.from(
    { length: count },
    (_, i) => rows.y + ((i + 0.5) * rows.height) / count,
  );
}

/** @param {Column} column */
function placeUnits(column) {
  const { cols, size } = column;
  for (let i = 0; i < column.count; i += 1) {
    const row = Math.floor(i / cols);
    column.xs[i] = column.x + (i % cols) * column.pitchX;
    column.ys[i] = column.y + row * column.pitchY;
    // In a block every unit has its own height within its row, so that edges stay apart.
    column.ports[i] = column.ys[i] + (size * ((i % cols) + 0.5)) / cols;
  }
}

/**
 * @param {Column} from
 * @param {Column} to
 * @param {Pair["mode"]} mode
 * @param {Box | null} panel
 * @returns {Pair}
 */
function makePair(from, to, mode, panel) {
  const drawn = mode === "all" || mode === "strongest";
  const units = from.count + to.count;
  return {
    index: to.index - 1,
    from,
    to,
    mode,
    keep: mode === "all" ? Number.POSITIVE_INFINITY : Math.max(90, Math.min(220, 1.5 * units)),
    first: 0,
    count: drawn ? from.count * to.count : 0,
    x0: from.x + from.width + (from.cols > 1 ? 6 : 2),
    x1: to.x - (to.cols > 1 ? 6 : 2),
    panel,
  };
}

/**
 * @param {Pair[]} pairs
 * @returns {Edges}
 */
function curves(pairs) {
  const count = pairs.reduce((sum, pair) => sum + pair.count, 0);
  const make = () => new Float32Array(count);
  const edges = { count, x0: make(), y0: make(), x1: make(), y1: make() };
  let e = 0;
  for (const pair of pairs) {
    pair.first = e;
    for (let k = 0; k < pair.count; k += 1, e += 1) {
      edges.x0[e] = pair.x0;
      edges.x1[e] = pair.x1;
      edges.y0[e] = pair.from.ports[Math.floor(k / pair.to.count)];
      edges.y1[e] = pair.to.ports[k % pair.to.count];
    }
  }
  return edges;
}

/**
 * The box of one unit: its square, or its pixel of a picture.
 * @param {Column} column
 * @param {number} unit
 * @returns {Box}
 */
export function unitBox(column, unit) {
  if (column.panel) return column.panel.boxOf(unit);
  return { x: column.xs[unit], y: column.ys[unit], width: column.size, height: column.size };
}
