// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lowerBound, nearest, traceLine } from "../../../../static/js/views/step_chart/line.js";
import { Scale } from "../../../../static/js/views/step_chart/scale.js";

const steps = Float64Array.from([2, 4, 4.5, 10, 99]);

test("the first step that is not less", () => {
  assert.deepEqual(
    [0, 2, 3, 10.5, 100].map((step) => lowerBound(steps, 5, step)),
    [0, 0, 1, 4, 5],
  );
  assert.equal(lowerBound(steps, 2, 99), 2);
});

test("the nearest step; none of none", () => {
  assert.deepEqual(
    [-9, 2.9, 3.1, 7, 7.5, 1000].map((step) => nearest(steps, 5, step)),
    [0, 0, 1, 2, 3, 4],
  );
  assert.equal(nearest(steps, 0, 5), -1);
});

describe("a line", () => {
  /** What is drawn of some values over pixels 0…9. @param {number[]} values */
  function drawn(values) {
    /** @type {[string, number, number][]} */
    const calls = [];
    const context = /** @type {any} */ ({
      moveTo: (/** @type {number} */ x, /** @type {number} */ y) => calls.push(["M", x, y]),
      lineTo: (/** @type {number} */ x, /** @type {number} */ y) => calls.push(["L", x, y]),
    });
    const [x, y] = [new Scale(), new Scale()];
    x.cover(0, values.length - 1);
    x.place(0, 9);
    y.cover(0, 1);
    y.place(0, 1);
    const at = Float64Array.from(values, (_, i) => i);
    traceLine(context, at, Float64Array.from(values), 0, values.length, x, y);
    return calls;
  }

  test("breaks where a number is not finite", () => {
    const strokes = drawn([1, 2, Number.NaN, 3, Number.POSITIVE_INFINITY, 4]);
    assert.equal(strokes.filter(([kind]) => kind === "M").length, 3);
    assert.ok(strokes.every(([, x, y]) => Number.isFinite(x) && Number.isFinite(y)));
  });

  test("shows the extremes of each pixel, in a bounded number of strokes", () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i === 5001 ? 1000 : Math.sin(i)));
    const strokes = drawn(values);
    assert.ok(strokes.length < 60);
    assert.equal(Math.max(...strokes.map(([, , y]) => y)), 1000);
  });

  test("has a dot for a point that stands alone", () => {
    assert.deepEqual(
      drawn([Number.NaN, 0.5, Number.NaN]).map(([kind]) => kind),
      ["M", "L"],
    );
  });
});
