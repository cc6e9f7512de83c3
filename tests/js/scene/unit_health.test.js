// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  DEAD,
  HEALTHY,
  limitsOf,
  SATURATED_HIGH,
  SATURATED_LOW,
  UnitHealth,
} from "../../../static/js/scene/unit_health.js";
import { modelOf } from "../server.js";

/** @import { Limits } from "../../../static/js/scene/unit_health.js" */

/** @type {Limits} */
const TANH = { saturation: [-0.97, 0.97], canDie: false, share: 0.75, batches: 3 };
/** @type {Limits} */
const RELU = { saturation: null, canDie: true, share: 0.75, batches: 3 };

/** @param {Limits | null} limits @param {number[]} values of one unit, a batch */
function stateOf(limits, values) {
  const health = new UnitHealth(1, limits);
  health.seeBatch(values);
  return health.states[0];
}

describe("limits", () => {
  test("are those that the server tells of the activation", () => {
    const model = modelOf();
    const [first] = model.layers;
    assert.equal(first.activation, "tanh");
    assert.deepEqual(limitsOf(first, model), {
      saturation: first.saturation,
      canDie: false,
      share: model.unit_marks.saturated,
      batches: model.unit_marks.silent,
    });
    assert.deepEqual(first.saturation, [-0.97, 0.97]);
  });

  test("there are none of an output, nor where no unit can be dead or saturated", () => {
    const model = modelOf();
    const output = model.layers[model.layers.length - 1];
    assert.deepEqual(output.saturation, [1 - 0.97, 0.97]);
    assert.equal(limitsOf(output, model), null);
    const plain = { ...model.layers[0], saturation: null };
    assert.equal(limitsOf(plain, model), null);
    assert.equal(limitsOf({ ...plain, can_die: true }, model)?.canDie, true);
  });
});

describe("saturation", () => {
  test("begins right beyond the limit, as in the engine", () => {
    assert.equal(stateOf(TANH, [0.97, 0.97, 0.97, 0.97]), HEALTHY);
    assert.equal(stateOf(TANH, [0.971, 0.98, 1, 0.971]), SATURATED_HIGH);
    assert.equal(stateOf(TANH, [-0.97, -0.97, -0.97, -0.97]), HEALTHY);
    assert.equal(stateOf(TANH, [-0.971, -0.98, -1, -0.971]), SATURATED_LOW);
  });

  test("is of a unit whose share of saturated outputs is large enough", () => {
    assert.equal(stateOf(TANH, [1, 1, 0, 0]), HEALTHY);
    assert.equal(stateOf(TANH, [1, 1, 1, 0]), SATURATED_HIGH);
    assert.equal(stateOf(TANH, [1, 1, -1, 0]), SATURATED_HIGH);
    assert.equal(stateOf(TANH, [-1, 1, -1, 0]), SATURATED_LOW);
  });

  test("ends when the outputs come back", () => {
    const health = new UnitHealth(2, TANH);
    health.seeBatch([1, 0, 1, 0]);
    assert.deepEqual([...health.states], [SATURATED_HIGH, HEALTHY]);
    health.seeBatch([0, -1, 0, -1]);
    assert.deepEqual([...health.states], [HEALTHY, SATURATED_LOW]);
  });
});

describe("death", () => {
  test("is silence for many batches in a row", () => {
    const health = new UnitHealth(2, RELU);
    for (let batch = 1; batch <= 3; batch += 1) {
      health.seeBatch([0, 0, 0, 0.5]);
      assert.deepEqual([...health.states], [batch < 3 ? HEALTHY : DEAD, HEALTHY]);
    }
    health.seeBatch([0.1, 0, 0, 0]);
    assert.deepEqual([...health.states], [HEALTHY, HEALTHY]);
    assert.deepEqual([...health.silent], [0, 1]);
  });

  test("shows at once over all of the plane", () => {
    const health = new UnitHealth(2, RELU);
    health.seePlane([0, 0, 0, 0, 0, 1]);
    assert.deepEqual([...health.states], [DEAD, HEALTHY]);
  });

  test("is nothing that tanh can come to, nor what is not a number", () => {
    assert.equal(stateOf({ ...TANH, batches: 1 }, [0, 0, 0]), HEALTHY);
    assert.equal(stateOf({ ...RELU, batches: 1 }, [0, Number.NaN, 0]), HEALTHY);
  });
});

test("without limits every unit is healthy", () => {
  const health = new UnitHealth(1, null);
  health.seeBatch([0, 0]);
  health.seePlane([1, 1]);
  assert.deepEqual([...health.states], [HEALTHY]);
});
