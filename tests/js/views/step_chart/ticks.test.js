// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { Scale } from "../../../../static/js/views/step_chart/scale.js";
import { stepTick, Ticks } from "../../../../static/js/views/step_chart/ticks.js";

/** @param {number} low @param {number} high @param {boolean} log @param {number} most @param {number} [least] */
function ticks(low, high, log, most, least) {
  const scale = new Scale();
  scale.cover(low, high, log);
  const made = new Ticks();
  made.fit(scale, most, least);
  return {
    values: [...made.values.subarray(0, made.count)],
    texts: made.texts.slice(0, made.count),
  };
}

test("there are at most as many as have room, in order, within the axis", () => {
  for (const log of [false, true]) {
    for (const [low, high] of [
      [0.001, 1000],
      [0.2, 0.9],
      [3, 3.0001],
      [1e-12, 1e12],
      [17, 4000],
    ]) {
      for (let most = 1; most <= 8; most += 1) {
        const { values, texts } = ticks(low, high, log, most);
        assert.ok(values.length <= Math.min(5, most), `${low}…${high}`);
        values.forEach((value, i) => {
          const slack = 1e-8 * (high - low); // far less than a pixel
          assert.ok(value >= low - slack && value <= high + slack, `${value}`);
          if (i > 0) assert.ok(value > values[i - 1]);
        });
        assert.equal(new Set(texts).size, texts.length, `${texts}`);
      }
    }
  }
});

test("they are round", () => {
  assert.deepEqual(ticks(0, 1, false, 5).texts, ["0", "0.5", "1.0"]);
  assert.deepEqual(ticks(1, 1e4, true, 5).values, [1, 10, 100, 1000, 1e4]);
  assert.deepEqual(ticks(1, 10, true, 5).values, [1, 2, 5, 10]);
});

test("what is counted has no halves", () => {
  assert.deepEqual(ticks(0, 2, false, 5, 1).texts, ["0", "1", "2"]);
});

test("negative numbers as well", () => {
  assert.ok(ticks(-1, 1, false, 5).values.includes(0));
});

test("steps are written short", () => {
  /** @type {[number, number, string][]} */
  const rows = [
    [500, 500, "500"],
    [9999, 1, "9,999"],
    [20_000, 10_000, "20k"],
    [1_500_000, 500_000, "1.5M"],
  ];
  for (const [value, spacing, text] of rows) assert.equal(stepTick(value, spacing), text);
});
