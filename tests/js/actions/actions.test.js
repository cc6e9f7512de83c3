// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createActions } from "../../../static/js/actions/actions.js";
import { commandsOf, refusal, settled } from "../commands.js";
import { storeOf } from "../server.js";

/** @param {Parameters<typeof commandsOf>[0]} [answer] */
function page(answer) {
  const store = storeOf();
  store.set({ connection: "open" });
  const { sent, connection } = commandsOf(answer);
  return { store, sent, actions: createActions(connection, store) };
}

/** @param {ReturnType<typeof page>["sent"]} sent @param {string} type */
const ofType = (sent, type) =>
  sent.filter((command) => command.type === type).map(({ fields }) => fields);

describe("a command", () => {
  test("that is refused becomes a problem on the page", async () => {
    const { store, actions } = page(() => {
      throw refusal("learning_rate", "too large");
    });
    assert.equal(await actions.run(), false);
    assert.deepEqual(
      store.state.errors.map(({ field, message }) => [field, message]),
      [["learning_rate", "too large"]],
    );
  });

  test("that fails for another reason is no problem of the user", async () => {
    const { store, actions } = page(({ type }) => {
      if (type === "run") throw new TypeError("a mistake");
      return {};
    });
    await assert.rejects(actions.run(), TypeError);
    assert.deepEqual(store.state.errors, []);
  });
});

test("a hyperparameter is sent one value at a time, and the last one always is", async () => {
  const { store, sent, actions } = page();
  for (const value of [0.1, 0.2, 0.3]) actions.set("learning_rate", value);
  assert.equal(store.state.description?.optimizer.learning_rate, 0.3);
  for (let i = 0; i < 4; i += 1) await settled();
  const values = ofType(sent, "set").map(({ value }) => value);
  assert.deepEqual([values[0], values.at(-1), values.length], [0.1, 0.3, 2]);
  assert.equal(actions.settings.size, 0);
});

test("a new description continues a run, and does not start one", async () => {
  const { store, sent, actions } = page();
  const { run } = store.state;
  assert.ok(run);
  for (const running of [false, true]) {
    store.set({ run: { ...run, running } });
    await actions.configure({});
  }
  assert.deepEqual(
    sent.map(({ type }) => type).filter((type) => type !== "subscribe"),
    ["configure", "configure", "run"],
  );
});

describe("the subscription", () => {
  test("merges what views want, with the finest precision, once", async () => {
    const { sent, actions } = page();
    actions.want("a", [
      { name: "dense1/W", dtype: "u8" },
      { name: "probe/input/x", dtype: "f32" },
    ]);
    actions.want("b", [
      { name: "dense1/W", dtype: "f64" },
      { name: "no/such/buffer", dtype: "f64" },
    ]);
    await settled();
    const [{ buffers }, ...others] = ofType(sent, "subscribe");
    assert.deepEqual(
      new Map(buffers.map((/** @type {any} */ { name, dtype }) => [name, dtype])),
      new Map([
        ["dense1/W", "f64"],
        ["probe/input/x", "f32"],
      ]),
    );
    actions.want("b", [{ name: "dense1/W", dtype: "f64" }]);
    await settled();
    assert.deepEqual([others.length, ofType(sent, "subscribe").length], [0, 1]);
  });

  test("is sent again after the server has forgotten it", async () => {
    const { sent, actions } = page();
    actions.want("a", [{ name: "dense1/W", dtype: "u8" }]);
    await settled();
    actions.renewSubscription();
    await settled();
    assert.equal(ofType(sent, "subscribe").length, 2);
  });

  test("of a program that is gone may be refused without a problem", async () => {
    const { store, actions } = page(({ type }) => {
      if (type === "subscribe") throw refusal("buffers[0]", "no such buffer");
      return {};
    });
    const { model } = store.state;
    await actions.sendSubscription([], model.generation - 1);
    assert.deepEqual(store.state.errors, []);
    await actions.sendSubscription([], model.generation);
    assert.equal(store.state.errors.length, 1);
  });
});
