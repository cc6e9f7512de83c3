// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cueOf, Motion } from "../../../static/js/renderer/motion.js";
import { Values } from "../../../static/js/renderer/values.js";
import { layoutScene } from "../../../static/js/scene/layout.js";
import { modelOf } from "../server.js";

const AREA = { x: 20, y: 50, width: 900, height: 420, scale: 1, lines: 1 };
const model = modelOf();
const scene = layoutScene(model, AREA);

/** The first instruction of a phase that writes a buffer. @param {string} name */
function writer(name) {
  const id = model.bufferByName.get(name)?.id ?? -1;
  const found = model.instructions.find(({ writes }) => writes.includes(id));
  assert.ok(found, name);
  return found;
}

describe("the cue of an instruction", () => {
  test("is where its result is shown, and of the kind of its result", () => {
    const cues = ["dense1/z", "dense1/a", "dense2/W.grad", "dense1/z.grad", "loss/L"].map((name) =>
      cueOf(model, scene, writer(name)),
    );
    assert.deepEqual(cues, [
      { kind: "flow", column: 1 },
      { kind: "fill", column: 1 },
      { kind: "settle", column: 2 },
      { kind: "ring", column: 1 },
      { kind: "loss", column: -1 },
    ]);
  });

  test("of a gradient that flows back is at the edges it flows through", () => {
    assert.deepEqual(cueOf(model, scene, writer("dense1/a.grad")), { kind: "pull", column: 2 });
  });

  test("of the update is last, and there is one in every phase", () => {
    const kinds = model.instructions.map((each) => cueOf(model, scene, each)?.kind);
    assert.ok(kinds.lastIndexOf("morph") > kinds.lastIndexOf("settle"));
    for (const phase of ["forward", "loss", "backward", "update"]) {
      assert.ok(model.instructions.some((i) => i.phase === phase && cueOf(model, scene, i)));
    }
  });
});

describe("a motion", () => {
  test("shows a whole step in its order, within the time there is", () => {
    const motion = new Motion();
    motion.begin(model, scene, model.instructions, 1000, 10_000);
    assert.ok(motion.cues.length > 5);
    assert.ok(motion.end <= 1000 + 1400 + 1e-6);
    motion.cues.slice(1).forEach(({ start }, i) => {
      assert.equal(start, motion.cues[i].end);
    });
    motion.begin(model, scene, model.instructions, 0, 200);
    assert.ok(motion.end <= 200 + 1e-6);
    assert.deepEqual([motion.active(motion.end - 1), motion.active(motion.end)], [true, false]);
    motion.stop();
    assert.equal(motion.active(0), false);
  });

  test("hides an activation until its comets have arrived", () => {
    const motion = new Motion();
    const values = new Values(model);
    motion.begin(model, scene, [writer("dense1/z"), writer("dense1/a")], 0, 10_000);
    const [flow, fill] = motion.cues;
    assert.deepEqual([flow.kind, fill.kind], ["flow", "fill"]);
    assert.equal(motion.pending(1, flow.start), 1);
    assert.equal(motion.pending(1, fill.end), 0);
    assert.equal(motion.pending(2, flow.start), 0);
    motion.holdValues(scene, values, 0);
    assert.equal(values.signal(scene.columns[1].value)?.hold, fill.start);
  });
});
