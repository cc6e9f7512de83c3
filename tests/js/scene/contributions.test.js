// @ts-check
// How cells were made, against the numbers that the engine computed.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { contributionsOf } from "../../../static/js/scene/contributions.js";
import { describeColumns, fetchKinds } from "../../../static/js/scene/kinds.js";
import { modelOf, NETWORKS, readerOf } from "../server.js";

/** @import { Contributions } from "../../../static/js/scene/contributions.js" */

/**
 * Every cell of a network that was made of a part of its input, with the numbers of the engine.
 * @param {string} name
 * @returns {{at: string, layer: string, made: Contributions}[]}
 */
function cellsOf(name) {
  const read = readerOf(name);
  return describeColumns(modelOf(name)).flatMap(({ origin, count, layer }) => {
    if (!origin) return [];
    return Array.from({ length: count }, (_, cell) => contributionsOf(origin, cell, read)).flatMap(
      (made, cell) =>
        made ? [{ at: `${name} ${layer} ${cell}`, layer: origin.layer.kind, made }] : [],
    );
  });
}

/** Kind of layer -> how many of its cells were looked at. @type {Map<string, number>} */
const seen = new Map();

describe("the parts of a cell come to its number", () => {
  before(async () => {
    for (const name of NETWORKS) await fetchKinds(modelOf(name));
  });

  for (const name of NETWORKS) {
    test(`in the network ${name}`, () => {
      for (const { at, layer, made } of cellsOf(name)) {
        seen.set(layer, (seen.get(layer) ?? 0) + 1);
        const { rule, shares, value, bias } = made;
        const close = (/** @type {number} */ number) =>
          assert.ok(
            Math.abs(number - value) < 1e-4 * Math.max(1, Math.abs(value)),
            `${at}: ${number}, ${value}`,
          );
        const [{ patch }] = shares;
        const inside = patch.filter((number) => !Number.isNaN(number));
        if (rule === "sum") close(shares.reduce((sum, share) => sum + share.sum, bias));
        else if (rule === "largest") close(Math.max(...inside));
        else if (rule === "mean") close(patch.reduce((sum, x) => sum + x, 0) / patch.length);
        else close(patch[0]);
      }
    });
  }

  test("and each kind that has windows is among them", () => {
    const kinds = ["conv1d", "conv2d", "transposed_conv2d", "max_pool", "average_pool", "upsample"];
    for (const kind of [...kinds, "global_max_pool", "global_average_pool"]) {
      assert.ok((seen.get(kind) ?? 0) > 0, kind);
    }
  });

  test("of a sum the largest share comes first, but over time", () => {
    for (const { at, made } of cellsOf("convolution")) {
      const sizes = made.shares.map(({ sum }) => Math.abs(sum));
      assert.deepEqual(
        sizes,
        sizes.toSorted((a, b) => b - a),
        at,
      );
    }
    for (const { made } of cellsOf("speech")) assert.equal(made.shares.length, 1);
  });

  test("a receptive field lies within the input", () => {
    for (const { at, made } of cellsOf("convolution")) {
      const [, rows, cols] = /rows (\d+–\d+), columns (\d+–\d+)$/.exec(made.field) ?? [];
      assert.ok(rows && cols, `${at}: ${made.field}`);
      for (const span of [rows, cols]) {
        const [first, last] = span.split("–").map(Number);
        assert.ok(first >= 0 && first <= last && last < 28, made.field);
      }
    }
  });
});

test("without numbers nothing is shown", () => {
  const [, { origin }] = describeColumns(modelOf("convolution"));
  assert.ok(origin);
  assert.equal(
    contributionsOf(origin, 1, () => null),
    null,
  );
});
