// @ts-check
// A small chart of numbers over steps, drawn from flat arrays onto one canvas. It draws nothing
// while nothing has changed, and makes no objects when it draws.

import { palette } from "../../color.js";
import { h } from "../../controls/dom.js";
import { displayScale, lineScale } from "../../display.js";
import { Surface } from "../../renderer/surface.js";
import { EndLabels } from "./labels.js";
import { lowerBound, markGaps, nearest, traceLine } from "./line.js";
import { Scale } from "./scale.js";
import { stepTick, Ticks } from "./ticks.js";

/** @import { Palette } from "../../color.js" */
/** @import { TimeAxis } from "./time.js" */

/**
 * A line. Lines in one colour have different dashes: colour alone must not carry meaning.
 * @typedef {object} Series
 * @property {string} label at the line's end
 * @property {Samples} samples the steps that its values belong to
 * @property {Float64Array} values one a step; not finite: a gap
 * @property {number} since the step that the line begins at
 * @property {number[]} dash as of `setLineDash`; with dashes the marks are hollow
 * @property {(palette: Palette) => string} color
 */

/**
 * The steps the values belong to, of which the first `length` count.
 * @typedef {{step: Float64Array, length: number, version: number}} Samples
 */

/**
 * @typedef {object} Options
 * @property {TimeAxis} time shared with the charts in a row
 * @property {Series[]} series of which the first one's steps are those that can be pointed at
 * @property {(scale: Scale, low: number, high: number, log: boolean) => void} cover sets what the
 *   upward axis shows, from the least and the greatest number in view
 * @property {(value: number) => string} text of a number at a line's end
 * @property {(value: number, spacing: number) => string} [tick] of a number at the axis
 * @property {boolean} [bottom] the steps are written below it: the lowest of the charts in a row
 */

const MIN_WIDTH = 120; // px of width
const LEFT = 38;
const TOP = 8;
const BOTTOM = 18;
const MIN_TICK_GAP = 20; // px of height
const MIN_STEP_TICK_GAP = 44; // px of width

export class Chart {
  /** @param {Options} options */
  constructor(options) {
    this.options = options;
    this.element = h("div", { class: "chart" });
    this.surface = new Surface(this.element);
    this.x = new Scale();
    this.y = new Scale();
    this.stepTicks = new Ticks(stepTick);
    this.ticks = new Ticks(options.tick);
    this.labels = new EndLabels(options.series, options.text);
    this.log = false;
    this.size = { width: 0, height: 0, scale: 1, lines: 1 };
    this.seen = { data: -1, time: -1, hover: -1, marker: Number.NaN };
    /** Of every line the indices of the points in view: from the first to before the last. */
    this.views = options.series.map(() => ({ from: 0, to: 0 }));
    /** Whether it must be redrawn for a reason outside of its data. */
    this.dirty = true;
    /** @type {() => void} */
    this.onResize = () => {};
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.element);
  }

  destroy() {
    this.observer.disconnect();
  }

  /** Takes the size of its element. */
  resize() {
    const { size, surface, element } = this;
    size.width = element.clientWidth;
    size.height = element.clientHeight;
    size.scale = displayScale();
    size.lines = lineScale();
    surface.resize(size.width, size.height);
    this.dirty = true;
    this.onResize();
  }

  /** @param {boolean} log */
  setLog(log) {
    this.log = log;
    this.dirty = true;
  }

  /** Shows other lines. @param {Series[]} series */
  show(series) {
    this.options.series = series;
    this.labels = new EndLabels(series, this.options.text);
    this.views = series.map(() => ({ from: 0, to: 0 }));
    this.dirty = true;
  }

  /** The steps that can be pointed at. */
  get samples() {
    return this.options.series[0].samples;
  }

  /** A number that changes whenever one of the lines does. */
  get version() {
    let sum = 0;
    for (const { samples } of this.options.series) sum += samples.version;
    return sum;
  }

  /**
   * Draws if anything has changed since it last did.
   * @param {number | null} hoverStep
   */
  draw(hoverStep) {
    const { options, seen, size, surface } = this;
    if (size.width < MIN_WIDTH || size.height === 0) return;
    if (surface.ratio !== Math.min(2, window.devicePixelRatio || 1)) this.resize();
    const { samples, version } = this;
    const { time } = options;
    const moved = this.dirty || seen.data !== version || seen.time !== time.version;
    if (moved) this.arrange();
    const shown = hoverStep !== null && hoverStep >= time.low && hoverStep <= time.high;
    const hover = shown ? nearest(samples.step, samples.length, hoverStep) : -1;
    const px = Math.round(this.x.at(time.current));
    // The newest point comes a little after its step.
    const marker = time.zoomed ? px : Math.min(px, Math.round(this.x.end));
    if (!moved && hover === seen.hover && marker === seen.marker) return;
    seen.data = version;
    seen.time = time.version;
    seen.hover = hover;
    seen.marker = marker;
    this.dirty = false;
    this.paint(hover, marker);
  }

  /** Where everything lies. */
  arrange() {
    const { x, y, size, options, views, labels, surface } = this;
    const { time, series, bottom } = options;
    const { scale } = size;
    for (let s = 0; s < series.length; s += 1) {
      const { step, length } = series[s].samples;
      const end = lowerBound(step, length, time.high + 1e-6);
      const first = lowerBound(step, length, Math.max(time.low, series[s].since));
      views[s].from = time.low > series[s].since ? Math.max(0, first - 1) : first;
      views[s].to = Math.min(length, end + 1);
      labels.take(s, end - 1);
    }
    labels.measure(surface.context, palette(), scale);
    time.reserve(labels.width / scale);
    x.cover(time.low, time.high);
    x.place(LEFT * scale, size.width - time.right * scale);
    y.place(size.height - (bottom ? BOTTOM : TOP) * scale, TOP * scale);
    this.coverValues();
    const room = Math.floor((y.start - y.end) / (MIN_TICK_GAP * scale));
    this.ticks.fit(y, room + 1);
    this.stepTicks.fit(x, Math.floor((x.end - x.start) / (MIN_STEP_TICK_GAP * scale)), 1);
  }

  /** Finds the least and the greatest number in view. */
  coverValues() {
    const { options, views, log, y } = this;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (const [s, { values }] of options.series.entries()) {
      for (let i = views[s].from; i < views[s].to; i += 1) {
        const value = values[i];
        if (!Number.isFinite(value) || (log && value <= 0)) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    if (low > high) low = high = 1;
    options.cover(y, low, high, log);
  }

  /**
   * @param {number} hover index, or -1
   * @param {number} marker px
   */
  paint(hover, marker) {
    const context = this.surface.begin();
    const colors = palette();
    context.lineCap = "round";
    context.lineJoin = "round";
    if (this.options.bottom) this.paintSteps(context, colors, hover);
    this.paintTicks(context, colors);
    this.paintBrush(context, colors);
    context.save();
    context.beginPath();
    context.rect(this.x.start - 2, 0, this.x.end - this.x.start + 4, this.size.height);
    context.clip();
    this.paintMarker(context, colors, marker);
    this.paintSeries(context, colors);
    if (hover >= 0) this.paintHover(context, colors, hover);
    context.restore();
    this.labels.paint(context, colors, this.y, this.x.end, this.size.scale);
  }

  /** @param {CanvasRenderingContext2D} context @param {Palette} colors */
  paintTicks(context, colors) {
    const { x, y, ticks, size } = this;
    const { scale } = size;
    context.lineWidth = 1;
    context.strokeStyle = colors.hairline;
    context.fillStyle = colors.ink3;
    context.font = `${10.5 * scale}px ${colors.mono}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.beginPath();
    for (let i = 0; i < ticks.count; i += 1) {
      const py = Math.round(y.at(ticks.values[i])) + 0.5;
      context.moveTo(x.start, py);
      context.lineTo(x.end, py);
      context.fillText(ticks.texts[i], x.start - 6 * scale, py);
    }
    context.stroke();
  }

  /**
   * The steps along the bottom, and the one that is pointed at in place of those beside it.
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {number} hover index, or -1
   */
  paintSteps(context, colors, hover) {
    const { x, stepTicks, size, samples } = this;
    const { scale } = size;
    const baseline = size.height - 3 * scale;
    context.textBaseline = "alphabetic";
    context.textAlign = "right";
    context.font = `${11 * scale}px ${colors.text}`;
    context.fillStyle = colors.ink3;
    context.fillText("step", size.width, baseline);
    context.textAlign = "center";
    let from = Number.NaN;
    let to = Number.NaN;
    if (hover >= 0) {
      const text = samples.step[hover].toLocaleString("en-US");
      context.font = `600 ${10.5 * scale}px ${colors.mono}`;
      context.fillStyle = colors.ink;
      const half = context.measureText(text).width / 2;
      const px = x.at(samples.step[hover]);
      const middle = Math.max(half, Math.min(size.width - half - 30 * scale, px));
      context.fillText(text, middle, baseline);
      from = middle - half - 6 * scale;
      to = middle + half + 6 * scale;
    }
    context.font = `${10.5 * scale}px ${colors.mono}`;
    context.fillStyle = colors.ink3;
    for (let i = 0; i < stepTicks.count; i += 1) {
      const px = x.at(stepTicks.values[i]);
      const half = context.measureText(stepTicks.texts[i]).width / 2;
      if (px + half > from && px - half < to) continue;
      context.fillText(stepTicks.texts[i], px, baseline);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Palette} colors */
  paintBrush(context, colors) {
    const { x, y, options } = this;
    const { time } = options;
    if (!time.brushing) return;
    const from = x.at(time.brushFrom);
    const to = x.at(time.brushTo);
    context.fillStyle = colors.accent;
    context.globalAlpha = 0.14;
    context.fillRect(from, y.end, to - from, y.start - y.end);
    context.globalAlpha = 1;
    context.fillRect(from - 0.5, y.end, 1, y.start - y.end);
    context.fillRect(to - 0.5, y.end, 1, y.start - y.end);
  }

  /**
   * The machine's step.
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {number} marker px
   */
  paintMarker(context, colors, marker) {
    const { x, y, size } = this;
    if (marker < x.start - 1 || marker > x.end + 1) return;
    context.fillStyle = colors.accent;
    context.fillRect(marker - (size.lines >> 1), y.end, size.lines, y.start - y.end);
  }

  /** @param {CanvasRenderingContext2D} context @param {Palette} colors */
  paintSeries(context, colors) {
    const { x, y, views, size, options } = this;
    for (const [s, { samples, values, dash, color }] of options.series.entries()) {
      context.beginPath();
      traceLine(context, samples.step, values, views[s].from, views[s].to, x, y);
      context.setLineDash(dash);
      context.strokeStyle = color(colors);
      context.lineWidth = 1.5 * size.lines;
      context.stroke();
    }
    context.setLineDash(NO_DASH);
    for (const [s, { samples, values }] of options.series.entries()) {
      const { from, to } = views[s];
      markGaps(context, samples.step, values, from, to, x, y.end, colors.error);
    }
  }

  /**
   * The line under the pointer, and where it meets the others.
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {number} hover index
   */
  paintHover(context, colors, hover) {
    const { x, y, size, options } = this;
    const at = this.samples.step[hover];
    const px = x.at(at);
    context.fillStyle = colors.ink3;
    context.fillRect(Math.round(px), y.end, 1, y.start - y.end);
    for (const { samples, values, since, dash, color } of options.series) {
      const i = nearest(samples.step, samples.length, at);
      if (!Number.isFinite(values[i]) || at < since) continue;
      context.beginPath();
      context.arc(x.at(samples.step[i]), y.at(values[i]), 3 * size.scale, 0, 2 * Math.PI);
      context.fillStyle = dash.length > 0 ? colors.panel : color(colors);
      context.strokeStyle = dash.length > 0 ? color(colors) : colors.panel;
      context.lineWidth = 1.5;
      context.fill();
      context.stroke();
    }
  }
}

/** @type {number[]} */
const NO_DASH = [];
