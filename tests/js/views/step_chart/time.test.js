// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TimeAxis } from "../../../../static/js/views/step_chart/time.js";

/** An axis of 100 steps. */
function axis() {
  const time = new TimeAxis();
  time.follow(0, 100);
  return time;
}
const range = (/** @type {TimeAxis} */ { low, high }) => [low, high];

describe("the steps that are shown", () => {
  test("follow the run, and are at least one", () => {
    const time = axis();
    time.follow(0, 250);
    assert.deepEqual(range(time), [0, 250]);
    time.follow(5, 5);
    assert.deepEqual(range(time), [5, 6]);
  });

  test("tell of changes only", () => {
    const time = axis();
    const { version } = time;
    time.follow(0, 100);
    assert.equal(time.version, version);
  });

  test("stay where they were zoomed to, until nothing of that is left", () => {
    const time = axis();
    time.brush(60, 40);
    time.zoom();
    assert.deepEqual(range(time), [40, 60]);
    time.follow(0, 300);
    assert.deepEqual(range(time), [40, 60]);
    time.follow(0, 30);
    assert.deepEqual([...range(time), time.zoomed], [0, 30, false]);
  });

  test("are all of them again after a reset", () => {
    const time = axis();
    time.show([10, 20]);
    assert.deepEqual(range(time), [10, 20]);
    time.show(null);
    time.follow(0, 100);
    assert.deepEqual(range(time), [0, 100]);
  });
});

describe("brushing", () => {
  test("ends at the ends of the axis, and is over after the zoom", () => {
    const time = axis();
    time.brush(-50, 900);
    assert.deepEqual([time.brushFrom, time.brushTo, time.brushing], [0, 100, true]);
    time.zoom();
    assert.equal(time.brushing, false);
  });

  test("less than two steps is a click, not a range", () => {
    const time = axis();
    time.brush(50, 51.5);
    time.zoom();
    assert.deepEqual([...range(time), time.zoomed], [0, 100, false]);
    time.zoom(); // nothing is brushed
    assert.equal(time.zoomed, false);
  });
});

test("the room for labels grows, in steps, and never shrinks", () => {
  const time = axis();
  time.reserve(31);
  assert.equal(time.right, 36);
  const { version } = time;
  time.reserve(20);
  assert.deepEqual([time.right, time.version], [36, version]);
});
