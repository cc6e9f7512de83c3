// @ts-check
// The cell of its window that each maximum of a pooling layer was taken from.

/** @import { Origin } from "../scene/origin.js" */
/** @import { Values } from "./values.js" */

export class Argmax {
  /** @param {Origin} origin of a layer that takes maxima @param {Values} values */
  constructor(origin, values) {
    this.origin = origin;
    this.source = values.signal(origin.source);
    /** The index of the maximum within its window, by row, of every cell of the output. */
    this.indices = new Uint16Array(origin.output.reduce((product, n) => product * n, 1));
    this.version = -1;
  }

  /**
   * Finds the maxima again if the numbers have changed.
   * @returns {boolean} whether there are any numbers
   */
  refresh() {
    const { source, version } = this;
    if (!source?.entry) return false;
    if (version !== source.version) this.find(source.target);
    this.version = source.version;
    return true;
  }

  /** @param {Float32Array} inputs */
  find(inputs) {
    const { origin, indices } = this;
    const [down, across] = origin.windows;
    const [height, width, channels] = origin.input;
    const cols = origin.output[1];
    for (let i = 0; i < indices.length; i += 1) {
      const channel = i % channels;
      const top = Math.floor(i / channels / cols) * down.stride - down.before;
      const left = (Math.floor(i / channels) % cols) * across.stride - across.before;
      let best = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < down.size * across.size; k += 1) {
        const r = top + Math.floor(k / across.size);
        const c = left + (k % across.size);
        if (r < 0 || r >= height || c < 0 || c >= width) continue;
        const value = inputs[(r * width + c) * channels + channel];
        if (value <= best) continue;
        best = value;
        indices[i] = k;
      }
    }
  }
}
