// @ts-check

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  findSteps,
  rowsOf,
  stepIn,
  stepName,
  tokenText,
} from "../../../static/js/scene/sequence.js";
import { modelOf } from "../server.js";

const text = modelOf("recurrence");

describe("tokens", () => {
  const vocabulary = [" ", "\n", "\t", "a", "\ufffd", "the "];
  const model = { ...text, data: { ...text.data, vocabulary } };

  test("leave a mark", () => {
    const shown = vocabulary.map((_, id) => tokenText(model, id));
    assert.deepEqual(shown, ["␣", "↵", "⇥", "a", "∅", "the␣"]);
    assert.equal(tokenText(model, 99), "");
  });

  test("are numbers without a vocabulary", () => {
    assert.equal(tokenText({ ...text, data: { ...text.data, vocabulary: null } }, 7), "7");
  });

  test("name the steps, from 1, where they are known", () => {
    assert.equal(stepName(model, [3, 0], 1), "step 2 “␣”");
    assert.equal(stepName(model, [3, 0], 2), "step 3");
    assert.equal(stepName(model, [Number.NaN], 0), "step 1");
    assert.equal(stepName(model, null, 0), "step 1");
  });
});

describe("rows", () => {
  const area = { y: 10, height: 300, scale: 1 };

  test("fill the height where there are many, and stand in the middle where there are few", () => {
    assert.deepEqual(rowsOf(area, 100, 100), { y: 10, pitch: 3, height: 300 });
    const few = rowsOf(area, 4, 4);
    assert.equal(few.y - 10, 310 - (few.y + few.height));
    assert.ok(few.pitch <= 24);
  });

  test("of a shorter sequence have the height of the longest", () => {
    assert.equal(rowsOf(area, 2, 8).height, rowsOf(area, 8, 8).height);
  });
});

describe("the steps of a recurrent layer", () => {
  const { instructions } = text;
  const lstm = text.layers.find(({ kind }) => kind === "lstm");
  const [count] = lstm?.output_shape ?? [0];

  test("are computed one after the other, and their gradients the other way", () => {
    const { done, reached } = findSteps(instructions, lstm?.name ?? "", count);
    const last = instructions.length;
    for (let t = 0; t < count; t += 1) {
      assert.ok(done[t] >= 0 && done[t] < last);
      assert.equal(stepIn(instructions[done[t]], lstm?.name ?? ""), t);
      if (t > 0) assert.ok(done[t] > done[t - 1]);
      if (t > 0 && reached[t - 1] >= 0) assert.ok(reached[t] < reached[t - 1]);
    }
  });

  test("run backwards in the reverse direction", () => {
    const gru = text.layers.find(({ kind }) => kind === "gru")?.name;
    const { done } = findSteps(instructions, `${gru}/reverse`, count);
    assert.ok(done.every((at) => at >= 0));
    assert.deepEqual(
      [...done],
      [...done].sort((a, b) => b - a),
    );
  });

  test("an instruction of another layer is of no step", () => {
    assert.equal(stepIn(instructions[0], "nowhere"), -1);
    assert.equal(stepIn(null, "lstm2"), -1);
    const other = { ...instructions[0], scope: "lstm22/t3/x" };
    assert.equal(stepIn(other, "lstm2"), -1);
    assert.equal(stepIn({ ...other, scope: "lstm2/t10/x" }, "lstm2"), 9);
  });
});
