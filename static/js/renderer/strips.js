// @ts-check
// Views of a matrix: an image of it, and one number per row. Both are allocated once; painting
// allocates nothing.

import { divergingLUT, sequentialLUT } from "../color.js";
import { Atlas, pick } from "./surface.js";

/** @import { Part } from "../scene/fields.js" */
/** @import { Box } from "../scene/layout.js" */
/** @import { Signal } from "./values.js" */

/** A matrix as an image, computed again only after a change. */
export class Sheet {
  /**
   * @param {Signal} signal
   * @param {Part} part
   * @param {boolean} signed numbers of both signs in colour; else shares, 0..1, as ink whose depth
   *   goes with the root, so that small ones show
   */
  constructor(signal, part, signed) {
    this.signal = signal;
    this.part = part;
    this.signed = signed;
    this.atlas = new Atlas(part.cols, part.rows);
    this.version = -1;
    this.range = 0;
    this.offset = part.offset;
    this.colors = divergingLUT();
  }

  /**
   * Paints the rows from `from` to `to` at their position within the box of all rows.
   * @param {CanvasRenderingContext2D} context
   * @param {Box} box
   * @param {number} from
   * @param {number} to
   */
  paint(context, box, from, to) {
    const { atlas, part } = this;
    if (to <= from) return;
    const pitch = box.height / part.rows;
    // Smoothing would blur cells; it is needed only where there are fewer pixels than cells.
    context.imageSmoothingEnabled = box.width < part.cols || pitch < 1;
    const rows = to - from;
    const top = box.y + from * pitch;
    context.drawImage(atlas.canvas, 0, from, part.cols, rows, box.x, top, box.width, rows * pitch);
  }

  /** Takes the newest numbers. @param {number} range */
  refresh(range) {
    const { signal, atlas, part, signed } = this;
    const colors = signed ? divergingLUT() : sequentialLUT();
    const fresh = this.version === signal.version && this.range === range;
    if (fresh && this.colors === colors && this.offset === part.offset) return;
    const factor = 127.5 / (range || 1);
    for (let row = 0, at = 0; row < part.rows; row += 1) {
      let from = part.offset + row * part.stride;
      for (let col = 0; col < part.cols; col += 1, at += 1, from += part.step) {
        const value = signal.shown[from];
        atlas.pixels[at] = pick(colors, signed ? 127.5 + factor * value : 255 * Math.sqrt(value));
      }
    }
    atlas.flush();
    this.version = signal.version;
    this.range = range;
    this.offset = part.offset;
    this.colors = colors;
  }
}

/** One number per row of a matrix, kept until the matrix changes. */
export class Profile {
  /**
   * @param {Signal} signal
   * @param {Part} part
   * @param {"norm" | "mean"} kind the root of the sum of squares, or the mean magnitude
   */
  constructor(signal, part, kind) {
    this.signal = signal;
    this.part = part;
    this.kind = kind;
    this.values = new Float32Array(part.rows);
    this.peak = 0;
    this.version = -1;
  }

  /** Takes the newest numbers. */
  refresh() {
    const { signal, part, values, kind } = this;
    if (this.version === signal.version) return;
    this.peak = 0;
    for (let row = 0; row < part.rows; row += 1) {
      let from = part.offset + row * part.stride;
      let sum = 0;
      for (let col = 0; col < part.cols; col += 1, from += part.step) {
        const value = signal.shown[from];
        sum += kind === "norm" ? value * value : Math.abs(value);
      }
      values[row] = kind === "norm" ? Math.sqrt(sum) : sum / part.cols;
      if (values[row] > this.peak) this.peak = values[row];
    }
    this.version = signal.version;
  }
}
