// @ts-check
// The network's predictions over the input plane, as an image: what lies behind the points.

import { category, divergingIndex, divergingLUT, palette } from "../../../color.js";
import { Atlas } from "../../../renderer/surface.js";

/** @import { Entry } from "../../../state/types.js" */

/** Paler than the points, which have the same colours and must stand out. */
const STRENGTH = 0.58;

/** @type {Map<string, Uint32Array>} by both colours, which change with the theme */
const tints = new Map();

/**
 * 256 pixels from the neutral colour to that of a category.
 * @param {number} i
 */
function tint(i) {
  const color = category(i);
  const { neutral } = palette();
  const key = `${neutral} ${color}`;
  const known = tints.get(key);
  if (known) return known;
  const canvas = new OffscreenCanvas(256, 1);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const gradient = context.createLinearGradient(0, 0, 256, 0);
  gradient.addColorStop(0, neutral);
  gradient.addColorStop(1, color);
  context.fillStyle = gradient;
  context.fillRect(0, 0, 256, 1);
  const pixels = new Uint32Array(context.getImageData(0, 0, 256, 1).data.buffer);
  tints.set(key, pixels);
  return pixels;
}

export class Ground {
  constructor() {
    /** @type {Atlas | null} */
    this.atlas = null;
    /** Whether some prediction was not a finite number. */
    this.failed = false;
  }

  /** @param {Entry} entry (outputs, height, width) */
  begin({ shape }) {
    const [, height, width] = shape;
    const { atlas } = this;
    if (atlas && atlas.canvas.width === width && atlas.canvas.height === height) return atlas;
    this.atlas = new Atlas(width, height);
    return this.atlas;
  }

  /**
   * Colours say which class, their strength how far it is ahead of the next one: neutral on the
   * boundary. Between two classes that is the signed scale.
   * @param {Entry} entry
   */
  takeClasses(entry) {
    const atlas = this.begin(entry);
    const { pixels } = atlas;
    const outputs = entry.shape[0];
    this.failed = false;
    if (outputs > 2) this.takeMany(entry, pixels);
    else {
      const size = pixels.length;
      const colors = divergingLUT();
      for (let i = 0; i < size; i += 1) {
        const lead = outputs === 1 ? 2 * entry.at(i) - 1 : entry.at(size + i) - entry.at(i);
        pixels[i] = this.pick(colors, divergingIndex(STRENGTH * within(lead)), lead);
      }
    }
    atlas.flush();
  }

  /**
   * @param {Entry} entry
   * @param {Uint32Array} pixels
   */
  takeMany(entry, pixels) {
    const outputs = entry.shape[0];
    const size = pixels.length;
    const colors = Array.from({ length: outputs }, (_, k) => tint(k));
    for (let i = 0; i < size; i += 1) {
      let first = Number.NEGATIVE_INFINITY;
      let second = first;
      let prediction = 0;
      let sum = 0;
      for (let k = 0, at = i; k < outputs; k += 1, at += size) {
        const value = entry.at(at);
        sum += value;
        if (value > first) {
          second = first;
          first = value;
          prediction = k;
        } else if (value > second) second = value;
      }
      const index = Math.round(255 * STRENGTH * within(first - second));
      pixels[i] = this.pick(colors[prediction], index, sum);
    }
  }

  /**
   * @param {Entry} entry (1, height, width)
   * @param {number} range the value at which colours are strongest
   */
  takeValues(entry, range) {
    const atlas = this.begin(entry);
    const { pixels } = atlas;
    const colors = divergingLUT();
    this.failed = false;
    for (let i = 0; i < pixels.length; i += 1) {
      const share = entry.at(i) / range;
      pixels[i] = this.pick(colors, divergingIndex(STRENGTH * within(share)), share);
    }
    atlas.flush();
  }

  /**
   * @param {Uint32Array} colors
   * @param {number} index
   * @param {number} value
   */
  pick(colors, index, value) {
    if (Number.isFinite(value)) return colors[index];
    this.failed = true;
    return 0;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {import("./axes.js").Axes} axes
   */
  paint(context, { left, top, width, height }) {
    if (!this.atlas) return;
    context.imageSmoothingEnabled = true;
    context.drawImage(this.atlas.canvas, left, top, width, height);
  }
}

/** @param {number} share */
function within(share) {
  return Math.max(-1, Math.min(1, share));
}

/**
 * An output at a point of the plane, linear between the centres of the cells.
 * @param {Entry} entry (outputs, height, width), the first row at the highest y
 * @param {number} output
 * @param {[number, number][]} domain
 * @param {number} x
 * @param {number} y
 */
export function planeValue(entry, output, domain, x, y) {
  const [, height, width] = entry.shape;
  const [[x0, x1], [y0, y1]] = domain;
  const [column, across] = cell(((x - x0) / (x1 - x0)) * width - 0.5, width);
  const [row, down] = cell(((y1 - y) / (y1 - y0)) * height - 0.5, height);
  const at = (output * height + row) * width + column;
  const above = entry.at(at) * (1 - across) + entry.at(at + 1) * across;
  const below = entry.at(at + width) * (1 - across) + entry.at(at + width + 1) * across;
  return above * (1 - down) + below * down;
}

/**
 * An output at a point of the line, linear between the centres of the cells.
 * @param {Entry} entry (outputs, width)
 * @param {[number, number]} domain
 * @param {number} x
 */
export function lineValue(entry, [x0, x1], x) {
  const width = entry.shape[1];
  const [column, across] = cell(((x - x0) / (x1 - x0)) * width - 0.5, width);
  return entry.at(column) * (1 - across) + entry.at(column + 1) * across;
}

/**
 * The cell left of a place, and how far it lies on the way to the next one.
 * @param {number} position
 * @param {number} count of cells, at least 2
 * @returns {[number, number]}
 */
function cell(position, count) {
  const low = Math.max(0, Math.min(count - 2, Math.floor(position)));
  return [low, Math.max(0, Math.min(1, position - low))];
}
