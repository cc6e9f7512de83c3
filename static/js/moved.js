// @ts-check
// Training points that were moved by hand: where they are at the present moment, and how they get
// there. A point's features follow from its coordinates. No I/O.

import { lineage, nowOf, order } from "./branches.js";

/** @typedef {import("./store.js").State} State */
/** @typedef {import("./types.js").EditInfo} EditInfo */
/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").Points} Points */

/** The samples' inputs in the machine, (sample, feature). */
const INPUTS = "data/x";

/** The input features of a point in the plane. @type {{[name: string]: (x: number, y: number) => number}} */
const FEATURES = {
  x1: (x) => x,
  x2: (_, y) => y,
  x1_squared: (x) => x * x,
  x2_squared: (_, y) => y * y,
  x1_x2: (x, y) => x * y,
  sin_x1: (x) => Math.sin(x),
  sin_x2: (_, y) => Math.sin(y),
};

/**
 * The columns of the two coordinates among the features; null where one of them is not given.
 * @param {Model} model
 * @returns {[number, number] | null}
 */
export function coordinateColumns({ description }) {
  const features = description.data.features ?? [];
  const columns = /** @type {[number, number]} */ (["x1", "x2"].map((f) => features.indexOf(f)));
  const known = features.every((name) => name in FEATURES);
  return known && columns.every((column) => column >= 0) ? columns : null;
}

/**
 * What has to be written for a training point to lie elsewhere.
 * @param {Model} model
 * @param {number} sample
 * @param {number} x
 * @param {number} y
 * @returns {{buffer: string, index: number[], value: number}[]}
 */
export function writesOf({ description, data }, sample, x, y) {
  const { mean, scale } = data.standardisation ?? { mean: [], scale: [] };
  return (description.data.features ?? []).map((name, column) => ({
    ...{ buffer: INPUTS, index: [sample, column] },
    value: (FEATURES[name](x, y) - (mean[column] ?? 0)) / (scale[column] ?? 1),
  }));
}

/**
 * The changes of training points that the present moment has behind it, the oldest first.
 * @param {State} state
 * @returns {EditInfo[]}
 */
export function pointEdits(state) {
  const { branch, moment } = nowOf(state);
  return lineage(state.branches, branch)
    .reverse()
    .flatMap(({ branch: own, to }) => {
      const until = own.number === branch ? moment : to;
      return own.edits.filter(
        (edit) => edit.buffer === INPUTS && edit.kind === "write" && order(edit.moment, until) <= 0,
      );
    });
}

/**
 * The training points with what was moved.
 * @param {Model} model
 * @param {EditInfo[]} edits
 * @returns {Points}
 */
export function moved({ description, data }, edits) {
  const points = structuredClone(data.points?.train ?? []);
  const features = description.data.features ?? [];
  const { mean, scale } = data.standardisation ?? { mean: [], scale: [] };
  for (const { index, value } of edits) {
    const [sample, column] = index ?? [];
    const axis = ["x1", "x2"].indexOf(features[column ?? -1]);
    const point = points[sample ?? -1];
    if (axis < 0 || !point || value === null) continue;
    point[axis] = value * (scale[column ?? 0] ?? 1) + (mean[column ?? 0] ?? 0);
  }
  return points;
}
