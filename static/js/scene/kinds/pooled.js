// @ts-check
// Pooling over all of time, or of an image: a unit per channel, computed from a whole map.

import { originOf } from "../origin.js";
import { dense } from "./dense.js";

/** @import { LayerInfo, Model } from "../../state/types.js" */

/** @param {LayerInfo} layer @param {Model} model */
export function column(layer, model) {
  const origin = originOf(layer, model, (unit) => ({ row: 0, col: 0, channel: unit }));
  return { ...dense.column(layer, model), origin };
}
