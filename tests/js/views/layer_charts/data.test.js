// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SeriesData, weightRange } from "../../../../static/js/views/layer_charts/data.js";

/** @import { LayerSeries } from "../../../../static/js/state/types.js" */

/** @param {Partial<LayerSeries>} more @returns {LayerSeries} */
function series(more) {
  return {
    layer: "dense1",
    steps: [0, 10],
    mean: [0.5, -0.5],
    std: [0.25, 1],
    gradient: [0.3, null],
    ratio: [1e-3, 2e-3],
    histograms: { steps: [0], low: [-1], high: [2], counts: [[1, 2]] },
    ...more,
  };
}

describe("the charts of all layers", () => {
  test("have numbers that are not finite as NaN", () => {
    const { layers, last } = new SeriesData({ layers: [series({})], flow: [] }, 1);
    assert.deepEqual([...layers[0].gradient], [0.3, Number.NaN]);
    assert.equal(last, 10);
    assert.equal(new SeriesData({ layers: [], flow: [] }, 1).last, -1);
  });

  test("share an axis that covers every mean with its deviation, and zero", () => {
    const layers = [series({}), series({ layer: "dense2", mean: [3, null], std: [0.5, null] })];
    const [low, high] = new SeriesData({ layers, flow: [] }, 1).ranges.activation;
    assert.ok(low <= -1.5 && high >= 3.5, `${low} ${high}`);
    const positive = [series({ mean: [5, 5], std: [1, 1] })];
    assert.equal(new SeriesData({ layers: positive, flow: [] }, 1).ranges.activation[0], 0);
  });

  test("have logarithmic axes between powers of ten, over twelve at most", () => {
    const gradient = (/** @type {(number | null)[]} */ numbers) =>
      new SeriesData({ layers: [series({ gradient: numbers })], flow: [] }, 1).ranges.gradient;
    assert.deepEqual(gradient([0.3, 20]), [0.1, 100]);
    assert.deepEqual(gradient([0.01, 0.01]), [1e-3, 1e-2]);
    assert.deepEqual(gradient([0, null]), [0.1, 1]);
    const [low, high] = gradient([1e-300, 1]);
    assert.ok(Math.abs(Math.log10(high / low) - 12) < 1e-9);
  });

  test("show the healthy band of the ratio whatever the ratios are", () => {
    const [low, high] = new SeriesData({ layers: [series({})], flow: [] }, 1).ranges.ratio;
    assert.ok(low <= 1e-5 && high >= 0.1, `${low} ${high}`);
  });
});

test("the axis of weights is symmetric and covers them", () => {
  const range = (/** @type {number[]} */ low, /** @type {number[]} */ high) =>
    weightRange({
      steps: new Float64Array(low.length),
      low: Float64Array.from(low),
      high: Float64Array.from(high),
      counts: [],
    });
  for (const most of [0.013, 0.9, 1, 1.4, 7.5, 120]) {
    const [low, high] = range([-most], [most / 2]);
    assert.ok(high >= most && high <= 2.5 * most && low === -high, `${most}: ${high}`);
  }
  assert.deepEqual(range([0], [0]), [-1, 1]);
  assert.deepEqual(range([Number.NaN, -1], [Number.NaN, 1]), range([-1], [1]));
});
