// @ts-check
// Which training samples an epoch uses: batches have one size, so what does not fill one is dropped.

import { count } from "../format.js";

/** @import { Model } from "./types.js" */

/**
 * The samples that an epoch uses: "250 samples", or "200 of 250 samples".
 * @param {Model} model
 */
export function samplesOfEpoch({ dropped, data }) {
  const all = `${count(data.train)} samples`;
  return dropped > 0 ? `${count(data.train - dropped)} of ${all}` : all;
}

/**
 * What an epoch drops, in a sentence; "" if nothing.
 * @param {Model} model
 */
export function droppedText({ dropped, data, description }) {
  if (dropped === 0) return "";
  const samples = `${count(dropped)} of ${count(data.train)} training samples`;
  const [are, they] = dropped === 1 ? ["is", "it does"] : ["are", "they do"];
  const fill = `${they} not fill a batch`;
  return description.shuffle
    ? `Each epoch drops ${samples}, ${dropped === 1 ? "another" : "others"} each time: ${fill}.`
    : `${samples} ${are} never used: ${fill}, and shuffling is off.`;
}
