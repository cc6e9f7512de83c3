// @ts-check
// What a lane shows: a band, a line, weights over time, or the gradient now.

import { lowerBound, markGaps, traceLine } from "../step_chart/line.js";
import { HEALTHY } from "./data.js";

/** @import { Palette } from "../../color.js" */
/** @import { Lane, Painter } from "./lane.js" */

/** Of what has a count at all: below, it could not be seen. */
const MIN_OPACITY = 0.1;
const NONE = new Float64Array(0);

/** Activations: mean, and one standard deviation to either side. @type {Painter} */
export function paintBand(lane, context, colors) {
  const { layer, x, y } = lane;
  if (!layer) return;
  const { mean, std, samples } = layer;
  const { from, to } = inView(lane);
  context.fillStyle = colors.ink;
  context.globalAlpha = 0.13;
  context.beginPath();
  for (let i = from; i < to; i += 1) {
    if (Number.isFinite(mean[i])) context.lineTo(x.at(samples.step[i]), y.at(mean[i] + std[i]));
  }
  for (let i = to - 1; i >= from; i -= 1) {
    if (Number.isFinite(mean[i])) context.lineTo(x.at(samples.step[i]), y.at(mean[i] - std[i]));
  }
  context.fill();
  context.globalAlpha = 1;
  paintLine(lane, context, colors, mean);
}

/** The norm of the gradient. @type {Painter} */
export function paintGradient(lane, context, colors) {
  if (lane.layer) paintLine(lane, context, colors, lane.layer.gradient);
}

/** The update-to-weight ratio, over a band for the healthy range. @type {Painter} */
export function paintRatio(lane, context, colors) {
  if (!lane.layer) return;
  const { x, y } = lane;
  const top = y.at(HEALTHY[1]);
  context.fillStyle = colors.categories[2];
  context.globalAlpha = 0.16;
  context.fillRect(x.start, top, x.end - x.start, y.at(HEALTHY[0]) - top);
  context.globalAlpha = 1;
  paintLine(lane, context, colors, lane.layer.ratio);
}

/** Histograms of the weights, one column each: the darker, the more weights. @type {Painter} */
export function paintWeights(lane, context, colors) {
  const { layer, x, y } = lane;
  if (!layer) return;
  const { steps, low, high, counts } = layer.weights;
  context.fillStyle = colors.ink;
  for (let k = 0; k < steps.length; k += 1) {
    if (!Number.isFinite(low[k])) continue;
    const end = k + 1 < steps.length ? steps[k + 1] : lane.time.high;
    const left = Math.round(x.at(steps[k]));
    const width = Math.max(1, Math.round(x.at(end)) - left);
    const bins = counts[k];
    const most = Math.max(...bins);
    const part = (high[k] - low[k]) / bins.length;
    for (let b = 0; b < bins.length; b += 1) {
      if (bins[b] === 0) continue;
      const top = y.at(low[k] + (b + 1) * part);
      context.globalAlpha = MIN_OPACITY + (1 - MIN_OPACITY) * (bins[b] / most);
      context.fillRect(left, top, width, Math.max(1, y.at(low[k] + b * part) - top));
    }
  }
  context.globalAlpha = 1;
}

/**
 * @param {Lane} lane
 * @param {CanvasRenderingContext2D} context
 * @param {Palette} colors
 * @param {Float64Array} values
 */
function paintLine(lane, context, colors, values) {
  const { x, y, layer, size } = lane;
  if (!layer) return;
  const { step } = layer.samples;
  const { from, to } = inView(lane);
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = colors.ink;
  context.lineWidth = 1.25 * size.lines;
  context.beginPath();
  traceLine(context, step, values, from, to, x, y);
  context.stroke();
  markGaps(context, step, values, from, to, x, y.end, colors.error);
}

/** The points in view: from the first to before the last. @param {Lane} lane */
function inView({ layer, time }) {
  const { low, high } = time;
  const { step, length } = layer?.samples ?? { step: NONE, length: 0 };
  return {
    from: Math.max(0, lowerBound(step, length, low) - 1),
    to: Math.min(length, lowerBound(step, length, high + 1e-6) + 1),
  };
}
