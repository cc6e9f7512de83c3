// @ts-check
// Interpolates numbers that arrive in jumps.

const FIRST = 33; // ms between two arrivals, before any are known
const MIN_INTERVAL = 16;
const MAX_INTERVAL = 160;
const FORGETTING = 0.15;

export class Motion {
  /** @param {number} size how many numbers there are */
  constructor(size) {
    this.shown = new Float64Array(size);
    this.from = new Float64Array(size);
    this.to = new Float64Array(size);
    this.begun = Number.NEGATIVE_INFINITY;
    this.duration = FIRST;
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.arrived = true;
  }

  /**
   * The numbers have changed.
   * @param {(index: number) => number} at
   * @param {number} now ms
   * @param {boolean} jump there is no way from the last ones to these
   */
  take(at, now, jump) {
    const gap = Math.max(MIN_INTERVAL, Math.min(MAX_INTERVAL, now - this.begun));
    this.duration += FORGETTING * (gap - this.duration);
    this.begun = now;
    this.from.set(this.shown);
    for (let i = 0; i < this.to.length; i += 1) this.to[i] = at(i);
    this.arrived = jump || this.calm.matches;
    if (this.arrived) this.shown.set(this.to);
  }

  /**
   * Advances the shown numbers.
   * @param {number} now ms
   * @returns {boolean} whether anything has moved
   */
  advance(now) {
    if (this.arrived) return false;
    const share = Math.min(1, (now - this.begun) / this.duration);
    this.arrived = share === 1;
    for (let i = 0; i < this.shown.length; i += 1) {
      this.shown[i] = this.from[i] + share * (this.to[i] - this.from[i]);
    }
    return true;
  }
}
