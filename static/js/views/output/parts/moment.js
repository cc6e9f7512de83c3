// @ts-check
// What a view shows, at one moment: the frame, and whose sample the probe's numbers are.

/** @import { Entry, Frame, Model, RunState, SplitName } from "../../../state/types.js" */

/**
 * A sample of a split. `row` is its row of the batch under way, or null outside a step.
 * @typedef {{split: SplitName, sample: number, row: number | null}} Shown
 */

/** @typedef {{frame: Frame, model: Model, run: RunState}} Moment */

/**
 * The picture of a buffer in a frame; null if the frame lacks it.
 * @param {Moment} moment
 * @param {string} name
 * @returns {Entry | null}
 */
export function entryOf({ frame, model }, name) {
  const buffer = model.bufferByName.get(name);
  return (buffer && frame.entries.get(buffer.id)) ?? null;
}

/**
 * The sample whose numbers the probe buffers hold: the probe sample, or within a step a sample of
 * the batch, as only those are computed then.
 * @param {Moment} moment needs `input/batch`
 * @returns {Shown}
 */
export function shownSample(moment) {
  const { frame, run } = moment;
  const batch = frame.probeIsBatchRow ? entryOf(moment, "input/batch") : null;
  if (!batch) return { ...run.probe, row: null };
  return { split: "train", sample: batch.at(frame.probe), row: frame.probe };
}

/**
 * A sample in words: "train 12", or "train 12, batch row 3" where the batch is what is shown.
 * @param {Shown} shown
 */
export function sampleName({ split, sample, row }) {
  return row === null ? `${split} ${sample}` : `${split} ${sample}, batch row ${row}`;
}

/**
 * The same in two parts for narrow places.
 * @param {Shown} shown
 * @returns {[string, string]}
 */
export function sampleTitle({ split, sample, row }) {
  return [`${split} ${sample}`, row === null ? "" : `row ${row}`];
}

/**
 * The buffer of the network's outputs for the probe sample.
 * @param {Model} model
 */
export function predictionBuffer(model) {
  return `probe/${model.layers[model.layers.length - 1].name}/a`;
}
