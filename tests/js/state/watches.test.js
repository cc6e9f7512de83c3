// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asBreakpoint, newBreakpoint } from "../../../static/js/state/breakpoints.js";
import { stopText } from "../../../static/js/state/watches.js";
import { apply, storeOf } from "../server.js";

/** @param {object} value @param {[number, number]} [moment] */
function watched(value, moment = [5, 0]) {
  const usual = { text: "loss", kind: "number", value: 0.5, shown: "0.5", whole: false };
  return { type: "watched", moment, values: [{ ...usual, steps: [], values: [], ...value }] };
}

/** @param {ReturnType<typeof storeOf>} store */
const trace = (store) =>
  store.state.watches[0].trace.map(({ moment, value }) => [...moment, value]);

describe("the values of a watched expression", () => {
  test("stay in the order of their moments, one each", () => {
    const store = storeOf();
    apply(store, watched({ value: 1 }, [5, 3]));
    apply(store, watched({ value: 2 }, [4, 0]));
    apply(store, watched({ value: 3 }, [5, 3]));
    apply(store, watched({ steps: [2, 4], values: [7, 8], value: 4 }, [6, 0]));
    assert.deepEqual(trace(store), [
      [2, 0, 7],
      [4, 0, 8],
      [5, 3, 3],
      [6, 0, 4],
    ]);
  });

  test("begin anew where all of them are told", () => {
    const store = storeOf();
    apply(store, watched({ value: 1 }, [5, 0]));
    apply(store, watched({ whole: true, steps: [1], values: [9], value: null }, [2, 0]));
    assert.deepEqual(trace(store), [[1, 0, 9]]);
  });

  test("are numbers, where they are yes and no as well", () => {
    const store = storeOf();
    apply(store, watched({ kind: "boolean", value: true }, [1, 0]));
    apply(store, watched({ kind: "boolean", value: false }, [2, 0]));
    assert.deepEqual(trace(store), [
      [1, 0, 1],
      [2, 0, 0],
    ]);
  });

  test("of an array there are none", () => {
    const store = storeOf();
    apply(store, watched({ kind: "array", value: null, shape: [2, 4] }));
    assert.deepEqual([trace(store), store.state.watches[0].shape], [[], [2, 4]]);
  });

  test("are thinned, and the last one stays", () => {
    const store = storeOf();
    for (let step = 0; step < 3000; step += 1) apply(store, watched({ value: step }, [step, 0]));
    const values = trace(store);
    assert.ok(values.length <= 1024);
    assert.deepEqual(values.at(-1), [2999, 0, 2999]);
  });

  test("wrong expressions stay on the page", () => {
    const store = storeOf();
    const wrong = { text: "nothing", kind: /** @type {const} */ (""), value: null, shown: "" };
    store.set({ watches: [{ ...wrong, shape: [], problem: "unknown", trace: [] }] });
    apply(store, watched({}));
    assert.deepEqual(
      store.state.watches.map(({ text }) => text),
      ["loss", "nothing"],
    );
  });
});

test("breakpoints that do not fit stay behind the server's", () => {
  const store = storeOf();
  const own = (/** @type {string} */ name) => ({
    ...asBreakpoint(newBreakpoint({ instruction: 1 }), name),
    problem: "no such instruction",
  });
  store.set({ breakpoints: [own("1"), own("2")] });
  apply(store, {
    type: "breakpoints",
    breakpoints: [asBreakpoint(newBreakpoint({ instruction: 3 }), "2")],
  });
  const { breakpoints, model } = store.state;
  assert.deepEqual(
    breakpoints.map(({ name, problem }) => [name, problem === ""]),
    [
      ["2", true],
      ["1", false],
    ],
  );
  assert.ok(breakpoints[0].anchor.startsWith(model.instructions[3].phase));
});

test("lines of the log are taken once, and the last thousand are kept", () => {
  const store = storeOf();
  const lines = (/** @type {number} */ from, /** @type {number} */ to) =>
    Array.from({ length: to - from }, (_, i) => ({ serial: from + i, text: `${from + i}` }));
  apply(store, { type: "log", lines: lines(0, 10) });
  apply(store, { type: "log", lines: lines(5, 15) });
  const serials = () => store.state.log.map(({ serial }) => serial);
  assert.deepEqual(serials(), [...Array(15).keys()]);
  apply(store, { type: "log", lines: lines(15, 2000) });
  assert.deepEqual([serials().length, serials()[0]], [1000, 1000]);
});

test("what a run has stopped for", () => {
  const { run } = storeOf().state;
  assert.ok(run);
  const hits = ["instruction 3", "loss < 1"].map((text, i) => ({ name: `${i}`, text }));
  assert.equal(stopText({ ...run, reason: "breakpoint", hits }), "instruction 3; loss < 1");
  assert.equal(stopText({ ...run, reason: "breakpoint", hits, running: true }), null);
  assert.equal(stopText({ ...run, reason: "pause", hits }), null);
  assert.equal(stopText(null), null);
});
