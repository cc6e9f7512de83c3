// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Health } from "../../../static/js/actions/health.js";
import { commandsOf, refusal, settled } from "../commands.js";
import { storeOf } from "../server.js";

/** @import { Actions } from "../../../static/js/actions/actions.js" */
/** @import { Rule } from "../../../static/js/state/types.js" */

/** @param {Parameters<typeof commandsOf>[0]} [answer] @param {string[]} [refused] types */
function page(answer, refused = []) {
  const store = storeOf();
  const { sent, connection } = commandsOf(answer);
  /** @type {string[]} */
  const done = [];
  const send = async (/** @type {string} */ type, /** @type {any} */ fields) => {
    done.push(`${type} ${JSON.stringify(fields)}`);
    return !refused.includes(type);
  };
  const actions = {
    connection,
    send,
    run: () => send("run", {}),
    configure: async (/** @type {any} */ description) => {
      done.push(`configure ${description.optimizer.learning_rate}`);
      return true;
    },
  };
  const health = new Health(/** @type {Actions} */ (/** @type {any} */ (actions)), store);
  return { store, sent, done, health };
}

const RULE = { rule: "curvature", title: "Curvature" };

describe("a rule that runs on demand", () => {
  test("has its latest number of findings, and says when there are none", async () => {
    const { store, health } = page(() => ({ findings: [] }));
    await health.examine(RULE);
    await health.examine(RULE);
    assert.deepEqual(store.state.examined, [{ ...RULE, step: 2, found: 0 }]);
    assert.equal(store.state.announce, "Curvature: nothing found");
  });

  test("announces its first finding", async () => {
    const finding = { severity: "warning", title: "Sharp", text: "The rate is too large" };
    const { store, health } = page(() => ({ findings: [finding, finding] }));
    await health.examine(RULE);
    assert.equal(store.state.announce, "warning: Sharp. The rate is too large.");
    assert.equal(store.state.examined[0].found, 2);
  });

  test("that is refused leaves a problem", async () => {
    const { store, health } = page(() => {
      throw refusal("rule", "no such rule");
    });
    await health.examine(RULE);
    assert.deepEqual(
      [store.state.examined, store.state.errors.map(({ field }) => field)],
      [[], ["rule"]],
    );
  });
});

test("a rule takes the thresholds that the server has accepted", async () => {
  const rule = /** @type {Rule} */ ({ ...RULE, meaning: "", when: "demand", thresholds: { a: 1 } });
  const { sent, health } = page(() => ({ thresholds: { a: 0.5 } }));
  await health.adjust(rule, "a", 0.2);
  assert.deepEqual(sent[0].fields, { rule: "curvature", thresholds: { a: 0.2 } });
  assert.deepEqual(rule.thresholds, { a: 0.5 });
});

describe("a remedy", () => {
  test("goes back first, once the machine is at rest, then sets and runs", async () => {
    const { store, done, health } = page();
    const { run } = store.state;
    assert.ok(run);
    store.set({ run: { ...run, running: true } });
    const attempt = health.attempt({ learning_rate: 0.01 }, [1, 0]);
    await settled();
    assert.deepEqual(done, ['goto {"step":1,"pc":0,"branch":null}']);
    store.set({ run: { ...run, running: false, step: 1 } });
    await attempt;
    assert.deepEqual(done.slice(1), ['set {"name":"learning_rate","value":0.01}', "run {}"]);
  });

  test("is given up if the journey ends elsewhere, or a value is refused", async () => {
    const elsewhere = page();
    await elsewhere.health.attempt({ learning_rate: 0.01 }, [1, 0]);
    assert.equal(elsewhere.store.state.run?.step, 2);
    assert.equal(elsewhere.done.length, 1);
    const refused = page(undefined, ["set"]);
    await refused.health.attempt({ learning_rate: -1 }, null);
    assert.deepEqual(refused.done, ['set {"name":"learning_rate","value":-1}']);
  });

  test("that changes the network configures it", async () => {
    const { store, done, health } = page();
    await health.apply([{ path: "optimizer.learning_rate", value: 0.125 }]);
    assert.deepEqual(done, ["configure 0.125"]);
    assert.notEqual(store.state.description?.optimizer.learning_rate, 0.125);
  });
});
