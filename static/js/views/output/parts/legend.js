// @ts-check
// What colours and shapes mean.

import { h, setText, tip } from "../../../controls/dom.js";
import { short } from "../../../format.js";
import { ROUND, swatch } from "./marks.js";

/** Up to this many classes stand below one another with their whole names. */
const MAX_LISTED = 3;

/**
 * A shape and a colour for every class.
 * @param {string[]} names
 */
export function classKey(names) {
  const listed = names.length <= MAX_LISTED;
  const items = names.map((name, i) => {
    const brief = listed ? name : name.replace(/^class /, "");
    return h("li", { title: name }, swatch(i, "filled", i), h("span", {}, brief));
  });
  return h(
    "ul",
    { class: `out-classes${listed ? "" : " many"}`, "aria-label": "Classes" },
    ...items,
  );
}

/** The mark of wrongly predicted points. */
export function wrongKey() {
  return h("p", { class: "out-wrong" }, swatch(ROUND, "ringed"), h("span", {}, "wrong prediction"));
}

/**
 * The signed scale of a target.
 * @param {number} range
 */
export function colorKey(range) {
  const words = h("p", {}, h("span", {}, `−${short(range)}`), h("span", {}, `+${short(range)}`));
  return h("div", { class: "out-scale" }, h("div", { class: "out-ramp" }), words);
}

/** @param {string} kind @param {string} text */
function strokeKey(kind, text) {
  return h("p", { class: "out-stroke" }, h("i", { class: kind }), h("span", {}, text));
}

/** The curve of the network. */
export function curveKey() {
  return strokeKey("curve", "network");
}

/** Where predictions are right. */
export function diagonalKey() {
  return strokeKey("diagonal", "exact");
}

/** How good predictions are as a whole. */
export function qualityKey() {
  const determination = h("dd", {});
  const error = h("dd", {});
  const spread = tip(
    h("div", {}, h("dt", {}, "R²"), determination),
    "The share of the variance of the true values that the predictions explain. 1 is perfect.",
  );
  const distance = tip(
    h("div", {}, h("dt", {}, "RMSE"), error),
    "The root of the mean squared error, in the unit of the target.",
  );
  return {
    element: h("dl", { class: "out-quality", "aria-label": "Test set" }, spread, distance),
    /** @param {number} r2 @param {number} rmse */
    show(r2, rmse) {
      setText(determination, short(r2));
      setText(error, short(rmse));
    },
  };
}
