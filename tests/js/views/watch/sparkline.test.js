// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lineOf } from "../../../../static/js/views/watch/sparkline.js";
import { valueText } from "../../../../static/js/views/watch/value.js";

/** @import { Moment, Watched } from "../../../../static/js/state/types.js" */

/** @param {[step: number, pc: number, value: number][]} points */
const trace = (points) =>
  points.map(([step, pc, value]) => ({ moment: /** @type {Moment} */ ([step, pc]), value }));

describe("the line of a watched value", () => {
  test("has moments within a step in their place, and large values on top", () => {
    const { line, x, y } = lineOf(
      trace([
        [0, 0, 1],
        [0, 5, 3],
        [1, 0, 2],
      ]),
      10,
      1,
    );
    assert.equal(line, "2.0,16.0 48.0,2.0 94.0,9.0");
    assert.deepEqual([x, y], [48, 2]);
  });

  test("is level, in the middle, where nothing changes", () => {
    const points = trace([
      [0, 0, 7],
      [4, 0, 7],
    ]);
    assert.equal(lineOf(points, 10, -1).line, "2.0,9.0 94.0,9.0");
  });
});

test("a watched value is written as what it is", () => {
  const watch = (/** @type {Partial<Watched>} */ given) =>
    valueText({
      ...{ text: "", kind: "number", value: null, shown: "", shape: [], problem: "", trace: [] },
      ...given,
    });
  assert.equal(watch({ value: 12345 }), "12,345");
  assert.equal(watch({ value: 0.123456789 }), "0.123457");
  assert.equal(watch({ value: null, shown: "NaN" }), "NaN");
  assert.equal(watch({ kind: "array", shape: [2, 3], shown: "[…]" }), "2×3  […]");
  assert.equal(watch({ kind: "boolean", value: true, shown: "yes" }), "yes");
  assert.equal(watch({ kind: "" }), "…");
});
