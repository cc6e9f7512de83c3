// @ts-check
// The loss on a plane through the parameters, in shades with contour lines, and the path of
// training.

import { onThemeChange, palette, sequentialLUT } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { count, short, told } from "../../format.js";
import { Atlas, Surface } from "../../renderer/surface.js";

/** @import { Message } from "../../wire/connection.js" */

const LEVELS = 8; // contour lines
const DIGITS = 4;
/** From this ratio of the greatest to the least loss on, shades are logarithmic. */
const MIN_LOG_RATIO = 10;
const HELP = "Map of the loss. The arrow keys read values.";
/** @type {{[key: string]: [number, number]}} */
const MOVES = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

export class LossMap {
  /** @param {Message} answer xs, ys, losses by rows of y, and the path */
  constructor({ xs, ys, losses, path, kind }) {
    this.xs = /** @type {number[]} */ (xs);
    this.ys = /** @type {number[]} */ (ys);
    this.losses = /** @type {(number | null)[][]} */ (losses);
    this.path = /** @type {[number, number, number][]} */ (path);
    const known = this.losses.flat().filter((loss) => loss !== null);
    this.low = Math.min(...known);
    this.high = Math.max(...known);
    /** In a loss that spans powers of ten the valley would be one shade. */
    this.log = this.low > 0 && this.high > MIN_LOG_RATIO * this.low;
    this.area = h("div", {
      class: "exp-map",
      role: "application",
      tabindex: 0,
      "aria-label": HELP,
      "aria-roledescription": "map",
    });
    this.words = h("p", { class: "ins-number", "aria-live": "polite" });
    const axes = kind === "path" ? "the main directions of the path" : "two random directions";
    const scale = h("p", { class: "exp-scale" }, short(this.low), h("i", {}), short(this.high));
    scale.append(h("span", {}, `${axes}`));
    this.element = h("div", {}, this.area, this.words, scale);
    this.surface = new Surface(this.area);
    this.atlas = new Atlas(this.xs.length, this.ys.length);
    this.middle = this.xs.length >> 1;
    this.cursor = [this.middle, this.middle];
    /** Whether a point other than the middle is being read off. */
    this.reading = false;
    const observer = new ResizeObserver(() => this.paint());
    observer.observe(this.area);
    const stop = onThemeChange(() => this.paint());
    this.destroy = () => {
      observer.disconnect();
      stop();
    };
    this.area.onpointermove = (event) => this.point(event);
    this.area.onkeydown = (event) => this.key(event);
    this.area.onpointerleave = this.area.onblur = () => this.leave();
    this.leave();
  }

  /** Where a loss lies between the least and the greatest, 0…1. @param {number} loss */
  share(loss) {
    const { low, high } = this;
    if (high === low) return 0;
    return this.log ? Math.log(loss / low) / Math.log(high / low) : (loss - low) / (high - low);
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.area.getBoundingClientRect();
    const i = Math.floor(((event.clientX - box.left) / box.width) * this.xs.length);
    const j = Math.floor((1 - (event.clientY - box.top) / box.height) * this.ys.length);
    this.read(i, j);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    this.read(this.cursor[0] + move[0], this.cursor[1] + move[1]);
  }

  /** Announces the loss at the chosen point. */
  leave() {
    this.read(this.middle, this.middle);
    this.reading = false;
    this.paint();
  }

  /** @param {number} i column @param {number} j row, from below */
  read(i, j) {
    const column = Math.max(0, Math.min(this.xs.length - 1, i));
    const row = Math.max(0, Math.min(this.ys.length - 1, j));
    this.cursor = [column, row];
    this.reading = true;
    const loss = this.losses[row][column] ?? Number.NaN;
    setText(
      this.words,
      `L(${short(this.xs[column], 2)}, ${short(this.ys[row], 2)}) = ${told(loss, DIGITS)}`,
    );
    this.paint();
  }

  paint() {
    const { area, surface, atlas, losses } = this;
    const { clientWidth: width, clientHeight: height } = area;
    if (width < 40) return;
    surface.resize(width, height);
    const context = surface.begin();
    const colors = sequentialLUT();
    const rows = losses.length;
    losses.forEach((row, j) => {
      row.forEach((loss, i) => {
        const at = (rows - 1 - j) * row.length + i;
        const share = loss === null ? 1 : this.share(loss);
        atlas.pixels[at] = loss === null ? 0 : colors[Math.round(205 * share)];
      });
    });
    atlas.flush();
    context.imageSmoothingEnabled = true;
    context.drawImage(atlas.canvas, 0, 0, width, height);
    this.paintContours(context, width, height);
    this.paintPath(context, width, height);
    if (!this.reading) return;
    const [x, y] = this.pixel(this.xs[this.cursor[0]], this.ys[this.cursor[1]], width, height);
    context.strokeStyle = palette().ink;
    context.lineWidth = 1;
    context.strokeRect(x - 4.5, y - 4.5, 9, 9);
  }

  /**
   * Where a point of the plane lies: cells' values are those of their middles.
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  pixel(x, y, width, height) {
    const { xs, ys } = this;
    const n = xs.length;
    const column = ((x - xs[0]) / (xs[n - 1] - xs[0])) * (n - 1) + 0.5;
    const row = ((y - ys[0]) / (ys[ys.length - 1] - ys[0])) * (ys.length - 1) + 0.5;
    return [(column / n) * width, (1 - row / ys.length) * height];
  }

  /**
   * Lines of equal loss, by marching along the sides of the cells between four values.
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   * @param {number} height
   */
  paintContours(context, width, height) {
    context.strokeStyle = palette().ink2;
    context.globalAlpha = 0.55;
    context.lineWidth = 0.75;
    context.beginPath();
    for (let level = 1; level < LEVELS; level += 1) {
      this.traceContour(context, level / LEVELS, width, height);
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} level share
   * @param {number} width
   * @param {number} height
   */
  traceContour(context, level, width, height) {
    const { xs, ys } = this;
    const value = (/** @type {number} */ i, /** @type {number} */ j) => {
      const loss = this.losses[j][i];
      return loss === null ? Number.NaN : this.share(loss) - level;
    };
    for (let j = 0; j + 1 < ys.length; j += 1) {
      for (let i = 0; i + 1 < xs.length; i += 1) {
        /** @type {[number, number][]} */
        const corners = [
          [i, j],
          [i + 1, j],
          [i + 1, j + 1],
          [i, j + 1],
        ];
        const crossings = corners.flatMap(([ai, aj], side) => {
          const [bi, bj] = corners[(side + 1) % 4];
          const a = value(ai, aj);
          const b = value(bi, bj);
          if (!(a < 0 !== b < 0) || Number.isNaN(a + b)) return [];
          const t = a / (a - b);
          const x = xs[ai] + t * (xs[bi] - xs[ai]);
          const y = ys[aj] + t * (ys[bj] - ys[aj]);
          return [this.pixel(x, y, width, height)];
        });
        for (let k = 0; k + 1 < crossings.length; k += 2) {
          context.moveTo(crossings[k][0], crossings[k][1]);
          context.lineTo(crossings[k + 1][0], crossings[k + 1][1]);
        }
      }
    }
  }

  /**
   * The path of the parameters, its start hollow and its end filled.
   * @param {CanvasRenderingContext2D} context
   * @param {number} width
   * @param {number} height
   */
  paintPath(context, width, height) {
    const colors = palette();
    const points = this.path.map(([, x, y]) => this.pixel(x, y, width, height));
    const [end] = points.length > 0 ? points.slice(-1) : [this.pixel(0, 0, width, height)];
    context.strokeStyle = colors.accent;
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x, y);
    context.stroke();
    for (const [x, y] of points.slice(0, -1)) dot(context, x, y, 2, colors.accent, colors.panel);
    dot(context, end[0], end[1], 4, colors.accent, colors.accent);
    if (points.length === 0) return;
    context.font = `600 10.5px ${colors.text}`;
    context.fillStyle = colors.ink;
    context.strokeStyle = colors.panel;
    context.lineWidth = 3;
    for (const [point, text] of /** @type {[number[], string][]} */ ([
      [points[0], `step ${count(this.path[0][0])}`],
      [end, `step ${count(this.path[this.path.length - 1][0])}`],
    ])) {
      const left = point[0] > width * 0.7;
      context.textAlign = left ? "right" : "left";
      context.strokeText(text, point[0] + (left ? -7 : 7), point[1] - 6);
      context.fillText(text, point[0] + (left ? -7 : 7), point[1] - 6);
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} color
 * @param {string} fill
 */
function dot(context, x, y, r, color, fill) {
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}
