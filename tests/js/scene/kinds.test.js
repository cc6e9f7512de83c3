// @ts-check

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { before, describe, test } from "node:test";
import {
  describeColumns,
  fetchKinds,
  inputLayer,
  isKnown,
  moduleOf,
  PICTURES,
} from "../../../static/js/scene/kinds.js";
import { catalogue, modelOf, NETWORKS } from "../server.js";

const PAGE = new URL("../../../static/js/", import.meta.url);

/** The names of the modules in a folder of the page. @param {string} folder */
function modulesIn(folder) {
  return readdirSync(new URL(folder, PAGE))
    .map((file) => file.replace(/\.js$/, ""))
    .sort();
}

describe("pictures", () => {
  before(async () => {
    for (const name of NETWORKS) await fetchKinds(modelOf(name));
  });

  test("have a module each, and one more if they are painted", async () => {
    assert.deepEqual(modulesIn("scene/kinds"), Object.keys(PICTURES).sort());
    const painted = Object.keys(PICTURES).filter((name) => PICTURES[name].painted);
    assert.deepEqual(modulesIn("renderer/kinds"), painted.sort());
    for (const name of painted) {
      const { Painter } = await import(new URL(`renderer/kinds/${name}.js`, PAGE).href);
      assert.equal(typeof Painter, "function", name);
    }
  });

  test("are of kinds that there are, one picture a kind", () => {
    const known = catalogue().layers.map(({ name }) => name);
    const own = Object.values(PICTURES).flatMap(({ kinds }) => kinds);
    for (const kind of own) assert.ok(known.includes(kind), kind);
    assert.equal(new Set(own).size, own.length);
  });

  test("are painted if they are made of fields", () => {
    for (const name of NETWORKS) {
      for (const { module = "", panel } of describeColumns(modelOf(name))) {
        assert.equal(PICTURES[module].painted, panel !== null, `${name}: ${module}`);
      }
    }
  });

  test("of a kind without one of its own follow from its shapes", () => {
    const model = modelOf("convolution");
    const layer = { ...model.layers[0], kind: "new" };
    const shaped = (/** @type {number[]} */ output_shape) =>
      moduleOf({ ...layer, output_shape }, model);
    assert.deepEqual(
      [shaped([5, 5, 2]), shaped([5, 2]), shaped([5])],
      ["maps", "time_steps", "dense"],
    );
  });

  test("are known once they have been fetched", () => {
    for (const name of NETWORKS) assert.ok(isKnown(modelOf(name)), name);
  });
});

test("the inputs come from nowhere", () => {
  for (const name of NETWORKS) {
    const model = modelOf(name);
    const [first] = describeColumns(model);
    assert.deepEqual(
      [first.layer, first.origin ?? null, first.limits],
      ["input", null, null],
      name,
    );
    assert.equal(inputLayer(model).window, null);
  }
});
