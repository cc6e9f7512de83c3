// @ts-check
// What is said of training samples that do not fill a batch.

import assert from "node:assert/strict";
import { test } from "node:test";
import { droppedText, samplesOfEpoch } from "../../../static/js/state/batches.js";

/** @param {number} dropped @param {boolean} [shuffle] */
const model = (dropped, shuffle = false) =>
  /** @type {any} */ ({ dropped, data: { train: 250 }, description: { shuffle } });

test("the samples of an epoch", () => {
  assert.equal(samplesOfEpoch(model(0)), "250 samples");
  assert.equal(samplesOfEpoch(model(50)), "200 of 250 samples");
});

test("what an epoch drops", () => {
  assert.equal(droppedText(model(0)), "");
  assert.equal(
    droppedText(model(50)),
    "50 of 250 training samples are never used: they do not fill a batch, and shuffling is off.",
  );
  assert.equal(
    droppedText(model(1)),
    "1 of 250 training samples is never used: it does not fill a batch, and shuffling is off.",
  );
  assert.equal(
    droppedText(model(50, true)),
    "Each epoch drops 50 of 250 training samples, others each time: they do not fill a batch.",
  );
});
