// @ts-check
// Paints units: rounded squares that show what they compute. Activations fill them, gradients ring
// them; hatching, a bar at the edge and a red cross mark dead, saturated and non-finite units.

import { diverging, divergingLUT, palette, sequentialLUT } from "../color.js";
import { DEAD, HEALTHY, SATURATED_HIGH, UnitHealth } from "../scene/unit_health.js";
import { bar, cross, hatch, outline } from "./shapes.js";
import { Atlas, pick } from "./surface.js";
import { Range } from "./values.js";

/** @import { Column } from "../scene/layout.js" */
/** @import { Signal, Values } from "./values.js" */

/** `saliency`: an image shows how much each pixel matters. @typedef {{values: boolean, strips: boolean, rings: number, fill: number, saliency: boolean}} UnitLook */

/** The units of one column. */
export class UnitPainter {
  /**
   * @param {Column} column
   * @param {Values} values
   */
  constructor(column, values) {
    this.column = column;
    const { face } = column;
    this.face = values.signal(face.buffer);
    this.value = values.signal(column.value);
    this.gradient = column.gradient ? values.signal(column.gradient) : null;
    this.batch = column.batch && face.kind !== "map" ? values.signal(column.batch) : null;
    this.saliency = column.saliency ? values.signal(column.saliency) : null;
    this.range = new Range(face.range);
    this.valueRange = face.kind === "value" ? this.range : new Range(column.bound);
    const painted = face.kind === "map" || face.kind === "weights";
    const [rows, cols] = column.picture ?? [0, 0];
    this.atlas = painted
      ? new Atlas(face.width, face.height * column.count)
      : column.picture
        ? new Atlas(cols, rows)
        : null;
    this.paintedVersion = -1;
    this.paintedRange = 0;
    this.paintedColors = divergingLUT();
    this.health = new UnitHealth(column.count, column.limits);
    /** @type {object | null} */
    this.examined = null;
  }

  /**
   * Updates the ranges and looks for dead and saturated units.
   * @param {number} now ms
   * @param {boolean} instant
   * @returns {boolean} whether a range still moves
   */
  update(now, instant) {
    const painted = this.column.face.kind;
    if (this.face) this.range.follow(painted === "weights" ? this.face.span : this.face.peak, now);
    if (this.value && this.valueRange !== this.range) this.valueRange.follow(this.value.peak, now);
    const entry = (this.batch ?? this.face)?.entry ?? null;
    if (entry && entry !== this.examined) {
      this.examined = entry;
      this.examine();
    }
    const moving = this.range.ease(instant);
    return this.valueRange.ease(instant) || moving;
  }

  /**
   * Takes over the ranges and the health of the same column in another size.
   * @param {UnitPainter} old
   */
  inherit(old) {
    this.range = old.range;
    this.valueRange = old.valueRange;
    this.health = old.health;
  }

  examine() {
    if (this.batch) this.health.seeBatch(this.batch.target);
    else if (this.face) this.health.seePlane(this.face.target);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {UnitLook} look
   * @param {number} gradientRange
   * @param {{signal: Signal, range: number} | null} bias
   */
  paint(context, look, gradientRange, bias) {
    const { column } = this;
    context.globalAlpha = look.fill;
    if (look.saliency && this.saliency?.entry && this.atlas) this.paintSaliency(context);
    else if (this.atlas) this.paintPictures(context);
    else if (column.face.kind === "curve") this.paintCurves(context);
    else this.paintValues(context, look.values);
    context.globalAlpha = 1;
    if (column.picture) {
      outline(context, column.x, column.y, column.width, column.height, 4);
      return;
    }
    if (look.strips && column.face.kind !== "value" && column.size >= 9) this.paintStrips(context);
    this.paintOutlines(context);
    this.paintHealth(context);
    if (this.gradient && look.rings > 0.01) this.paintRings(context, gradientRange, look.rings);
    if (bias && column.size >= 14) this.paintNotches(context, bias.signal, bias.range);
  }

  /** @param {CanvasRenderingContext2D} context */
  paintPictures(context) {
    const { column, face, range, atlas } = this;
    if (!face || !atlas || !face.entry) return;
    const fresh = this.paintedVersion === face.version && this.paintedRange === range.value;
    if (!fresh || this.paintedColors !== divergingLUT()) this.paintAtlas(face, atlas);
    context.imageSmoothingEnabled = column.face.kind === "map";
    context.imageSmoothingQuality = "high";
    if (column.picture) {
      context.drawImage(atlas.canvas, column.x, column.y, column.width, column.height);
      return;
    }
    const { width, height } = column.face;
    context.save();
    if (column.size >= 16) {
      this.traceUnits(context, 0);
      context.clip();
    } else context.imageSmoothingEnabled = true;
    for (let i = 0; i < column.count; i += 1) {
      const { size } = column;
      const top = i * height;
      context.drawImage(
        atlas.canvas,
        0,
        top,
        width,
        height,
        column.xs[i],
        column.ys[i],
        size,
        size,
      );
    }
    context.restore();
  }

  /** |dL/dx| of every pixel as ink; the largest is the darkest. @param {CanvasRenderingContext2D} context */
  paintSaliency(context) {
    const { column, saliency, atlas } = this;
    if (!saliency || !atlas) return;
    const colors = sequentialLUT();
    const factor = 255 / (saliency.peak || 1);
    for (let i = 0; i < atlas.pixels.length; i += 1) {
      atlas.pixels[i] = pick(colors, factor * Math.abs(saliency.shown[i]));
    }
    atlas.flush();
    this.paintedVersion = -1;
    context.imageSmoothingEnabled = false;
    context.drawImage(atlas.canvas, column.x, column.y, column.width, column.height);
  }

  /** @param {Signal} face @param {Atlas} atlas */
  paintAtlas(face, atlas) {
    const { column } = this;
    const colors = divergingLUT();
    const values = face.shown;
    const factor = 127.5 / (this.range.value || 1);
    if (column.face.kind === "weights") atlas.setTransposed(values, colors, factor, column.count);
    else if (column.face.probability) atlas.set(values, colors, 255, 0, 0, values.length);
    else if (column.picture) paintPicture(values, atlas);
    else if (column.layer === "input" && !column.picture) this.paintFeatures(face, atlas);
    else atlas.set(values, colors, factor, 127.5, 0, values.length);
    atlas.flush();
    this.paintedVersion = face.version;
    this.paintedRange = this.range.value;
    this.paintedColors = colors;
  }

  /**
   * Every feature has a separate range: x₁² reaches 9 where x₁ reaches 3.
   * @param {Signal} face
   * @param {Atlas} atlas
   */
  paintFeatures(face, atlas) {
    const size = this.column.face.width * this.column.face.height;
    for (let from = 0; from < face.shown.length; from += size) {
      let peak = 0;
      for (let i = from; i < from + size; i += 1) peak = Math.max(peak, Math.abs(face.shown[i]));
      atlas.set(face.shown, divergingLUT(), 127.5 / (peak || 1), 127.5, from, from + size);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} grow */
  traceUnits(context, grow) {
    const { column } = this;
    const size = column.size + 2 * grow;
    context.beginPath();
    for (let i = 0; i < column.count; i += 1) {
      context.roundRect(
        column.xs[i] - grow,
        column.ys[i] - grow,
        size,
        size,
        Math.max(0, corner(column) + grow),
      );
    }
  }

  /** @param {CanvasRenderingContext2D} context */
  paintOutlines(context) {
    this.traceUnits(context, -0.5);
    context.strokeStyle = palette().ink;
    context.globalAlpha = this.column.size < 16 ? 0.1 : 0.16;
    context.lineWidth = 1;
    context.stroke();
    context.globalAlpha = 1;
  }

  /**
   * A graph of the response, blue above zero and orange below.
   * @param {CanvasRenderingContext2D} context
   */
  paintCurves(context) {
    const { column, face, range } = this;
    const colors = palette();
    const { width } = column.face;
    this.traceUnits(context, 0);
    context.fillStyle = colors.neutral;
    context.fill();
    if (!face?.entry) return;
    const span = range.value || 1;
    context.save();
    context.clip();
    const opacity = context.globalAlpha;
    for (let i = 0; i < column.count; i += 1) {
      const x = column.xs[i];
      const middle = column.ys[i] + column.size / 2;
      const stepX = column.size / (width - 1);
      const stepY = (column.size / 2 - 2) / span;
      for (let sign = 1; sign >= -1; sign -= 2) {
        context.beginPath();
        context.moveTo(x, middle);
        for (let g = 0; g < width; g += 1) {
          const y = Math.max(0, Math.min(span, face.shown[i * width + g] * sign)) * sign;
          context.lineTo(x + g * stepX, middle - y * stepY);
        }
        context.lineTo(x + (width - 1) * stepX, middle);
        context.fillStyle = sign > 0 ? colors.positive : colors.negative;
        context.globalAlpha = opacity * 0.6;
        context.fill();
        context.globalAlpha = opacity;
        context.strokeStyle = context.fillStyle;
        context.lineWidth = 1.5;
        context.stroke();
      }
    }
    context.restore();
  }

  /** @param {CanvasRenderingContext2D} context @param {boolean} numbers */
  paintValues(context, numbers) {
    const { column, face, range } = this;
    const span = range.value || 1;
    const text = numbers && column.size >= 30 && column.cols === 1;
    const colors = palette();
    context.font = `${Math.round(column.size * 0.27)}px ${colors.mono}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let i = 0; i < column.count; i += 1) {
      const value = face?.entry ? face.shown[i] : 0;
      const share = column.face.probability ? 2 * value - 1 : value / span;
      context.beginPath();
      context.roundRect(column.xs[i], column.ys[i], column.size, column.size, corner(column));
      context.fillStyle = Number.isFinite(share) ? diverging(share) : colors.page;
      context.fill();
      if (!text || !face?.entry || !Number.isFinite(value)) continue;
      context.fillStyle = Math.abs(share) > 0.55 ? colors.page : colors.ink;
      const half = column.size / 2;
      context.fillText(brief(value), column.xs[i] + half, column.ys[i] + half + 1);
    }
  }

  /**
   * The activation for the probe sample, where the face shows something else.
   * @param {CanvasRenderingContext2D} context
   */
  paintStrips(context) {
    const { column, value, valueRange } = this;
    if (!value?.entry || column.layer === "input") return;
    const height = Math.max(2.5, column.size * 0.14);
    const colors = palette();
    context.save();
    this.traceUnits(context, 0);
    context.clip();
    for (let i = 0; i < column.count; i += 1) {
      const y = column.ys[i] + column.size - height;
      context.fillStyle = colors.page;
      context.fillRect(column.xs[i], y - 1, column.size, 1);
      const share = value.shown[i] / (valueRange.value || 1);
      context.fillStyle = diverging(column.face.probability ? 2 * value.shown[i] - 1 : share);
      context.fillRect(column.xs[i], y, column.size, height);
    }
    context.restore();
  }

  /**
   * dL/da of the probe sample: the ring's width is its magnitude, its colour the sign.
   * @param {CanvasRenderingContext2D} context
   * @param {number} range
   * @param {number} opacity
   */
  paintRings(context, range, opacity) {
    const { column, gradient } = this;
    if (!gradient?.entry || !(range > 0)) return;
    const colors = palette();
    const room = Math.min(column.pitchX, column.pitchY) - column.size;
    const most = Math.max(1.2, Math.min(0.1 * column.size + 1, column.cols > 1 ? room / 2 : 5));
    context.globalAlpha = opacity;
    for (let i = 0; i < column.count; i += 1) {
      const share = Math.min(1, Math.abs(gradient.shown[i]) / range);
      const width = most * Math.sqrt(share);
      if (!(width > 0.25)) continue;
      const grow = 1.5 + width / 2;
      const size = column.size + 2 * grow;
      context.beginPath();
      context.roundRect(
        column.xs[i] - grow,
        column.ys[i] - grow,
        size,
        size,
        corner(column) + grow,
      );
      context.strokeStyle = gradient.shown[i] < 0 ? colors.negative : colors.positive;
      context.lineWidth = width;
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Signal} signal
   * @param {number} range
   */
  paintNotches(context, signal, range) {
    if (!signal.entry) return;
    const { column } = this;
    const side = Math.max(5, column.size * 0.2);
    context.strokeStyle = palette().page;
    context.lineWidth = 1.5;
    for (let i = 0; i < column.count; i += 1) {
      const x = column.xs[i] - side * 0.35;
      const y = column.ys[i] + column.size - side * 0.65;
      context.beginPath();
      context.roundRect(x, y, side, side, 2);
      context.fillStyle = diverging(signal.shown[i] / (range || 1));
      context.stroke();
      context.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} context */
  paintHealth(context) {
    const { column, face, value } = this;
    const { size } = column;
    for (let i = 0; i < column.count; i += 1) {
      const failed = value?.entry && !Number.isFinite(value.target[i]);
      const state = this.health.states[i];
      const x = column.xs[i];
      const y = column.ys[i];
      if (failed || brokenFace(face, column, i)) cross(context, x, y, size, corner(column));
      else if (state === DEAD) hatch(context, x, y, size);
      else if (state !== HEALTHY) bar(context, x, y, size, state === SATURATED_HIGH);
    }
  }
}

/** @param {Column} column */
export function corner(column) {
  return Math.min(7, column.size * 0.18);
}

/**
 * A number for a small square: at most four characters.
 * @param {number} value
 */
function brief(value) {
  const size = Math.abs(value);
  const text =
    size < 0.005 ? "0" : size < 9.95 ? value.toFixed(size < 0.995 ? 2 : 1) : value.toFixed(0);
  return text.replace("-", "−").replace("0.", ".");
}

/**
 * A plain image: its lowest value is paper, its highest is ink.
 * @param {Float32Array} values
 * @param {Atlas} atlas
 */
function paintPicture(values, atlas) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const factor = 255 / (high - low || 1);
  atlas.set(values, sequentialLUT(), factor, -low * factor, 0, values.length);
}

/** @param {Signal | null} face @param {Column} column @param {number} unit */
function brokenFace(face, column, unit) {
  if (!face?.entry || column.face.kind === "weights") return false;
  const size = column.face.width * column.face.height;
  return !Number.isFinite(face.target[unit * size]);
}
