// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { spanOf, windowsOf } from "../../../static/js/scene/windows.js";
import { modelOf } from "../server.js";

/** @param {object} [given] @returns {import("../../../static/js/scene/windows.js").Window} */
const window = (given) => ({ kind: "slide", size: 3, stride: 1, dilation: 1, before: 0, ...given });

describe("the input of some places", () => {
  test("of a window that slides", () => {
    assert.deepEqual(spanOf(window(), [2, 2], 10), [2, 4]);
    assert.deepEqual(spanOf(window({ stride: 2, before: 1 }), [1, 2], 10), [1, 5]);
    assert.deepEqual(spanOf(window({ dilation: 3 }), [0, 0], 10), [0, 6]);
  });

  test("ends at the edges", () => {
    assert.deepEqual(spanOf(window({ before: 1 }), [0, 0], 4), [0, 1]);
    assert.deepEqual(spanOf(window({ before: 1 }), [3, 3], 4), [2, 3]);
  });

  test("of one that repeats", () => {
    assert.deepEqual(spanOf(window({ kind: "repeat", size: 2 }), [3, 4], 10), [1, 2]);
  });

  test("of one that spreads: those whose own places meet it", () => {
    for (const [size, stride, before] of [
      [3, 2, 0],
      [4, 2, 1],
      [2, 3, 0],
      [5, 1, 2],
    ]) {
      const spread = window({ kind: "spread", size, stride, before });
      for (let at = 0; at < 12; at += 1) {
        const meets = [...Array(8).keys()].filter((i) => {
          const first = i * stride - before;
          return first <= at && at < first + size;
        });
        if (meets.length === 0) continue;
        assert.deepEqual(spanOf(spread, [at, at], 8), [meets[0], meets.at(-1)]);
      }
    }
  });
});

test("windows are those that the server tells", () => {
  const model = modelOf("convolution");
  const [first, pool, norm, second] = model.layers;
  assert.deepEqual(windowsOf(first)[0], window({ size: 5, stride: 3 }));
  assert.deepEqual(windowsOf(pool)[1], window({ size: 2, stride: 2 }));
  assert.equal(windowsOf(norm)[0].size, 1);
  // "same" has half of the kernel before.
  assert.equal(windowsOf(second)[0].before, 1);
  assert.ok([first, pool, norm, second].every(({ window }) => window !== null));
});

test("windows lead to the shapes that the server has worked out", () => {
  for (const name of ["convolution", "autoencoder", "pooling", "speech"]) {
    const model = modelOf(name);
    for (const layer of model.layers.filter(
      (each) => each.window && each.output_shape.length > 1,
    )) {
      windowsOf(layer).forEach((each, axis) => {
        const [n, outputs] = [layer.input_shape[axis], layer.output_shape[axis]];
        if (n === undefined || axis >= layer.output_shape.length - 1) return;
        const [first] = spanOf(each, [0, 0], n);
        const [, last] = spanOf(each, [outputs - 1, outputs - 1], n);
        assert.equal(first, 0, `${name} ${layer.name}`);
        assert.ok(last < n && (last === n - 1 || each.stride > 1), `${name} ${layer.name}`);
      });
    }
  }
});

test("a layer that looks at all of its input has no window", () => {
  const model = modelOf("transformer");
  const block = model.layers.find(({ kind }) => kind === "transformer_block");
  assert.equal(block?.window, null);
  assert.equal(modelOf().layers[0].window, null);
});
