// @ts-check
// The ground behind the network: labels, the fans of fully connected blocks, the lines into the
// loss, and the light on what the last instruction has read and written.

import { palette } from "../color.js";
import { traceEdge } from "./edges.js";

/** @import { Column, Pair, Scene } from "../scene/layout.js" */
/** @import { InstructionInfo, Model } from "../state/types.js" */

const READ = 1;
const WRITTEN = 2;

/** How each column, each pair and the loss is lit: 0, READ or WRITTEN. */
export class Light {
  /** @param {Scene} scene */
  constructor(scene) {
    this.columns = new Uint8Array(scene.columns.length);
    this.pairs = new Uint8Array(scene.pairs.length);
    this.loss = 0;
  }

  /**
   * @param {Scene} scene
   * @param {Model} model
   * @param {InstructionInfo | null} instruction
   */
  set(scene, model, instruction) {
    this.columns.fill(0);
    this.pairs.fill(0);
    this.loss = 0;
    for (const id of instruction?.reads ?? []) this.add(scene, model, id, READ);
    for (const id of instruction?.writes ?? []) this.add(scene, model, id, WRITTEN);
  }

  /**
   * @param {Scene} scene
   * @param {Model} model
   * @param {number} id of a buffer
   * @param {number} light
   */
  add(scene, model, id, light) {
    const buffer = model.bufferById.get(id);
    if (!buffer) return;
    const { name, role, axes } = buffer;
    // One buffer with all parameters of the network, their gradients or their updates.
    if (axes[0] === "parameter") this.pairs.fill(light);
    else if (role === "loss" || role === "target" || name.startsWith("loss")) this.loss = light;
    else if (role === "input" || name.startsWith("input/x")) this.columns[0] = light;
    else {
      const column = scene.columns.find((c) => c.layer === buffer.layer);
      if (!column || column.index === 0) return;
      const weight = column.weight !== "" && name.startsWith(column.weight);
      if (weight) this.pairs[column.index - 1] = light;
      else this.columns[column.index] = light;
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Light} light
 */
export function paintGround(context, scene, light) {
  for (const pair of scene.pairs) {
    if (light.pairs[pair.index]) paintLitPair(context, scene, pair, light.pairs[pair.index]);
    if (pair.count === 0 && !(pair.from.panel && pair.to.panel)) paintFans(context, pair);
  }
  for (const column of scene.columns) {
    if (light.columns[column.index]) plate(context, column, light.columns[column.index]);
    paintLabels(context, scene, column);
  }
  paintLossLines(context, scene);
  if (light.loss) {
    const { x, y, r } = scene.loss;
    const text = 18 * scene.area.scale; // the number below the circle is part of it
    plate(context, { x: x - r, y: y - r, width: 2 * r, height: 2 * r + text }, light.loss);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number, width: number, height: number}} box
 * @param {number} light
 */
function plate(context, box, light) {
  const pad = 8;
  context.beginPath();
  context.roundRect(box.x - pad, box.y - pad, box.width + 2 * pad, box.height + 2 * pad, 12);
  context.fillStyle = context.strokeStyle = palette().accent;
  context.globalAlpha = light === WRITTEN ? 0.14 : 0.06;
  context.fill();
  context.globalAlpha = light === WRITTEN ? 0.95 : 0.4;
  context.lineWidth = light === WRITTEN ? 1.6 : 1;
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Pair} pair
 * @param {number} light
 */
function paintLitPair(context, scene, pair, light) {
  context.strokeStyle = context.fillStyle = palette().accent;
  context.beginPath();
  if (pair.count > 0 && pair.mode === "all") {
    for (let k = 0; k < pair.count; k += 1) traceEdge(context, scene.edges, pair.first + k);
    context.lineWidth = (light === WRITTEN ? 7 : 5) * scene.area.lines;
    context.globalAlpha = light === WRITTEN ? 0.3 : 0.13;
    context.stroke();
  } else {
    traceFan(context, pair.from, pair.to, pair.x0, pair.x1);
    context.globalAlpha = light === WRITTEN ? 0.24 : 0.1;
    context.fill();
    if (pair.panel) plate(context, pair.panel, light);
  }
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Pair} pair
 */
function paintFans(context, pair) {
  const { from, to, panel, x0, x1 } = pair;
  context.beginPath();
  if (panel) {
    traceFan(context, from, panel, x0, panel.x - 4);
    traceFan(context, panel, to, panel.x + panel.width + 4, x1);
  } else traceFan(context, from, to, x0, x1);
  context.fillStyle = palette().ink;
  context.globalAlpha = 0.045;
  context.fill();
  context.globalAlpha = 1;
}

/**
 * The outline of everything that runs from one block to another.
 * @param {CanvasRenderingContext2D} context
 * @param {{y: number, height: number}} from
 * @param {{y: number, height: number}} to
 * @param {number} x0
 * @param {number} x1
 */
function traceFan(context, from, to, x0, x1) {
  const middle = (x0 + x1) / 2;
  const [low0, low1] = [from.y + from.height, to.y + to.height];
  context.moveTo(x0, from.y);
  context.bezierCurveTo(middle, from.y, middle, to.y, x1, to.y);
  context.lineTo(x1, low1);
  context.bezierCurveTo(middle, low1, middle, low0, x0, low0);
  context.closePath();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Column} column
 */
function paintLabels(context, scene, column) {
  if (column.labelWidth === 0) return;
  const { scale } = scene.area;
  const left = column.index === 0;
  const size = Math.min(11.5 * scale, column.pitchY * 0.9);
  context.font = `${size}px ${palette().text}`;
  context.fillStyle = palette().ink2;
  context.textBaseline = "middle";
  context.textAlign = left ? "right" : "left";
  const x = left ? column.x - 7 : column.x + column.size + 8;
  // There are fewer names than units where a feature has a value at every time step.
  for (let i = 0; i < Math.min(column.count, column.labels.length); i += 1) {
    const text = shorten(context, column.labels[i], column.labelWidth - 8);
    context.fillText(text, x, column.ys[i] + column.size / 2 + 0.5);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} width
 */
function shorten(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length - 1;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
  return `${text.slice(0, end).trimEnd()}…`;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 */
function paintLossLines(context, scene) {
  const last = scene.columns[scene.columns.length - 1];
  const x0 = last.x + last.width + last.labelWidth + 4;
  const x1 = scene.loss.x - scene.loss.r - 2;
  if (x1 <= x0) return;
  const middle = (x0 + x1) / 2;
  context.beginPath();
  for (let i = 0; i < last.ports.length; i += 1) {
    context.moveTo(x0, last.ports[i]);
    context.bezierCurveTo(middle, last.ports[i], middle, scene.loss.y, x1, scene.loss.y);
  }
  context.strokeStyle = palette().ink3;
  context.globalAlpha = 0.4;
  context.lineWidth = scene.area.lines;
  context.stroke();
  context.globalAlpha = 1;
}
