// @ts-check
// What colours are like is for a browser to say; here only where numbers stand on the scale.

import assert from "node:assert/strict";
import { test } from "node:test";
import { divergingIndex } from "../../static/js/color.js";

test("the ends of the range are the ends of the scale, and beyond them nothing changes", () => {
  assert.equal(divergingIndex(-1), 0);
  assert.equal(divergingIndex(1), 255);
  assert.equal(divergingIndex(-7), 0);
  assert.equal(divergingIndex(Number.POSITIVE_INFINITY), 255);
});

test("opposite numbers stand opposite, but for the rounding of the middle", () => {
  for (const share of [0.01, 0.2, 0.5, 0.77, 1]) {
    const sum = divergingIndex(share) + divergingIndex(-share);
    assert.ok(sum === 255 || sum === 256, `${share}`);
  }
});

test("the scale never goes back", () => {
  let last = 0;
  for (let share = -1; share <= 1; share += 0.001) {
    assert.ok(divergingIndex(share) >= last);
    last = divergingIndex(share);
  }
});
