// @ts-check

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { decode, encode } from "../../../../../static/js/views/output/parts/audio.js";
import { lineValue, planeValue } from "../../../../../static/js/views/output/parts/backdrop.js";
import { strongest } from "../../../../../static/js/views/output/parts/baseline.js";
import { areNumbered } from "../../../../../static/js/views/output/parts/confusion.js";
import {
  predictionBuffer,
  sampleName,
  sampleTitle,
  shownSample,
} from "../../../../../static/js/views/output/parts/moment.js";
import { Motion } from "../../../../../static/js/views/output/parts/motion.js";
import { decide, shares } from "../../../../../static/js/views/output/parts/prediction.js";
import { visible } from "../../../../../static/js/views/output/parts/tokens.js";
import { modelOf, NETWORKS, storeOf } from "../../../server.js";

const at = (/** @type {number[]} */ values) => (/** @type {number} */ i) => values[i];

describe("the class that outputs stand for", () => {
  test("is the largest, the first of equal ones", () => {
    assert.deepEqual(decide(3, at([0.2, 0.5, 0.3])), { prediction: 1, share: 0.5 });
    assert.deepEqual(decide(2, at([0.5, 0.5])), { prediction: 0, share: 0.5 });
  });

  test("of a single output is class 1 above one half only", () => {
    assert.deepEqual(decide(1, at([0.75])), { prediction: 1, share: 0.75 });
    assert.deepEqual(decide(1, at([0.5])), { prediction: 0, share: 0.5 });
    assert.deepEqual(decide(1, at([0.25])), { prediction: 0, share: 0.75 });
  });

  test("is none where an output is not a number", () => {
    assert.equal(decide(1, at([Number.NaN])).prediction, -1);
    assert.equal(decide(3, at([0.1, 0.9, Number.NaN])).prediction, -1);
  });

  test("what speaks for each class", () => {
    assert.deepEqual(shares(2, 1, at([0.25])), [0.75, 0.25]);
    assert.deepEqual(shares(3, 3, at([0.1, 0.2, 0.7])), [0.1, 0.2, 0.7]);
  });
});

test("sounds come back within half a step of 16 bits", () => {
  const samples = Float32Array.from([0, 1, -1, 0.3333, -0.0001, 7, -7]);
  const back = decode(encode(samples));
  assert.equal(back.length, samples.length);
  back.forEach((sample, i) => {
    const clipped = Math.max(-1, Math.min(1, samples[i]));
    assert.ok(Math.abs(sample - clipped) <= 0.51 / 32767, `${sample} ${clipped}`);
  });
  assert.equal(decode(encode(new Float32Array(0))).length, 0);
});

describe("a prediction between the cells", () => {
  const entry = (/** @type {number[]} */ shape, /** @type {number[]} */ data) =>
    /** @type {any} */ ({ shape, data, at: (/** @type {number} */ i) => data[i] });

  test("is linear between their centres, and constant outside", () => {
    const line = entry([1, 4], [0, 1, 2, 3]);
    // Centres of four cells over 0…4 lie at 0.5, 1.5, 2.5, 3.5.
    for (const [x, y] of [
      [0.5, 0],
      [1, 0.5],
      [2.25, 1.75],
      [3.5, 3],
      [0, 0],
      [99, 3],
    ]) {
      assert.ok(Math.abs(lineValue(line, [0, 4], x) - y) < 1e-12, `${x}`);
    }
  });

  test("in the plane, rows go downwards", () => {
    const plane = entry([2, 2, 2], [0, 0, 0, 0, 1, 2, 3, 4]);
    const value = (/** @type {number} */ x, /** @type {number} */ y) =>
      planeValue(
        plane,
        1,
        [
          [-1, 1],
          [-1, 1],
        ],
        x,
        y,
      );
    assert.deepEqual([value(-1, 1), value(1, 1), value(-1, -1), value(1, -1)], [1, 2, 3, 4]);
    assert.equal(value(0, 0), 2.5);
  });
});

test("the baseline that is hardest to beat", () => {
  const baseline = (
    /** @type {string} */ title,
    /** @type {number} */ value,
    /** @type {any} */ measure,
  ) => ({
    title,
    value,
    measure,
    forecasts: null,
  });
  assert.equal(strongest([]), null);
  const right = [baseline("coin", 0.5, "accuracy"), baseline("mean", 0.6, "accuracy")];
  assert.equal(strongest(right)?.title, "mean");
  const wrong = [
    baseline("last", 0.5, "mean squared error"),
    baseline("mean", 0.6, "mean squared error"),
  ];
  assert.equal(strongest(wrong)?.title, "last");
});

test("many long names of classes are numbered", () => {
  assert.equal(areNumbered(["setosa", "versicolor", "virginica"]), false);
  assert.equal(areNumbered(["a", "b", "c", "d", "e"]), false);
  assert.equal(areNumbered(["one", "b", "c", "d", "e"]), true);
});

test("a token can be seen by itself", () => {
  assert.deepEqual([" a\n", "\ufffd", "cat"].map(visible), ["␣a↵", "unknown", "cat"]);
});

describe("the sample that is shown", () => {
  const store = storeOf();
  const { run, model } = store.state;
  const id = model.bufferByName.get("input/batch")?.id;
  const moment = (/** @type {boolean} */ row) =>
    /** @type {any} */ ({
      run,
      model,
      frame: {
        probeIsBatchRow: row,
        probe: 1,
        entries: new Map([[id, { at: (/** @type {number} */ i) => [40, 41, 42][i] }]]),
      },
    });

  test("is the probe's, or within a step one of the batch", () => {
    assert.deepEqual(shownSample(moment(false)), { ...run?.probe, row: null });
    const within = shownSample(moment(true));
    assert.equal(within.split, "train");
    assert.deepEqual(
      [within.sample, within.row],
      id === undefined ? [run?.probe.sample, null] : [41, 1],
    );
  });

  test("has a name, and a shorter one", () => {
    const shown = { split: /** @type {const} */ ("test"), sample: 12, row: null };
    assert.deepEqual([sampleName(shown), sampleTitle(shown)], ["test 12", ["test 12", ""]]);
    assert.equal(sampleName({ ...shown, row: 3 }), "test 12, batch row 3");
  });

  test("has outputs in every network", () => {
    for (const name of NETWORKS) {
      const own = modelOf(name);
      assert.ok(own.bufferByName.has(predictionBuffer(own)), name);
    }
  });
});

describe("numbers in motion", () => {
  /** @type {any} */
  const page = globalThis;
  let calm = false;
  beforeEach(() => {
    page.matchMedia = () => ({ matches: calm });
  });
  afterEach(() => {
    delete page.matchMedia;
    calm = false;
  });

  test("go evenly from one to the next, and arrive", () => {
    const motion = new Motion(2);
    motion.take(at([0, 10]), 1000, true);
    assert.deepEqual([...motion.shown], [0, 10]);
    motion.take(at([1, 20]), 1100, false);
    let last = 0;
    for (let now = 1100; motion.advance(now); now += 5) {
      assert.ok(motion.shown[0] >= last && motion.shown[0] <= 1);
      last = motion.shown[0];
    }
    assert.deepEqual([...motion.shown], [1, 20]);
    assert.equal(motion.advance(9999), false);
  });

  test("jump where there is no way, and for who asks for less motion", () => {
    const motion = new Motion(1);
    motion.take(at([5]), 0, true);
    assert.deepEqual([...motion.shown], [5]);
    calm = true;
    const still = new Motion(1);
    still.take(at([5]), 0, false);
    assert.deepEqual([[...still.shown], still.advance(1)], [[5], false]);
  });
});
