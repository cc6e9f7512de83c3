// @ts-check
// How a cell was made: the sum of products, the choice or the mean that its numbers went through. Pure.

/** @import { Origin, Place } from "./origin.js" */
/** @import { Read } from "./panel.js" */

/**
 * One part of a sum, of one channel or, over time, of all: the numbers of the input and the weights
 * they are multiplied with, by row.
 * @typedef {{channel: number, patch: number[], kernel: number[], sum: number}} Share
 */

/**
 * How a cell was made. A sum has its shares, the largest first, and a bias; a choice, a mean or a
 * copy has one share and no kernel. `value` is what they come to; `from`, in words, the chosen cell, or
 * the weights that are used; `field` the part of the network's input that it depends on. `timed`: rows
 * are steps, the first one `first`, and the columns of a sum are channels.
 * @typedef {{rule: "sum" | "largest" | "mean" | "copy", timed: boolean, first: number, from: string,
 *   field: string, rows: number, cols: number, shares: Share[], bias: number, value: number}} Made
 */

/**
 * @param {Origin} origin
 * @param {number} cell
 * @param {Read} read
 * @returns {Made | null} null where there is nothing to show, or not all is there yet
 */
export function madeOf(origin, cell, read) {
  const rule = origin.layer.combines;
  const place = rule && origin.find(cell);
  const inputs = read(origin.source);
  const own = read(rule === "sum" ? origin.z : origin.a) ?? read(origin.a);
  if (!rule || !place || !inputs || !own) return null;
  const [rows, cols] = origin.patchAt(place);
  const made = {
    rule,
    timed: origin.timed,
    first: rows[0],
    from: "",
    field: origin.field(place),
    rows: rows.length,
    cols: cols.length,
    shares: [],
    bias: 0,
    value: own[origin.at(origin.output, place)],
  };
  if (rule === "sum") return weighed(origin, made, inputs, read, place);
  // Cells of padding are never the largest, but count as zeros in a mean.
  const outside = rule === "mean" ? 0 : Number.NaN;
  const patch = origin.patch(inputs, place, place.channel, outside);
  const share = { channel: place.channel, patch, kernel: [], sum: made.value };
  const from = rule === "mean" ? "" : nameOf(origin, origin.largest(place, patch));
  return { ...made, from, shares: [share] };
}

/** @param {Origin} origin @param {Place} place of its input */
function nameOf({ timed }, { row, col }) {
  return timed ? `step ${row + 1}` : `row ${row}, column ${col}`;
}

/**
 * @param {Origin} origin
 * @param {Made} made
 * @param {Float32Array} inputs
 * @param {Read} read
 * @param {Place} place
 * @returns {Made | null}
 */
function weighed(origin, made, inputs, read, place) {
  const weights = read(origin.weight);
  if (!weights) return null;
  const [first, last] = origin.seen(place.channel);
  const channels = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const shares = channels.map((channel) => shareOf(origin, inputs, weights, place, channel));
  const bias = read(origin.bias)?.[place.channel] ?? 0;
  const from = origin.windows[0].kind === "spread" ? kernelInWords(origin, place) : "";
  if (origin.timed) return { ...made, cols: shares.length, bias, shares: [byTime(made, shares)] };
  shares.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  return { ...made, from, bias, shares };
}

/**
 * @param {Origin} origin
 * @param {Float32Array} inputs
 * @param {Float32Array} weights
 * @param {Place} place
 * @param {number} channel of the input
 * @returns {Share}
 */
function shareOf(origin, inputs, weights, place, channel) {
  const [rows, cols] = origin.kernelAt(place);
  const input = channel - origin.seen(place.channel)[0];
  const patch = origin.patch(inputs, place, channel, 0);
  const kernel = rows.flatMap((row) =>
    cols.map((col) => weights[origin.weightAt(row, col, input, place.channel)]),
  );
  const sum = patch.reduce((total, number, at) => total + number * kernel[at], 0);
  return { channel, patch, kernel, sum };
}

/**
 * Over time one share has all channels: a row a step, a column a channel.
 * @param {Made} made
 * @param {Share[]} shares in order of their channels
 * @returns {Share}
 */
function byTime({ rows }, shares) {
  const turned = (/** @type {"patch" | "kernel"} */ of) =>
    Array.from({ length: rows }, (_, row) => shares.map((share) => share[of][row])).flat();
  const sum = shares.reduce((total, share) => total + share.sum, 0);
  return { channel: shares[0].channel, patch: turned("patch"), kernel: turned("kernel"), sum };
}

/** Which weights a place is made with, where not all are. @param {Origin} origin @param {Place} place */
function kernelInWords(origin, place) {
  const [rows, cols] = origin.kernelAt(place);
  const of = (/** @type {string} */ name, /** @type {number[]} */ at) =>
    `${name}${at.length > 1 ? "s" : ""} ${at.join(", ")}`;
  return `kernel's ${of("row", rows)} and ${of("column", cols)}`;
}
