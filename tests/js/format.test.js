// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { count, exact, percent, powerTick, short, tick, told } from "../../static/js/format.js";

/** @param {(...given: any[]) => string} fn @param {[...given: any[], expected: string][]} rows */
function table(fn, rows) {
  for (const row of rows) {
    const expected = row.pop();
    test(`${fn.name}(${row.map(String).join(", ")}) is ${expected}`, () => {
      assert.equal(fn(...row), expected);
    });
  }
}

describe("three significant digits", () => {
  table(short, [
    [0, "0"],
    [-0, "0"],
    [0.1234, "0.123"],
    [-45.61, "−45.6"],
    [999.6, "1000"],
    [0.001, "0.00100"],
    [0.00012, "1.20×10⁻⁴"],
    [99_999, "1.00×10⁵"],
    [99_499, "99499"],
    [-1.5e-300, "−1.50×10⁻³⁰⁰"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "∞"],
    [Number.NEGATIVE_INFINITY, "−∞"],
    [2 / 3, 5, "0.66667"],
  ]);
});

describe("all digits", () => {
  table(exact, [
    [0.1, "0.1"],
    [0.1 + 0.2, "0.30000000000000004"],
    [-1e-7, "−1×10⁻⁷"],
    [1.5e21, "1.5×10²¹"],
    [Math.fround(0.1), "float32", "0.100000001"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "−∞"],
  ]);

  test("they tell a number from its neighbours", () => {
    for (const value of [1 / 3, -Math.PI * 1e-9, 123_456.789e40, Number.MIN_VALUE]) {
      const plain = exact(value)
        .replaceAll("−", "-")
        .replace(/×10(.+)/, (_, power) => `e${digits(power)}`);
      assert.equal(Number(plain), value);
    }
  });
});

/** Superscripts as plain digits. @param {string} text */
function digits(text) {
  return [...text].map((c) => (c === "⁻" ? "-" : "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c))).join("");
}

describe("numbers at an axis", () => {
  table(tick, [
    [0, 1, "0"],
    [0.05, 0.05, "0.05"],
    [2000, 500, "2,000"],
    [1, 0.25, "1.0"],
    [-0.2, 0.1, "−0.2"],
    [2e-6, 1e-6, "2×10⁻⁶"],
    [1e-6, 1e-6, "10⁻⁶"],
    [1.5e6, 5e5, "1.5×10⁶"],
  ]);
  table(powerTick, [
    [0.1, "0.1"],
    [1, "1"],
    [100, "100"],
    [1000, "10³"],
    [1e-4, "10⁻⁴"],
  ]);
});

describe("counts and shares", () => {
  table(count, [
    [0, "0"],
    [12_345.4, "12,345"],
    [-1_000_000, "−1,000,000"],
  ]);
  table(percent, [
    [0, "0.0 %"],
    [0.9754, "97.5 %"],
    [1, "100.0 %"],
    [Number.NaN, "NaN"],
  ]);
});

describe("numbers of which NaN says only that they are not finite", () => {
  table(told, [
    [0.5, "0.500"],
    [Number.POSITIVE_INFINITY, "∞"],
    [-Infinity, "−∞"],
    [Number.NaN, "not finite"],
  ]);
});
