// @ts-check

import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { createLoop } from "../../static/js/loop.js";

/** @type {any} */
const page = globalThis;
/** @type {((now: number) => void)[]} */
let frames = [];
/** @type {unknown[]} */
let reported = [];
describe("the draw loop", () => {
  beforeEach(() => {
    frames = [];
    reported = [];
    page.requestAnimationFrame = (/** @type {(now: number) => void} */ fn) => frames.push(fn);
    page.reportError = (/** @type {unknown} */ error) => reported.push(error);
  });
  afterEach(() => {
    delete page.requestAnimationFrame;
    delete page.reportError;
  });

  /** The browser's next frame. @param {number} now */
  function pass(now) {
    for (const fn of frames.splice(0)) fn(now);
  }

  test("all that ask in one frame are drawn once, in order, and what follows after them", () => {
    const loop = createLoop();
    /** @type {string[]} */
    const seen = [];
    loop.onDrawn((now) => seen.push(`after ${now}`));
    loop.onDraw((now) => seen.push(`first ${now}`));
    loop.onDraw((now) => seen.push(`second ${now}`));
    loop.requestDraw();
    loop.requestDraw();
    assert.equal(frames.length, 1);
    pass(16);
    assert.deepEqual(seen, ["first 16", "second 16", "after 16"]);
    pass(32);
    assert.equal(seen.length, 3);
  });

  test("who asks while drawing is drawn in the next frame", () => {
    const loop = createLoop();
    let drawn = 0;
    loop.onDraw(() => {
      drawn += 1;
      if (drawn < 3) loop.requestDraw();
    });
    loop.requestDraw();
    for (const now of [1, 2, 3, 4, 5]) pass(now);
    assert.equal(drawn, 3);
  });

  test("one that throws is reported and stops nobody; one that has left is not called", () => {
    const loop = createLoop();
    let drawn = 0;
    const error = new Error("broken view");
    loop.onDraw(() => {
      throw error;
    });
    const leave = loop.onDraw(() => {
      drawn += 100;
    });
    loop.onDraw(() => {
      drawn += 1;
    });
    leave();
    loop.requestDraw();
    pass(1);
    assert.equal(drawn, 1);
    assert.deepEqual(reported, [error]);
  });
});
