// @ts-check
// Numbers as an image: the probe sample's, or the network's output.

import { divergingLUT, sequentialLUT } from "../../../color.js";
import { h } from "../../../controls/dom.js";
import { Atlas } from "../../../renderer/surface.js";

/** Numbers row by row @typedef {{at: (index: number) => number}} Pixels */

export class Picture {
  /** @param {[number, number]} shape height, width */
  constructor([height, width]) {
    this.atlas = new Atlas(width, height);
    this.canvas = this.atlas.canvas;
    this.element = h("div", { class: "out-picture", role: "img" }, this.canvas);
  }

  /**
   * Ink from the lowest to the highest number, or within a range.
   * @param {Pixels} pixels (height, width)
   * @param {string} words what it is a picture of
   * @param {[number, number]} [range]
   */
  show(pixels, words, [low, high] = rangeOf(pixels, this.atlas.pixels.length)) {
    const factor = 255 / (high - low || 1);
    this.paint(pixels, sequentialLUT(), factor, -low * factor);
    this.element.setAttribute("aria-label", words);
  }

  /**
   * Signed numbers in the diverging colours.
   * @param {Pixels} pixels (height, width)
   * @param {string} words what it is a picture of
   * @param {number} range from minus this to this
   */
  showSigned(pixels, words, range) {
    this.paint(pixels, divergingLUT(), 127.5 / range, 127.5);
    this.element.setAttribute("aria-label", words);
  }

  /**
   * @param {Pixels} pixels
   * @param {Uint32Array} colors
   * @param {number} factor index of the colour = offset + factor * number
   * @param {number} offset
   */
  paint(pixels, colors, factor, offset) {
    const { atlas } = this;
    for (let i = 0; i < atlas.pixels.length; i += 1) {
      const index = Math.round(offset + factor * pixels.at(i));
      atlas.pixels[i] = colors[Math.min(255, Math.max(0, index))] ?? 0;
    }
    atlas.flush();
  }
}

/**
 * @param {Pixels} pixels
 * @param {number} count
 * @returns {[number, number]}
 */
function rangeOf(pixels, count) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i += 1) {
    low = Math.min(low, pixels.at(i));
    high = Math.max(high, pixels.at(i));
  }
  return [low, high];
}
