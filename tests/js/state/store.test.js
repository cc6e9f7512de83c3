// @ts-check

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createStore, History } from "../../../static/js/state/store.js";

const settled = () => new Promise((resolve) => queueMicrotask(() => resolve(null)));

describe("the store", () => {
  test("tells of changes once, after all of them, and not of others", async () => {
    const store = createStore();
    /** @type {string[]} */
    const seen = [];
    store.on(["tab", "theme"], ({ tab, theme }) => seen.push(`${tab} ${theme}`));
    store.on(["present"], () => seen.push("present"));
    store.set({ tab: "watch" });
    store.set({ theme: "dark" });
    assert.deepEqual(seen, []);
    await settled();
    assert.deepEqual(seen, ["watch dark"]);
  });

  test("an equal plain value is no change, the same object is one", async () => {
    const store = createStore();
    let calls = 0;
    store.on(["tab", "losses"], () => {
      calls += 1;
    });
    store.set({ tab: store.state.tab });
    await settled();
    assert.equal(calls, 0);
    store.set({ losses: store.state.losses });
    await settled();
    assert.equal(calls, 1);
  });

  test("a change made while it tells is told next", async () => {
    const store = createStore();
    /** @type {string[]} */
    const seen = [];
    store.on(["tab"], () => store.set({ announce: "opened" }));
    store.on(["announce"], ({ announce }) => seen.push(announce));
    store.set({ tab: "watch" });
    await settled();
    await settled();
    assert.deepEqual(seen, ["opened"]);
  });

  test("who leaves while it tells is not told any more", async () => {
    const store = createStore();
    let calls = 0;
    /** @type {() => void} */
    let leave = () => {};
    store.on(["tab"], () => leave());
    leave = store.on(["tab"], () => {
      calls += 1;
    });
    store.set({ tab: "watch" });
    await settled();
    assert.equal(calls, 0);
  });

  describe("a listener that throws", () => {
    /** @type {any} */
    const page = globalThis;
    /** @type {unknown[]} */
    const reported = [];
    beforeEach(() => {
      page.reportError = (/** @type {unknown} */ error) => reported.push(error);
    });
    afterEach(() => delete page.reportError);

    test("is reported, and stops nobody", async () => {
      const store = createStore();
      const error = new Error("broken view");
      let calls = 0;
      store.on(["tab"], () => {
        throw error;
      });
      store.on(["tab"], () => {
        calls += 1;
      });
      store.set({ tab: "watch" });
      await settled();
      assert.deepEqual([reported, calls], [[error], 1]);
    });
  });
});

describe("a history", () => {
  /** @param {Iterable<number>} steps */
  function of(steps) {
    const history = new History();
    for (const step of steps) history.put([step, step / 10, null, 0.5, null]);
    return history;
  }
  /** @param {History} history */
  const stepsOf = ({ step, length }) => [...step.subarray(0, length)];

  test("keeps points in the order of their steps, one a step", () => {
    const history = of([5, 1, 3, 3, 9]);
    assert.deepEqual(stepsOf(history), [1, 3, 5, 9]);
    const { version } = history;
    history.put([3, 7, 8, null, null]);
    assert.deepEqual(stepsOf(history), [1, 3, 5, 9]);
    assert.deepEqual([history.train[1], history.test[1]], [7, 8]);
    assert.ok(Number.isNaN(history.trainAccuracy[1]));
    assert.ok(history.version > version);
  });

  test("finds steps", () => {
    const history = of([10, 20, 30]);
    assert.deepEqual(
      [9, 10, 11, 31].map((step) => history.indexOf(step)),
      [0, 0, 1, 3],
    );
    assert.deepEqual(
      [9, 10, 29, 99].map((step) => history.last(step)),
      [-1, 0, 1, 2],
    );
    assert.equal(new History().last(5), -1);
  });

  test("stays within its memory, evenly, and always has the last step", () => {
    const history = new History();
    for (let step = 0; step < 100_000; step += 1) {
      history.put([step, step, null, null, null]);
      assert.equal(history.step[history.length - 1], step);
    }
    const steps = stepsOf(history);
    assert.ok(steps.length <= 2048 && steps.length > 512);
    assert.equal(steps[0], 0);
    const gaps = steps.slice(1, -1).map((step, i) => step - steps[i]);
    assert.ok(Math.min(...gaps) > 0 && Math.max(...gaps) < 4 * (100_000 / steps.length));
    steps.forEach((step, i) => {
      assert.equal(history.train[i], step);
    });
  });

  test("is inherited up to a step, and then goes its own way", () => {
    const parent = of([0, 10, 20, 30]);
    const child = new History();
    child.inherit(parent, 20);
    assert.deepEqual(stepsOf(child), [0, 10]);
    child.put([15, 99, null, null, null]);
    assert.deepEqual(stepsOf(child), [0, 10, 15]);
    assert.deepEqual(stepsOf(parent), [0, 10, 20, 30]);
  });
});
