// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Lanes } from "../../../../static/js/views/timeline/lanes.js";
import { branchText, editText } from "../../../../static/js/views/timeline/words.js";
import { storeOf } from "../../server.js";

/** @import { BranchInfo, EditInfo, Moment } from "../../../../static/js/state/types.js" */

/** @param {Partial<EditInfo>} given @returns {EditInfo} */
function edit(given) {
  const usual = { kind: /** @type {const} */ ("write"), buffer: "learning_rate", index: null };
  return { ...usual, moment: [40, 0], value: 0.3, ...given };
}

/** @param {number} number @param {number | null} parent @param {Moment} start @param {Moment} end @param {EditInfo[]} [edits] @returns {BranchInfo} */
const branch = (number, parent, start, end, edits = []) => ({ number, parent, start, end, edits });

const store = storeOf();
const branches = [
  branch(0, null, [0, 0], [100, 0], [edit({ moment: [20, 0], value: 0.1 })]),
  branch(1, 0, [40, 0], [200, 0], [edit({})]),
  branch(2, 0, [60, 0], [80, 0]),
];
store.set({ branches, settings: { learning_rate: 0.05 } });
const { run } = store.state;
if (run) store.set({ run: { ...run, branch: 1, step: 150, pc: 0, end: [200, 0] } });

describe("lanes", () => {
  const lanes = new Lanes();
  lanes.height = 20;
  lanes.take(store.state, 420);

  test("one a branch, over all steps there are", () => {
    assert.deepEqual(lanes.rows, [0, 1, 2]);
    assert.deepEqual([lanes.x.low, lanes.x.high], [0, 200]);
    assert.deepEqual(
      lanes.lines.map(({ from, to }) => [from, to]),
      [
        [0, 100],
        [40, 200],
        [60, 80],
      ],
    );
  });

  test("the way to the present goes along the trunk and leaves it", () => {
    assert.deepEqual(
      lanes.path.map(({ row, from, to }) => [row, from, to]),
      [
        [1, 40, 200],
        [0, 0, 40],
      ],
    );
    assert.deepEqual([lanes.now, lanes.nowRow], [150, 1]);
    assert.deepEqual(
      lanes.forks.map(({ at, from, to }) => [at, from, to]),
      [
        [40, 0, 1],
        [60, 0, 2],
      ],
    );
  });

  test("edits are marked, and found near where they are", () => {
    assert.deepEqual(
      lanes.marks.map(({ row, at }) => [row, at]),
      [
        [0, 20],
        [1, 40],
      ],
    );
    const [near] = lanes.near(lanes.x.at(40) + 3, -1, 5);
    assert.match(near.text, /learning rate/);
    assert.deepEqual(lanes.near(lanes.x.at(40) + 3, 0, 5), []);
  });

  test("a place means a row, a step, and the branch that passes there", () => {
    assert.deepEqual(
      [-5, 5, 25, 59, 60].map((y) => lanes.rowAt(y)),
      [0, 0, 1, 2, -1],
    );
    assert.equal(lanes.stepAt(lanes.x.at(77)), 77);
    assert.equal(lanes.stepAt(-1000), 0);
    assert.equal(lanes.branchAt(0, 30, 1), 1); // the present one comes by
    assert.equal(lanes.branchAt(0, 70, 1), 0);
    assert.equal(lanes.branchAt(-1, 70, 1), 1);
  });

  test("where many steps lie on one pixel the roundest is meant", () => {
    const wide = new Lanes();
    wide.take({ ...store.state, zoom: [0, 1_000_000] }, 420);
    assert.equal(wide.stepAt(200) % 1000, 0);
  });

  test("too many branches: the present one's history and the newest have lanes", () => {
    const many = Array.from({ length: 100 }, (_, n) =>
      branch(n, n === 0 ? null : 0, [0, 0], [9, 0]),
    );
    const crowded = new Lanes();
    const here = store.state.run;
    assert.ok(here);
    crowded.take({ ...store.state, branches: many, run: { ...here, branch: 5 }, hits: [] }, 420);
    assert.ok(crowded.rows.length <= 24);
    for (const shown of [0, 5, 99]) assert.ok(crowded.rows.includes(shown));
    assert.deepEqual(
      crowded.rows,
      [...crowded.rows].sort((a, b) => a - b),
    );
  });
});

describe("edits in words", () => {
  const { state } = store;
  const said = (/** @type {Partial<EditInfo>} */ given) =>
    editText(edit(given), branches[1], state);

  test("a hyperparameter with what it was", () => {
    assert.equal(editText(branches[0].edits[0], branches[0], state), "learning rate 0.05 → 0.1");
    assert.equal(editText(branches[1].edits[0], branches[1], state), "learning rate 0.1 → 0.3");
  });

  test("a weight by its symbol", () => {
    assert.equal(said({ buffer: "dense1/W", index: [0, 2], value: 0.5 }), "W1[0, 2] = 0.5");
    assert.equal(said({ buffer: "dense1/W", index: null, value: null }), "W1 = other numbers");
  });

  test("what is clamped, and released", () => {
    const clamped = { buffer: "dense1/a", index: [null, 2], value: 0 };
    assert.equal(said({ ...clamped, kind: "clamp" }), "A1[:, 2] clamped at 0");
    assert.match(said({ ...clamped, kind: "release" }), /^A1\[:, 2\] /);
  });

  test("a point that was moved", () => {
    assert.match(said({ buffer: "data/x", index: [12, null], value: null }), /point 12/);
  });

  test("a branch by what it began with", () => {
    assert.equal(branchText(branches[1], state.model), "learning rate 0.3");
    assert.equal(branchText(branches[2], state.model), "original");
    assert.equal(branchText(branches[1], null), "original");
  });
});
