// @ts-check
// The picture's copy of the buffers: the last value of each, the eased one that is drawn, and
// ranges that move slowly. Arrays are allocated once per model; taking a frame allocates nothing.

/** @import { BufferInfo, Entry, Frame, Model } from "../state/types.js" */

/** The opacity of values of the step before, everywhere in the picture. */
export const STALE = 0.28;
/** The largest buffer that is eased; easing larger ones would cost more than it shows. */
const MAX_EASED = 40_000;
/** Time constants of easing, ms: 95 % of the way is done after three of them. */
const FAST_TIME = 40;
const SLOW_TIME = 90;

/** One buffer as it arrives (`target`) and as it is drawn (`shown`). */
export class Signal {
  /** @param {BufferInfo} buffer */
  constructor(buffer) {
    const length = buffer.shape.reduce((product, n) => product * n, 1);
    this.buffer = buffer;
    this.target = new Float32Array(length);
    this.shown = length > MAX_EASED ? this.target : new Float32Array(length);
    /** @type {Entry | null} the newest one, exact if its dtype is f64 */
    this.entry = null;
    /** Largest finite magnitude, and the root of the mean square. */
    this.peak = 0;
    this.rms = 0;
    /** Grows with every change of `shown`. */
    this.version = 0;
    this.moving = false;
    /** The time until which `shown` keeps the old values, since a motion will show the change. */
    this.hold = 0;
  }

  /** @param {Entry} entry */
  take(entry) {
    const { target } = this;
    const { data, low, step, dtype } = entry;
    const none = dtype === "u8" ? 255 : dtype === "u16" ? 65535 : -1;
    const length = Math.min(data.length, target.length);
    let peak = 0;
    let squares = 0;
    for (let i = 0; i < length; i += 1) {
      const q = data[i];
      const value = none < 0 ? q : q === none ? Number.NaN : low + q * step;
      target[i] = value;
      squares += value * value;
      if (value > peak && value < Number.POSITIVE_INFINITY) peak = value;
      else if (-value > peak && value > Number.NEGATIVE_INFINITY) peak = -value;
    }
    this.peak = peak;
    this.rms = Math.sqrt(squares / length);
    if (!this.entry) this.shown.set(target);
    this.entry = entry;
    this.moving = true;
    this.version += 1;
  }

  /** A range for an image: a few outliers must not make everything else pale. */
  get span() {
    return this.rms > 0 ? Math.min(this.peak, 3 * this.rms) : this.peak;
  }

  /**
   * Moves what is shown towards the target.
   * @param {number} share of the way, 1 to arrive
   */
  ease(share) {
    const { target, shown } = this;
    this.version += 1;
    if (shown === target || share >= 1) {
      if (shown !== target) shown.set(target);
      this.moving = false;
      return;
    }
    const near = this.peak * 0.002;
    let moving = false;
    for (let i = 0; i < target.length; i += 1) {
      const rest = target[i] - shown[i];
      if (rest < near && rest > -near) shown[i] = target[i];
      else if (Number.isFinite(rest)) {
        shown[i] += rest * share;
        moving = true;
      } else shown[i] = target[i];
    }
    this.moving = moving;
  }
}

/** The signals of one model. */
export class Values {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    /** @type {Map<number, Signal>} */
    this.signals = new Map();
    this.last = 0;
    /** The newest numbers of a buffer, null before there are any. @param {string} name */
    this.read = (name) => {
      const signal = this.signal(name);
      return signal?.entry ? signal.target : null;
    };
  }

  /**
   * The signal of a buffer, made on first use; null if there is no such buffer.
   * @param {string} name
   */
  signal(name) {
    const buffer = this.model.bufferByName.get(name);
    if (!buffer) return null;
    let signal = this.signals.get(buffer.id);
    if (!signal) {
      signal = new Signal(buffer);
      this.signals.set(buffer.id, signal);
    }
    return signal;
  }

  /**
   * Takes the buffers of a frame; all others stay as they were.
   * @param {Frame} frame
   */
  take(frame) {
    for (const [id, entry] of frame.entries) this.signals.get(id)?.take(entry);
  }

  /**
   * Eases everything that moves.
   * @param {number} now ms
   * @param {boolean} calm stepping: slower
   * @param {boolean} instant no easing at all
   * @returns {boolean} whether anything still moves
   */
  ease(now, calm, instant) {
    const elapsed = Math.min(100, Math.max(1, now - this.last));
    this.last = now;
    const share = instant ? 1 : 1 - Math.exp(-elapsed / (calm ? SLOW_TIME : FAST_TIME));
    let moving = false;
    for (const signal of this.signals.values()) {
      if (!signal.moving) continue;
      if (instant || now >= signal.hold) signal.ease(share);
      moving ||= signal.moving;
    }
    return moving;
  }
}

const ROUND_NUMBERS = [1, 1.5, 2, 3, 5, 7, 10];

/**
 * The next round number that is not smaller: 1, 1.5, 2, 3, 5, 7 times a power of ten.
 * @param {number} x
 */
export function roundUp(x) {
  if (!(x > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(x));
  const step = ROUND_NUMBERS.find((s) => s * power >= x * 0.9999) ?? 10;
  return Number((step * power).toPrecision(3));
}

/** The time for which a range must be far too wide before it shrinks, ms. */
const SHRINK_DELAY = 1500;

/** A symmetric range that grows at once, shrinks late, and always to a round number. */
export class Range {
  /** @param {number} fixed a range that never moves, or 0 */
  constructor(fixed) {
    this.fixed = fixed;
    this.goal = fixed;
    this.value = fixed;
    this.changedAt = Number.NEGATIVE_INFINITY;
    this.wideSince = 0;
  }

  /**
   * @param {number} peak the largest magnitude now
   * @param {number} now ms
   */
  follow(peak, now) {
    if (this.fixed || !(peak > 0)) return;
    if (peak > 0.45 * this.goal) this.wideSince = now;
    const grow = peak > this.goal * 1.02;
    const shrink = now - this.wideSince > SHRINK_DELAY;
    if (!grow && !shrink) return;
    const goal = roundUp(peak * (grow ? 1 : 1.05));
    if (goal === this.goal) return;
    if (this.goal > 0) this.changedAt = now;
    else this.value = goal;
    this.goal = goal;
    this.wideSince = now;
  }

  /**
   * @param {boolean} instant
   * @returns {boolean} whether it still moves
   */
  ease(instant) {
    const rest = this.goal - this.value;
    if (rest === 0) return false;
    const arrived = instant || Math.abs(rest) < 0.01 * this.goal;
    this.value = arrived ? this.goal : this.value + 0.15 * rest;
    return !arrived;
  }
}
