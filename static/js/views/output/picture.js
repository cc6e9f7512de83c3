// @ts-check
// The probe sample as the image it is.

import { sequentialLUT } from "../../color.js";
import { h } from "../../controls/dom.js";
import { Atlas } from "../../renderer/surface.js";

/** @typedef {import("../../types.js").Entry} Entry */

export class Picture {
  /** @param {[number, number]} shape height, width */
  constructor([height, width]) {
    this.atlas = new Atlas(width, height);
    this.canvas = this.atlas.canvas;
    this.element = h("div", { class: "out-picture", role: "img" }, this.canvas);
  }

  /**
   * @param {Entry} pixels (features,)
   * @param {string} words what it is a picture of
   */
  show(pixels, words) {
    const { atlas } = this;
    const colors = sequentialLUT();
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < atlas.pixels.length; i += 1) {
      low = Math.min(low, pixels.at(i));
      high = Math.max(high, pixels.at(i));
    }
    const factor = 255 / (high - low || 1);
    for (let i = 0; i < atlas.pixels.length; i += 1) {
      atlas.pixels[i] = colors[Math.round((pixels.at(i) - low) * factor)] ?? 0;
    }
    atlas.flush();
    this.element.setAttribute("aria-label", words);
  }
}
