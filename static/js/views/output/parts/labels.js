// @ts-check
// Names beside points, as many as fit without touching. A name that stands stays as long as it
// can, so that names do not flicker while the points move.

import { palette } from "../../../color.js";
import { displayScale } from "../../../display.js";

const SIZE = 10; // px at a root size of 13
const MAX_LABELS = 60;

/**
 * @typedef {object} Named
 * @property {number} count
 * @property {number} chosen has its name first; -1 for none
 * @property {number} width of the picture, CSS px
 * @property {number} height
 * @property {number} offset from a point to its name
 * @property {(point: number) => number} x
 * @property {(point: number) => number} y
 * @property {(point: number) => string} text
 */

export class Labels {
  constructor() {
    /** @type {Set<number>} points that have their names shown */
    this.shown = new Set();
    /** @type {Map<string, number>} */
    this.widths = new Map();
  }

  /** @param {CanvasRenderingContext2D} canvas @param {Named} named */
  paint(canvas, named) {
    const { ink, panel, text } = palette();
    const size = SIZE * displayScale();
    canvas.font = `${size}px ${text}`;
    canvas.textBaseline = "middle";
    canvas.textAlign = "left";
    canvas.lineJoin = "round";
    canvas.lineWidth = 2.5;
    canvas.strokeStyle = panel;
    canvas.fillStyle = ink;
    /** @type {number[][]} left, top, right, bottom of what is taken */
    const taken = [];
    const shown = new Set();
    for (const point of this.order(named)) {
      if (taken.length >= MAX_LABELS) break;
      const words = named.text(point);
      const box = this.place(canvas, named, point, words, size);
      if (!box || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      shown.add(point);
      canvas.strokeText(words, box[0], named.y(point));
      canvas.fillText(words, box[0], named.y(point));
    }
    this.shown = shown;
  }

  /** The chosen one, those that are shown, then the others. @param {Named} named */
  order({ count, chosen }) {
    const all = Array.from({ length: count }, (_, i) => i);
    const first = chosen < 0 ? [] : [chosen];
    return new Set([...first, ...this.shown, ...all]);
  }

  /**
   * @param {CanvasRenderingContext2D} canvas
   * @param {Named} named
   * @param {number} point
   * @param {string} words
   * @param {number} size
   * @returns {number[] | null} null if it is not within the picture
   */
  place(canvas, { x, y, width, height, offset }, point, words, size) {
    let length = this.widths.get(words);
    if (length === undefined) {
      length = canvas.measureText(words).width;
      this.widths.set(words, length);
    }
    const middle = y(point);
    const isRight = x(point) + offset + length < width;
    const left = isRight ? x(point) + offset : x(point) - offset - length;
    if (!(left > 0 && left + length < width && middle > size && middle < height - size))
      return null;
    return [left, middle - 0.6 * size, left + length, middle + 0.6 * size];
  }
}

/** @param {number[]} a @param {number[]} b */
function overlap(a, b) {
  return a[0] < b[2] + 2 && b[0] < a[2] + 2 && a[1] < b[3] && b[1] < a[3];
}
