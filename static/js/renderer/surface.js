// @ts-check
// One canvas of the stack, sharp at every device pixel ratio.

export class Surface {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("aria-hidden", "true");
    parent.append(this.canvas);
    const context = this.canvas.getContext("2d");
    if (!context) throw new Error("this browser has no 2D canvas");
    this.context = context;
    this.ratio = 1;
    /** Whether the canvas must be redrawn. */
    this.dirty = true;
  }

  /** @param {number} width CSS px @param {number} height */
  resize(width, height) {
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.dirty = true;
  }

  /** Empties the canvas and returns its context, in CSS px. */
  begin() {
    const { context, canvas, ratio } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.globalAlpha = 1;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.dirty = false;
    return context;
  }
}

/** Pixels of numbers, kept between frames: one ImageData, painted through a colour table. */
export class Atlas {
  /** @param {number} width @param {number} height in numbers */
  constructor(width, height) {
    this.canvas = document.createElement("canvas");
    this.canvas.width = Math.max(1, width);
    this.canvas.height = Math.max(1, height);
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("this browser has no 2D canvas");
    this.context = context;
    this.image = context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /**
   * Sets the pixels of the numbers from `from` to `to`, in the same order.
   * @param {Float32Array} values
   * @param {Uint32Array} colors 256 pixels
   * @param {number} factor index of the colour = offset + factor * value
   * @param {number} offset
   * @param {number} from
   * @param {number} to
   */
  set(values, colors, factor, offset, from, to) {
    const { pixels } = this;
    for (let i = from; i < to; i += 1) pixels[i] = pick(colors, offset + factor * values[i]);
  }

  /**
   * Sets all pixels from a matrix of (pixels, pictures): number `i * pictures + j` is pixel i of
   * picture j, the pictures standing below one another.
   * @param {Float32Array} values
   * @param {Uint32Array} colors
   * @param {number} factor
   * @param {number} pictures
   */
  setTransposed(values, colors, factor, pictures) {
    const { pixels } = this;
    const size = pixels.length / pictures;
    for (let i = 0, from = 0; i < size; i += 1) {
      for (let j = 0, at = i; j < pictures; j += 1, at += size, from += 1) {
        pixels[at] = pick(colors, 127.5 + factor * values[from]);
      }
    }
  }

  /** Makes the pixels visible to `drawImage`. */
  flush() {
    this.context.putImageData(this.image, 0, 0);
  }
}

/**
 * The nearest colour of a table; NaN, for which every comparison is false, stays transparent.
 * @param {Uint32Array} colors
 * @param {number} index
 */
export function pick(colors, index) {
  if (index >= 255) return colors[255];
  if (index > 0) return colors[(index + 0.5) | 0];
  return index <= 0 ? colors[0] : 0;
}
