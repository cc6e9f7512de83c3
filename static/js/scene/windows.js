// @ts-check
// Which places of its input a place of a feature map is made of, along one axis at a time. Pure.

/** @import { LayerInfo, Model } from "../state/types.js" */
/** @typedef {[first: number, last: number]} Span */

/**
 * slide: place o is made of `size` places from `o * stride - before` on, `dilation` apart; spread:
 * every place of the input goes to `size` places, as in a transposed convolution; repeat: `size`
 * places are the same one of the input.
 * @typedef {{kind: "slide" | "spread" | "repeat", size: number, stride: number, dilation: number,
 *   before: number}} Window
 */

/** @type {Window} every place is made of its own */
const SAME = { kind: "slide", size: 1, stride: 1, dilation: 1, before: 0 };

/** Kinds whose places are made of their own, or of those around them; all others see everything. */
const LOCAL =
  /conv|pool|^(upsample|activation|dropout|batch_norm|layer_norm|embedding|positions|dense)$/;

/**
 * Whether a place of a layer depends on some places of its input only.
 * @param {LayerInfo} layer
 */
export function isLocal({ kind, input_shape: shape }) {
  // Without an axis of time or of an image there is but one place.
  return LOCAL.test(kind) && (shape.length > 1 || kind === "embedding");
}

/**
 * The windows of a layer over rows and over columns; those over time have no columns.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {[Window, Window]}
 */
export function windowsOf(layer, model) {
  const fields = fieldsAt(model.description, layer.path);
  const flat = layer.input_shape.length < 3;
  return [windowOf(layer, fields, 0), flat ? SAME : windowOf(layer, fields, 1)];
}

/**
 * @param {LayerInfo} layer
 * @param {{[field: string]: any}} fields of its description
 * @param {number} axis
 * @returns {Window}
 */
function windowOf({ kind, input_shape: shape }, fields, axis) {
  const of = (/** @type {unknown} */ value, /** @type {number} */ absent) =>
    Number((Array.isArray(value) ? value[axis] : value) ?? absent);
  if (kind.startsWith("global_")) return { ...SAME, size: shape[axis], stride: shape[axis] };
  if (kind === "upsample") return { ...SAME, kind: "repeat", size: of(fields.factor, 2) };
  const pool = kind === "max_pool" || kind === "average_pool";
  if (!pool && !/conv/.test(kind)) return SAME;
  const size = pool ? of(fields.size, 2) : of(fields.kernel, 3);
  const spread = kind === "transposed_conv2d";
  const stride = of(fields.stride, pool ? size : spread ? 2 : 1);
  const dilation = of(fields.dilation, 1);
  const before = paddingBefore(fields.padding, axis, spread, shape[axis], {
    size,
    stride,
    dilation,
  });
  return { kind: spread ? "spread" : "slide", size, stride, dilation, before };
}

/**
 * @param {unknown} padding
 * @param {number} axis
 * @param {boolean} spread
 * @param {number} n places of the input
 * @param {{size: number, stride: number, dilation: number}} window
 */
function paddingBefore(padding, axis, spread, n, { size, stride, dilation }) {
  if (spread) return padding === "valid" ? 0 : Math.floor(Math.max(0, size - stride) / 2);
  const reach = (size - 1) * dilation + 1;
  if (padding === "same") {
    return Math.floor(Math.max(0, (Math.ceil(n / stride) - 1) * stride + reach - n) / 2);
  }
  return Number(Array.isArray(padding) ? padding[axis] : padding) || 0;
}

/**
 * What a description says at a path such as "layers[1].layers[0]".
 * @param {any} description
 * @param {string} path
 * @returns {{[field: string]: any}}
 */
export function fieldsAt(description, path) {
  const keys = path.match(/\w+/g) ?? [];
  return keys.reduce((at, key) => at?.[key], description) ?? {};
}

/**
 * The places of the input that some neighbouring places are made of.
 * @param {Window} window
 * @param {Span} span
 * @param {number} n places of the input
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
