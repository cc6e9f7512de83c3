// @ts-check
// The quantities charted for every layer, one column each, and their values as text.

import { told } from "../../format.js";
import { nearest } from "../step_chart/line.js";
import { weightRange } from "./data.js";
import { paintBand, paintGradient, paintRatio, paintWeights } from "./painters.js";

/** @import { Layer, Range, SeriesData } from "./data.js" */

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {string} title
 * @property {string} does what it is, for the tooltip
 * @property {import("./lane.js").Painter} paint
 * @property {boolean} log
 * @property {(data: SeriesData, layer: Layer) => Range} range of a layer's axis
 * @property {(layer: Layer, step: number) => string[]} read its value at a step: one or two lines
 */

/** @type {Column[]} */
export const COLUMNS = [
  {
    name: "activation",
    title: "Activation",
    log: false,
    paint: paintBand,
    does: "Mean of the layer's activations over the batch, with a band of one standard deviation on either side. All layers share one axis.",
    range: ({ ranges }) => ranges.activation,
    read: ({ samples, mean, std }, step) => {
      const i = nearest(samples.step, samples.length, step);
      return [told(mean[i]), `± ${told(std[i])}`];
    },
  },
  {
    name: "gradient",
    title: "Gradient norm",
    log: true,
    paint: paintGradient,
    does: "Norm of the gradient of the layer's parameters. All layers share one logarithmic axis.",
    range: ({ ranges }) => ranges.gradient,
    read: ({ samples, gradient }, step) => [
      told(gradient[nearest(samples.step, samples.length, step)]),
    ],
  },
  {
    name: "ratio",
    title: "Update / weight",
    log: true,
    paint: paintRatio,
    does: "Standard deviation of the update divided by that of the weights, on a logarithmic axis. The band from 10⁻⁴ to 10⁻² is healthy.",
    range: ({ ranges }) => ranges.ratio,
    read: ({ samples, ratio }, step) => [told(ratio[nearest(samples.step, samples.length, step)])],
  },
  {
    name: "weights",
    title: "Weights",
    log: false,
    paint: paintWeights,
    does: "Histogram of the layer's weights over time: the darker, the more weights. Every layer has its own axis, labelled with the largest and the smallest weight.",
    range: (_, { weights }) => weightRange(weights),
    read: ({ weights: { steps, low, high } }, step) => {
      const i = nearest(steps, steps.length, step);
      return [told(high[i]), told(low[i])];
    },
  },
];
