// @ts-check
// One layer's line of a column: a small chart over the steps that share their axis, with the
// lines of the pointer and of the present as elements above it, so that those move for nothing.

import { palette } from "../../color.js";
import { h } from "../../controls/dom.js";
import { powerTick, tick } from "../../format.js";
import { Surface } from "../../renderer/surface.js";
import { roundDown, Scale } from "../step_chart/scale.js";
import { fit } from "./fit.js";

/** @import { Palette } from "../../color.js" */
/** @import { TimeAxis } from "../step_chart/time.js" */
/** @import { Layer, Range } from "./data.js" */

/**
 * Paints a layer into a lane.
 * @typedef {(lane: Lane, context: CanvasRenderingContext2D, colors: Palette) => void} Painter
 */

export const LEFT = 36; // px at the base size of type
const EDGE = 5;
const NUMBERS = 9.5;
/** In a lane less high than this its numbers keep away from those of its neighbours. */
const MIN_ROOMY_HEIGHT = 44;
const INWARDS = 3;

export class Lane {
  /**
   * @param {TimeAxis} time
   * @param {Painter} painter
   * @param {boolean} log
   */
  constructor(time, painter, log) {
    this.time = time;
    this.painter = painter;
    this.log = log;
    this.now = h("i", { class: "lane-now", hidden: true });
    this.pointed = h("i", { class: "lane-pointed", hidden: true });
    this.element = h("div", { class: "lane" }, this.now, this.pointed);
    this.surface = new Surface(this.element);
    this.x = new Scale();
    this.y = new Scale();
    /** @type {Layer | null} */
    this.layer = null;
    /** @type {Range} */
    this.range = [0, 1];
    this.size = { width: 0, height: 0, scale: 1, lines: 1 };
    this.seen = -1;
    this.dirty = true;
  }

  /** Takes the size of its element. @param {import("./fit.js").Type} type */
  resize(type) {
    fit(this, type);
  }

  /** @param {Layer} layer @param {Range} range of its axis */
  show(layer, range) {
    this.layer = layer;
    this.range = range;
    this.dirty = true;
  }

  /** @param {number | null} hoverStep */
  draw(hoverStep) {
    const { size, time, layer } = this;
    if (size.width === 0 || size.height === 0 || !layer) return;
    if (this.dirty || this.seen !== time.version) this.paint();
    this.seen = time.version;
    this.dirty = false;
    this.place(this.now, time.current);
    this.place(this.pointed, hoverStep);
  }

  /** Moves one of the lines. @param {HTMLElement} line @param {number | null} step */
  place(line, step) {
    const { time } = this;
    const shown = step !== null && step >= time.low && step <= time.high;
    if (line.hidden === shown) line.hidden = !shown;
    if (!shown) return;
    const left = `translateX(${Math.round(this.x.at(step))}px)`;
    if (line.style.transform !== left) line.style.transform = left;
  }

  paint() {
    const { surface, size, x, y, range, time } = this;
    const { scale } = size;
    x.cover(time.low, time.high);
    x.place(LEFT * scale, size.width - 1);
    y.cover(range[0], range[1], this.log);
    y.place(size.height - EDGE * scale, EDGE * scale);
    const context = surface.begin();
    const colors = palette();
    this.paintAxis(context, colors);
    context.save();
    context.beginPath();
    context.rect(x.start - 1, 0, x.end - x.start + 2, size.height);
    context.clip();
    this.painter(this, context, colors);
    context.restore();
  }

  /** The ends of the upward axis, and zero. @param {CanvasRenderingContext2D} context @param {Palette} colors */
  paintAxis(context, colors) {
    const { x, y, size, range } = this;
    context.font = `${NUMBERS * size.scale}px ${colors.mono}`;
    context.fillStyle = colors.ink3;
    context.textAlign = "right";
    context.textBaseline = "middle";
    const inwards = size.height < MIN_ROOMY_HEIGHT * size.scale ? INWARDS * size.scale : 0;
    for (const [i, value] of range.entries()) {
      const text = this.log ? powerTick(value) : tick(value, roundDown(range[1] - range[0]) / 10);
      const py = y.at(value) + (i === 0 ? -inwards : inwards);
      context.fillText(text, x.start - 5 * size.scale, py);
    }
    context.fillStyle = colors.hairline;
    const inside = !this.log && range[0] < 0 && range[1] > 0;
    for (const value of inside ? [...range, 0] : range) {
      context.fillRect(x.start, Math.round(y.at(value)), x.end - x.start, 1);
    }
  }
}
