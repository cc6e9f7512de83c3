// @ts-check
// The answer to `series` as flat arrays, and what its charts cover. No I/O.

import { roundDown, roundUp } from "../step_chart/scale.js";

/** @import { LayerFlow, LayerSeries, SeriesAnswer } from "../../state/types.js" */

/** Where the update-to-weight ratio is healthy (CS231n, notes 3), as of the rule `update_ratio`. */
export const HEALTHY = [1e-4, 1e-2];
/** Powers of ten that a logarithmic axis shows at most: below lies nothing one could tell apart. */
const MAX_DECADES = 12;

/**
 * A layer along the present branch. Not finite: NaN.
 * @typedef {object} Layer
 * @property {string} name
 * @property {{step: Float64Array, length: number, version: number}} samples
 * @property {Float64Array} mean
 * @property {Float64Array} std
 * @property {Float64Array} gradient
 * @property {Float64Array} ratio
 * @property {Histograms} weights
 */

/**
 * @typedef {object} Histograms
 * @property {Float64Array} steps
 * @property {Float64Array} low
 * @property {Float64Array} high
 * @property {number[][]} counts of equal parts from low to high
 */

/** @typedef {[low: number, high: number]} Range */

/**
 * @typedef {object} Ranges what the layers share, so that their charts can be compared
 * @property {Range} activation
 * @property {Range} gradient
 * @property {Range} ratio
 * @property {Range} flow
 */

/** The series of all layers, as of one answer. */
export class SeriesData {
  /** @param {SeriesAnswer} answer @param {number} version */
  constructor({ layers, flow }, version) {
    this.version = version;
    this.layers = layers.map((layer) => layerOf(layer, version));
    this.flow = flow;
    this.ranges = rangesOf(this.layers, flow);
  }

  /** The last step that is known; -1 if there is none. */
  get last() {
    const { step, length } = this.layers[0]?.samples ?? { step: [], length: 0 };
    return length > 0 ? step[length - 1] : -1;
  }
}

/** @param {LayerSeries} told @param {number} version */
function layerOf({ layer, steps, mean, std, gradient, ratio, histograms }, version) {
  const { low, high, counts } = histograms;
  return {
    name: layer,
    samples: { step: Float64Array.from(steps), length: steps.length, version },
    mean: numbers(mean),
    std: numbers(std),
    gradient: numbers(gradient),
    ratio: numbers(ratio),
    weights: {
      steps: Float64Array.from(histograms.steps),
      low: numbers(low),
      high: numbers(high),
      counts,
    },
  };
}

/** @param {(number | null)[]} values */
function numbers(values) {
  return Float64Array.from(values, (value) => value ?? Number.NaN);
}

/** @param {Layer[]} layers @param {LayerFlow[]} flow @returns {Ranges} */
function rangesOf(layers, flow) {
  const means = layers.flatMap(({ mean, std }) =>
    Array.from(mean, (value, i) => [value - std[i], value + std[i]]).flat(),
  );
  const [low, high] = extent([0, ...means.filter(Number.isFinite)]);
  const step = roundUp(Math.max(high - low, 1e-12) / 4);
  return {
    activation: [step * Math.floor(low / step), step * Math.ceil(high / step)],
    gradient: powers(layers.flatMap(({ gradient }) => [...gradient])),
    ratio: powers([HEALTHY[0] / 10, HEALTHY[1] * 10, ...layers.flatMap(({ ratio }) => [...ratio])]),
    flow: powers(flow.map(({ parameters }) => parameters ?? 0)),
  };
}

/**
 * Round powers of ten around what is positive.
 * @param {number[]} values
 * @returns {Range}
 */
function powers(values) {
  const [low, high] = extent(values.filter((value) => value > 0 && Number.isFinite(value)));
  if (!(high > 0)) return [0.1, 1]; // there are none
  const top = 10 ** Math.ceil(Math.log10(high) - 1e-9);
  const bottom = 10 ** Math.floor(Math.log10(Math.max(low, top / 10 ** MAX_DECADES)) + 1e-9);
  return [bottom < top ? bottom : top / 10, top];
}

/** @param {number[]} values @returns {Range} */
function extent(values) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/**
 * What a layer's weights have covered so far, to the next round number on either side.
 * @param {Histograms} weights
 * @returns {Range}
 */
export function weightRange({ low, high }) {
  const known = [...low, ...high].filter(Number.isFinite);
  const most = Math.max(0, ...known.map(Math.abs));
  if (most === 0) return [-1, 1];
  const limit = roundUp(most);
  const finer = roundDown(most) * 1.5;
  const end = finer > most && finer < limit ? finer : limit;
  return [-end, end];
}
