// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  buffersIn,
  complete,
  examples,
  inserted,
  vocabulary,
} from "../../../static/js/state/completion.js";
import { catalogue, modelOf, NETWORKS } from "../server.js";

const model = modelOf();
const words = vocabulary(model, catalogue());

/** What is offered at the end of a text, or at a caret. @param {string} text @param {number} [caret] */
function offered(text, caret = text.length) {
  return complete(text, caret, words);
}

describe("the vocabulary", () => {
  test("has buffers, scalars and functions, but no views", () => {
    const kinds = new Map(words.map(({ name, kind }) => [name, kind]));
    assert.equal(kinds.get("dense1/W"), "buffer");
    assert.equal(kinds.get("loss"), "scalar");
    assert.equal(kinds.get("norm"), "function");
    assert.ok(model.buffers.some(({ role }) => role === "view"));
    for (const { role, name } of model.buffers) assert.equal(kinds.has(name), role !== "view");
  });

  test("is of the buffers alone until the catalogue has come", () => {
    assert.ok(vocabulary(model, null).every(({ kind }) => kind === "buffer"));
  });
});

describe("completion", () => {
  test("knows division from names", () => {
    const divided = offered("1 + dense1/W/los");
    assert.equal(divided?.from, 13);
    assert.equal(divided?.words[0].name, "loss");
    const named = offered("W.gr");
    assert.deepEqual(
      named?.words.slice(0, 2).map(({ name }) => name),
      ["dense3/W.grad", "dense2/W.grad"],
    );
  });

  test("offers nothing where no word is begun, or one is finished", () => {
    for (const text of ["", "1 + ", "loss < 0.1", "norm(dense1/W.grad) > 10", "qqq"]) {
      assert.equal(offered(text), null, text);
    }
  });

  test("names that begin so come before those that have it inside", () => {
    const names = offered("loss")?.words.map(({ name }) => name) ?? [];
    assert.equal(names[0], "loss");
    const begin = names.map((name) => name.startsWith("loss"));
    assert.deepEqual(
      begin,
      begin.toSorted((a, b) => Number(b) - Number(a)),
    );
  });

  test("replaces what stands before the caret, not what is behind it", () => {
    const found = offered("nor + 1", 3);
    assert.deepEqual([found?.from, found?.to], [0, 3]);
    assert.equal(found?.words[0].name, "norm");
  });

  test("upper and lower case are alike", () => {
    assert.deepEqual(offered("DENSE1/w"), offered("dense1/W"));
  });

  test("a long list is cut", () => {
    assert.ok((offered("e")?.words.length ?? 0) <= 60);
  });

  test("a function gets its bracket", () => {
    assert.equal(inserted({ name: "norm", kind: "function", about: "" }), "norm(");
    assert.equal(inserted({ name: "loss", kind: "scalar", about: "" }), "loss");
  });
});

test("the buffers of an expression, with the longest names that there are", () => {
  const read = (/** @type {string} */ text) => buffersIn(text, model).map(({ name }) => name);
  assert.deepEqual(read("norm(dense1/W/2) + loss + step / 3"), ["dense1/W", "loss/L", "step"]);
  assert.deepEqual(read("dense1/W.grad[0, 1] / dense1/W"), ["dense1/W.grad", "dense1/W"]);
  assert.deepEqual(read("1 + nothing/at.all"), []);
});

for (const name of NETWORKS) {
  test(`examples for ${name} name buffers that it has`, () => {
    const own = modelOf(name);
    for (const role of /** @type {const} */ (["condition", "scalar", "value", "log_message"])) {
      for (const text of examples(own, role)) {
        for (const [buffer] of text.matchAll(/[a-z]\w*\d\/[\w.]+/g)) {
          assert.ok(own.bufferByName.has(buffer), `${role}: ${text}`);
        }
      }
    }
    const weighs = own.layers.some((layer) => layer.parameters.includes(`${layer.name}/W`));
    assert.equal(examples(own, "condition").length > 0, weighs);
  });
}
