// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  coverFromZero,
  coverToWhole,
  roundDown,
  roundUp,
  Scale,
} from "../../../../static/js/views/step_chart/scale.js";

const NUMBERS = [1e-300, 3.7e-12, 0.02, 0.999, 1, 1.5, 2, 4.9999, 5, 7, 10, 123_456, 1e300];

test("round numbers are 1, 2, 5 times powers of ten, on either side", () => {
  for (const value of NUMBERS) {
    const [low, high] = [roundDown(value), roundUp(value)];
    assert.ok(low <= value * (1 + 1e-8) && high >= value * (1 - 1e-8), `${value}`);
    for (const round of [low, high]) assert.match(round.toExponential(), /^(1|2|5)e|^(4\.9|9\.9)/);
  }
  assert.equal(roundUp(Number.MAX_VALUE), Number.MAX_VALUE);
});

describe("a scale", () => {
  for (const log of [false, true]) {
    test(`${log ? "logarithmic" : "linear"}, leads from numbers to pixels and back`, () => {
      const scale = new Scale();
      scale.cover(0.5, 2000, log);
      scale.place(300, 20); // upwards
      assert.equal(scale.at(0.5), 300);
      assert.ok(Math.abs(scale.at(2000) - 20) < 1e-9);
      for (let pixel = 20; pixel <= 300; pixel += 7) {
        assert.ok(Math.abs(scale.at(scale.valueAt(pixel)) - pixel) < 1e-6);
      }
    });
  }

  test("logarithmic, has what is not positive at its lower end", () => {
    const scale = new Scale();
    scale.cover(1e-3, 1, true);
    scale.place(100, 0);
    for (const value of [0, -5]) assert.equal(scale.at(value), 100);
  });
});

describe("what is covered", () => {
  const ends = (/** @type {number} */ low, /** @type {number} */ high, log = false) => {
    const scale = new Scale();
    coverFromZero(scale, low, high, log);
    return [scale.low, scale.high];
  };

  test("has all numbers and zero, with round ends", () => {
    for (const [low, high] of [
      [0.3, 0.7],
      [-2, 5],
      [-9, -3],
      [0, 1e-9],
      [-1e300, 1e300],
    ]) {
      const [bottom, top] = ends(low, high);
      assert.ok(bottom <= Math.min(0, low) && top >= Math.max(0, high), `${low}…${high}`);
      assert.ok(Number.isFinite(bottom) && Number.isFinite(top));
    }
    assert.deepEqual(ends(0, 0), [0, 1]);
    assert.deepEqual(ends(0.3, 0.7), [0, 0.8]);
  });

  test("logarithmic, is positive and more than nothing", () => {
    for (const [low, high] of [
      [0.03, 700],
      [0.5, 0.5],
      [0, 1],
    ]) {
      const [bottom, top] = ends(low, high, true);
      assert.ok(bottom > 0 && bottom < top && top >= high);
    }
  });

  test("of shares, goes up to the whole", () => {
    const scale = new Scale();
    /** @type {[number, number][]} */
    const rows = [
      [0.83, 0.8],
      [0.8, 0.8],
      [0, 0],
      [1, 0.9],
      [-1, 0],
    ];
    for (const [low, bottom] of rows) {
      coverToWhole(scale, low);
      assert.deepEqual([scale.low, scale.high], [bottom, 1]);
    }
  });
});
