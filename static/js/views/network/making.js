// @ts-check
// How a cell was made: patch times kernel, channel by channel, and what they add up to.

import { diverging, palette } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { short } from "../../format.js";

/** @typedef {import("../../scene/panel.js").Made} Made */
/** @typedef {import("../../scene/panel.js").Share} Share */

/** Channels shown one by one; the others as one sum. */
const MOST = 3;
const IMAGE = 54;
const SIGN = 18;
const GAP = 8;
const WIDTH = 290;
/** Cells at least this wide have their number written in them, CSS px. */
const READABLE = 17;

export class Making {
  constructor() {
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.text = h("p", { class: "net-made" });
    this.element = h("div", { class: "net-sum", hidden: true }, this.canvas, this.text);
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  }

  /** @param {Made | null} made */
  show(made) {
    this.element.hidden = made === null;
    if (!made) return;
    setText(this.text, `${sentence(made)}\n${made.field}`);
    const shares = made.shares.slice(0, listed(made));
    const tall = Math.min(IMAGE, (IMAGE * made.rows) / made.cols);
    this.resize(shares.length * (tall + GAP) - GAP + 2);
    const most = (/** @type {"patch" | "kernel"} */ of) =>
      Math.max(...shares.flatMap((share) => share[of].map((v) => Math.abs(v) || 0))) || 1;
    const ranges = [most("patch"), most("kernel")];
    shares.forEach((share, i) => {
      this.paintShare(made, share, 1 + i * (tall + GAP), tall, ranges);
    });
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
   * @param {Made} made
   * @param {Share} share
   * @param {number} y
   * @param {number} tall
   * @param {number[]} ranges of patches and of kernels
   */
  paintShare(made, { patch, kernel, sum, channel }, y, tall, ranges) {
    const { context } = this;
    const chosen = made.rule === "largest" ? patch.indexOf(Math.max(...known(patch))) : -1;
    this.paintMatrix(patch, made, 1, y, tall, ranges[0], chosen);
    let x = 1 + IMAGE;
    if (kernel.length > 0) {
      this.paintText("×", x + SIGN / 2, y + tall / 2, "center");
      this.paintMatrix(kernel, made, x + SIGN, y, tall, ranges[1], -1);
      x += SIGN + IMAGE;
    }
    this.paintText("=", x + SIGN / 2, y + tall / 2, "center");
    this.paintText(short(sum), x + SIGN, y + tall / 2, "left");
    const from = made.rule === "sum" && made.shares.length > 1 ? `channel ${channel}` : "";
    context.fillStyle = palette().ink3;
    context.font = `11px ${palette().text}`;
    context.textAlign = "right";
    context.fillText(from, WIDTH, y + tall / 2);
  }

  /**
   * @param {number[]} numbers
   * @param {{rows: number, cols: number}} shape
   * @param {number} x
   * @param {number} y
   * @param {number} tall
   * @param {number} range
   * @param {number} chosen a cell that is marked, or -1
   */
  paintMatrix(numbers, { rows, cols }, x, y, tall, range, chosen) {
    const { context } = this;
    const colors = palette();
    const [w, height] = [IMAGE / cols, tall / rows];
    context.font = `${Math.min(9, w / 2.1)}px ${colors.mono}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    numbers.forEach((number, i) => {
      const [left, top] = [x + (i % cols) * w, y + Math.floor(i / cols) * height];
      const share = number / range;
      context.fillStyle = Number.isNaN(number) ? colors.panel : diverging(share);
      context.fillRect(left, top, w - 0.5, height - 0.5);
      if (w < READABLE || Number.isNaN(number)) return;
      context.fillStyle = Math.abs(share) > 0.55 ? colors.page : colors.ink;
      context.fillText(brief(number), left + w / 2, top + height / 2 + 0.5);
    });
    if (chosen < 0) return;
    context.strokeStyle = colors.accent;
    context.lineWidth = 2;
    context.strokeRect(x + (chosen % cols) * w, y + Math.floor(chosen / cols) * height, w, height);
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

/** How many channels are shown: a single one more is no longer than its mention. @param {Made} made */
function listed({ shares }) {
  return shares.length <= MOST + 1 ? shares.length : MOST;
}

/** Those that are not beyond the edge. @param {number[]} numbers */
function known(numbers) {
  return numbers.filter((number) => !Number.isNaN(number));
}

/** At most three characters. @param {number} value */
function brief(value) {
  const digits = Math.abs(value) < 0.95 ? 1 : 0;
  const text = value.toFixed(digits).replace("-", "−").replace("0.", ".");
  return /[1-9]/.test(text) ? text : "0";
}

/** A term after the first of a sum. @param {number} value */
function term(value) {
  return value < 0 ? `− ${short(-value)}` : `+ ${short(value)}`;
}

/**
 * The whole of it in one line.
 * @param {Made} made
 */
function sentence(made) {
  const { rule, shares, bias, value } = made;
  if (rule !== "sum") {
    const cells = known(shares[0].patch).map((number) => short(number));
    const name = rule === "largest" ? "max" : "mean";
    return `${cells.length > 9 ? `${name} of ${cells.length} cells` : `${name}(${cells.join(", ")})`} = ${short(value)}`;
  }
  const total = shares.reduce((sum, share) => sum + share.sum, 0);
  const rest = shares.slice(listed(made)).reduce((sum, share) => sum + share.sum, 0);
  const others = shares.length - listed(made);
  const more = others > 0 ? `${others} more channels: ${short(rest)}\n` : "";
  return `${more}z = Σ patch × kernel + b\n= ${short(total)} ${term(bias)} = ${short(total + bias)}`;
}
