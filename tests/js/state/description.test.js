// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  classesOf,
  decode,
  encode,
  fieldsAt,
  fitData,
  fitOutput,
  lossesFor,
} from "../../../static/js/state/description.js";
import { catalogue, modelOf, NETWORKS } from "../server.js";

/** @import { DatasetInfo, Description, LayerDescription } from "../../../static/js/state/types.js" */

const { losses } = catalogue();
const datasets = new Map(catalogue().datasets.map((info) => [info.name, info]));

/** @param {string} name @returns {DatasetInfo} */
function dataset(name) {
  const info = datasets.get(name);
  assert.ok(info, name);
  return info;
}

/** The usual description, changed. @param {object} [change] @returns {Description} */
function usual(change = {}) {
  return { ...structuredClone(modelOf().description), ...change };
}

test("what a description says at a path", () => {
  const description = { layers: [{ kind: "a" }, { layers: [{ units: 3 }] }] };
  assert.deepEqual(fieldsAt(description, "layers[1].layers[0]"), { units: 3 });
  assert.deepEqual(fieldsAt(description, "layers[7].layers[0]"), {});
  assert.deepEqual(fieldsAt(description, ""), description);
});

describe("links", () => {
  for (const name of NETWORKS) {
    test(`the network ${name} survives its link`, () => {
      const { description } = modelOf(name);
      const link = encode(description);
      const { description: read, view, problems } = decode(link);
      assert.deepEqual([problems, view], [[], {}]);
      if (link.startsWith("json=")) assert.deepEqual(read, description);
      else assert.equal(encode(completed(description, read)), link);
    });
  }

  test("a plain network is readable, another is JSON", () => {
    assert.match(encode(usual()), /^data=circles&samples=60&.*layers=4tanh,2tanh,1sigmoid&/);
    assert.match(encode(usual({ targets: "inputs" })), /^json=[\w-]+$/);
    assert.match(encode(usual({ clipping: { kind: "norm" } })), /^json=/);
  });

  test("all that a view adds comes back", () => {
    const view = {
      speed: { unit: /** @type {const} */ ("instruction"), per_second: 2.5 },
      edges: /** @type {const} */ ("gradient"),
      ...{ run: false, scene: "xor", log: { é: ["∂", 1e-300] } },
      stops: { watches: ["norm(W)"] },
    };
    assert.deepEqual(decode(`#${encode(usual(), view)}`).view, view);
    const unlimited = { speed: { unit: /** @type {const} */ ("step"), per_second: null } };
    assert.deepEqual(decode(encode(usual(), unlimited)).view, unlimited);
  });

  test("layers have their options behind an exclamation mark", () => {
    const layers = [
      { ...usual().layers[0], l2: 0.01, dropout: 0.2, initializer: "he_normal" },
      ...usual().layers.slice(1),
    ];
    const link = encode(usual({ layers }));
    assert.match(link, /layers=4tanh!initializer:he_normal!l2:0.01!dropout:0.2,/);
    const [first] = decode(link).description.layers ?? [];
    assert.deepEqual(first, {
      ...{ units: 4, activation: "tanh", initializer: "he_normal", l2: 0.01, dropout: 0.2 },
    });
  });

  test("an empty fragment asks for nothing", () => {
    for (const fragment of ["", "#", "&&"]) {
      assert.deepEqual(decode(fragment), { description: {}, view: {}, problems: [] });
    }
  });

  test("characters that were escaped on the way are understood", () => {
    assert.deepEqual(decode("#layers=4tanh%2C1sigmoid").description.layers, [
      { units: 4, activation: "tanh" },
      { units: 1, activation: "sigmoid" },
    ]);
    assert.equal(decode("#seed=%zz").problems.length, 1);
  });

  /** @type {[fragment: string, problem: RegExp][]} */
  const refused = [
    ["seed=", /seed=, which is not a number/],
    ["seed=1e999", /not a number/],
    ["seed=NaN", /not a number/],
    ["data=../../x", /not a name/],
    [`data=${"x".repeat(65)}`, /data=x{40}…, which/],
    ["features=x1,,x2", /names separated by commas/],
    ["shuffle=maybe", /yes or no/],
    ["batch=half", /a number or full/],
    ["layers=4tanh,relu", /layers such as/],
    ["layers=4tanh!nonsense:1", /layers such as/],
    ["layers=4tanh!l2:", /layers such as/],
    ["speed=0steps", /such as 50steps/],
    ["speed=-3steps", /such as 50steps/],
    ["edges=all", /weight, gradient or update/],
    ["json=bm90IGpzb24", /cut off: its network cannot be read/],
    [`log=${btoa("[1]")}`, /cut off: its edits cannot be read/],
    ["toString=1", /“toString”, which this version does not know/],
    ["__proto__=1", /does not know/],
  ];
  for (const [fragment, problem] of refused) {
    test(`${fragment.slice(0, 40)} is left out, and said`, () => {
      const { description, view, problems } = decode(`#seed=3&${fragment}`);
      assert.equal(problems.length, 1);
      assert.match(problems[0].message, problem);
      assert.equal(problems[0].code, "link");
      assert.deepEqual(view, {});
      assert.ok("seed" in description && Object.keys(description).length === 1);
    });
  }
});

/**
 * What a description is that was read from a link, with what the link leaves out.
 * @param {Description} whole
 * @param {{[field: string]: any}} read
 * @returns {Description}
 */
function completed(whole, read) {
  return {
    ...whole,
    ...read,
    layers: read.layers.map((/** @type {object} */ layer, /** @type {number} */ i) => ({
      ...whole.layers[i],
      ...layer,
    })),
    optimizer: { ...whole.optimizer, ...read.optimizer },
    data: { ...whole.data, ...read.data },
  };
}

describe("losses and classes", () => {
  test("the usual loss of a task comes first", () => {
    assert.equal(lossesFor("regression", 0)[0], "mean_squared_error");
    assert.equal(lossesFor("classification", 2)[0], "binary_cross_entropy");
    assert.equal(lossesFor("classification", 3)[0], "softmax_cross_entropy");
    assert.ok(!lossesFor("classification", 3).includes("binary_cross_entropy"));
    assert.ok(!lossesFor("regression", 0).some((loss) => loss.includes("entropy")));
  });

  test("a number of classes that a set does not have is its usual one", () => {
    const info = dataset("circles");
    const asked = (/** @type {number} */ classes) =>
      classesOf(usual({ data: { name: "circles", classes } }), info);
    for (const classes of info.class_counts) assert.equal(asked(classes), classes);
    assert.equal(asked(99), info.class_counts[0]);
    assert.equal(classesOf(usual(), dataset("sine")), 0);
  });
});

describe("the output layer", () => {
  const output = (/** @type {Description} */ { layers }) => layers[layers.length - 1];

  test("has a unit a class for softmax, one for a binary choice", () => {
    const info = dataset("circles");
    for (const [loss, units, activation] of [
      ["binary_cross_entropy", 1, "sigmoid"],
      ["softmax_cross_entropy", 2, "softmax"],
    ]) {
      const draft = usual({ loss });
      fitOutput(draft, info, losses);
      assert.deepEqual([output(draft).units, output(draft).activation], [units, activation]);
    }
  });

  test("is linear for a number, if it was an S-shaped one; another choice stays", () => {
    for (const [before, after] of [
      ["sigmoid", "linear"],
      ["softmax", "linear"],
      ["relu", "relu"],
    ]) {
      const draft = usual({ loss: "mean_squared_error" });
      output(draft).activation = before;
      fitOutput(draft, dataset("sine"), losses);
      assert.equal(output(draft).activation, after);
    }
  });

  test("is left to the server where the targets are the inputs", () => {
    const draft = usual({ targets: "inputs" });
    fitOutput(draft, dataset("circles"), losses);
    assert.ok(!("units" in output(draft)) && !("activation" in output(draft)));
  });

  test("is left alone if it is of another kind", () => {
    const draft = usual({ layers: [{ kind: "flatten" }] });
    fitOutput(draft, dataset("circles"), losses);
    assert.deepEqual(draft.layers, [{ kind: "flatten" }]);
  });
});

describe("another data set", () => {
  test("options come into the range of the new set, unknown ones go", () => {
    const draft = usual({ data: { name: "circles", samples: 1e9, noise: -1, colour: "red" } });
    const info = dataset("spirals");
    fitData(draft, info, losses, dataset("circles"));
    const range = new Map(info.options.map((option) => [option.name, option]));
    assert.equal(draft.data.samples, range.get("samples")?.maximum);
    assert.equal(draft.data.noise, range.get("noise")?.minimum);
    assert.ok(!("colour" in draft.data));
    assert.equal(draft.data.name, "spirals");
  });

  test("chosen features stay where there are the same to choose from", () => {
    const data = { name: "circles", features: ["x2", "x1_squared"] };
    const draft = usual({ data });
    fitData(draft, dataset("spirals"), losses, dataset("circles"));
    assert.deepEqual(new Set(draft.data.features), new Set(data.features));
    fitData(draft, dataset("sine"), losses, dataset("spirals"));
    assert.deepEqual(draft.data.features ?? [], dataset("sine").default_features);
  });

  test("a loss that was the usual one becomes the usual one, another stays if it can", () => {
    const draft = usual();
    assert.equal(draft.loss, "binary_cross_entropy");
    fitData(draft, dataset("iris"), losses, dataset("circles"));
    assert.equal(draft.loss, "softmax_cross_entropy");
    const own = usual({ loss: "huber" });
    fitData(own, dataset("iris"), losses, dataset("circles"));
    assert.equal(own.loss, "huber");
  });

  test("dense layers go along to flat data; a text brings its own layers", () => {
    const draft = usual();
    assert.equal(fitData(draft, dataset("iris"), losses, dataset("circles")), true);
    assert.deepEqual(
      draft.layers.map(({ kind }) => kind),
      ["dense", "dense", "dense"],
    );
    const text = usual({ clipping: { kind: "norm" }, stopping: { patience: 5 } });
    assert.equal(fitData(text, dataset("own_text"), losses, dataset("circles")), false);
    const kinds = (/** @type {LayerDescription[]} */ layers) => layers.map(({ kind }) => kind);
    assert.deepEqual(kinds(text.layers), kinds(dataset("own_text").layers));
    assert.deepEqual([text.clipping, text.stopping], [null, null]);
  });
});
