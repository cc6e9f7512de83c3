// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Questions } from "../../../static/js/actions/questions.js";
import { commandsOf, settled } from "../commands.js";
import { storeOf } from "../server.js";

/** @import { Actions } from "../../../static/js/actions/actions.js" */
/** @import { Selection } from "../../../static/js/state/types.js" */

/** @param {Parameters<typeof commandsOf>[0]} [answer] */
function page(answer) {
  const store = storeOf();
  const { sent, connection } = commandsOf(answer);
  let pauses = 0;
  const pause = async () => {
    pauses += 1;
  };
  const actions = /** @type {Actions} */ (/** @type {any} */ ({ connection, pause }));
  return { store, sent, paused: () => pauses, questions: new Questions(actions, store) };
}

const LOSS = { buffer: "loss/L", index: [] };
const UNIT = /** @type {Selection} */ ({ kind: "unit", layer: "dense1", unit: 2 });

describe("the trail of explanations", () => {
  test("grows with what is followed, and goes back", () => {
    const { store, questions } = page();
    questions.explain(LOSS);
    questions.follow({ buffer: "dense1/a", index: [0, 1], factor: 2 });
    questions.follow({ buffer: "dense1/z", index: [0, 1] });
    const buffers = () => store.state.trail.map(({ buffer }) => buffer);
    assert.deepEqual(buffers(), ["loss/L", "dense1/a", "dense1/z"]);
    questions.back();
    assert.deepEqual(buffers(), ["loss/L", "dense1/a"]);
    questions.back(0);
    assert.deepEqual(buffers(), []);
  });

  test("ends when something else is selected", async () => {
    const { store, questions } = page();
    await settled(); // of the new network, which ends a trail, too
    questions.explain(LOSS, UNIT);
    await settled();
    assert.equal(store.state.trail.length, 1);
    store.set({ selection: { kind: "layer", layer: "dense1" } });
    await settled();
    assert.deepEqual(store.state.trail, []);
  });

  test("begins at the gradient of what is selected", () => {
    const { store, questions } = page();
    const begin = (/** @type {Selection | null} */ selection) => {
      store.set({ selection });
      questions.explainSelected();
      const [{ buffer, index }] = store.state.trail;
      return [buffer, index];
    };
    assert.deepEqual(begin(null), ["loss/L", []]);
    assert.deepEqual(begin(UNIT), ["probe/dense1/z.grad", [2]]);
    assert.deepEqual(begin({ kind: "edge", layer: "dense2", from: 3, to: 1 }), [
      "dense2/W.grad",
      [3, 1],
    ]);
    assert.deepEqual(begin({ kind: "bias", layer: "dense1", unit: 0 }), ["dense1/b.grad", [0]]);
    assert.deepEqual(begin({ kind: "unit", layer: "input", unit: 1 }), ["probe/input/x", [1]]);
  });
});

test("an explanation is asked for once per picture", async () => {
  const { store, sent, questions } = page();
  const ask = () => questions.explanation(LOSS, null, 4);
  await Promise.all([ask(), ask()]);
  assert.equal(sent.length, 1);
  await questions.explanation(LOSS, null, 8);
  assert.equal(sent.length, 2);
  store.set({ frame: /** @type {any} */ ({ number: 7 }) });
  await ask();
  assert.equal(sent.length, 3);
});

describe("the exercise", () => {
  const answer = (/** @type {{type: string, fields: any}} */ { type, fields }) =>
    type === "explain"
      ? { buffer: "dense1/W.grad", index: [0, 1], probe: false }
      : { right: fields.answer === 2, hint: "The sign is wrong." };

  test("hides a number under both of its names, and pauses a run", async () => {
    const { store, paused, questions } = page(answer);
    const { run } = store.state;
    assert.ok(run);
    store.set({ run: { ...run, running: true } });
    await questions.quiz({ buffer: "parameters.grad", index: [1] }, UNIT);
    assert.equal(paused(), 1);
    assert.deepEqual(
      store.state.quiz?.elements.map(({ buffer, index }) => [buffer, index]),
      [
        ["parameters.grad", [1]],
        ["dense1/W.grad", [0, 1]],
      ],
    );
    assert.equal(store.state.quiz?.revealed, false);
    assert.deepEqual(store.state.selection, UNIT);
  });

  test("shows the number after a right answer only", async () => {
    const { store, questions } = page(answer);
    await questions.quiz(LOSS);
    assert.deepEqual(await questions.check(-2, 3), { right: false, hint: "The sign is wrong." });
    assert.equal(store.state.quiz?.revealed, false);
    await questions.check(2, 3);
    assert.equal(store.state.quiz?.revealed, true);
    questions.endQuiz();
    assert.equal(store.state.quiz, null);
  });
});
