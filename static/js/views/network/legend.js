// @ts-check
// What widths, colours and marks mean, with the ranges now in use. Always in view.

import { diverging, palette } from "../../color.js";
import { h, setText, tip } from "../../controls/dom.js";
import { short } from "../../format.js";
import { edgeWidth, strokeEdges } from "../../renderer/edges.js";
import { bar, cross, hatch } from "../../renderer/shapes.js";
import { Range } from "../../renderer/values.js";

/** @import { Renderer } from "../../renderer/renderer.js" */
/** @import { EdgeMode } from "../../state/types.js" */

const WEDGE = [132, 16];
const MARK = 18;
/** How long a changed range is pointed out, ms. */
const NOTICE_TIME = 2600;

/** Words, left out on a phone, and a symbol. @type {{[mode: string]: [string, string]}} */
const NAMES = {
  weight: ["weight ", "w"],
  gradient: ["gradient ", "dL/dw"],
  update: ["update ", "Δw"],
  difference: ["", "w − w′ of b"],
};
/** @type {{[mode: string]: [string, string]}} */
const FIELD_NAMES = { gradient: ["", "dL/da"] };
/** @type {[string, string]} */
const VALUES = ["activation ", "a"];

/** @param {number} width @param {number} height */
function picture(width, height) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(ratio, ratio);
  return { canvas, context };
}

export class Legend {
  constructor() {
    this.wedge = picture(WEDGE[0], WEDGE[1]);
    this.low = h("span", { class: "net-number" });
    this.high = h("span", { class: "net-number" });
    this.word = h("span", { class: "net-word" });
    this.symbol = h("span", {});
    this.note = h("span", { class: "net-note" });
    const scale = h(
      "div",
      { class: "net-scale" },
      h("b", {}, this.word, this.symbol),
      this.low,
      this.wedge.canvas,
      this.high,
      this.note,
    );
    const id = "net-marks";
    const fold = h(
      "button",
      { type: "button", class: "net-fold", "aria-expanded": "false", "aria-controls": id },
      "Marks",
    );
    fold.onclick = () => {
      const open = this.element.toggleAttribute("data-open");
      fold.setAttribute("aria-expanded", String(open));
    };
    this.marks = MARKS.map((mark) => ({ ...mark, ...picture(MARK, MARK), text: h("span", {}) }));
    const marks = this.marks.map(({ canvas, text, tells }) =>
      tip(h("span", { class: "net-mark" }, canvas, text), tells),
    );
    this.element = h(
      "div",
      { class: "net-legend" },
      scale,
      fold,
      h("div", { class: "net-marks", id }, ...marks),
    );
    this.mode = "";
    /** Whether a timer will remove the note. */
    this.busy = false;
  }

  invalidate() {
    this.mode = "";
  }

  /**
   * @param {NonNullable<Renderer["picture"]>} shown
   * @param {EdgeMode} mode
   * @param {number} now
   * @param {number} other the branch that w′ is of
   */
  show({ ranges, columns }, mode, now, other) {
    const fields = ranges[mode].goal === 0 && columns.some((c) => "ranges" in c);
    const range = fields ? widest(columns, mode) : ranges[mode];
    if (mode !== this.mode) this.paint(mode);
    this.mode = mode;
    const [word, symbol] = fields ? (FIELD_NAMES[mode] ?? VALUES) : NAMES[mode];
    setText(this.word, word);
    setText(this.symbol, !fields && mode === "difference" ? `${symbol}${other}` : symbol);
    setText(this.low, range.goal ? `−${short(range.goal)}` : "");
    setText(this.high, range.goal ? `+${short(range.goal)}` : "0");
    this.busy = now - range.changedAt < NOTICE_TIME;
    setText(this.note, this.busy ? "range changed" : "");
    const spans = columns
      .slice(1)
      .map((c) => ("ranges" in c ? 0 : c.valueRange.goal))
      .filter((goal) => goal > 0);
    const [least, most] = [Math.min(...spans), Math.max(...spans)];
    const each = least === most ? `±${short(most)}` : `±${short(least)} … ±${short(most)}`;
    const ring = ranges.ring.goal ? ` ≤ ${short(ranges.ring.goal)}` : "";
    const texts = [
      `activation a ${spans.length ? each : ""}`,
      `dL/da${ring}`,
      `bias${ranges.bias.goal ? ` ±${short(ranges.bias.goal)}` : ""}`,
    ];
    for (const [i, { text, label }] of this.marks.entries()) setText(text, label || texts[i]);
  }

  /** @param {EdgeMode} mode */
  paint(mode) {
    const { context } = this.wedge;
    const [width, height] = WEDGE;
    context.clearRect(0, 0, width, height);
    for (let x = 0; x < width; x += 1) {
      const share = (2 * (x + 0.5)) / width - 1;
      const thick = edgeWidth(Math.sqrt(Math.abs(share)), 2);
      if (mode === "update" && x % 9 > 5) continue;
      if (mode === "difference" && x % 6 > 2) continue;
      context.fillStyle = diverging(share);
      context.fillRect(x, (height - thick) / 2, 1, thick);
      if (mode !== "gradient" || thick < 4) continue;
      context.fillStyle = palette().page;
      context.fillRect(x, (height - thick * 0.45) / 2, 1, thick * 0.45);
    }
    for (const { context: mark, draw } of this.marks) {
      mark.clearRect(0, 0, MARK, MARK);
      mark.setLineDash([]);
      draw(mark);
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} fill
 */
function square(context, fill) {
  context.globalAlpha = 1;
  context.beginPath();
  context.roundRect(3, 3, 12, 12, 3);
  context.fillStyle = fill;
  context.fill();
}

/** @type {{label: string, tells: string, draw: (c: CanvasRenderingContext2D) => void}[]} */
const MARKS = [
  {
    label: "",
    tells:
      "A unit's fill is its activation a: blue above zero, orange below. If the data are points, it covers the plane; otherwise it is for the probe sample.",
    draw: (c) => {
      square(c, diverging(-0.8));
      c.beginPath();
      c.rect(9, 0, 9, 18);
      c.save();
      c.clip();
      square(c, diverging(0.8));
      c.restore();
    },
  },
  {
    label: "",
    tells:
      "The ring around a unit is dL/da of the probe sample. Its width is the magnitude, its colour the sign.",
    draw: (c) => {
      square(c, palette().neutral);
      c.beginPath();
      c.roundRect(1.75, 1.75, 14.5, 14.5, 4);
      c.strokeStyle = palette().positive;
      c.lineWidth = 2.5;
      c.stroke();
    },
  },
  {
    label: "",
    tells:
      "The notch at the lower left of a unit is its bias, or the gradient or update of the bias.",
    draw: (c) => {
      square(c, palette().neutral);
      square(c, palette().neutral);
      c.beginPath();
      c.roundRect(1, 11, 6, 6, 2);
      c.fillStyle = palette().negative;
      c.fill();
    },
  },
  {
    label: "update",
    tells:
      "A dashed line is the last update Δw. It appears briefly when you step through an update, and always in update mode.",
    draw: (c) => {
      c.beginPath();
      c.moveTo(1, 9);
      c.lineTo(17, 9);
      strokeEdges(c, 0.5, "update", palette().positive, 2, 1);
      c.globalAlpha = 1;
    },
  },
  {
    label: "dead",
    tells:
      "Hatched: the unit's activation is 0 for every sample seen, so no gradient flows back through it.",
    draw: (c) => {
      square(c, palette().neutral);
      hatch(c, 3, 3, 12);
    },
  },
  {
    label: "saturated",
    tells:
      "A bar at the edge: the unit is at the upper or lower end of its activation for almost every sample, where its slope is near 0.",
    draw: (c) => {
      square(c, diverging(0.8));
      bar(c, 3, 3, 12, true);
    },
  },
  {
    label: "not finite",
    tells: "A crossed cell in red: the value is NaN or infinite.",
    draw: (c) => cross(c, 3, 3, 12, 3),
  },
];

/**
 * The widest of the ranges of all fields.
 * @param {NonNullable<Renderer["picture"]>["columns"]} columns
 * @param {EdgeMode} mode
 */
function widest(columns, mode) {
  const ranges = columns.flatMap((c) => ("ranges" in c ? c.ranges(mode === "gradient") : []));
  return ranges.reduce((most, range) => (range.goal > most.goal ? range : most), new Range(0));
}
