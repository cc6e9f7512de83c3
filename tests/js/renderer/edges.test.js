// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { makeComets } from "../../../static/js/renderer/comets.js";
import { EdgePainter, edgeWidth } from "../../../static/js/renderer/edges.js";
import { Values } from "../../../static/js/renderer/values.js";
import { layoutScene } from "../../../static/js/scene/layout.js";
import { modelOf } from "../server.js";

/** @import { Frame } from "../../../static/js/state/types.js" */

const AREA = { x: 20, y: 50, width: 900, height: 420, scale: 1, lines: 1 };
const model = modelOf();
const scene = layoutScene(model, AREA);
const pair = scene.pairs[1];

/** @param {(k: number) => number} of */
const weights = (of) => Float32Array.from({ length: pair.count }, (_, k) => of(k));

describe("edges", () => {
  test("are drawn from the weakest to the strongest", () => {
    const painter = new EdgePainter(scene);
    painter.classify(
      pair,
      weights((k) => ((k % 2 ? -1 : 1) * (k + 1)) / pair.count),
      1,
    );
    painter.sort();
    const drawn = [...painter.order].filter((e) => painter.visible(e)).map((e) => e - pair.first);
    assert.deepEqual(
      drawn.toSorted((a, b) => a - b),
      [...Array(pair.count).keys()],
    );
    const levels = drawn.map((k) => Math.floor(Math.min(23, 24 * Math.sqrt((k + 1) / pair.count))));
    assert.deepEqual(
      levels,
      levels.toSorted((a, b) => a - b),
    );
  });

  test("of other pairs stay hidden, and all are after they are cleared", () => {
    const painter = new EdgePainter(scene);
    painter.classify(
      pair,
      weights(() => 1),
      1,
    );
    const other = scene.pairs[0];
    assert.ok(painter.visible(pair.first) && !painter.visible(other.first));
    painter.clear();
    assert.ok(!painter.visible(pair.first));
  });

  test("that are not finite are drawn last, on top of all", () => {
    const painter = new EdgePainter(scene);
    painter.classify(
      pair,
      weights((k) => (k === 0 ? Number.NaN : 1)),
      1,
    );
    painter.sort();
    const drawn = [...painter.order].filter((e) => painter.visible(e));
    assert.equal(drawn.at(-1), pair.first);
  });

  test("beyond those that are kept the weakest are left out", () => {
    const painter = new EdgePainter(scene);
    const few = { ...pair, keep: 3 };
    painter.classify(
      few,
      weights((k) => (k < 3 ? 1 : 0.01)),
      1,
    );
    const shown = [...Array(pair.count).keys()].filter((k) => painter.visible(pair.first + k));
    assert.deepEqual(shown, [0, 1, 2]);
  });

  test("have a width between half a pixel and five", () => {
    assert.deepEqual([edgeWidth(0, 1), edgeWidth(0.5, 2), edgeWidth(9, 1)], [0.5, 5, 5]);
  });
});

test("comets are as large as the products, relative to the largest", () => {
  const values = new Values(model);
  const numbers = new Map([
    [pair.to.weight, (/** @type {number} */ i) => i + 1],
    [pair.from.value, (/** @type {number} */ i) => (i % 2 ? -1 : 1)],
  ]);
  const entries = new Map();
  for (const [name, of] of numbers) {
    const signal = values.signal(name);
    assert.ok(signal, name);
    const data = Float64Array.from(signal.target, (_, i) => of(i));
    entries.set(signal.buffer.id, { data, dtype: "f64", low: 0, step: 1 });
  }
  values.take(/** @type {Frame} */ (/** @type {any} */ ({ entries })));
  const comets = makeComets(scene, values, pair, false);
  assert.equal(comets.length, pair.count);
  assert.equal(Math.abs(comets[0].size), 1);
  const units = pair.to.count;
  const products = Array.from(
    { length: pair.count },
    (_, k) => ((k + 1) * (Math.floor(k / units) % 2 ? -1 : 1)) / pair.count,
  );
  const descending = (/** @type {number[]} */ sizes) =>
    sizes.toSorted((a, b) => Math.abs(b) - Math.abs(a));
  assert.deepEqual(
    comets.map(({ size }) => size),
    descending(products),
  );
});
