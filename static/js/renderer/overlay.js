// @ts-check
// The top canvas: the hovered edge or unit, the selection, and the motion of an instruction.

import { palette } from "../color.js";
import { positionOf } from "../scene/fields.js";
import { unitBox } from "../scene/layout.js";
import { makeComets, paintComets } from "./comets.js";
import { EdgePainter, edgeWidth, strokeEdges, traceEdge } from "./edges.js";
import { corner } from "./units.js";

/** @import { Column, Pair, Scene } from "../scene/layout.js" */
/** @import { EdgeMode, Selection } from "../state/types.js" */
/** @import { Comet } from "./comets.js" */
/** @import { Cue, Motion } from "./motion.js" */
/** @import { Ranges } from "./renderer.js" */
/** @import { Signal, Values } from "./values.js" */

export class Overlay {
  /**
   * @param {Scene} scene
   * @param {Values} values
   * @param {(pair: Pair, mode: EdgeMode) => Signal | null} edgeSignal
   * @param {Ranges} ranges
   */
  constructor(scene, values, edgeSignal, ranges) {
    this.scene = scene;
    this.values = values;
    this.edgeSignal = edgeSignal;
    this.ranges = ranges;
    this.painter = new EdgePainter(scene);
    /** @type {Map<Cue, Comet[]>} */
    this.comets = new Map();
  }

  /**
   * Prepares what a motion needs, once.
   * @param {Motion} motion
   */
  prepare(motion) {
    this.comets.clear();
    for (const cue of motion.cues) {
      if (cue.kind !== "flow" && cue.kind !== "pull") continue;
      const pair = this.scene.pairs[cue.column - 1];
      const back = cue.kind === "pull";
      if (pair) this.comets.set(cue, makeComets(this.scene, this.values, pair, back));
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Motion} motion
   * @param {number} now
   */
  paintMotion(context, motion, now) {
    for (const cue of motion.cues) {
      const progress = (now - cue.start) / (cue.end - cue.start);
      if (progress < 0 || progress > 1) continue;
      const comets = this.comets.get(cue);
      const { lines } = this.scene.area;
      if (comets) paintComets(context, comets, progress, cue.kind === "pull", lines);
      else if (cue.kind === "settle") this.paintChange(context, cue, "gradient", progress);
      else if (cue.kind === "dash" || cue.kind === "morph") {
        this.paintChange(context, cue, "update", progress);
      } else if (cue.kind === "loss") this.paintPulse(context, progress);
    }
  }

  /**
   * A gradient settles from the right; an update shows for a moment, dashed, over the edges.
   * @param {CanvasRenderingContext2D} context
   * @param {Cue} cue
   * @param {EdgeMode} mode
   * @param {number} progress
   */
  paintChange(context, cue, mode, progress) {
    const { scene, painter, ranges } = this;
    painter.clear();
    for (const pair of scene.pairs) {
      if (cue.column > 0 && pair.to.index !== cue.column) continue;
      const signal = this.edgeSignal(pair, mode);
      if (signal?.entry) painter.classify(pair, signal.target, ranges[mode].value);
    }
    const fade = progress > 0.65 ? (1 - progress) / 0.35 : 1;
    context.save();
    if (mode === "gradient" && cue.column > 0) {
      const { x0, x1 } = scene.pairs[cue.column - 1];
      const reached = Math.min(1, progress / 0.55);
      const from = x1 - (x1 - x0) * reached;
      context.beginPath();
      context.rect(from, 0, x1 - from, scene.area.y + scene.area.height + 99);
      context.clip();
    }
    painter.paint(context, mode, fade);
    context.restore();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} progress */
  paintPulse(context, progress) {
    const { x, y, r } = this.scene.loss;
    context.beginPath();
    context.arc(x, y, r + 14 * progress, 0, 2 * Math.PI);
    context.strokeStyle = palette().ink2;
    context.globalAlpha = 1 - progress;
    context.lineWidth = 2;
    context.stroke();
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Selection | null} target
   * @param {EdgeMode} mode
   * @param {boolean} lasting the selection, not the pointer
   */
  paintMark(context, target, mode, lasting) {
    if (!target || target.kind === "instruction") return;
    const column = this.scene.columns.find((c) => c.layer === target.layer);
    if (!column) return;
    if (target.kind === "layer") markBox(context, column, 10, 6, lasting);
    else if (target.kind === "edge") this.paintEdge(context, column, target, mode, lasting);
    else if (target.unit < column.count) {
      if (column.panel) markRow(context, this.scene, column, target.unit, lasting);
      else if (!lasting) this.paintFan(context, column, target.unit, mode);
      markUnit(context, column, target.unit, lasting);
    }
  }

  /**
   * The edges into and out of a unit.
   * @param {CanvasRenderingContext2D} context
   * @param {Column} column
   * @param {number} unit
   * @param {EdgeMode} mode
   */
  paintFan(context, column, unit, mode) {
    const into = this.scene.pairs[column.index - 1];
    const out = this.scene.pairs[column.index];
    const units = column.count;
    for (let i = 0; into && into.count > 0 && i < into.from.count; i += 1) {
      this.strokeOne(context, into, i * units + unit, mode, 0);
    }
    for (let j = 0; out && out.count > 0 && j < out.to.count; j += 1) {
      this.strokeOne(context, out, unit * out.to.count + j, mode, 0);
    }
    if (into?.panel) markLine(context, into, -1, unit);
    if (out?.panel) markLine(context, out, unit, -1);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Column} column
   * @param {{from: number, to: number}} edge
   * @param {EdgeMode} mode
   * @param {boolean} lasting
   */
  paintEdge(context, column, edge, mode, lasting) {
    const pair = this.scene.pairs[column.index - 1];
    if (!pair || edge.from >= pair.from.count || edge.to >= column.count) return;
    if (pair.panel) markLine(context, pair, edge.from, edge.to);
    if (pair.count > 0) this.strokeOne(context, pair, edge.from * column.count + edge.to, mode, 1);
    markUnit(context, pair.from, edge.from, lasting);
    markUnit(context, column, edge.to, lasting);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Pair} pair
   * @param {number} k
   * @param {EdgeMode} mode
   * @param {number} lift 0, or 1 for the one edge pointed at
   */
  strokeOne(context, pair, k, mode, lift) {
    const signal = this.edgeSignal(pair, mode);
    const value = signal ? signal.shown[k] : 0;
    const range = this.ranges[mode].value || 1;
    const strength = Math.min(1, Math.sqrt(Math.abs(value) / range)) || 0;
    const colors = palette();
    const { lines } = this.scene.area;
    context.beginPath();
    traceEdge(context, this.scene.edges, pair.first + k);
    if (lift) {
      context.strokeStyle = colors.accent;
      context.globalAlpha = 0.35;
      context.lineWidth = edgeWidth(strength, lines) + 6;
      context.stroke();
    }
    const color = value < 0 ? colors.negative : colors.positive;
    const opacity = lift ? 1.6 : 1;
    strokeEdges(context, lift ? Math.max(0.3, strength) : strength, mode, color, opacity, lines);
    context.globalAlpha = 1;
    context.setLineDash([]);
  }
}

/**
 * Marks a time step, which is one row through the whole network, and the step that it attends to. A
 * cell that depends on several steps has no such row.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Column} column
 * @param {number} cell
 * @param {boolean} lasting
 */
function markRow(context, scene, { panel, origin }, cell, lasting) {
  if (!panel || (origin && origin.windows[0].size > 1)) return;
  const { field, row, col } = positionOf(panel.fields, cell);
  if (field.axis === "unit" || field.axis === "pixel") return;
  const { y, height } = panel.rows(field.part.rows, scene.area, "step");
  const pitch = height / field.part.rows;
  context.fillStyle = palette().accent;
  context.globalAlpha = lasting ? 0.07 : 0.13;
  context.fillRect(scene.area.x, y + row * pitch, scene.area.width, pitch);
  context.globalAlpha /= 2;
  if (field.axis === "query") {
    context.fillRect(scene.area.x, y + col * pitch, scene.area.width, pitch);
  }
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Column} column
 * @param {number} unit
 * @param {boolean} lasting
 */
function markUnit(context, column, unit, lasting) {
  const box = unitBox(column, unit);
  if (column.panel) markBox(context, box, 2, 2, lasting);
  else if (column.picture) markBox(context, box, 1, 1, lasting);
  else markBox(context, box, Math.min(4, column.size * 0.1 + 1), corner(column) + 3, lasting);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number, width: number, height: number}} box
 * @param {number} grow
 * @param {number} radius
 * @param {boolean} lasting
 */
function markBox(context, box, grow, radius, lasting) {
  context.beginPath();
  context.roundRect(
    box.x - grow,
    box.y - grow,
    box.width + 2 * grow,
    box.height + 2 * grow,
    radius,
  );
  context.strokeStyle = palette().accent;
  if (lasting) {
    context.globalAlpha = 0.25;
    context.lineWidth = 7;
    context.stroke();
  }
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.stroke();
}

/**
 * Marks a row, a column or one cell of a matrix panel.
 * @param {CanvasRenderingContext2D} context
 * @param {Pair} pair
 * @param {number} row -1 for none
 * @param {number} col -1 for none
 */
function markLine(context, pair, row, col) {
  const { panel, from, to } = pair;
  if (!panel) return;
  const height = panel.height / from.count;
  const width = panel.width / to.count;
  context.beginPath();
  if (row >= 0) context.rect(panel.x, panel.y + row * height - 1, panel.width, height + 2);
  if (col >= 0) context.rect(panel.x + col * width - 1, panel.y, width + 2, panel.height);
  context.strokeStyle = palette().accent;
  context.lineWidth = 1.2;
  context.stroke();
}
