// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Breakpoints } from "../../../static/js/actions/breakpoints.js";
import { MAX_BREAKPOINTS, newBreakpoint } from "../../../static/js/state/breakpoints.js";
import { commandsOf, refusal, settled } from "../commands.js";
import { storeOf } from "../server.js";

/** @import { Actions } from "../../../static/js/actions/actions.js" */

/** @param {Parameters<typeof commandsOf>[0]} [answer] */
function page(answer) {
  const store = storeOf();
  const { sent, connection } = commandsOf(answer);
  const actions = /** @type {Actions} */ (/** @type {any} */ ({ connection }));
  return { store, sent, breakpoints: new Breakpoints(actions, store) };
}

/** A server that refuses one condition. @param {{fields: any}} command */
function refuseNonsense({ fields }) {
  const at = fields.breakpoints?.findIndex(
    (/** @type {any} */ { condition }) => condition === "nonsense",
  );
  if (at >= 0) throw refusal(`breakpoints[${at}]`, `breakpoints[${at}]: unknown name`);
  return {};
}

describe("breakpoints", () => {
  test("get the next number as a name, and keep it when they are changed", async () => {
    const { breakpoints } = page();
    assert.equal(breakpoints.put(newBreakpoint({ instruction: 3 })), "1");
    assert.equal(breakpoints.put(newBreakpoint({ instruction: 5 })), "2");
    assert.equal(breakpoints.put(newBreakpoint({ name: "1", instruction: 7 })), "1");
    assert.deepEqual(
      breakpoints.list.map(({ name, instruction }) => [name, instruction]),
      [
        ["1", 7],
        ["2", 5],
      ],
    );
    await settled();
  });

  test("that are refused stay on the page, behind the others, with the reason", async () => {
    const { store, sent, breakpoints } = page(refuseNonsense);
    breakpoints.put(newBreakpoint({ condition: "nonsense" }));
    breakpoints.put(newBreakpoint({ condition: "loss < 1" }));
    for (let i = 0; i < 6; i += 1) await settled();
    const last = sent.at(-1)?.fields.breakpoints;
    assert.deepEqual(
      last.map((/** @type {any} */ { condition }) => condition),
      ["loss < 1"],
    );
    const { condition, problem } = store.state.breakpoints[store.state.breakpoints.length - 1];
    assert.deepEqual([condition, problem], ["nonsense", "unknown name"]);
  });

  test("are no more than the server accepts", async () => {
    const { store, breakpoints } = page();
    for (let i = 0; i < MAX_BREAKPOINTS; i += 1) breakpoints.put(newBreakpoint({ instruction: i }));
    assert.equal(breakpoints.put(newBreakpoint({ instruction: 0 })), "");
    assert.equal(breakpoints.list.length, MAX_BREAKPOINTS);
    assert.match(store.state.announce, new RegExp(String(MAX_BREAKPOINTS)));
    await settled();
  });

  test("are toggled at the hovered instruction, else at the next one", async () => {
    const { store, breakpoints } = page();
    store.set({ hover: { kind: "instruction", index: 4 } });
    breakpoints.toggleHere();
    assert.deepEqual(
      breakpoints.list.map(({ instruction }) => instruction),
      [4],
    );
    breakpoints.toggleHere();
    assert.equal(breakpoints.list.length, 0);
    store.set({ hover: null });
    breakpoints.toggleHere();
    assert.equal(breakpoints.list[0].instruction, store.state.run?.pc);
    await settled();
  });
});

describe("the watch list", () => {
  test("has an expression once, and a removed one is no longer pinned", async () => {
    const { store, breakpoints } = page();
    assert.ok(breakpoints.watch("loss") && breakpoints.watch("loss"));
    breakpoints.pin("loss", true);
    assert.deepEqual([store.state.watches.length, store.state.pins], [1, ["loss"]]);
    breakpoints.unwatch("loss");
    assert.deepEqual([store.state.watches, store.state.pins], [[], []]);
    await settled();
  });

  test("is bounded", async () => {
    const { store, breakpoints } = page();
    let watched = 0;
    while (watched < 1000 && breakpoints.watch(`step + ${watched}`)) watched += 1;
    assert.equal(watched, 32);
    assert.equal(store.state.watches.length, 32);
    await settled();
  });
});

test("a stop is announced once, with its reason", async () => {
  const { store } = page();
  const { run } = store.state;
  assert.ok(run);
  const stopped = { ...run, reason: "breakpoint", hits: [{ name: "1", text: "loss < 1" }] };
  store.set({ run: stopped });
  await settled();
  assert.match(store.state.announce, /^Stopped at step \d+, before .+: loss < 1\.$/);
  store.set({ announce: "" });
  store.set({ run: { ...stopped } });
  await settled();
  assert.equal(store.state.announce, "");
});
