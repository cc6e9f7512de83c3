// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { fromOklab, mix, toOklab } from "../../static/js/oklab.js";
import { near } from "./near.js";

/** @import { Triple } from "../../static/js/oklab.js" */

test("black, white and the primaries are where the CSS specification has them", () => {
  near(toOklab([0, 0, 0]), [0, 0, 0], 1e-3);
  near(toOklab([255, 255, 255]), [1, 0, 0], 1e-3);
  near(toOklab([255, 0, 0]), [0.628, 0.2249, 0.1258], 1e-3);
  near(toOklab([0, 255, 0]), [0.8664, -0.2339, 0.1795], 1e-3);
  near(toOklab([0, 0, 255]), [0.452, -0.0325, -0.3115], 1e-3);
});

test("bytes come back as they were", () => {
  for (let r = 0; r < 256; r += 51) {
    for (let g = 0; g < 256; g += 15) {
      for (let b = 0; b < 256; b += 17) assert.deepEqual(fromOklab(toOklab([r, g, b])), [r, g, b]);
    }
  }
});

test("what no screen shows is clipped to bytes", () => {
  for (const lab of /** @type {Triple[]} */ ([
    [2, 0, 0],
    [-1, 0, 0],
    [0.5, 0.5, -0.5],
  ])) {
    for (const byte of fromOklab(lab)) assert.ok(Number.isInteger(byte) && byte >= 0 && byte < 256);
  }
  assert.deepEqual(fromOklab([2, 0, 0]), [255, 255, 255]);
});

test("a mixture goes straight from one colour to the other", () => {
  /** @type {[Triple, Triple]} */
  const [a, b] = [
    [0.2, -0.1, 0.3],
    [0.6, 0.1, -0.1],
  ];
  near(mix(a, b, 0), a, 1e-12);
  near(mix(a, b, 1), b, 1e-12);
  near(mix(a, b, 0.25), [0.3, -0.05, 0.2], 1e-12);
});
