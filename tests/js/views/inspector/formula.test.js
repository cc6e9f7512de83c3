// @ts-check
// Formulas in plain text; as MathML they are for a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { elements, figure, plain, remarks } from "../../../../static/js/views/inspector/formula.js";

/** @import { FormulaNode } from "../../../../static/js/state/types.js" */

/** @param {string} symbol @param {number[]} index @returns {FormulaNode} */
const element = (symbol, ...index) => ({ kind: "element", symbol, index, buffer: symbol });
/** @type {FormulaNode} */
const product = { kind: "product", factors: [element("dZ2", 0, 1), element("W2", 2, 1)] };

test("figures have four digits, whole numbers all of theirs", () => {
  assert.deepEqual([0.123456, 12, 999_999, 1_000_000, -0.5, Number.NaN].map(figure), [
    "0.1235",
    "12",
    "999999",
    "1.000×10⁶",
    "−0.5000",
    "NaN",
  ]);
});

test("in plain text", () => {
  assert.equal(plain(product), "dZ2[0, 1] · W2[2, 1]");
  assert.equal(plain({ kind: "negative", term: product }), "−dZ2[0, 1] · W2[2, 1]");
  assert.equal(
    plain({ kind: "sum", terms: [element("b1", 0), product] }),
    "b1[0] + dZ2[0, 1] · W2[2, 1]",
  );
  const half = { kind: "number", value: 0.5, symbol: "" };
  const quotient = { kind: "quotient", numerator: element("z"), denominator: half };
  assert.equal(plain(quotient), "(z) / (0.5000)");
  assert.equal(
    plain({ kind: "power", base: element("g"), exponent: { ...half, value: 2 } }),
    "g^2",
  );
  assert.equal(
    plain({ kind: "function", name: "tanh", argument: element("Z1", 0) }),
    "tanh(Z1[0])",
  );
  assert.equal(plain({ kind: "number", value: 0.1, symbol: "η" }), "η");
});

test("all elements are found, chosen ones as well", () => {
  const choice = { kind: "choice", found: element("X", 3), by: [element("i", 0)], reason: "drawn" };
  const sum = { kind: "sum", terms: [product, choice] };
  assert.deepEqual(
    elements(sum).map(({ symbol }) => symbol),
    ["dZ2", "W2", "X"],
  );
});

test("remarks say what a constant means and how something was chosen", () => {
  const rate = { kind: "number", value: 0.1, symbol: "η", meaning: "learning rate" };
  const by = [{ ...element("i", 0), value: 7 }];
  const choice = { kind: "choice", found: element("X", 3), by, reason: "drawn" };
  const said = remarks({ kind: "product", factors: [rate, choice] });
  assert.deepEqual(said, ["η: learning rate", "Chosen by i[0] = 7: drawn."]);
});
