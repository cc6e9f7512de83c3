// @ts-check
// Draws the path of an explanation over the network: the numbers along it, from edge to unit to
// unit to the loss, and the factors between them.

import { palette } from "../color.js";
import { short } from "../format.js";
import { unitBox } from "../scene/layout.js";
import { spotOf } from "../scene/path_positions.js";
import { traceEdge } from "./edges.js";
import { corner } from "./units.js";

/** @import { Box, Pair, Scene } from "../scene/layout.js" */
/** @import { Spot } from "../scene/path_positions.js" */
/** @import { Station } from "../state/types.js" */
/** @typedef {{x: number, y: number}} Point */

const HALO_WIDTH = 9; // px around the line
const CHIP_HEIGHT = 17; // px of height
const MIN_FULL_WIDTH = 480; // px of the picture's width, for chips of full size

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Station[]} path
 */
export function paintPath(context, scene, path) {
  const stops = path.flatMap((station) => {
    const spot = spotOf(scene, station);
    return spot ? [{ station, spot }] : [];
  });
  if (stops.length === 0) return;
  const { lines, scale } = scene.area;
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const [alpha, width] of [
    [0.18, HALO_WIDTH * lines],
    [1, 2 * lines],
  ]) {
    context.globalAlpha = alpha;
    context.strokeStyle = palette().accent;
    context.lineWidth = width;
    for (const [i, { spot }] of stops.entries()) {
      context.beginPath();
      if (spot.kind === "edge") trace(context, scene, spot.pair, spot.from, spot.to);
      else outline(context, scene, spot);
      if (i > 0) connect(context, scene, stops[i - 1].spot, spot);
      context.stroke();
    }
  }
  context.globalAlpha = 1;
  new Chips(context, scene, scene.area.width < MIN_FULL_WIDTH ? 0.85 * scale : scale).paint(stops);
}

/**
 * The curve of an edge, or a straight line where the edges are a matrix.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Pair} pair
 * @param {number} from
 * @param {number} to
 */
function trace(context, scene, pair, from, to) {
  if (pair.count > 0) {
    traceEdge(context, scene.edges, pair.first + from * pair.to.count + to);
    return;
  }
  context.moveTo(pair.x0, pair.from.ports[from]);
  context.lineTo(pair.x1, pair.to.ports[to]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Spot} spot of a unit, a layer or the loss
 */
function outline(context, scene, spot) {
  if (spot.kind === "unit") {
    const { x, y, width, height } = unitBox(spot.column, spot.unit);
    context.roundRect(x - 3, y - 3, width + 6, height + 6, corner(spot.column) + 2);
  } else if (spot.kind === "layer") {
    const { x, y, width, height } = spot.column;
    context.roundRect(x - 8, y - 8, width + 16, height + 16, 6);
  } else if (spot.kind === "loss") {
    const { x, y, r } = scene.loss;
    context.moveTo(x + r + 2, y);
    context.arc(x, y, r + 2, 0, 2 * Math.PI);
  }
}

/**
 * The line from one station to the next if they are apart: the edge's curve between two units, else
 * a straight one.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Spot} a
 * @param {Spot} b
 */
function connect(context, scene, a, b) {
  if (a.kind === "edge" || b.kind === "edge") return;
  const [left, right] = inOrder(scene, a, b);
  const near = left.kind === "unit" && right.kind === "unit";
  if (near && right.column.index === left.column.index + 1) {
    trace(context, scene, scene.pairs[left.column.index], left.unit, right.unit);
    return;
  }
  const from = boxOf(scene, left);
  const to = boxOf(scene, right);
  if (from.x + from.width >= to.x) return;
  context.moveTo(from.x + from.width + 3, from.y + from.height / 2);
  context.lineTo(to.x - 2, to.y + to.height / 2);
}

/** @param {Scene} scene @param {Spot} a @param {Spot} b @returns {[Spot, Spot]} */
function inOrder(scene, a, b) {
  return boxOf(scene, a).x <= boxOf(scene, b).x ? [a, b] : [b, a];
}

/** @param {Scene} scene @param {Spot} spot @returns {Box} */
function boxOf(scene, spot) {
  if (spot.kind === "unit") return unitBox(spot.column, spot.unit);
  if (spot.kind === "layer") return spot.column;
  if (spot.kind === "edge") return unitBox(spot.pair.to, spot.to);
  const { x, y, r } = scene.loss;
  return { x: x - r, y: y - r, width: 2 * r, height: 2 * r };
}

/** The labels of the factors, each on its part of the path; of two that overlap one moves up. */
class Chips {
  /** @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} scale */
  constructor(context, scene, scale) {
    this.context = context;
    this.scene = scene;
    this.scale = scale;
    /** @type {{x: number, y: number, width: number}[]} */
    this.taken = [];
  }

  /** @param {{station: Station, spot: Spot}[]} stops */
  paint(stops) {
    const { context, scale } = this;
    context.font = `600 ${11 * scale}px ${palette().mono}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const [first] = stops;
    for (const [i, { station, spot }] of stops.entries()) {
      const next = stops[i + 1]?.spot;
      if (next && station.factor !== null) {
        this.chip(this.between(spot, next), `×${short(station.factor)}`, false);
      }
    }
    const value = first.station.value;
    const text = value === null ? (first.station.text ?? "NaN") : short(value);
    this.chip(this.startOf(first.spot), `${first.station.symbol} ${text}`, true);
  }

  /** The position of the number at the start of the path. @param {Spot} spot @returns {Point} */
  startOf(spot) {
    if (spot.kind !== "edge") return this.above(spot);
    return this.above({ kind: "unit", column: spot.pair.from, unit: spot.from });
  }

  /** @param {Spot} spot @returns {Point} */
  above(spot) {
    const { x, y, width } = boxOf(this.scene, spot);
    return { x: x + width / 2, y: y - 14 * this.scale };
  }

  /**
   * The middle between one station and the next.
   * @param {Spot} a
   * @param {Spot} b
   * @returns {Point}
   */
  between(a, b) {
    if (a.kind === "edge") {
      const { pair, from, to } = a;
      const y = 0.3 * pair.from.ports[from] + 0.7 * pair.to.ports[to];
      return { x: pair.x0 + 0.62 * (pair.x1 - pair.x0), y };
    }
    const [left, right] = inOrder(this.scene, a, b).map((spot) => boxOf(this.scene, spot));
    if (left.x + left.width >= right.x) return this.above(a);
    return {
      x: (left.x + left.width + right.x) / 2,
      y: (left.y + left.height / 2 + right.y + right.height / 2) / 2,
    };
  }

  /** @param {Point} at @param {string} text @param {boolean} full */
  chip(at, text, full) {
    const { context, scale, scene } = this;
    const colors = palette();
    const width = context.measureText(text).width + 10 * scale;
    const height = CHIP_HEIGHT * scale;
    const { area } = scene;
    const x = Math.max(width / 2, Math.min(area.x + area.width - width / 2, at.x));
    // Not over the headings.
    let y = Math.max(area.y, at.y);
    const meets = () =>
      this.taken.some(
        (other) =>
          Math.abs(other.x - x) < (other.width + width) / 2 && Math.abs(other.y - y) < height + 2,
      );
    for (let tries = 0; tries < 6 && meets(); tries += 1) y -= height + 3;
    this.taken.push({ x, y, width });
    context.beginPath();
    context.roundRect(x - width / 2, y - height / 2, width, height, height / 2);
    context.fillStyle = full ? colors.accent : colors.panel;
    context.fill();
    context.strokeStyle = colors.accent;
    context.lineWidth = 1.2;
    context.stroke();
    context.fillStyle = full ? colors.panel : colors.ink;
    context.fillText(text, x, y + 0.5);
  }
}
