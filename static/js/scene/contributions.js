// @ts-check
// How a cell is computed: a sum of products, a maximum, a mean or a copy. Pure.

/** @import { Origin, Position } from "./origin.js" */
/** @import { Read } from "./panel.js" */

/**
 * One part of a sum: the inputs of one channel and their weights, by row. Over time one part has
 * all channels.
 * @typedef {{channel: number, patch: number[], kernel: number[], sum: number}} Share
 */

/**
 * How a cell is computed. A sum has its shares, the largest first, and a bias; a maximum, a mean or
 * a copy has one share and no kernel. `value` is the result. `from` names the cell of the maximum
 * or the weights in use, `field` the receptive field in the network's input. If `timed`, rows are
 * steps from `first` on, and the columns of a sum are channels.
 * @typedef {{rule: "sum" | "largest" | "mean" | "copy", timed: boolean, first: number, from: string,
 *   field: string, rows: number, cols: number, shares: Share[], bias: number,
 *   value: number}} Contributions
 */

/**
 * @param {Origin} origin
 * @param {number} cell
 * @param {Read} read
 * @returns {Contributions | null} null if there is nothing to show, or numbers are still missing
 */
export function contributionsOf(origin, cell, read) {
  const rule = origin.layer.combines;
  const position = rule && origin.find(cell);
  const inputs = read(origin.source);
  const outputs = read(rule === "sum" ? origin.z : origin.a) ?? read(origin.a);
  if (!rule || !position || !inputs || !outputs) return null;
  const [rows, cols] = origin.patchAt(position);
  const found = {
    rule,
    timed: origin.timed,
    first: rows[0],
    from: "",
    field: origin.receptiveField(position),
    rows: rows.length,
    cols: cols.length,
    shares: [],
    bias: 0,
    value: outputs[origin.at(origin.output, position)],
  };
  if (rule === "sum") return weighed(origin, found, inputs, read, position);
  // Padding is never the maximum, but counts as zeros in a mean.
  const outside = rule === "mean" ? 0 : Number.NaN;
  const patch = origin.patch(inputs, position, position.channel, outside);
  const share = { channel: position.channel, patch, kernel: [], sum: found.value };
  const from = rule === "mean" ? "" : nameOf(origin, origin.argmaxIn(position, patch));
  return { ...found, from, shares: [share] };
}

/** @param {Origin} origin @param {Position} position in its input */
function nameOf({ timed }, { row, col }) {
  return timed ? `step ${row + 1}` : `row ${row}, column ${col}`;
}

/**
 * @param {Origin} origin
 * @param {Contributions} found
 * @param {Float32Array} inputs
 * @param {Read} read
 * @param {Position} position
 * @returns {Contributions | null}
 */
function weighed(origin, found, inputs, read, position) {
  const weights = read(origin.weight);
  if (!weights) return null;
  const [first, last] = origin.inputChannels(position.channel);
  const channels = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const shares = channels.map((channel) => shareOf(origin, inputs, weights, position, channel));
  const bias = read(origin.bias)?.[position.channel] ?? 0;
  const from = origin.windows[0].kind === "spread" ? kernelInWords(origin, position) : "";
  if (origin.timed) return { ...found, cols: shares.length, bias, shares: [byTime(found, shares)] };
  shares.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  return { ...found, from, bias, shares };
}

/**
 * @param {Origin} origin
 * @param {Float32Array} inputs
 * @param {Float32Array} weights
 * @param {Position} position
 * @param {number} channel of the input
 * @returns {Share}
 */
function shareOf(origin, inputs, weights, position, channel) {
  const [rows, cols] = origin.kernelAt(position);
  const input = channel - origin.inputChannels(position.channel)[0];
  const patch = origin.patch(inputs, position, channel, 0);
  const kernel = rows.flatMap((row) =>
    cols.map((col) => weights[origin.weightAt(row, col, input, position.channel)]),
  );
  const sum = patch.reduce((total, number, at) => total + number * kernel[at], 0);
  return { channel, patch, kernel, sum };
}

/**
 * Combines the shares of all channels over time: a row per step, a column per channel.
 * @param {Contributions} found
 * @param {Share[]} shares in order of their channels
 * @returns {Share}
 */
function byTime({ rows }, shares) {
  const turned = (/** @type {"patch" | "kernel"} */ of) =>
    Array.from({ length: rows }, (_, row) => shares.map((share) => share[of][row])).flat();
  const sum = shares.reduce((total, share) => total + share.sum, 0);
  return { channel: shares[0].channel, patch: turned("patch"), kernel: turned("kernel"), sum };
}

/**
 * The part of the kernel that a position uses, in words.
 * @param {Origin} origin
 * @param {Position} position
 */
function kernelInWords(origin, position) {
  const [rows, cols] = origin.kernelAt(position);
  const of = (/** @type {string} */ name, /** @type {number[]} */ at) =>
    `${name}${at.length > 1 ? "s" : ""} ${at.join(", ")}`;
  return `kernel's ${of("row", rows)} and ${of("column", cols)}`;
}
