// @ts-check

import assert from "node:assert/strict";
import { test } from "node:test";
import { keyOf, patched } from "../../../static/js/state/findings.js";
import { apply, modelOf, storeOf } from "../server.js";

/** @param {object} given */
function finding(given) {
  const usual = { rule: "r", subject: "", severity: "note", title: "T", text: "t", remedies: [] };
  return { ...usual, ...given };
}

test("changes are made to a copy, deep inside as well", () => {
  const { description } = modelOf();
  const before = structuredClone(description);
  const draft = patched(description, [
    { path: "layers[0].initializer", value: "he_normal" },
    { path: "optimizer.learning_rate", value: 0.5 },
    { path: "seed", value: 7 },
  ]);
  assert.deepEqual(description, before);
  assert.equal(draft.layers?.[0].initializer, "he_normal");
  assert.deepEqual([draft.optimizer?.learning_rate, draft.seed], [0.5, 7]);
});

test("another optimizer takes over the learning rate alone", () => {
  const { description } = modelOf();
  const draft = patched(
    { ...description, optimizer: { kind: "momentum", learning_rate: 0.3, momentum: 0.9 } },
    [{ path: "optimizer.kind", value: "adam" }],
  );
  assert.deepEqual(draft.optimizer, { kind: "adam", learning_rate: 0.3 });
});

test("the gravest come first, and only new ones are announced, while it runs", () => {
  const store = storeOf();
  const { generation } = store.state.model;
  const note = finding({ rule: "a", title: "Note" });
  const error = finding({ rule: "b", severity: "error", title: "Error" });
  apply(store, { type: "diagnostics", generation, findings: [note] });
  assert.equal(store.state.announce, "");
  const { run } = store.state;
  assert.ok(run);
  store.set({ run: { ...run, running: true } });
  apply(store, { type: "diagnostics", generation, findings: [note, error] });
  assert.deepEqual(store.state.findings.map(keyOf), ["b ", "a "]);
  assert.equal(store.state.announce, "error: Error. t.");
});

test("those of another network are left out", () => {
  const store = storeOf();
  const { generation } = store.state.model;
  apply(store, { type: "diagnostics", generation: generation + 1, findings: [finding({})] });
  assert.deepEqual(store.state.findings, []);
});
