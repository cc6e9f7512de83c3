// @ts-check
// What charts over steps share: which steps are shown, the range being brushed, the margins.

const MIN_SPAN = 2; // steps

/** The steps that all charts beside or above one another show. */
export class TimeAxis {
  constructor() {
    /** Grows with every change, so that a chart can see whether it has to draw. */
    this.version = 0;
    this.zoomed = false;
    this.low = 0;
    this.high = 1;
    /** The range being brushed, in either direction; NaN if none is. */
    this.brushFrom = Number.NaN;
    this.brushTo = Number.NaN;
    /** The machine's step: the accent line. */
    this.current = 0;
    /** What the labels at the lines' ends need, px at the base size of type. */
    this.right = 0;
    /** @type {() => void} */
    this.onChange = () => {};
  }

  changed() {
    this.version += 1;
    this.onChange();
  }

  /**
   * The steps there are. They are all shown, unless zoomed.
   * @param {number} first
   * @param {number} last
   */
  follow(first, last) {
    if (this.zoomed && last > this.low) return;
    const high = Math.max(last, first + 1);
    if (!this.zoomed && this.low === first && this.high === high) return;
    this.zoomed = false;
    this.low = first;
    this.high = high;
    this.changed();
  }

  /**
   * @param {number} a step
   * @param {number} b
   */
  brush(a, b) {
    this.brushFrom = Math.max(this.low, Math.min(this.high, a));
    this.brushTo = Math.max(this.low, Math.min(this.high, b));
    this.changed();
  }

  get brushing() {
    return !Number.isNaN(this.brushFrom);
  }

  /** Shows what is brushed, if that is a range at all. */
  zoom() {
    const low = Math.min(this.brushFrom, this.brushTo);
    const high = Math.max(this.brushFrom, this.brushTo);
    this.cancelBrush();
    if (!(high - low >= MIN_SPAN)) return;
    this.low = low;
    this.high = high;
    this.zoomed = true;
    this.changed();
  }

  cancelBrush() {
    if (!this.brushing) return;
    this.brushFrom = this.brushTo = Number.NaN;
    this.changed();
  }

  /** Shows a range that was chosen elsewhere; null: all. @param {[number, number] | null} range */
  show(range) {
    if (!range) this.reset();
    else if (!this.zoomed || range[0] !== this.low || range[1] !== this.high) {
      [this.low, this.high] = range;
      this.zoomed = true;
      this.changed();
    }
  }

  /** Shows all steps again: `follow` says which they are. */
  reset() {
    this.cancelBrush();
    if (!this.zoomed) return;
    this.zoomed = false;
    this.low = this.high = Number.NaN;
    this.changed();
  }

  /** Makes room for a label. @param {number} width px at the base size of type */
  reserve(width) {
    if (width <= this.right) return;
    this.right = Math.ceil(width / 6) * 6;
    this.changed();
  }
}
