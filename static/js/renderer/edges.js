// @ts-check
// Edges as curves. Each frame sorts them into a few dozen styles by counting and strokes them one
// by one, weakest first, without allocation. A path of many curves takes 1.4 times as long without
// a graphics card, since the browser looks for crossings.

import { palette } from "../color.js";

/** @import { Edges, Pair, Scene } from "../scene/layout.js" */
/** @import { EdgeMode } from "../state/types.js" */

const LEVELS = 24;
/** Styles in drawing order: zero edges, then every level of both signs, then what is not finite. */
const ZERO = 0;
const FAILED = 2 * LEVELS + 1;
const HIDDEN = FAILED + 1;
const HALF = 0.5 / LEVELS;
const BINS = 128;

/**
 * The width of an edge whose value is a share of the range: between 0.5 and 5 px, with its root.
 * @param {number} root √(|value| / range), 0..1
 * @param {number} lines
 */
export function edgeWidth(root, lines) {
  return Math.max(0.5, 5 * Math.min(1, root)) * lines;
}

/**
 * Adds one curve to the path.
 * @param {CanvasRenderingContext2D} context
 * @param {Edges} edges
 * @param {number} e
 */
export function traceEdge(context, edges, e) {
  const x0 = edges.x0[e];
  const x1 = edges.x1[e];
  const y0 = edges.y0[e];
  const y1 = edges.y1[e];
  const middle = (x0 + x1) / 2;
  context.moveTo(x0, y0);
  context.bezierCurveTo(middle, y0, middle, y1, x1, y1);
}

export class EdgePainter {
  /** @param {Scene} scene */
  constructor(scene) {
    this.scene = scene;
    this.style = new Uint8Array(scene.edges.count).fill(HIDDEN);
    this.order = new Uint32Array(scene.edges.count);
    this.starts = new Uint32Array(HIDDEN + 2);
    this.bins = new Uint32Array(BINS);
    /** For every pair: the root below which an edge is not drawn. It moves slowly. */
    this.cuts = new Float32Array(scene.pairs.length).fill(-1);
  }

  /** Hides every edge before a new classification. */
  clear() {
    this.style.fill(HIDDEN);
  }

  /**
   * Finds every edge's style: how strong it is and its sign.
   * @param {Pair} pair
   * @param {Float32Array} values of the weight matrix, or of its gradient or update
   * @param {number} range
   */
  classify(pair, values, range) {
    const { style } = this;
    const cut = this.cutOf(pair, values, range);
    for (let k = 0; k < pair.count; k += 1) {
      const value = values[k];
      const root = Math.sqrt(Math.abs(value) / range);
      let at = HIDDEN;
      if (value === 0) at = cut > 0 ? HIDDEN : ZERO;
      else if (!Number.isFinite(root)) at = FAILED;
      else if (root > cut) {
        // Near the cut an edge fades in instead of popping up.
        const clear = cut > 0 ? Math.min(1, (root - cut) * 12) : 1;
        const level = Math.min(LEVELS - 1, Math.floor(root * clear * LEVELS));
        at = 1 + 2 * level + (value < 0 ? 1 : 0);
      }
      style[pair.first + k] = at;
    }
  }

  /**
   * The root that leaves the `keep` strongest edges of a pair, by a histogram.
   * @param {Pair} pair
   * @param {Float32Array} values
   * @param {number} range
   */
  cutOf(pair, values, range) {
    if (pair.count <= pair.keep) return 0;
    const { bins, cuts } = this;
    bins.fill(0);
    for (let k = 0; k < pair.count; k += 1) {
      const root = Math.sqrt(Math.abs(values[k]) / range);
      bins[Math.min(BINS - 1, Math.floor(root * BINS)) || 0] += 1;
    }
    let bin = BINS;
    for (let sum = 0; bin > 0 && sum < pair.keep; ) {
      bin -= 1;
      sum += bins[bin];
    }
    const last = cuts[pair.index];
    cuts[pair.index] = last < 0 ? bin / BINS : last + 0.12 * (bin / BINS - last);
    return cuts[pair.index];
  }

  /**
   * Whether an edge is drawn at all.
   * @param {number} e
   */
  visible(e) {
    return this.style[e] !== HIDDEN;
  }

  /** Sorts the edges by style: a counting sort. */
  sort() {
    const { style, order, starts } = this;
    starts.fill(0);
    for (let e = 0; e < style.length; e += 1) starts[style[e] + 1] += 1;
    for (let s = 1; s < starts.length; s += 1) starts[s] += starts[s - 1];
    for (let e = 0; e < style.length; e += 1) {
      order[starts[style[e]]] = e;
      starts[style[e]] += 1;
    }
  }

  /**
   * Strokes everything, weakest first. Weights are solid, gradients hollow, updates dashed,
   * differences dotted.
   * @param {CanvasRenderingContext2D} context
   * @param {EdgeMode} mode
   * @param {number} opacity
   */
  paint(context, mode, opacity) {
    const { order, starts, scene } = this;
    const { lines } = scene.area;
    const colors = palette();
    this.sort();
    let from = 0;
    for (let s = 0; s < HIDDEN; s += 1) {
      const to = starts[s];
      if (to > from) {
        const sign = s & 1 ? colors.positive : colors.negative;
        const color = s === FAILED ? colors.error : s === ZERO ? colors.ink3 : sign;
        const strength = s === FAILED ? 0.5 : s === ZERO ? 0 : ((s - 1) >> 1) / LEVELS + HALF;
        for (let i = from; i < to; i += 1) {
          context.beginPath();
          traceEdge(context, scene.edges, order[i]);
          strokeEdges(context, strength, mode, color, opacity, lines);
        }
      }
      from = to;
    }
    context.globalAlpha = 1;
    context.setLineDash(SOLID);
  }
}

/** @type {number[]} */
const SOLID = [];
const dash = [0, 0];

/**
 * Strokes the current path as an edge of a strength.
 * @param {CanvasRenderingContext2D} context
 * @param {number} strength root of the share of the range
 * @param {EdgeMode} mode
 * @param {string} color
 * @param {number} opacity
 * @param {number} lines
 */
export function strokeEdges(context, strength, mode, color, opacity, lines) {
  const width = edgeWidth(strength, lines);
  const faint = palette().dark ? 0.2 : 0.1;
  context.globalAlpha = Math.min(1, opacity * (faint + (0.96 - faint) * strength ** 1.6));
  context.strokeStyle = color;
  context.lineWidth = width;
  if (mode === "update") {
    dash[0] = 3 + 1.2 * width;
    dash[1] = 3 + width;
  } else dash[0] = dash[1] = Math.max(1.5, width);
  context.setLineDash(mode === "update" || mode === "difference" ? dash : SOLID);
  context.stroke();
  if (mode === "gradient" && width > 1.6) {
    context.globalAlpha = opacity;
    context.strokeStyle = palette().page;
    context.lineWidth = width * 0.45;
    context.stroke();
  }
}
