// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { begin, endOf, lineage, nowOf, order } from "../../../static/js/state/branches.js";
import { apply, storeOf, told } from "../server.js";

/** @import { BranchInfo, Moment } from "../../../static/js/state/types.js" */

/**
 * @param {number} number
 * @param {number | null} parent
 * @param {Moment} start
 * @param {Moment} end
 * @returns {BranchInfo}
 */
function branch(number, parent, start, end) {
  return { number, parent, start, end, edits: [] };
}

const TREE = [
  branch(0, null, [0, 0], [100, 0]),
  branch(1, 0, [40, 3], [90, 0]),
  branch(2, 1, [60, 0], [70, 5]),
  branch(3, 1, [20, 0], [30, 0]),
];

test("moments are ordered by step, then by instruction", () => {
  assert.ok(order([1, 9], [2, 0]) < 0);
  assert.ok(order([2, 1], [2, 0]) > 0);
  assert.equal(order([2, 1], [2, 1]), 0);
});

describe("what a branch comes from", () => {
  const told = (/** @type {number} */ number) =>
    lineage(TREE, number).map(({ branch: { number: n }, from, to }) => [n, from, to]);

  test("each part ends where the next one leaves it", () => {
    assert.deepEqual(told(2), [
      [2, [60, 0], [70, 5]],
      [1, [40, 3], [60, 0]],
      [0, [0, 0], [40, 3]],
    ]);
    assert.deepEqual(told(0), [[0, [0, 0], [100, 0]]]);
  });

  test("of one that nobody knows there is nothing", () => assert.deepEqual(told(9), []));
});

describe("where the machine is", () => {
  const store = storeOf();
  const { run } = store.state;
  assert.ok(run);
  const frame = /** @type {any} */ ({ branch: 0, step: 50, pc: 4 });

  test("at rest by the last state, running by the picture", () => {
    store.set({ frame, run: { ...run, step: 7, pc: 2, running: false } });
    assert.deepEqual(nowOf(store.state), { branch: 0, moment: [7, 2] });
    store.set({ run: { ...run, step: 7, pc: 2, running: true } });
    assert.deepEqual(nowOf(store.state), { branch: 0, moment: [50, 4] });
  });

  test("a picture of another branch says nothing", () => {
    store.set({ frame: { ...frame, branch: 1 }, run: { ...run, step: 7, running: true } });
    assert.deepEqual(nowOf(store.state).moment[0], 7);
  });

  test("a branch goes as far as the picture that is shown of it", () => {
    store.set({ frame, branches: TREE, run: { ...run, running: true } });
    assert.deepEqual(endOf(store.state, 0), [100, 0]);
    store.set({ frame: { ...frame, step: 120 } });
    assert.deepEqual(endOf(store.state, 0), [120, 4]);
    assert.deepEqual(endOf(store.state, 1), [90, 0]);
    assert.deepEqual(endOf(store.state, 9), [0, 0]);
  });
});

describe("events of the history", () => {
  /** A store whose trunk has losses up to step 100, and a `timeline` event with these branches. */
  function grown() {
    const store = storeOf();
    const { generation } = store.state.model;
    const points = Array.from({ length: 101 }, (_, step) => [
      step,
      1 / (step + 1),
      null,
      null,
      null,
    ]);
    apply(store, { type: "loss", generation, branch: 0, points });
    const { timeline } = told("circles");
    const event = { ...timeline, branches: structuredClone(TREE) };
    return { store, event, generation };
  }

  test("a branch begins with the losses that it has in common with its parent", () => {
    const { store, event, generation } = grown();
    apply(store, event);
    const lengths = [...store.state.curves.values()].map(({ length }) => length);
    // Up to the step in which it leaves, with that step's own loss where it is known already.
    assert.deepEqual(lengths, [101, 41, 41, 20]);
    apply(store, { type: "loss", generation, branch: 1, points: [[41, 9, null, null, null]] });
    assert.equal(store.state.curves.get(1)?.train[41], 9);
    assert.notEqual(store.state.curves.get(0)?.train[41], 9);
  });

  test("the losses shown are those of the present branch", () => {
    const { store, event } = grown();
    apply(store, event);
    const { run } = store.state;
    apply(store, {
      ...told("circles").state,
      ...run,
      type: "state",
      branch: 2,
      step: 70,
      end: [70, 5],
    });
    assert.equal(store.state.losses, store.state.curves.get(2));
  });

  test("a history that has become shorter is another one", () => {
    const { store, event } = grown();
    apply(store, event);
    store.set({ zoom: [3, 9], hits: [{ branch: 0, moment: [1, 0], breakpoints: [], texts: [] }] });
    apply(store, { ...event, branches: [branch(0, null, [0, 0], [50, 0])] });
    assert.equal(store.state.zoom, null);
    assert.equal(store.state.losses.length, 0);
  });

  test("what is told of another network is left out", () => {
    const { store, event, generation } = grown();
    const before = store.state.branches;
    apply(store, { ...event, generation: generation - 1 });
    assert.equal(store.state.branches, before);
    const points = [[500, 1, null, null, null]];
    apply(store, { type: "loss", generation: generation - 1, branch: 0, points });
    assert.equal(store.state.losses.length, 101);
  });

  test("a place is where a run stopped last for it, once", () => {
    const { store, event } = grown();
    apply(store, event);
    const stopped = {
      ...told("circles").state,
      reason: "breakpoint",
      step: 5,
      pc: 3,
      end: [100, 0],
    };
    for (const text of ["dense1", "dense2"]) {
      apply(store, { ...stopped, hits: [{ name: "1", text }] });
    }
    const { hits } = store.state;
    assert.deepEqual(hits, [{ branch: 0, moment: [5, 3], breakpoints: ["1"], texts: ["dense2"] }]);
  });
});

test("another beginning forgets curves, comparisons and the traces of watches", () => {
  const store = storeOf();
  const trace = [{ moment: /** @type {Moment} */ ([0, 0]), value: 1 }];
  const watch = { text: "loss", kind: /** @type {const} */ ("number"), value: 1, shown: "1" };
  store.set({ watches: [{ ...watch, shape: [], problem: "", trace }], edgeMode: "difference" });
  begin(store);
  const { watches, curves, branches, edgeMode } = store.state;
  assert.deepEqual([watches[0].text, watches[0].trace], ["loss", []]);
  assert.deepEqual([curves.size, branches.length, edgeMode], [1, 0, "weight"]);
});
