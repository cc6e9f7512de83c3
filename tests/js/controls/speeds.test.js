// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { linear, logarithmic } from "../../../static/js/controls/fields.js";
import { FIRST_SPEED, notchOf, SPEEDS, speedText } from "../../../static/js/controls/speeds.js";

test("every notch is its own, and they go from slow to fast", () => {
  SPEEDS.forEach((speed, notch) => {
    assert.equal(notchOf(speed), notch);
  });
  assert.equal(SPEEDS.at(-1)?.per_second, null);
  assert.equal(FIRST_SPEED.unit, "step");
});

test("another speed has the notch above it", () => {
  const of = (/** @type {"step" | "instruction"} */ unit, /** @type {number} */ per_second) =>
    SPEEDS[notchOf({ unit, per_second })];
  assert.deepEqual(of("step", 101), { unit: "step", per_second: 200 });
  assert.deepEqual(of("instruction", 0.1), { unit: "instruction", per_second: 1 });
  assert.deepEqual(of("step", 1e9), { unit: "step", per_second: null });
});

test("in words", () => {
  assert.equal(speedText({ unit: "step", per_second: null }), "unlimited");
  assert.equal(speedText({ unit: "step", per_second: 1000 }), "1,000 steps/s");
  assert.equal(speedText({ unit: "instruction", per_second: 2 }), "2 instr/s");
});

describe("the scales of sliders", () => {
  test("linear: multiples of a step, without digits that rounding leaves", () => {
    const { toValue, toPosition } = linear(0, 1, 0.01);
    for (let i = 0; i <= 100; i += 1) {
      const value = toValue(i / 100);
      assert.equal(String(value).length <= 4, true, String(value));
      assert.ok(Math.abs(toPosition(value) - i / 100) < 1e-9);
    }
  });

  test("logarithmic: 1, 2, 3 and 5 times powers of ten, from end to end", () => {
    const { toValue, toPosition } = logarithmic(1e-4, 10);
    assert.deepEqual([toValue(0), toValue(1)], [1e-4, 10]);
    for (let p = 0; p <= 1; p += 0.01) {
      assert.match(toValue(p).toExponential(), /^[1235]e/);
      assert.ok(Math.abs(toPosition(toValue(p)) - p) <= 0.5 / 20 + 1e-9);
    }
  });

  test("logarithmic: with zero at its lower end", () => {
    const { toValue, toPosition } = logarithmic(1e-6, 0.1, true);
    assert.deepEqual([toValue(0), toValue(1), toPosition(0)], [0, 0.1, 0]);
  });

  test("what was typed lies between the notches, and beyond the end at the end", () => {
    const { toPosition } = logarithmic(1, 10);
    assert.ok(toPosition(2.5) > toPosition(2) && toPosition(2.5) < toPosition(3));
    assert.equal(toPosition(1000), 1);
  });
});
