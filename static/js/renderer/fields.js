// @ts-check
// Paints fields: images, bars and profiles. Values of the current step have full colours; values of
// the step before are pale.

import { palette } from "../color.js";
import { powerTick } from "../format.js";
import { Profile, Sheet } from "./strips.js";
import { Range, STALE } from "./values.js";

/** @import { Field } from "../scene/fields.js" */
/** @import { Signal, Values } from "./values.js" */

/** The powers of ten that the scale of a fading gradient covers. */
const MAX_DECADES = 5;

export class FieldPainter {
  /**
   * @param {Field} field
   * @param {Values} values
   */
  constructor(field, values) {
    this.field = field;
    const { look, part } = field;
    this.value = values.signal(field.value);
    this.gradient = field.gradient ? values.signal(field.gradient) : null;
    this.range = new Range(field.range);
    this.gradientRange = new Range(0);
    const image = look === "heat" || look === "shares";
    const sheet = (/** @type {Signal | null} */ signal, /** @type {boolean} */ signed) =>
      signal && image ? new Sheet(signal, part, signed) : null;
    const profile = (/** @type {Signal | null} */ signal, /** @type {"norm" | "mean"} */ kind) =>
      signal && !image ? new Profile(signal, part, kind) : null;
    this.sheet = sheet(this.value, look === "heat");
    this.gradientSheet = sheet(this.gradient, true);
    this.profile = profile(this.value, look === "mean" ? "mean" : "norm");
    this.gradientProfile = profile(this.gradient, "norm");
    /** The rows from `from` to `to` belong to the current step. */
    this.from = 0;
    this.to = part.rows;
    this.top = "";
    this.topOf = 0;
  }

  /**
   * Takes the newest numbers and lets the ranges follow them.
   * @param {number} now ms
   * @param {boolean} still
   * @returns {boolean} whether a range still moves
   */
  update(now, still) {
    const { value, gradient, profile, gradientProfile, range, gradientRange } = this;
    profile?.refresh();
    gradientProfile?.refresh();
    if (value) range.follow(profile ? profile.peak : value.span, now);
    if (gradient) gradientRange.follow(gradientProfile?.peak ?? gradient.span, now);
    const moving = range.ease(still);
    return gradientRange.ease(still) || moving;
  }

  /**
   * Finds the rows that belong to the current step.
   * @param {number} pc of the machine, 0 between two steps
   * @param {boolean} gradient
   */
  freshen(pc, gradient) {
    const { field } = this;
    const { rows } = field.part;
    this.from = 0;
    this.to = rows;
    if (pc === 0) return;
    if (!field.steps) {
      const by = gradient ? field.reached : field.done;
      if (by >= pc || (gradient && by < 0)) this.to = 0;
      return;
    }
    const by = gradient ? field.steps.reached : field.steps.done;
    this.from = rows;
    this.to = 0;
    for (let row = 0; row < rows; row += 1) {
      if (by[row] < 0 || by[row] >= pc) continue;
      this.from = Math.min(this.from, row);
      this.to = row + 1;
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {boolean} gradient shows gradients where there are some
   * @param {number} pc
   */
  paint(context, gradient, pc) {
    const { field } = this;
    const turned = field.look === "fade" || (gradient && this.gradient !== null);
    const signal = turned ? this.gradient : this.value;
    if (!signal?.entry) {
      frame(context, field, false);
      return;
    }
    this.freshen(pc, turned);
    if (field.look === "heat" || field.look === "shares") this.paintSheet(context, turned);
    else if (field.look === "fade") this.paintFade(context);
    else if (turned) this.paintRing(context);
    else this.paintBars(context);
    if (!turned && !Number.isFinite(signal.rms)) failed(context, field);
  }

  /** @param {CanvasRenderingContext2D} context @param {boolean} gradient */
  paintSheet(context, gradient) {
    const { field, from, to } = this;
    const sheet = gradient ? this.gradientSheet : this.sheet;
    if (!sheet) return;
    sheet.refresh((gradient ? this.gradientRange : this.range).value);
    context.fillStyle = palette().neutral;
    context.fillRect(field.x, field.y, field.width, field.height);
    const opacity = context.globalAlpha;
    sheet.paint(context, field, from, to);
    context.globalAlpha = opacity * STALE;
    sheet.paint(context, field, 0, Math.min(from, field.part.rows));
    sheet.paint(context, field, Math.max(to, from), field.part.rows);
    context.globalAlpha = opacity;
    frame(context, field, gradient);
  }

  /** A bar per row. @param {CanvasRenderingContext2D} context */
  paintBars(context) {
    const { profile, range } = this;
    if (!profile) return;
    this.paintTrack(context);
    context.fillStyle = palette().ink2;
    this.fillRows(context, profile.values, range.value || 1, true);
    this.fillRows(context, profile.values, range.value || 1, false);
  }

  /** @param {CanvasRenderingContext2D} context */
  paintTrack(context) {
    const { field } = this;
    context.fillStyle = palette().neutral;
    context.fillRect(field.x, field.y, field.width, field.height);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Float32Array} values
   * @param {number} range
   * @param {boolean} fresh whether to fill the rows of the current step, or the others
   */
  fillRows(context, values, range, fresh) {
    const { field, from, to } = this;
    const pitch = field.height / field.part.rows;
    const inset = pitch > 5 ? 1.5 : 0;
    context.beginPath();
    for (let row = 0; row < field.part.rows; row += 1) {
      if ((row >= from && row < to) !== fresh) continue;
      const size = field.width * Math.min(1, values[row] / range);
      context.rect(field.x, field.y + row * pitch + inset, size || 0, pitch - 2 * inset);
    }
    const opacity = context.globalAlpha;
    context.globalAlpha = fresh ? opacity : opacity * STALE;
    context.fill();
    context.globalAlpha = opacity;
  }

  /**
   * The norm of a gradient: an outline, as gradients are never filled.
   * @param {CanvasRenderingContext2D} context
   */
  paintRing(context) {
    const { gradientProfile: profile, gradientRange } = this;
    if (!profile) return;
    this.paintTrack(context);
    this.strokeProfile(context, profile.values, gradientRange.value || 1, false);
  }

  /**
   * The norm of the gradient along the steps, on a logarithmic scale that shows how it vanishes or
   * explodes.
   * @param {CanvasRenderingContext2D} context
   */
  paintFade(context) {
    const { field, gradientProfile: profile, gradientRange } = this;
    if (!profile) return;
    this.paintTrack(context);
    context.beginPath();
    for (let decade = 1; decade < MAX_DECADES; decade += 1) {
      const x = Math.round(field.x + (field.width * decade) / MAX_DECADES) + 0.5;
      context.moveTo(x, field.y);
      context.lineTo(x, field.y + field.height);
    }
    context.strokeStyle = palette().hairline;
    context.lineWidth = 1;
    context.stroke();
    const goal = 10 ** Math.ceil(Math.log10(gradientRange.goal || 1) - 1e-6);
    if (goal !== this.topOf) this.top = powerTick(goal);
    this.topOf = goal;
    this.strokeProfile(context, profile.values, goal, true);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Float32Array} values
   * @param {number} range
   * @param {boolean} logarithmic
   */
  strokeProfile(context, values, range, logarithmic) {
    const { field } = this;
    const pitch = field.height / field.part.rows;
    const opacity = context.globalAlpha;
    context.strokeStyle = context.fillStyle = palette().ink;
    context.lineWidth = 1.5;
    for (let pass = 0; pass < 3; pass += 1) {
      const from = pass === 0 ? this.from : pass === 1 ? 0 : Math.max(this.from, this.to);
      const to =
        pass === 0 ? this.to : pass === 1 ? Math.min(this.from, values.length) : values.length;
      if (to <= from) continue;
      context.beginPath();
      context.moveTo(field.x, field.y + from * pitch);
      for (let row = from; row < to; row += 1) {
        const share = logarithmic
          ? 1 + Math.log10(values[row] / range) / MAX_DECADES
          : values[row] / range;
        const x = field.x + field.width * Math.max(0, Math.min(1, share || 0));
        context.lineTo(x, field.y + row * pitch + 0.5);
        context.lineTo(x, field.y + (row + 1) * pitch - 0.5);
      }
      context.lineTo(field.x, field.y + to * pitch);
      context.globalAlpha = opacity * (pass === 0 ? 0.07 : 0.02);
      context.fill();
      context.globalAlpha = opacity * (pass === 0 ? 0.85 : STALE);
      context.stroke();
    }
    context.globalAlpha = opacity;
  }
}

/**
 * The frame of an image; gradients have a ring, as everywhere.
 * @param {CanvasRenderingContext2D} context
 * @param {import("../scene/layout.js").Box} box
 * @param {boolean} ring
 */
export function frame(context, box, ring) {
  const grow = ring ? 1.5 : 0.5;
  const opacity = context.globalAlpha;
  context.beginPath();
  context.roundRect(
    box.x - grow,
    box.y - grow,
    box.width + 2 * grow,
    box.height + 2 * grow,
    ring ? 3 : 2,
  );
  context.strokeStyle = palette().ink;
  context.globalAlpha = opacity * (ring ? 0.75 : 0.16);
  context.lineWidth = ring ? 2 : 1;
  context.stroke();
  context.globalAlpha = opacity;
}

/**
 * Crosses out a field that has a number which is not finite.
 * @param {CanvasRenderingContext2D} context
 * @param {import("../scene/layout.js").Box} box
 */
function failed(context, { x, y, width, height }) {
  context.beginPath();
  context.rect(x, y, width, height);
  context.moveTo(x, y);
  context.lineTo(x + width, y + height);
  context.moveTo(x + width, y);
  context.lineTo(x, y + height);
  context.strokeStyle = palette().error;
  context.lineWidth = 1.5;
  context.stroke();
}
