// @ts-check

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fetchKinds } from "../../../../static/js/scene/kinds.js";
import { layoutScene } from "../../../../static/js/scene/layout.js";
import { walk } from "../../../../static/js/views/network/keyboard_navigation.js";
import { Progress } from "../../../../static/js/views/network/progress.js";
import { wantsOf } from "../../../../static/js/views/network/wants.js";
import { modelOf, NETWORKS, storeOf } from "../../server.js";

/** @import { EdgeMode, Frame, Selection } from "../../../../static/js/state/types.js" */

const AREA = { x: 20, y: 50, width: 900, height: 420, scale: 1, lines: 1 };
const MODES = /** @type {EdgeMode[]} */ (["weight", "gradient", "update", "difference"]);

before(async () => {
  for (const name of NETWORKS) await fetchKinds(modelOf(name));
});

for (const name of NETWORKS) {
  test(`the picture of ${name} asks for buffers that there are, each once`, () => {
    const model = modelOf(name);
    const scene = layoutScene(model, AREA);
    for (const mode of MODES) {
      for (const calm of [true, false]) {
        const wants = wantsOf(scene, model, mode, calm);
        const names = wants.map((want) => want.name);
        assert.equal(new Set(names).size, names.length);
        assert.ok(names.every((each) => model.bufferByName.has(each)));
      }
    }
  });
}

describe("what the usual network is drawn from", () => {
  const model = modelOf();
  const scene = layoutScene(model, AREA);
  const names = (/** @type {EdgeMode} */ mode, /** @type {boolean} */ calm) =>
    wantsOf(scene, model, mode, calm).map((want) => want.name);

  test("gradients come while stepping, or where edges show them", () => {
    assert.ok(names("weight", true).includes("dense1/W.grad"));
    assert.ok(!names("weight", false).includes("dense1/W.grad"));
    assert.ok(names("gradient", false).includes("dense1/W.grad"));
    assert.ok(names("update", false).includes("dense1/W.update"));
  });

  test("maps are pictures, weights are exact", () => {
    const dtypes = new Map(wantsOf(scene, model, "weight", true).map((w) => [w.name, w.dtype]));
    assert.equal(dtypes.get("view/response/dense1"), "u8");
    assert.equal(dtypes.get("dense1/W"), "f64");
  });
});

describe("keys in the picture", () => {
  const scene = layoutScene(modelOf(), AREA);
  const unit = (/** @type {string} */ layer, /** @type {number} */ at) =>
    /** @type {Selection} */ ({ kind: "unit", layer, unit: at });
  const go = (/** @type {Selection | null} */ at, /** @type {string} */ key) =>
    walk(scene, at, key);

  test("begin at the first input", () => {
    assert.deepEqual(go(null, "ArrowDown"), unit("input", 0));
  });

  test("up and down stay in the layer, sideways go to the next one", () => {
    assert.deepEqual(go(unit("dense1", 1), "ArrowDown"), unit("dense1", 2));
    assert.deepEqual(go(unit("dense1", 3), "ArrowDown"), unit("dense1", 3));
    assert.deepEqual(go(unit("dense1", 0), "ArrowUp"), unit("dense1", 0));
    assert.deepEqual(go(unit("dense1", 0), "ArrowRight"), unit("dense2", 0));
    assert.deepEqual(go(unit("dense3", 0), "ArrowRight"), unit("dense3", 0));
    assert.deepEqual(go(unit("dense1", 2), "Home"), unit("dense1", 0));
    assert.deepEqual(go(unit("dense1", 0), "End"), unit("dense1", 3));
  });

  test("E goes to the edges into a unit, of which inputs have none", () => {
    const edge = { kind: "edge", layer: "dense2", from: 0, to: 1 };
    assert.deepEqual(go(unit("dense2", 1), "e"), edge);
    assert.deepEqual(go(unit("input", 1), "e"), unit("input", 1));
  });

  test("another key does not move", () => assert.equal(go(unit("dense1", 0), "x"), null));

  test("the arrows reach every unit", () => {
    const seen = new Set();
    /** @type {(Selection | null)[]} */
    const open = [unit("input", 0)];
    while (open.length > 0) {
      const at = open.pop() ?? null;
      if (seen.has(JSON.stringify(at))) continue;
      seen.add(JSON.stringify(at));
      for (const key of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]) open.push(go(at, key));
    }
    assert.equal(
      seen.size,
      scene.columns.reduce((sum, { count }) => sum + count, 0),
    );
  });
});

describe("where the machine stands", () => {
  const model = modelOf();
  const scene = layoutScene(model, AREA);
  const n = model.instructions.length;
  const frame = (/** @type {number} */ step, /** @type {number} */ pc) =>
    /** @type {Frame} */ (/** @type {any} */ ({ step, pc }));

  test("what was executed since the last picture, if it can be watched", () => {
    const progress = new Progress();
    progress.setModel(model, scene);
    const passed = progress.advance(frame(0, 0), frame(0, 3), true);
    assert.deepEqual(passed, model.instructions.slice(0, 3));
    assert.deepEqual([progress.executed?.index, progress.next?.index], [2, 3]);
    assert.equal(progress.advance(frame(0, 0), frame(1, 0), true).length, n);
    assert.deepEqual(progress.advance(frame(0, 0), frame(5, 0), true), []);
    assert.deepEqual(progress.advance(frame(0, 0), frame(0, 3), false), []);
    assert.deepEqual(progress.advance(frame(1, 0), frame(0, 0), true), []); // back
  });

  test("activations of a layer are there after its instructions, gradients later", () => {
    const progress = new Progress();
    progress.setModel(model, scene);
    const states = [];
    for (let pc = 1; pc <= n; pc += 1) {
      progress.advance(frame(0, pc - 1), frame(Math.floor(pc / n), pc % n), true);
      states.push(progress.computed[1]);
    }
    const [activated, both] = [states.indexOf(1), states.indexOf(3)];
    assert.ok(activated >= 0 && both > activated, states.join(" "));
    assert.deepEqual(states.slice(both), Array(n - both).fill(3));
  });

  test("a fast run is a calm live view, a slow one is watched", () => {
    const { state } = storeOf();
    const { run } = state;
    assert.ok(run);
    const progress = new Progress();
    const pace = (/** @type {"step" | "instruction"} */ unit, /** @type {number | null} */ rate) =>
      progress.pace({
        ...state,
        run: { ...run, running: true, speed: { unit, per_second: rate } },
      });
    assert.equal(progress.pace({ ...state, run: { ...run, running: false } }).calm, true);
    assert.deepEqual(pace("step", null), { calm: false, limit: 0 });
    assert.deepEqual(pace("step", 100), { calm: false, limit: 0 });
    assert.deepEqual(pace("instruction", 2), { calm: true, limit: 450 });
  });
});
