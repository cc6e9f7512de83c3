// @ts-check
// The loss along the last update: a curve over the distance along it.

import { onThemeChange, palette } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { short, told } from "../../format.js";
import { Surface } from "../../renderer/surface.js";
import { nearest, traceLine } from "../step_chart/line.js";
import { Scale } from "../step_chart/scale.js";
import { Ticks } from "../step_chart/ticks.js";

/** @import { Message } from "../../wire/connection.js" */

const LEFT = 44;
const RIGHT = 8;
const TOP = 6;
const BOTTOM = 18;
const DIGITS = 5;
const HELP = "Loss along the last update. The left and right arrow keys read values.";

export class LossProfile {
  /** @param {Message} answer positions and losses */
  constructor({ positions, losses }) {
    this.positions = Float64Array.from(positions);
    this.losses = Float64Array.from(losses, (loss) => loss ?? Number.NaN);
    this.area = h("div", {
      class: "exp-profile",
      role: "application",
      tabindex: 0,
      "aria-label": HELP,
      "aria-roledescription": "chart",
    });
    this.words = h("p", { class: "ins-number", "aria-live": "polite" });
    this.element = h("div", {}, this.area, this.words);
    this.surface = new Surface(this.area);
    this.x = new Scale();
    this.y = new Scale();
    this.ticks = new Ticks();
    /** Index of the point that is read. */
    this.at = nearest(this.positions, this.positions.length, 0);
    const observer = new ResizeObserver(() => this.paint());
    observer.observe(this.area);
    const stop = onThemeChange(() => this.paint());
    this.destroy = () => {
      observer.disconnect();
      stop();
    };
    this.area.onpointermove = (event) => {
      const { left } = this.area.getBoundingClientRect();
      this.read(
        nearest(this.positions, this.positions.length, this.x.valueAt(event.clientX - left)),
      );
    };
    this.area.onkeydown = (event) => this.key(event);
    this.read(this.at);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    this.read(Math.max(0, Math.min(this.positions.length - 1, this.at + step)));
  }

  /** @param {number} at */
  read(at) {
    this.at = at;
    const position = this.positions[at];
    const where =
      position === 0
        ? "here"
        : position === -1
          ? "before the update"
          : `at ${short(position)} updates`;
    setText(this.words, `L ${where} = ${told(this.losses[at], DIGITS)}`);
    this.paint();
  }

  paint() {
    const { area, surface, x, y, positions, losses, ticks } = this;
    const { clientWidth: width, clientHeight: height } = area;
    if (width < 40) return;
    surface.resize(width, height);
    const context = surface.begin();
    const colors = palette();
    const known = losses.filter(Number.isFinite);
    const low = known.length > 0 ? Math.min(...known) : 0;
    const high = Math.max(...known, low + Math.max(1e-12, 1e-6 * Math.abs(low)));
    x.cover(positions[0], positions[positions.length - 1]);
    x.place(LEFT, width - RIGHT);
    y.cover(low - 0.08 * (high - low), high + 0.08 * (high - low));
    y.place(height - BOTTOM, TOP);
    ticks.fit(y, 4);
    paintAxes(context, colors, this, width, height);
    context.beginPath();
    traceLine(context, positions, losses, 0, positions.length, x, y);
    context.strokeStyle = colors.ink;
    context.lineWidth = 1.5;
    context.stroke();
    for (const [position, fill] of /** @type {const} */ ([
      [-1, false],
      [0, true],
    ])) {
      const i = nearest(positions, positions.length, position);
      mark(context, x.at(positions[i]), y.at(losses[i]), colors.accent, fill ? "" : colors.panel);
    }
    const px = Math.round(x.at(positions[this.at]));
    context.fillStyle = colors.ink3;
    context.fillRect(px, TOP, 1, height - BOTTOM - TOP);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import("../../color.js").Palette} colors
 * @param {LossProfile} profile
 * @param {number} width
 * @param {number} height
 */
function paintAxes(context, colors, { x, y, ticks }, width, height) {
  context.font = `10.5px ${colors.mono}`;
  context.fillStyle = colors.ink3;
  context.strokeStyle = colors.hairline;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.beginPath();
  for (let i = 0; i < ticks.count; i += 1) {
    const py = Math.round(y.at(ticks.values[i])) + 0.5;
    context.moveTo(LEFT, py);
    context.lineTo(width - RIGHT, py);
    context.fillText(ticks.texts[i], LEFT - 5, py);
  }
  context.stroke();
  context.textBaseline = "alphabetic";
  context.textAlign = "center";
  for (const [at, text] of /** @type {const} */ ([
    [-1, "before"],
    [0, "now"],
    [1, "+Δ"],
    [2, "+2Δ"],
    [3, "+3Δ"],
  ])) {
    const half = context.measureText(text).width / 2;
    const px = Math.max(half + 1, Math.min(width - half - 1, x.at(at)));
    context.fillText(text, px, height - 4);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {string} color
 * @param {string} fill "" for the colour itself
 */
function mark(context, x, y, color, fill) {
  context.beginPath();
  context.arc(x, y, 3.5, 0, 2 * Math.PI);
  context.fillStyle = fill || color;
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}
