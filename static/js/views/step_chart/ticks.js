// @ts-check
// The ticks of an axis.

import { tick } from "../../format.js";
import { roundUp } from "./scale.js";

/** @import { Scale } from "./scale.js" */

const MAX_TICKS = 5;
const PARTS = [
  [1, 2, 5],
  [1, 3],
  [1, 5],
];

/**
 * A step at an axis: 500, 20k, 1.5M.
 * @param {number} value
 * @param {number} spacing
 */
export function stepTick(value, spacing) {
  if (value < 10_000) return tick(value, spacing);
  const [unit, letter] = value < 1e6 ? [1e3, "k"] : [1e6, "M"];
  return `${tick(value / unit, spacing / unit)}${letter}`;
}

/** The ticks of one axis, computed only when its range has changed. */
export class Ticks {
  /** @param {(value: number, spacing: number) => string} [text] */
  constructor(text = tick) {
    this.text = text;
    this.count = 0;
    this.values = new Float64Array(MAX_TICKS);
    /** @type {string[]} */
    this.texts = Array(MAX_TICKS).fill("");
    this.low = Number.NaN;
    this.high = Number.NaN;
    this.log = false;
    this.most = 0;
  }

  /**
   * At most `most` round numbers, and at most five, within what the scale covers.
   * @param {Scale} scale
   * @param {number} most
   * @param {number} [least] the ticks lie at least this far apart: 1 for what is counted
   */
  fit(scale, most, least = 0) {
    const { low, high, log } = scale;
    if (low === this.low && high === this.high && log === this.log && most === this.most) return;
    this.low = low;
    this.high = high;
    this.log = log;
    this.most = most;
    const room = Math.max(1, Math.min(MAX_TICKS, most));
    if (!log || !this.fitPowers(room)) this.fitEven(room, least);
  }

  /** @param {number} value @param {number} spacing */
  push(value, spacing) {
    this.values[this.count] = value;
    this.texts[this.count] = this.text(value, spacing);
    this.count += 1;
  }

  /**
   * Multiples of the smallest round step that gives few enough.
   * @param {number} room
   * @param {number} least
   */
  fitEven(room, least) {
    const { low, high } = this;
    const slack = (high - low) * 1e-9;
    let step = Math.max(least, roundUp((high - low) / room));
    while (Math.floor((high + slack) / step) - Math.ceil((low - slack) / step) + 1 > room) {
      step = roundUp(step * 1.01);
    }
    this.count = 0;
    for (let i = Math.ceil((low - slack) / step); i * step <= high + slack; i += 1) {
      this.push(i * step, step);
    }
  }

  /**
   * Powers of ten with what lies between them if there is room, else every so many powers.
   * @param {number} room
   * @returns {boolean} whether there are at least two
   */
  fitPowers(room) {
    const first = Math.ceil(Math.log10(this.low) - 1e-9);
    const last = Math.floor(Math.log10(this.high) + 1e-9);
    for (const parts of PARTS) {
      if (last - first < 2 && this.fitParts(first - 1, last, parts, room)) return true;
    }
    this.count = 0;
    const stride = Math.ceil((last - first + 1) / room);
    for (let power = first; power <= last; power += stride) this.push(10 ** power, 10 ** power);
    return this.count > 1;
  }

  /**
   * @param {number} first power of ten
   * @param {number} last
   * @param {number[]} parts what each power is multiplied with
   * @param {number} room
   * @returns {boolean} whether they are at least two and have room
   */
  fitParts(first, last, parts, room) {
    this.count = 0;
    for (let power = first; power <= last; power += 1) {
      for (const part of parts) {
        const value = part * 10 ** power;
        if (value < this.low * (1 - 1e-9) || value > this.high * (1 + 1e-9)) continue;
        if (this.count === room) return false;
        this.push(value, 10 ** power);
      }
    }
    return this.count > 1;
  }
}
