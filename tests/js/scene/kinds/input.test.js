// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { featureLabel } from "../../../../static/js/scene/kinds/input.js";
import { catalogue } from "../../server.js";

test("features are written as mathematics", () => {
  /** @type {[string, string][]} */
  const rows = [
    ["x1", "x₁"],
    ["x1_squared", "x₁²"],
    ["x1_x2", "x₁ x₂"],
    ["sin_x2", "sin x₂"],
    ["petal_length", "petal length"],
  ];
  for (const [id, label] of rows) assert.equal(featureLabel(id), label);
});

test("no feature of the catalogue keeps an underscore", () => {
  for (const { name } of catalogue().features) assert.ok(!featureLabel(name).includes("_"), name);
});
