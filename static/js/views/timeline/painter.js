// @ts-check
// The strip's pixels.

import { palette } from "../../color.js";
import { stepTick, Ticks } from "../step_chart/ticks.js";

/** @import { Palette } from "../../color.js" */
/** @import { Lanes } from "./lanes.js" */

const MIN_TICK_GAP = 60; // px
const BEND = 7; // px of a fork's curve
const MIN_MARK_GAP = 4; // px between marks, at least
const FUTURE = 0.4; // opacity of what lies after now

/** How everything is drawn. */
export class Painter {
  constructor() {
    this.ticks = new Ticks(stepTick);
    this.scale = 1;
    this.lines = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Lanes} lanes
   * @param {{width: number, height: number, pointer: number}} view px; pointer NaN: none
   */
  paint(context, lanes, { width, height, pointer }) {
    const colors = palette();
    context.lineCap = "round";
    this.paintTicks(context, colors, lanes, height);
    context.save();
    context.beginPath();
    context.rect(2, 0, width - 4, height);
    context.clip();
    for (const { row, from, to } of lanes.lines) {
      this.stroke(context, lanes, row, from, to, colors.ink3, 1.5);
      this.cap(context, lanes, row, to, colors.ink3);
    }
    for (const fork of lanes.forks) this.fork(context, lanes, fork, colors.ink3, 1.5);
    this.paintPath(context, colors, lanes);
    this.paintMarks(context, colors, lanes);
    if (!Number.isNaN(pointer)) {
      context.fillStyle = colors.ink3;
      context.fillRect(Math.round(pointer), 0, 1, height);
    }
    this.paintNow(context, colors, lanes);
    context.restore();
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {Lanes} lanes
   * @param {number} height
   */
  paintTicks(context, colors, lanes, height) {
    const { ticks, scale } = this;
    const { x } = lanes;
    ticks.fit(x, Math.floor((x.end - x.start) / (MIN_TICK_GAP * scale)), 1);
    context.font = `${10.5 * scale}px ${colors.mono}`;
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    for (let i = 0; i < ticks.count; i += 1) {
      const at = Math.round(x.at(ticks.values[i]));
      const half = context.measureText(ticks.texts[i]).width / 2;
      context.fillStyle = colors.hairline;
      context.fillRect(at, 0, 1, height - 13 * scale);
      context.fillStyle = colors.ink3;
      const inside = Math.max(half + 2, Math.min(x.end + 8 - half, at));
      context.fillText(ticks.texts[i], inside, height - 3 * scale);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Lanes} lanes
   * @param {number} row
   * @param {number} from step
   * @param {number} to step
   * @param {string} color
   * @param {number} width px
   */
  stroke(context, lanes, row, from, to, color, width) {
    const { x } = lanes;
    const bend = row > 0 && from > 0 ? BEND : 0;
    context.strokeStyle = color;
    context.lineWidth = width * this.lines;
    context.beginPath();
    context.moveTo(Math.min(x.at(to), x.at(from) + bend), lanes.y(row));
    context.lineTo(x.at(to), lanes.y(row));
    context.stroke();
  }

  /**
   * Where a lane ends.
   * @param {CanvasRenderingContext2D} context
   * @param {Lanes} lanes
   * @param {number} row
   * @param {number} at step
   * @param {string} color
   */
  cap(context, lanes, row, at, color) {
    context.fillStyle = color;
    context.fillRect(lanes.x.at(at) - 0.75, lanes.y(row) - 4, 1.5, 8);
  }

  /**
   * From one lane down to another.
   * @param {CanvasRenderingContext2D} context
   * @param {Lanes} lanes
   * @param {{at: number, from: number, to: number}} fork
   * @param {string} color
   * @param {number} width px
   */
  fork(context, lanes, { at, from, to }, color, width) {
    const px = lanes.x.at(at);
    const low = lanes.y(to);
    context.strokeStyle = color;
    context.lineWidth = width * this.lines;
    context.beginPath();
    context.moveTo(px, lanes.y(from));
    context.lineTo(px, low - BEND);
    context.quadraticCurveTo(px, low, px + BEND, low);
    context.stroke();
  }

  /**
   * The present branch's history: the steps before now, and the known ones after.
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {Lanes} lanes
   */
  paintPath(context, colors, lanes) {
    const { path, now, forks } = lanes;
    for (const [i, { row, from, to }] of path.entries()) {
      const past = Math.max(from, Math.min(to, now));
      const fork = i < path.length - 1 ? forks.find((f) => f.to === row) : undefined;
      context.globalAlpha = from > now ? FUTURE : 1;
      if (fork) this.fork(context, lanes, fork, colors.accent, 2.5);
      if (past > from) this.stroke(context, lanes, row, from, past, colors.accent, 2.5);
      context.globalAlpha = FUTURE;
      const rest = Math.max(past, from);
      if (to > rest) this.rest(context, lanes, row, rest, to, colors.accent);
      context.globalAlpha = 1;
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Lanes} lanes
   * @param {number} row
   * @param {number} from step
   * @param {number} to step
   * @param {string} color
   */
  rest(context, lanes, row, from, to, color) {
    context.fillStyle = color;
    const left = lanes.x.at(from);
    const width = 2.5 * this.lines;
    context.fillRect(left, lanes.y(row) - width / 2, lanes.x.at(to) - left, width);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {Lanes} lanes
   */
  paintMarks(context, colors, lanes) {
    const { scale } = this;
    let last = { row: -1, px: Number.NaN };
    context.strokeStyle = colors.panel;
    context.lineWidth = 1.5;
    for (const { row, at, kind } of lanes.marks) {
      const px = lanes.x.at(at);
      if (row === last.row && Math.abs(px - last.px) < MIN_MARK_GAP) continue;
      last = { row, px };
      const r = (kind === "hit" ? 3.5 : 4.5) * scale;
      const py = lanes.y(row);
      context.beginPath();
      if (kind === "hit") context.arc(px, py, r, 0, 2 * Math.PI);
      else diamond(context, px, py, r);
      context.fillStyle = kind === "hit" ? colors.error : colors.ink;
      context.fill();
      context.stroke();
    }
  }

  /**
   * The handle.
   * @param {CanvasRenderingContext2D} context
   * @param {Palette} colors
   * @param {Lanes} lanes
   */
  paintNow(context, colors, lanes) {
    const px = lanes.x.at(lanes.now);
    const py = lanes.y(lanes.nowRow);
    context.beginPath();
    context.arc(px, py, 6 * this.scale, 0, 2 * Math.PI);
    context.fillStyle = colors.accent;
    context.strokeStyle = colors.panel;
    context.lineWidth = 2;
    context.fill();
    context.stroke();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
function diamond(context, x, y, r) {
  context.moveTo(x, y - r);
  context.lineTo(x + r, y);
  context.lineTo(x, y + r);
  context.lineTo(x - r, y);
  context.closePath();
}
