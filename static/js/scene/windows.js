// @ts-check
// Windows: the positions of the input that a position of a feature map depends on, one axis at a
// time. Pure.

/** @import { LayerInfo } from "../state/types.js" */
/** @typedef {[first: number, last: number]} Span */

/**
 * slide: position o depends on `size` positions from `o * stride - before` on, `dilation` apart;
 * spread: every position of the input reaches `size` positions, as in a transposed convolution;
 * repeat: `size` positions are copies of the same one of the input.
 * @typedef {{kind: "slide" | "spread" | "repeat", size: number, stride: number, dilation: number,
 *   before: number}} Window
 */

/** @type {Window} every position depends on the same position of the input */
const SAME = { kind: "slide", size: 1, stride: 1, dilation: 1, before: 0 };

/**
 * The windows of a layer over rows and columns; layers over time have rows only.
 * @param {LayerInfo} layer
 * @returns {[Window, Window]}
 */
export function windowsOf({ window }) {
  const along = (/** @type {number} */ axis) => {
    if (!window || axis >= window.size.length) return SAME;
    const { kind, size, stride, dilation, before } = window;
    return {
      kind,
      size: size[axis],
      stride: stride[axis],
      dilation: dilation[axis],
      before: before[axis],
    };
  };
  return [along(0), along(1)];
}

/**
 * The positions of the input that neighbouring positions depend on.
 * @param {Window} window
 * @param {Span} span
 * @param {number} n number of positions in the input
 * @returns {Span}
 */
export function spanOf({ kind, size, stride, dilation, before }, [first, last], n) {
  const inside = (/** @type {number} */ i) => Math.max(0, Math.min(n - 1, i));
  if (kind === "repeat") return [inside(Math.floor(first / size)), inside(Math.floor(last / size))];
  if (kind === "spread") {
    const low = Math.ceil((first + before - size + 1) / stride);
    return [inside(low), inside(Math.floor((last + before) / stride))];
  }
  return [inside(first * stride - before), inside(last * stride - before + (size - 1) * dilation)];
}
