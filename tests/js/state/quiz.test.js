// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { indexOf, isHidden, isHiddenAt } from "../../../static/js/state/quiz.js";
import { storeOf } from "../server.js";

const store = storeOf();
const { model } = store.state;
/** @param {string} name */
const buffer = (name) => {
  const found = model.bufferByName.get(name);
  assert.ok(found, name);
  return found;
};

test("the index of a number in order", () => {
  const shaped = { ...buffer("dense1/W"), shape: [2, 3, 4] };
  let flat = 0;
  for (let i = 0; i < 2; i += 1) {
    for (let j = 0; j < 3; j += 1) {
      for (let k = 0; k < 4; k += 1, flat += 1) assert.deepEqual(indexOf(shaped, flat), [i, j, k]);
    }
  }
  assert.deepEqual(indexOf({ ...shaped, shape: [] }, 0), []);
});

test("the asked number is hidden under all its names until it is revealed", () => {
  const elements = [
    { buffer: "dense1/W.grad", index: [1, 2] },
    { buffer: "probe/dense1/z.grad", index: [2] },
  ];
  store.set({ quiz: { elements, revealed: false } });
  const { state } = store;
  assert.ok(isHidden(state, "dense1/W.grad", [1, 2]));
  assert.ok(isHidden(state, "probe/dense1/z.grad", [2]));
  assert.ok(!isHidden(state, "dense1/W.grad", [1, 3]));
  assert.ok(!isHidden(state, "dense1/W", [1, 2]));
  assert.ok(isHiddenAt(state, buffer("dense1/W.grad"), 6));
  assert.ok(!isHiddenAt(state, buffer("dense1/W.grad"), 5));
  store.set({ quiz: { elements, revealed: true } });
  assert.ok(!isHidden(store.state, "dense1/W.grad", [1, 2]));
});

test("of the flat gradients of all parameters everything is hidden, of the parameters nothing", () => {
  store.set({ quiz: { elements: [{ buffer: "dense1/W.grad", index: [0, 0] }], revealed: false } });
  const flat = { ...buffer("dense1/W"), name: "parameters.grad" };
  assert.ok(isHiddenAt(store.state, flat, 17));
  assert.ok(!isHiddenAt(store.state, { ...flat, name: "parameters" }, 17));
  assert.ok(!isHiddenAt(store.state, { ...flat, name: "parameters.update" }, 17));
});

test("without an exercise nothing is hidden", () => {
  store.set({ quiz: null });
  assert.ok(!isHidden(store.state, "dense1/W.grad", [0, 0]));
  assert.ok(!isHiddenAt(store.state, buffer("dense1/W.grad"), 0));
});
