// @ts-check
// The numbers of one buffer as a small picture, in the colours used everywhere.

import { divergingIndex, divergingLUT, palette } from "../../color.js";
import { h } from "../../controls/dom.js";
import { BASE_FONT_SIZE } from "../../display.js";

/** @import { Entry } from "../../state/types.js" */

const MAX_SIDE = 24; // px at the base size of type
const MAX_CELL = 6; // px

export class MatrixPicture {
  constructor() {
    this.element = h("canvas", { class: "listing-picture", "aria-hidden": "true", hidden: true });
    this.context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
    /** @type {ImageData | null} */
    this.image = null;
    this.pixels = new Uint32Array(0);
  }

  /**
   * One pixel a number, the last axis to the right.
   * @param {number[]} shape
   */
  setShape(shape) {
    const columns = shape.at(-1) ?? 1;
    const rows = Math.max(
      1,
      shape.slice(0, -1).reduce((product, n) => product * n, 1),
    );
    const { element } = this;
    if (this.image && element.width === columns && element.height === rows) return;
    element.width = columns;
    element.height = rows;
    const cell = Math.min(MAX_CELL, MAX_SIDE / Math.max(columns, rows));
    element.style.width = `${(Math.max(1, cell * columns) / BASE_FONT_SIZE).toFixed(3)}rem`;
    element.style.height = `${(Math.max(1, cell * rows) / BASE_FONT_SIZE).toFixed(3)}rem`;
    element.classList.toggle("dense", cell < 1);
    this.image = this.context.createImageData(columns, rows);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /**
   * @param {Entry} entry of the shape set
   * @param {number} range the magnitude that has the full colour
   */
  paint(entry, range) {
    const { pixels, image } = this;
    if (!image) return;
    const colors = divergingLUT();
    const factor = range > 0 ? 1 / range : 0;
    let broken = false;
    for (let i = 0; i < pixels.length; i += 1) {
      const value = entry.at(i);
      broken ||= !Number.isFinite(value);
      pixels[i] = Number.isFinite(value) ? colors[divergingIndex(value * factor)] : 0;
    }
    this.context.putImageData(image, 0, 0);
    if (broken) this.paintBroken(entry);
  }

  /** What is not finite, in the colour of errors. @param {Entry} entry */
  paintBroken(entry) {
    const { width } = this.element;
    this.context.fillStyle = palette().error;
    for (let i = 0; i < this.pixels.length; i += 1) {
      if (!Number.isFinite(entry.at(i)))
        this.context.fillRect(i % width, Math.floor(i / width), 1, 1);
    }
  }
}
