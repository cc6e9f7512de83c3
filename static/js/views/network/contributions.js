// @ts-check
// How a cell was computed: patch times kernel, channel by channel, and their sum.

import { diverging, palette } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { short } from "../../format.js";
import { contributionsOf } from "../../scene/contributions.js";

/** @import { Contributions, Share } from "../../scene/contributions.js" */
/** @import { Origin } from "../../scene/origin.js" */
/** @import { Read } from "../../scene/panel.js" */

/** The most channels that are shown one by one; the others are one sum. */
const MAX_CHANNELS = 3;
/** The largest side of a patch, CSS px. */
const MAX_PATCH = 54;
/** The largest cell of a small patch, CSS px. */
const MAX_CELL = 18;
const SIGN = 18;
const GAP = 8;
const WIDTH = 290;
/** The least width and height of a cell with a number in it, CSS px. */
const MIN_TEXT_WIDTH = 17;
const MIN_TEXT_HEIGHT = 10;
/** The least width of a cell whose number has two digits, CSS px. */
const MIN_TWO_DIGITS = 22;
/** Over time: room for the names of steps and for the sums of rows; rows of all matrices together. */
const STEP = 42;
const SUM = 48;
const MAX_STEPS_HEIGHT = 48;

/** Where a matrix is painted. @typedef {{x: number, y: number, w: number, h: number, cols: number}} Grid of cells `w` by `h` */

export class ContributionsView {
  constructor() {
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.text = h("p", { class: "net-made" });
    this.element = h("div", { class: "net-sum", hidden: true }, this.canvas, this.text);
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  }

  /**
   * @param {Origin | null} origin
   * @param {number} cell
   * @param {Read} read
   */
  show(origin, cell, read) {
    const made = origin && contributionsOf(origin, cell, read);
    this.element.hidden = made === null;
    if (!made) return;
    setText(this.text, `${sentence(made)}\n${made.field}`);
    if (made.timed && made.rule === "sum") this.showSteps(made);
    else this.showShares(made);
  }

  /** Channel by channel: patch × kernel = sum. @param {Contributions} made */
  showShares(made) {
    const { rows, cols } = made;
    const shares = made.shares.slice(0, listed(made));
    const w = made.timed ? 2 * MAX_CELL : Math.min(MAX_CELL, MAX_PATCH / Math.max(rows, cols));
    const h = made.timed ? Math.min(MAX_CELL, (2 * MAX_STEPS_HEIGHT) / rows) : w;
    this.resize(shares.length * (rows * h + GAP) - GAP + 2);
    const ranges = [largest(shares.flatMap(({ patch }) => patch)), 1];
    ranges[1] = largest(shares.flatMap(({ kernel }) => kernel));
    shares.forEach((share, i) => {
      const y = 1 + i * (rows * h + GAP);
      this.paintShare(made, share, { x: 1, y, w, h, cols }, ranges);
    });
  }

  /** Step by step: inputs, weights and their products, with the sum of every step. @param {Contributions} made */
  showSteps({ rows, cols, first, shares: [{ patch, kernel }] }) {
    const w = Math.min(24, (WIDTH - STEP - SUM) / cols);
    const h = Math.max(3, Math.min(15, MAX_STEPS_HEIGHT / rows));
    const pitch = rows * h + GAP;
    this.resize(3 * pitch - GAP + 2);
    const products = patch.map((number, i) => number * kernel[i]);
    [patch, kernel, products].forEach((numbers, i) => {
      const grid = { x: STEP, y: 1 + i * pitch, w, h, cols };
      this.paintMatrix(numbers, grid, largest(numbers), -1);
      const sign = ["", "×", "="][i];
      if (sign) this.paintText(sign, STEP - GAP, grid.y + (rows * h) / 2, "right");
    });
    if (h < MIN_TEXT_HEIGHT) return;
    for (let row = 0; row < rows; row += 1) {
      const sum = products.slice(row * cols, (row + 1) * cols).reduce((a, b) => a + b, 0);
      const y = 1 + (row + 0.5) * h;
      this.paintLabel(`step ${first + row + 1}`, STEP - 6, y);
      this.paintLabel(short(sum), WIDTH, y + 2 * pitch);
    }
  }

  /** @param {number} height */
  resize(height) {
    const { canvas, context } = this;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = WIDTH * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${WIDTH}px`;
    canvas.style.height = `${height}px`;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  /**
   * @param {Contributions} made
   * @param {Share} share
   * @param {Grid} grid of its patch
   * @param {number[]} ranges of patches and of kernels
   */
  paintShare(made, { patch, kernel, sum, channel }, grid, ranges) {
    const chosen = made.rule === "largest" ? patch.indexOf(Math.max(...known(patch))) : -1;
    const wide = grid.w * grid.cols;
    const middle = grid.y + (made.rows * grid.h) / 2;
    this.paintMatrix(patch, grid, ranges[0], chosen);
    let x = grid.x + wide;
    if (kernel.length > 0) {
      this.paintText("×", x + SIGN / 2, middle, "center");
      this.paintMatrix(kernel, { ...grid, x: x + SIGN }, ranges[1], -1);
      x += SIGN + wide;
    }
    this.paintText("=", x + SIGN / 2, middle, "center");
    this.paintText(short(sum), x + SIGN, middle, "left");
    const several = made.rule === "sum" && made.shares.length > 1;
    if (several) this.paintLabel(`channel ${channel}`, WIDTH, middle);
  }

  /**
   * @param {number[]} numbers
   * @param {Grid} grid
   * @param {number} range
   * @param {number} chosen a cell that is marked, or -1
   */
  paintMatrix(numbers, { x, y, w, h, cols }, range, chosen) {
    const { context } = this;
    const colors = palette();
    context.font = `${Math.min(9, w / 2.1)}px ${colors.mono}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    numbers.forEach((number, i) => {
      const [left, top] = [x + (i % cols) * w, y + Math.floor(i / cols) * h];
      const share = number / range;
      context.fillStyle = Number.isNaN(number) ? colors.panel : diverging(share);
      context.fillRect(left, top, w - 0.5, h - 0.5);
      if (w < MIN_TEXT_WIDTH || h < MIN_TEXT_HEIGHT || Number.isNaN(number)) return;
      context.fillStyle = Math.abs(share) > 0.55 ? colors.page : colors.ink;
      context.fillText(brief(number, w > MIN_TWO_DIGITS ? 2 : 1), left + w / 2, top + h / 2 + 0.5);
    });
    if (chosen < 0) return;
    context.strokeStyle = colors.accent;
    context.lineWidth = 2;
    context.strokeRect(x + (chosen % cols) * w, y + Math.floor(chosen / cols) * h, w, h);
  }

  /** @param {string} text @param {number} x of its right end @param {number} y */
  paintLabel(text, x, y) {
    const { context } = this;
    context.font = `11px ${palette().text}`;
    context.fillStyle = palette().ink3;
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(text, x, y);
  }

  /**
   * @param {string} text
   * @param {number} x
   * @param {number} y
   * @param {CanvasTextAlign} align
   */
  paintText(text, x, y, align) {
    const { context } = this;
    context.font = `12px ${palette().mono}`;
    context.fillStyle = palette().ink;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillText(text, x, y);
  }
}

/**
 * The number of channels that are shown: one more takes no more room than a line about it.
 * @param {Contributions} made
 */
function listed({ shares }) {
  return shares.length <= MAX_CHANNELS + 1 ? shares.length : MAX_CHANNELS;
}

/** The largest magnitude, for the colours. @param {number[]} numbers */
function largest(numbers) {
  return Math.max(0, ...numbers.map((number) => Math.abs(number) || 0)) || 1;
}

/** The numbers that are not beyond the edge. @param {number[]} numbers */
function known(numbers) {
  return numbers.filter((number) => !Number.isNaN(number));
}

/**
 * At most three or four characters.
 * @param {number} value
 * @param {number} digits behind the point
 */
function brief(value, digits) {
  const text = value.toFixed(Math.abs(value) < 0.95 ? digits : digits - 1);
  return /[1-9]/.test(text) ? text.replace("-", "−").replace("0.", ".") : "0";
}

/** A term after the first of a sum. @param {number} value */
function term(value) {
  return value < 0 ? `− ${short(-value)}` : `+ ${short(value)}`;
}

/**
 * The computation in one line.
 * @param {Contributions} made
 */
function sentence(made) {
  const { rule, shares, bias, from, value, timed } = made;
  if (rule === "copy") return `= ${short(value)}, the same as at ${from}`;
  if (rule !== "sum") return pooled(made);
  const total = shares.reduce((sum, share) => sum + share.sum, 0);
  const rest = shares.slice(listed(made)).reduce((sum, share) => sum + share.sum, 0);
  const others = shares.length - listed(made);
  const more = others > 0 ? `${others} more channels: ${short(rest)}\n` : "";
  const used = from ? `${from}\n` : "";
  const sum = timed ? `${strongest(made)}\nz = Σ x × w` : "z = Σ patch × kernel";
  return `${more}${used}${sum} + b\n= ${short(total)} ${term(bias)} = ${short(total + bias)}`;
}

/** The largest product, where there are too many to read. @param {Contributions} made over time */
function strongest({ first, cols, shares: [{ channel, patch, kernel }] }) {
  const products = patch.map((number, i) => Math.abs(number * kernel[i]));
  const at = products.indexOf(Math.max(...products));
  const where = `step ${first + Math.floor(at / cols) + 1}, channel ${channel + (at % cols)}`;
  return `largest term: ${short(patch[at])} × ${short(kernel[at])}\nof ${where}`;
}

/** A maximum or a mean in words. @param {Contributions} made */
function pooled({ rule, shares, from, value }) {
  const cells = known(shares[0].patch).map((number) => short(number));
  const name = rule === "largest" ? "max" : "mean";
  const of = cells.length > 9 ? ` of ${cells.length} cells` : `(${cells.join(", ")})`;
  return `${name}${of} = ${short(value)}${from && `\nfrom ${from}`}`;
}
