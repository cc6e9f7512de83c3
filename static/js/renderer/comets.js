// @ts-check
// Comets: marks that run along the edges while an instruction is watched. Forward they are discs of
// size |w·a|; backward they are rings of size |w·δ|, against the edge's direction.

import { palette } from "../color.js";
import { curveX } from "../scene/hit.js";

/** @import { Pair, Scene } from "../scene/layout.js" */
/** @import { Values } from "./values.js" */

const MAX_COMETS = 90;
/** The most lines for a pair without curves. */
const MAX_LINES = 28;
/** The share of the time between the starts of the first and the last comet. */
const SPREAD = 0.3;
const TAIL = 0.13;

/** @typedef {{x0: number, y0: number, x1: number, y1: number, size: number, delay: number}} Comet */

/**
 * The comets of one pair; `size` is signed, its magnitude a share of the largest.
 * @param {Scene} scene
 * @param {Values} values
 * @param {Pair} pair
 * @param {boolean} back
 * @returns {Comet[]}
 */
export function makeComets(scene, values, pair, back) {
  const { from, to } = pair;
  const weights = values.signal(to.weight)?.target;
  const sent = values.signal(back ? `probe/${to.layer}/z.grad` : from.value)?.target;
  if (!weights || !sent) return [];
  const units = to.count;
  /** @type {Comet[]} */
  const comets = [];
  const { x0, x1 } = pair;
  for (let k = 0; k < pair.count; k += 1) {
    const size = weights[k] * sent[back ? k % units : Math.floor(k / units)];
    const e = pair.first + k;
    comets.push({ x0, x1, y0: scene.edges.y0[e], y1: scene.edges.y1[e], size, delay: 0 });
  }
  const lines = pair.count > 0 ? 0 : Math.min(MAX_LINES, units);
  for (let line = 0; line < lines; line += 1) {
    const j = Math.floor(((line + 0.5) * units) / lines);
    const y0 = from.y + ((line + 0.5) / lines) * from.height;
    const size = back ? sent[j] : weights[j];
    comets.push({ x0, x1, y0, y1: to.ports[j], size, delay: 0 });
  }
  comets.sort((a, b) => Math.abs(b.size) - Math.abs(a.size));
  comets.length = Math.min(MAX_COMETS, comets.length);
  const most = Math.abs(comets[0]?.size) || 1;
  comets.forEach((comet, i) => {
    comet.size /= most;
    comet.delay = (i * 0.618) % 1;
  });
  return comets;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Comet[]} comets
 * @param {number} progress 0..1 of the cue
 * @param {boolean} back
 * @param {number} lines
 */
export function paintComets(context, comets, progress, back, lines) {
  const colors = palette();
  for (let sign = 1; sign >= -1; sign -= 2) {
    const color = sign > 0 ? colors.positive : colors.negative;
    context.beginPath();
    for (const comet of comets) {
      if (comet.size * sign > 0) traceTail(context, comet, progress, back);
    }
    context.strokeStyle = color;
    context.lineWidth = 1.6 * lines;
    context.globalAlpha = 0.75;
    context.stroke();
    context.beginPath();
    for (const comet of comets) {
      if (comet.size * sign > 0) traceHead(context, comet, progress, back, lines);
    }
    context.globalAlpha = 1;
    context.fillStyle = back ? colors.page : color;
    context.fill();
    context.strokeStyle = back ? color : colors.page;
    context.lineWidth = (back ? 1.8 : 1) * lines;
    context.stroke();
  }
}

/**
 * The curve's parameter at which a comet is, or -1 if it is not running.
 * @param {Comet} comet
 * @param {number} progress
 * @param {boolean} back
 */
function parameter(comet, progress, back) {
  const t = (progress * (1 + SPREAD) - SPREAD * comet.delay) / 1;
  if (t <= 0 || t >= 1) return -1;
  const eased = t * t * (3 - 2 * t);
  return back ? 1 - eased : eased;
}

/** @param {Comet} comet @param {number} t */
function heightAt(comet, t) {
  return comet.y0 + (comet.y1 - comet.y0) * t * t * (3 - 2 * t);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Comet} comet
 * @param {number} progress
 * @param {boolean} back
 */
function traceTail(context, comet, progress, back) {
  const t = parameter(comet, progress, back);
  if (t < 0) return;
  for (let i = 0; i <= 3; i += 1) {
    const at = Math.max(0, Math.min(1, t + ((back ? 1 : -1) * TAIL * i) / 3));
    const x = comet.x0 + (comet.x1 - comet.x0) * curveX(at);
    if (i === 0) context.moveTo(x, heightAt(comet, at));
    else context.lineTo(x, heightAt(comet, at));
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Comet} comet
 * @param {number} progress
 * @param {boolean} back
 * @param {number} lines
 */
function traceHead(context, comet, progress, back, lines) {
  const t = parameter(comet, progress, back);
  if (t < 0) return;
  const x = comet.x0 + (comet.x1 - comet.x0) * curveX(t);
  const radius = (1.3 + 3.4 * Math.sqrt(Math.abs(comet.size))) * lines;
  context.moveTo(x + radius, heightAt(comet, t));
  context.arc(x, heightAt(comet, t), radius, 0, 2 * Math.PI);
}
