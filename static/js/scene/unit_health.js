// @ts-check
// Which units are dead or saturated, by what the server says of their activation. Pure.

/** @import { LayerInfo, Model } from "../state/types.js" */

export const HEALTHY = 0;
export const DEAD = 1;
export const SATURATED_LOW = 2;
export const SATURATED_HIGH = 3;

/** The largest count of silent batches; it fits into 16 bits. */
const MAX_SILENT = 1000;

/**
 * When a unit is marked. Outputs below the first or above the second number of `saturation` are
 * saturated, null if none can be; `canDie`: a unit can be 0 for good. `share` of a unit's outputs
 * must be saturated, or all of them 0 for `batches` in a row.
 * @typedef {{saturation: [number, number] | null, canDie: boolean, share: number,
 *   batches: number}} Limits
 */

/**
 * The limits of a layer's units; null if none is ever marked. Outputs are meant to saturate.
 * @param {LayerInfo} layer
 * @param {Model} model
 * @returns {Limits | null}
 */
export function limitsOf(layer, { layers, unit_marks: marks }) {
  const { saturation, can_die: canDie } = layer;
  if (layer === layers[layers.length - 1] || (!saturation && !canDie)) return null;
  return { saturation, canDie, share: marks.saturated, batches: marks.silent };
}

/** The health of the units of one layer, as far as it has been seen. */
export class UnitHealth {
  /**
   * @param {number} count of units
   * @param {Limits | null} limits
   */
  constructor(count, limits) {
    this.limits = limits;
    /** HEALTHY, DEAD, SATURATED_LOW or SATURATED_HIGH */
    this.states = new Uint8Array(count);
    /** The number of batches in a row in which a unit was 0. */
    this.silent = new Uint16Array(count);
  }

  /**
   * Judges the outputs for a batch: a row per sample, a column per unit.
   * @param {ArrayLike<number>} values
   */
  seeBatch(values) {
    const { limits, states, silent } = this;
    if (!limits) return;
    const count = states.length;
    for (let unit = 0; unit < count; unit += 1) {
      const state = judge(values, unit, count, values.length / count, limits);
      silent[unit] = state === DEAD ? Math.min(MAX_SILENT, silent[unit] + 1) : 0;
      states[unit] = state === DEAD && silent[unit] < limits.batches ? HEALTHY : state;
    }
  }

  /**
   * Judges the outputs over the whole input plane, one unit after the other: a unit that is 0 there
   * is 0 for every sample.
   * @param {ArrayLike<number>} values
   */
  seePlane(values) {
    const { limits, states } = this;
    if (!limits) return;
    const each = values.length / states.length;
    for (let unit = 0; unit < states.length; unit += 1) {
      states[unit] = judge(values, unit * each, 1, each, limits);
    }
  }
}

/**
 * The state of a unit, judged by some of its outputs.
 * @param {ArrayLike<number>} values
 * @param {number} at its first one
 * @param {number} stride from one to the next
 * @param {number} rows number of outputs
 * @param {Limits} limits
 */
function judge(values, at, stride, rows, { saturation, canDie, share }) {
  let zero = 0;
  let low = 0;
  let high = 0;
  for (let r = 0; r < rows; r += 1) {
    const value = values[at + r * stride];
    if (value === 0) zero += 1;
    if (saturation && value < saturation[0]) low += 1;
    if (saturation && value > saturation[1]) high += 1;
  }
  if (canDie && zero === rows) return DEAD;
  if (!saturation || low + high < share * rows) return HEALTHY;
  return high >= low ? SATURATED_HIGH : SATURATED_LOW;
}
