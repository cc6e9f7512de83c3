// @ts-check
// Paper to draw on, with the mouse, a finger, a pen, or the arrow keys.

import { onThemeChange, palette, sequentialLUT } from "../../../color.js";
import { h, tip } from "../../../controls/dom.js";
import { Atlas } from "../../../renderer/surface.js";

const SIDE = 64; // the largest drawing that the server takes
const RADIUS = 4.5; // of the pen, in pixels of the paper: strokes become as wide as those learned from
const STRIDE = 2; // of an arrow key
const ABOUT =
  "Draw with mouse, finger or pen. On the keyboard, the arrow keys move the pen, Space sets it down and lifts it, Delete clears.";

/** @typedef {{x: number, y: number}} Spot in pixels of the paper */

export class Ink {
  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    /** Row by row, 0…1. */
    this.values = new Float32Array(SIDE * SIDE);
    this.atlas = new Atlas(SIDE, SIDE);
    this.canvas = this.atlas.canvas;
    this.canvas.className = "live-paper";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "Paper to draw on");
    tip(this.canvas, ABOUT);
    this.element = h("div", { class: "live-pad" }, this.canvas);
    /** @type {Spot} where the pen is */
    this.pen = { x: SIDE / 2, y: SIDE / 4 };
    this.down = false;
    this.listen();
    this.stop = onThemeChange(() => this.paint());
    this.paint();
  }

  listen() {
    const { canvas } = this;
    canvas.onpointerdown = (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.down = false;
      this.draw(this.spot(event), this.spot(event));
    };
    canvas.onpointermove = (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) {
        this.draw(this.pen, this.spot(part));
      }
    };
    canvas.onkeydown = (event) => this.key(event);
    canvas.onfocus = canvas.onblur = () => {
      this.down = false;
      this.paint();
    };
  }

  /** @param {PointerEvent} event @returns {Spot} */
  spot({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((clientX - box.left) / box.width) * SIDE,
      y: ((clientY - box.top) / box.height) * SIDE,
    };
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    const move = /** @type {any} */ (moves)[event.key];
    if (event.key === "Delete" || event.key === "Backspace") this.clear();
    else if (event.key === " ") this.lower();
    else if (move) this.go(move[0] * STRIDE, move[1] * STRIDE);
    else return;
    event.preventDefault();
  }

  /** Sets the pen down, or lifts it. */
  lower() {
    this.down = !this.down;
    if (this.down) this.draw(this.pen, this.pen);
    else this.paint();
  }

  /** @param {number} dx @param {number} dy */
  go(dx, dy) {
    const within = (/** @type {number} */ v) => Math.min(SIDE - 1, Math.max(1, v));
    const next = { x: within(this.pen.x + dx), y: within(this.pen.y + dy) };
    if (this.down) this.draw(this.pen, next);
    this.pen = next;
    this.paint();
  }

  clear() {
    this.values.fill(0);
    this.down = false;
    this.paint();
    this.changed();
  }

  /**
   * A stroke with a round pen and soft edges.
   * @param {Spot} from
   * @param {Spot} to
   */
  draw(from, to) {
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - RADIUS - 1));
    const bottom = Math.min(SIDE - 1, Math.ceil(Math.max(from.y, to.y) + RADIUS + 1));
    for (let y = top; y <= bottom; y += 1) {
      for (let x = 0; x < SIDE; x += 1) {
        const ink = RADIUS + 0.5 - distance({ x: x + 0.5, y: y + 0.5 }, from, to);
        const index = y * SIDE + x;
        if (ink > this.values[index]) this.values[index] = Math.min(1, ink);
      }
    }
    this.pen = to;
    this.paint();
    this.changed();
  }

  paint() {
    const { atlas, values } = this;
    atlas.set(values, sequentialLUT(), 255, 0, 0, values.length);
    atlas.flush();
    if (document.activeElement === this.canvas && this.canvas.matches(":focus-visible")) {
      this.paintPen();
    }
  }

  /** Where the pen of the arrow keys is: full when it is down. */
  paintPen() {
    const { context } = this.atlas;
    const { accent } = palette();
    context.beginPath();
    context.arc(this.pen.x, this.pen.y, RADIUS, 0, 2 * Math.PI);
    context.strokeStyle = context.fillStyle = accent;
    if (this.down) context.fill();
    else context.stroke();
  }

  /** Whether nothing has been drawn. */
  get isEmpty() {
    return this.values.every((ink) => ink === 0);
  }

  /** Rows of ink, as the server takes them. */
  rows() {
    return Array.from({ length: SIDE }, (_, y) =>
      Array.from(
        this.values.subarray(y * SIDE, (y + 1) * SIDE),
        (ink) => Math.round(ink * 100) / 100,
      ),
    );
  }
}

/**
 * From a point to a line from `a` to `b`.
 * @param {Spot} p
 * @param {Spot} a
 * @param {Spot} b
 */
function distance(p, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length : 0;
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}
