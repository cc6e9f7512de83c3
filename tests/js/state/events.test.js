// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addProblem, applyEvent, withHyperparameter } from "../../../static/js/state/events.js";
import { apply, NETWORKS, storeOf, told } from "../server.js";

for (const name of NETWORKS) {
  test(`the network ${name} is indexed by names and numbers`, () => {
    const { model } = storeOf(name).state;
    assert.ok(model.buffers.length > 0 && model.layers.length > 0);
    for (const buffer of model.buffers) {
      assert.equal(model.bufferByName.get(buffer.name), buffer);
      assert.equal(model.bufferById.get(buffer.id), buffer);
    }
    for (const { reads, writes } of model.instructions) {
      for (const id of [...reads, ...writes]) assert.ok(model.bufferById.has(id));
    }
  });
}

test("the page shows where the machine is", () => {
  const { run, branches } = storeOf().state;
  assert.deepEqual([run?.step, run?.pc, run?.running], [2, 0, false]);
  assert.deepEqual(branches[0].end, [2, 0]);
});

describe("hyperparameters", () => {
  const { description } = storeOf().state.model;

  test("of the optimizer and of a layer", () => {
    assert.equal(
      withHyperparameter(description, "learning_rate", 0.5).optimizer.learning_rate,
      0.5,
    );
    const changed = withHyperparameter(description, "dense2/l2", 0.1);
    assert.equal(changed.layers[1].l2, 0.1);
    assert.equal(description.layers[1].l2, 0);
  });

  test("one that the description does not have changes nothing", () => {
    assert.deepEqual(withHyperparameter(description, "momentum", 0.9), description);
    assert.deepEqual(withHyperparameter(description, "dense9/l2", 0.9), description);
  });

  test("what the server sets is shown, but for what is being dragged", () => {
    const store = storeOf();
    const event = { type: "set", name: "learning_rate", value: 0.25 };
    applyEvent(store, event, { editing: false, settings: new Map([["learning_rate", 0.7]]) });
    assert.equal(store.state.model.hyperparameters.learning_rate, 0.25);
    assert.notEqual(store.state.description?.optimizer.learning_rate, 0.25);
    apply(store, event);
    assert.equal(store.state.description?.optimizer.learning_rate, 0.25);
  });

  test("those of a state are taken as well, as after a way back", () => {
    const store = storeOf();
    const { state } = told("circles");
    const hyperparameters = { ...state.hyperparameters, learning_rate: 0.125 };
    apply(store, { ...state, hyperparameters });
    assert.equal(store.state.description?.optimizer.learning_rate, 0.125);
  });
});

describe("another network", () => {
  test("does not overwrite what is being edited", () => {
    const store = storeOf();
    const draft = { ...store.state.model.description, seed: 99 };
    store.set({ description: draft });
    const { configured } = told("pooling");
    applyEvent(store, configured, { editing: true, settings: new Map() });
    assert.equal(store.state.description, draft);
    apply(store, configured);
    assert.deepEqual(store.state.description, configured.description);
  });

  test("keeps the selection where it has the same", () => {
    /** @type {[import("../../../static/js/state/types.js").Selection, boolean][]} */
    const rows = [
      [{ kind: "unit", layer: "dense1", unit: 3 }, true],
      [{ kind: "unit", layer: "dense1", unit: 4 }, false],
      [{ kind: "edge", layer: "dense1", from: 1, to: 0 }, true],
      [{ kind: "edge", layer: "dense1", from: 2, to: 0 }, false],
      [{ kind: "bias", layer: "dense9", unit: 0 }, false],
      [{ kind: "layer", layer: "input" }, true],
      [{ kind: "unit", layer: "input", unit: 0 }, false],
      [{ kind: "instruction", index: 0 }, false],
    ];
    for (const [selection, kept] of rows) {
      const store = storeOf();
      store.set({ selection });
      apply(store, told("circles").configured);
      assert.deepEqual(store.state.selection, kept ? selection : null);
    }
  });

  test("problems of the last one go, those of the link stay", () => {
    const store = storeOf();
    addProblem(store, { code: "bad_value", field: "seed", message: "seed" });
    addProblem(store, { code: "link", field: "", message: "link" });
    apply(store, told("circles").configured);
    assert.deepEqual(
      store.state.errors.map(({ message }) => message),
      ["link"],
    );
  });
});

test("a problem takes the place of an older one of its field", () => {
  const store = storeOf();
  for (const [field, message] of [
    ["seed", "first"],
    ["loss", "other"],
    ["seed", "second"],
  ]) {
    addProblem(store, { code: "bad_value", field, message });
  }
  assert.deepEqual(
    store.state.errors.map(({ message }) => message),
    ["other", "second"],
  );
  assert.equal(store.state.announce, "second");
});

test("an event that this page does not know changes nothing", () => {
  const store = storeOf();
  const before = { ...store.state };
  apply(store, { type: "toString" });
  apply(store, { type: "of_a_newer_server", points: [] });
  assert.deepEqual({ ...store.state }, before);
});
