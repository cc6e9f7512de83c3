// @ts-check
// From numbers to pixels along one axis, and back.

const MIN_LOGARITHMIC = 1e-300; // of a logarithmic scale

/** One axis. Pixels may run against the numbers, as they do upwards. */
export class Scale {
  constructor() {
    this.low = 0;
    this.high = 1;
    this.log = false;
    this.start = 0;
    this.end = 1;
    this.slope = 1;
  }

  /**
   * What is shown. On a logarithmic scale both ends must be positive.
   * @param {number} low
   * @param {number} high more than `low`
   * @param {boolean} [log]
   */
  cover(low, high, log = false) {
    this.low = low;
    this.high = high;
    this.log = log;
    this.adjust();
  }

  /**
   * Where it is shown.
   * @param {number} start pixel of `low`
   * @param {number} end pixel of `high`
   */
  place(start, end) {
    this.start = start;
    this.end = end;
    this.adjust();
  }

  adjust() {
    const span = this.log ? Math.log(this.high) - Math.log(this.low) : this.high - this.low;
    this.slope = (this.end - this.start) / span;
  }

  /**
   * The pixel of a number. What a logarithmic scale can not show lies at its lower end.
   * @param {number} value
   */
  at(value) {
    if (!this.log) return this.start + (value - this.low) * this.slope;
    return value > 0 ? this.start + Math.log(value / this.low) * this.slope : this.start;
  }

  /**
   * The number at a pixel.
   * @param {number} pixel
   */
  valueAt(pixel) {
    const way = (pixel - this.start) / this.slope;
    return this.log ? this.low * Math.exp(way) : this.low + way;
  }
}

/**
 * Covers numbers and zero, with round ends; the numbers alone if logarithmic.
 * @param {Scale} scale
 * @param {number} low the least number to show; positive if logarithmic
 * @param {number} high
 * @param {boolean} log
 */
export function coverFromZero(scale, low, high, log) {
  if (log)
    scale.cover(
      roundDown(Math.max(low, MIN_LOGARITHMIC)),
      roundUp(high > low ? high : 2 * low),
      true,
    );
  else if (low === 0 && high === 0) scale.cover(0, 1);
  else {
    const step = roundUp(Math.max(high, -low) / 4);
    const bottom = step * Math.floor(Math.min(0, low) / step);
    scale.cover(bottom, Math.min(Number.MAX_VALUE, step * Math.ceil(Math.max(0, high) / step)));
  }
}

/**
 * Covers shares of a whole, from a round one up to all of it.
 * @param {Scale} scale
 * @param {number} low 0…1
 */
export function coverToWhole(scale, low) {
  scale.cover(Math.max(0, Math.min(0.9, Math.floor(low * 10 + 1e-9) / 10)), 1);
}

/**
 * The largest of 1, 2, 5 times a power of ten that is not more.
 * @param {number} value positive
 */
export function roundDown(value) {
  const unit = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const share = value / unit + 1e-9;
  return (share >= 5 ? 5 : share >= 2 ? 2 : 1) * unit;
}

/**
 * The least of 1, 2, 5 times a power of ten that is not less.
 * @param {number} value positive
 */
export function roundUp(value) {
  const unit = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const share = value / unit - 1e-9;
  const rounded = (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10) * unit;
  return Math.min(rounded, Number.MAX_VALUE);
}
