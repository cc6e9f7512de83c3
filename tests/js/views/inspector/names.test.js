// @ts-check

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fetchKinds } from "../../../../static/js/scene/kinds.js";
import { selectionAt } from "../../../../static/js/views/diagnostics/picture_targets.js";
import { batchTerms, elementOf, makersOf } from "../../../../static/js/views/inspector/elements.js";
import { ageOf, aligned } from "../../../../static/js/views/inspector/lines.js";
import {
  columnOf,
  exists,
  indexText,
  shapeText,
  unitName,
  writerOf,
} from "../../../../static/js/views/inspector/names.js";
import { exactly } from "../../../../static/js/views/inspector/reader.js";
import { numberOf } from "../../../../static/js/wire/protocol.js";
import { modelOf, NETWORKS } from "../../server.js";

/** @import { Selection } from "../../../../static/js/state/types.js" */

const model = modelOf();
before(async () => {
  for (const name of NETWORKS) await fetchKinds(modelOf(name));
});

test("numbers of an answer, those that are not finite as well", () => {
  assert.equal(numberOf({ value: 0 }), 0);
  assert.equal(numberOf({ value: null, text: "∞" }), Number.POSITIVE_INFINITY);
  assert.equal(numberOf({ value: null, text: "−∞" }), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(numberOf({ value: null, text: "NaN" })));
});

test("a sign moves no digit", () => {
  assert.equal(aligned("−1").length, aligned("1").length);
});

describe("names", () => {
  test("of units, inputs, classes and pixels", () => {
    const named = (
      /** @type {string} */ of,
      /** @type {string} */ layer,
      /** @type {number} */ unit,
    ) => {
      const { column } = columnOf(modelOf(of), layer);
      assert.ok(column);
      return unitName(column, unit);
    };
    assert.equal(named("circles", "dense1", 2), "dense1 unit 2");
    assert.equal(named("circles", "input", 1), "x₂");
    const output = modelOf("iris").layers.at(-1)?.name ?? "";
    assert.equal(named("iris", output, 0), `${output} 0 setosa`);
  });

  test("of shapes and indices", () => {
    assert.deepEqual([shapeText([]), shapeText([2, 3])], ["scalar", "2×3"]);
    assert.deepEqual([indexText([]), indexText([0, 2])], ["", "[0, 2]"]);
  });

  test("a column has those beside it", () => {
    const { column, before: left, after } = columnOf(model, "dense1");
    assert.deepEqual([left?.layer, column?.layer, after?.layer], ["input", "dense1", "dense2"]);
    assert.equal(columnOf(model, "input").before, null);
    assert.equal(columnOf(model, "nowhere").column, null);
  });
});

test("what is selected is in the network or not", () => {
  /** @type {[Selection, boolean][]} */
  const rows = [
    [{ kind: "unit", layer: "dense1", unit: 3 }, true],
    [{ kind: "unit", layer: "dense1", unit: 4 }, false],
    [{ kind: "edge", layer: "dense1", from: 1, to: 3 }, true],
    [{ kind: "edge", layer: "dense1", from: 2, to: 3 }, false],
    [{ kind: "edge", layer: "input", from: 0, to: 0 }, false],
    [{ kind: "layer", layer: "dense9" }, false],
    [{ kind: "instruction", index: model.instructions.length - 1 }, true],
    [{ kind: "instruction", index: model.instructions.length }, false],
  ];
  for (const [target, known] of rows) {
    assert.equal(exists(model, target), known, JSON.stringify(target));
  }
});

describe("who makes a number", () => {
  test("a gradient is written in the backward pass", () => {
    for (const { parameters } of model.layers) {
      for (const name of parameters) {
        const writer = writerOf(model, `${name}.grad`);
        assert.equal(writer?.phase, "backward", name);
        assert.deepEqual(makersOf(model, `${name}.grad`), [writer]);
      }
    }
  });

  test("updates of all parameters are computed together", () => {
    assert.equal(writerOf(model, "dense1/W.update")?.phase, "update");
  });

  test("a number of the probe sample is made as that of the batch is", () => {
    assert.equal(writerOf(model, "probe/dense1/z"), writerOf(model, "dense1/z"));
    assert.equal(writerOf(model, "nothing"), undefined);
    assert.deepEqual(makersOf(model, null), []);
  });

  test("of a residual connection several instructions make the gradient that comes in", () => {
    const combining = modelOf("combining");
    const sums = combining.instructions.filter(
      ({ op, phase }) => op === "add" && phase === "backward",
    );
    assert.ok(sums.length > 0);
    for (const { writes } of sums) {
      const name = combining.bufferById.get(writes[0])?.name;
      const makers = makersOf(combining, name);
      assert.ok(makers.length >= 2, name);
      const order = makers.map(({ index }) => index);
      assert.deepEqual(
        order,
        [...order].sort((a, b) => a - b),
      );
    }
  });
});

describe("an instruction for one element", () => {
  const of = (/** @type {string} */ buffer, /** @type {(number | string)[]} */ at) => {
    const writer = writerOf(model, buffer);
    assert.ok(writer, buffer);
    return elementOf(model, writer, at);
  };

  test("names the terms of a product", () => {
    assert.equal(of("dense1/z", [3, 2]), "Σ_k X[3, k]·W1[k, 2] + b1[2]");
    assert.match(of("dense2/W.grad", [0, 1]), /^Σ_b A1\[b, 0\]·dZ2\[b, 1\]/);
    assert.match(of("dense1/b.grad", [2]), /^Σ_b dZ1\[b, 2\]$/);
  });

  test("gives every operand of its shape the index", () => {
    assert.equal(of("dense1/a", [3, 2]), "tanh(Z1[3, 2])");
  });

  test("is the formula itself where an index does not fit", () => {
    assert.doesNotMatch(of("dense1/a", [3]), /\[/);
  });

  test("the terms of a sum over the batch", () => {
    const writer = writerOf(model, "dense2/W.grad");
    assert.ok(writer);
    const terms = batchTerms(model, writer, [1, 0]);
    assert.deepEqual(
      terms?.map(({ buffer, unit }) => [buffer.name, unit]),
      [
        ["dense1/a", 1],
        ["dense2/z.grad", 0],
      ],
    );
    const forward = writerOf(model, "dense1/a");
    assert.ok(forward);
    assert.equal(batchTerms(model, forward, [0, 0]), null);
  });
});

test("how old a number is", () => {
  const frame = (/** @type {number} */ step, /** @type {number} */ pc, running = false) =>
    /** @type {any} */ ({ step, pc, running });
  const writer = model.instructions[5];
  assert.equal(ageOf(null, writer, false), "now");
  assert.equal(ageOf(frame(3, 6), writer, false), "now");
  assert.equal(ageOf(frame(3, 5), writer, false), "old");
  assert.equal(ageOf(frame(0, 5), writer, false), "none");
  assert.equal(ageOf(frame(3, 5, true), writer, false), "now");
  assert.equal(ageOf(frame(0, 0), writer, true), "now");
  assert.equal(ageOf(frame(0, 0), writer, false), "none");
  assert.equal(ageOf(frame(3, 5), { ...writer, phase: "update", index: 9 }, false), "now");
});

test("small buffers come exact, large ones as pictures where one is drawn", () => {
  const large = { ...model.bufferByName.get("dense1/W"), name: "large", shape: [100, 100] };
  const buffers = new Map([...model.bufferByName, ["large", /** @type {any} */ (large)]]);
  const other = { ...model, bufferByName: buffers };
  const names = ["dense1/W", "large", null, "nothing"];
  assert.deepEqual(exactly(other, names), [{ name: "dense1/W", dtype: "f64" }]);
  assert.deepEqual(exactly(other, names, true)[1], { name: "large", dtype: "u8" });
});

test("an element of a buffer is an edge, a bias, a unit or a layer of the picture", () => {
  /** @type {[string, (number | null)[] | null, Selection | null][]} */
  const rows = [
    ["dense1/W.grad", [1, 2], { kind: "edge", layer: "dense1", from: 1, to: 2 }],
    ["dense1/b", [3], { kind: "bias", layer: "dense1", unit: 3 }],
    ["dense1/a", [7, 2], { kind: "unit", layer: "dense1", unit: 2 }],
    ["probe/dense1/z", [2], { kind: "unit", layer: "dense1", unit: 2 }],
    ["dense1/W", [null, 2], { kind: "unit", layer: "dense1", unit: 2 }],
    ["dense1/W", null, { kind: "layer", layer: "dense1" }],
    ["data/x", [4, 1], { kind: "unit", layer: "input", unit: 1 }],
    ["data/y", [4, 0], { kind: "layer", layer: "input" }],
    ["loss/L", [], null],
  ];
  for (const [buffer, index, target] of rows) {
    assert.deepEqual(selectionAt(model, buffer, index), target, buffer);
  }
});
