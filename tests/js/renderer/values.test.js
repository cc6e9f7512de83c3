// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Range, roundUp, Signal, Values } from "../../../static/js/renderer/values.js";
import { near } from "../near.js";
import { modelOf } from "../server.js";

/** @import { BufferInfo, Entry, Frame } from "../../../static/js/state/types.js" */

/** @param {ArrayLike<number>} data @param {Partial<Entry>} [more] @returns {Entry} */
function entryOf(data, more) {
  const values = Float64Array.from(data);
  const plain = { id: 0, data: values, shape: [values.length], dtype: "f64", low: 0, step: 1 };
  return /** @type {any} */ ({ ...plain, ...more });
}

/** @param {number} length */
const signalOf = (length) =>
  new Signal(/** @type {BufferInfo} */ (/** @type {any} */ ({ shape: [length] })));

describe("a signal", () => {
  test("reads quantised numbers, of which the highest is not finite", () => {
    const signal = signalOf(3);
    signal.take(
      entryOf([], { data: Uint8Array.of(0, 100, 255), dtype: "u8", low: -1, step: 0.02 }),
    );
    near(signal.target, [-1, 1, Number.NaN], 1e-6);
    assert.equal(signal.peak, 1);
  });

  test("shows its first numbers at once, later ones after a while", () => {
    const signal = signalOf(2);
    signal.take(entryOf([1, -1]));
    near(signal.shown, [1, -1]);
    signal.take(entryOf([3, -1]));
    near(signal.shown, [1, -1]);
    signal.ease(0.5);
    near(signal.shown, [2, -1]);
    assert.ok(signal.moving);
    for (let i = 0; i < 30; i += 1) signal.ease(0.5);
    near(signal.shown, [3, -1]);
    assert.ok(!signal.moving);
  });

  test("has a span that one outlier does not widen", () => {
    const signal = signalOf(100);
    const numbers = Array.from({ length: 100 }, (_, i) => (i === 0 ? 50 : 1));
    signal.take(entryOf(numbers));
    assert.equal(signal.peak, 50);
    near([signal.span], [3 * Math.sqrt((2500 + 99) / 100)], 1e-6);
    signal.take(entryOf(numbers.map(() => 1)));
    assert.equal(signal.span, 1);
  });

  test("that is held keeps the old numbers until its time", () => {
    const values = new Values(modelOf());
    const signal = values.signal("dense1/b");
    assert.ok(signal);
    const { id } = signal.buffer;
    const frame = (/** @type {number} */ value) =>
      /** @type {Frame} */ (
        /** @type {any} */ ({ entries: new Map([[id, entryOf([value, value, value, value])]]) })
      );
    values.take(frame(0));
    values.take(frame(8));
    signal.hold = 100;
    values.ease(50, true, false);
    assert.equal(signal.shown[0], 0);
    values.ease(150, true, false);
    assert.ok(signal.shown[0] > 0 && signal.shown[0] < 8);
    values.ease(160, true, true);
    assert.equal(signal.shown[0], 8);
  });
});

test("buffers without numbers, and unknown ones, are not read", () => {
  const values = new Values(modelOf());
  assert.equal(values.signal("no/such"), null);
  assert.equal(values.read("dense1/W"), null);
  assert.equal(values.signal("dense1/W"), values.signal("dense1/W"));
});

test("numbers are rounded up to the next round one", () => {
  for (const [x, rounded] of [
    [0, 0],
    [1, 1],
    [1.2, 1.5],
    [0.031, 0.05],
    [7.1, 10],
    [450, 500],
    [Number.NaN, 0],
  ]) {
    assert.equal(roundUp(x), rounded, `${x}`);
  }
});

describe("a range", () => {
  test("grows at once and shrinks late", () => {
    const range = new Range(0);
    range.follow(0.9, 0);
    assert.deepEqual([range.goal, range.value], [1, 1]);
    range.follow(4, 10);
    assert.deepEqual([range.goal, range.value], [5, 1]);
    assert.ok(range.ease(false));
    range.ease(true);
    assert.equal(range.value, 5);
    range.follow(0.5, 100);
    assert.equal(range.goal, 5);
    range.follow(0.5, 2000);
    assert.equal(range.goal, 0.7);
  });

  test("that is fixed never moves", () => {
    const range = new Range(1);
    range.follow(100, 0);
    assert.deepEqual([range.goal, range.ease(false)], [1, false]);
  });
});
