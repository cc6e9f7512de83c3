// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { Profile } from "../../../static/js/renderer/strips.js";
import { pick } from "../../../static/js/renderer/surface.js";
import { Signal } from "../../../static/js/renderer/values.js";
import { near } from "../near.js";

/** @import { BufferInfo, Entry } from "../../../static/js/state/types.js" */

test("a colour is the nearest of the table, clamped; of NaN there is none", () => {
  const colors = Uint32Array.from({ length: 256 }, (_, i) => i + 1000);
  const picked = [-5, 0, 0.4, 0.6, 254.6, 300, Number.NaN].map((index) => pick(colors, index));
  assert.deepEqual(picked, [1000, 1000, 1000, 1001, 1255, 1255, 0]);
});

test("a profile has one number per row of a part, and its peak", () => {
  const buffer = /** @type {BufferInfo} */ (/** @type {any} */ ({ shape: [2, 4] }));
  const signal = new Signal(buffer);
  const data = Float64Array.of(3, 9, 4, 9, -6, 9, 8, 9);
  const entry = { id: 0, data, shape: [2, 4], dtype: "f64", low: 0, step: 1 };
  signal.take(/** @type {Entry} */ (/** @type {any} */ (entry)));
  const part = { rows: 2, cols: 2, offset: 0, stride: 4, step: 2 };
  for (const [kind, expected] of /** @type {const} */ ([
    ["norm", [5, 10]],
    ["mean", [3.5, 7]],
  ])) {
    const profile = new Profile(signal, part, kind);
    profile.refresh();
    near(profile.values, expected);
    assert.equal(profile.peak, expected[1]);
  }
});
