// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { arrange, wraps } from "../../../../static/js/views/listing/arrangement.js";
import { walk } from "../../../../static/js/views/listing/keyboard_navigation.js";
import { modelOf } from "../../server.js";

/** @param {number} count @param {number} length */
function phase(count, length) {
  return { formulas: Array(count).fill(length), lengths: Array(count).fill(length + 8) };
}
const PHASES = [phase(8, 12), phase(2, 10), phase(12, 14), phase(3, 12)];

describe("the arrangement of the phases", () => {
  test("everything is in view where there is room", () => {
    const { columns } = arrange(PHASES, 6, 3000);
    PHASES.forEach(({ formulas }, i) => {
      assert.ok(columns[i] * 6 >= formulas.length);
    });
  });

  test("one column a phase, to be scrolled, where there is none", () => {
    for (const width of [0, 200, 400]) {
      assert.deepEqual(arrange(PHASES, 6, width).columns, [1, 1, 1, 1]);
    }
  });

  test("more width never shows fewer columns", () => {
    let before = 0;
    for (let width = 100; width < 3000; width += 50) {
      const count = arrange(PHASES, 5, width).columns.reduce((sum, n) => sum + n, 0);
      assert.ok(count >= before, `${width} px`);
      before = count;
    }
  });

  test("a phase has the width of its columns", () => {
    const { columns, shares } = arrange([phase(8, 12), phase(8, 12)], 8, 2000);
    assert.deepEqual([columns, shares[0]], [[1, 1], shares[1]]);
  });

  test("without a row in view there is still a column for everything", () => {
    assert.ok(arrange(PHASES, 0, 1000).columns.every((n) => n >= 1));
  });

  test("formulas of a short phase may wrap", () => {
    assert.ok(wraps(1) && wraps(2) && !wraps(3));
  });
});

describe("keys in the program", () => {
  const { instructions } = modelOf();
  const names = [...new Set(instructions.map(({ phase: name }) => name))];
  const phases = names.map((name) => ({
    instructions: instructions.filter(({ phase: own }) => own === name),
  }));
  const go = (/** @type {number} */ at, /** @type {string} */ key) =>
    walk(/** @type {any} */ (phases), at, key);
  const last = instructions.length - 1;

  test("up and down, home and end", () => {
    assert.deepEqual(
      [go(3, "ArrowDown"), go(3, "ArrowUp"), go(3, "Home"), go(3, "End")],
      [4, 2, 0, last],
    );
    assert.deepEqual([go(0, "ArrowUp"), go(last, "ArrowDown")], [0, last]);
  });

  test("sideways to the same line of the phase beside, or its last one", () => {
    const [first, second] = phases;
    const end = first.instructions.length - 1;
    const { length } = second.instructions;
    assert.equal(go(end, "ArrowRight"), end + 1 + Math.min(end, length - 1));
    assert.equal(go(0, "ArrowLeft"), 0);
    assert.equal(go(end + 1, "PageUp"), 0);
  });

  test("another key does not move", () => assert.equal(go(3, "x"), -1));
});
