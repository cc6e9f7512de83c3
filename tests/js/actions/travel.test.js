// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Travel } from "../../../static/js/actions/travel.js";
import { storeOf } from "../server.js";

/** @import { Actions } from "../../../static/js/actions/actions.js" */
/** @import { BranchInfo } from "../../../static/js/state/types.js" */

/** A page whose commands are answered when the test says so. */
function page() {
  const store = storeOf();
  /** @type {[string, any][]} */
  const sent = [];
  /** @type {(() => void)[]} */
  const waiting = [];
  const send = (/** @type {string} */ type, /** @type {object} */ fields = {}) => {
    sent.push([type, fields]);
    return new Promise((resolve) => waiting.push(() => resolve(true)));
  };
  const actions = /** @type {Actions} */ (/** @type {any} */ ({ send }));
  /** Lets the command under way be answered. */
  const answer = async () => {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { store, sent, answer, travel: new Travel(actions, store) };
}

describe("steps", () => {
  test("that are asked for while one is on its way go together", async () => {
    const { travel, sent, answer } = page();
    const done = travel.walk("step", "layer");
    for (let i = 0; i < 3; i += 1) travel.walk("step", "layer");
    assert.deepEqual(sent, [["step", { unit: "layer", count: 1 }]]);
    await answer();
    assert.deepEqual(sent[1], ["step", { unit: "layer", count: 3 }]);
    await answer();
    await done;
    assert.equal(sent.length, 2);
  });

  test("of a key held down never get far ahead of the machine", async () => {
    const { travel, sent, answer } = page();
    for (let i = 0; i < 100; i += 1) travel.walk("step", "step");
    await answer();
    assert.ok(sent[1][1].count <= 8);
  });

  test("of another unit replace those that wait", async () => {
    const { travel, sent, answer } = page();
    for (const unit of /** @type {const} */ (["step", "step", "step", "epoch"])) {
      travel.walk("step", unit);
    }
    await answer();
    assert.deepEqual(sent[1], ["step", { unit: "epoch", count: 1 }]);
  });
});

describe("jumps", () => {
  test("of those asked for meanwhile the last counts", async () => {
    const { travel, sent, answer } = page();
    for (const step of [10, 20, 30]) travel.goto([step, 0]);
    await answer();
    await answer();
    assert.deepEqual(
      sent.map(([type, { step }]) => [type, step]),
      [
        ["goto", 10],
        ["goto", 30],
      ],
    );
  });

  test("to another branch go to the same step, or to its end", async () => {
    const { travel, store, sent, answer } = page();
    const { run } = store.state;
    assert.ok(run);
    /** @type {BranchInfo[]} */
    const branches = [
      { number: 0, parent: null, start: [0, 0], end: [100, 0], edits: [] },
      { number: 1, parent: 0, start: [5, 0], end: [40, 3], edits: [] },
    ];
    store.set({ branches, run: { ...run, step: 20, pc: 4 } });
    travel.switchTo(1);
    await answer();
    store.set({ run: { ...run, step: 90, pc: 0 } });
    travel.switchTo(1);
    await answer();
    assert.deepEqual(
      sent.map(([, target]) => target),
      [
        { step: 20, pc: 0, branch: 1 },
        { step: 40, pc: 3, branch: 1 },
      ],
    );
  });

  test("from branch to branch need two of them", () => {
    const { travel, store, sent } = page();
    travel.switchBy(1);
    assert.deepEqual(sent, []);
    assert.notEqual(store.state.announce, "");
  });
});
