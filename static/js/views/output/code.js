// @ts-check
// An autoencoder's code of two numbers: the decoded images over its plane, the codes of the test
// samples, and a cross-hair that can be moved.

import { palette, sequentialLUT } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { short } from "../../format.js";
import { Atlas } from "../../renderer/surface.js";
import { Asking } from "./parts/asking.js";
import { Axes } from "./parts/axes.js";
import { classKey } from "./parts/legend.js";
import { trace } from "./parts/marks.js";
import { entryOf } from "./parts/moment.js";
import { Picture } from "./parts/picture.js";
import { Plot } from "./parts/plot.js";

/** @import { Context, Entry, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */

const CODES = "view/code";
const DECODED = "view/decoded";
const RANGE = "view/decoded/range";
const DRAW_EVERY = 100; // ms
const STEP = 0.02; // of the plane, an arrow key

/** @type {{[key: string]: [number, number]}} */
const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

export class CodePlane {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.context = context;
    this.title = "Codes";
    this.shape = model.data.image_shape ?? [1, 1];
    /** @type {number[]} the class of each test sample, which the network never sees */
    this.labels = model.data.extras.test.label ?? [];
    /** @type {string[]} */
    this.names = model.data.extras.all.class_names ?? [];
    this.wants = [CODES, DECODED, RANGE].map((name) => ({
      name,
      dtype: /** @type {const} */ ("f32"),
    }));
    this.axes = new Axes({ low: -1, high: 1, label: "c₁" }, { low: -1, high: 1, label: "c₂" });
    /** Position of the cross-hair as fractions of the plane, so that it stays when the plane grows. */
    this.at = [0.5, 0.5];
    this.drawn = Number.NEGATIVE_INFINITY;
    /** @type {Entry | null} */
    this.codes = null;
    /** @type {Atlas | null} */
    this.atlas = null;
    this.plot = new Plot(context, {
      kind: "sim-code",
      role: "application",
      name: "Plane of codes. The arrow keys move through it, with Shift in larger steps.",
      paint: (canvas, width, height) => this.paint(canvas, width, height),
    });
    this.picture = new Picture(this.shape);
    this.coordinates = h("p", { class: "sim-place" });
    this.live = h("p", { class: "unseen", "aria-live": "polite" });
    this.sliders = ["c₁", "c₂"].map((name, axis) => this.slider(name, axis));
    this.asking = new Asking(context, {
      type: "decode",
      every: 60,
      answer: (answer) => this.answer(/** @type {any} */ (answer).values),
      refuse: (why) => setText(this.coordinates, why),
    });
    this.element = h(
      "div",
      { class: "sim" },
      h("div", { class: "sim-split" }, this.plot.element, this.aside()),
      ...this.sliders.map(({ element }) => element),
    );
    this.listen();
  }

  aside() {
    const caption = h(
      "p",
      { class: "sim-said" },
      "What the decoder draws at the cross-hair. Drag it, or use arrow keys or sliders.",
    );
    const points = this.names.length > 0 ? [classKey(this.names)] : [];
    return h(
      "div",
      { class: "sim-aside" },
      this.picture.element,
      this.coordinates,
      caption,
      ...points,
      this.live,
    );
  }

  /** Moves the cross-hair along one axis. @param {string} name @param {number} axis */
  slider(name, axis) {
    const props = { type: "range", min: 0, max: 1, step: STEP };
    const range = h("input", { ...props, "aria-label": `Code ${name}` });
    const value = h("output", {});
    range.oninput = () => {
      const [x, y] = this.at.with(axis, Number(range.value));
      this.move(x, y);
    };
    /** @param {number} share of the plane @param {string} words */
    const show = (share, words) => {
      range.value = String(share);
      range.setAttribute("aria-valuetext", words);
      setText(value, words);
    };
    const element = h("div", { class: "sim-slider" }, h("span", {}, name), range, value);
    return { element, show };
  }

  destroy() {
    this.asking.stop();
    this.plot.destroy();
  }

  listen() {
    const { element } = this.plot;
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      this.drag(event);
    });
    element.addEventListener("pointermove", (event) => {
      if (event.buttons > 0) this.drag(event);
    });
    element.addEventListener("keydown", (event) => {
      const direction = DIRECTIONS[event.key];
      if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const step = event.shiftKey ? 5 * STEP : STEP;
      this.move(this.at[0] + step * direction[0], this.at[1] + step * direction[1]);
      setText(
        this.live,
        `Code ${this.code()
          .map((value) => short(value))
          .join(", ")}`,
      );
    });
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const { left, top, width, height } = this.axes;
    const [x, y] = this.plot.place(event);
    this.move((x - left) / width, 1 - (y - top) / height);
  }

  /** @param {number} x share of the plane @param {number} y */
  move(x, y) {
    this.at = [x, y].map((share) => Math.max(0, Math.min(1, share)));
    this.ask();
    this.plot.invalidate();
  }

  /** The code at the cross-hair. */
  code() {
    const { scaleX, scaleY } = this.axes;
    return [scaleX, scaleY].map(({ low, high }, i) => low + this.at[i] * (high - low));
  }

  ask() {
    const code = this.code();
    for (const [axis, { show }] of this.sliders.entries()) show(this.at[axis], short(code[axis]));
    setText(this.coordinates, `c = (${code.map((value) => short(value)).join(", ")})`);
    this.asking.ask({ code });
  }

  /** @param {(number | null)[]} values ink */
  answer(values) {
    const size = values.length;
    const ink = { shape: [size], at: (/** @type {number} */ i) => values[i] ?? Number.NaN };
    this.picture.show(ink, `The image decoded at ${this.coordinates.textContent}`, [0, 1]);
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const [codes, decoded, range] = [CODES, DECODED, RANGE].map((name) => entryOf(moment, name));
    const due = !moment.frame.running || now - this.drawn > DRAW_EVERY;
    if (codes && range && codes !== this.codes && due) {
      this.drawn = now;
      this.codes = codes;
      this.cover(range);
      if (decoded) this.draw(decoded);
      this.plot.surface.dirty = true;
    }
    this.asking.renew(moment.frame);
    this.plot.draw();
  }

  /** @param {Entry} range (axis, end) */
  cover(range) {
    const [x, y] = [0, 2].map((i) => ({ low: range.at(i), high: range.at(i + 1) }));
    const known = [x.low, x.high, y.low, y.high].every(Number.isFinite);
    const { scaleX, scaleY } = this.axes;
    const same =
      x.low === scaleX.low &&
      x.high === scaleX.high &&
      y.low === scaleY.low &&
      y.high === scaleY.high;
    if (known && !same) this.axes.cover(x, y);
    if (!this.asking.fields || !same) this.ask();
  }

  /** The images of the grid, side by side. @param {Entry} decoded (row, column, height, width) */
  draw(decoded) {
    const [rows, columns, height, width] = decoded.shape;
    this.atlas ??= new Atlas(columns * width, rows * height);
    const colors = sequentialLUT();
    for (let i = 0; i < decoded.data.length; i += 1) {
      const [cell, pixel] = [Math.floor(i / (height * width)), i % (height * width)];
      const y = Math.floor(cell / columns) * height + Math.floor(pixel / width);
      const x = (cell % columns) * width + (pixel % width);
      const ink = Math.max(0, Math.min(1, decoded.at(i)));
      this.atlas.pixels[y * columns * width + x] = colors[Math.round(255 * ink)] ?? 0;
    }
    this.atlas.flush();
  }

  /** @param {CanvasRenderingContext2D} canvas @param {number} width @param {number} height */
  paint(canvas, width, height) {
    const { axes, atlas } = this;
    axes.resize(width, height);
    if (atlas) {
      canvas.imageSmoothingEnabled = false;
      canvas.globalAlpha = 0.4;
      canvas.drawImage(atlas.canvas, axes.left, axes.top, axes.width, axes.height);
      canvas.globalAlpha = 1;
    }
    canvas.save();
    canvas.beginPath();
    canvas.rect(axes.left, axes.top, axes.width, axes.height);
    canvas.clip();
    this.paintCodes(canvas);
    this.paintCross(canvas);
    canvas.restore();
    axes.paint(canvas);
  }

  /** @param {CanvasRenderingContext2D} canvas */
  paintCodes(canvas) {
    const { axes, codes, labels } = this;
    if (!codes) return;
    const { categories, panel } = palette();
    const last = this.names.length || 1;
    for (let label = 0; label < last; label += 1) {
      canvas.beginPath();
      for (let i = 0; i < codes.shape[0]; i += 1) {
        if ((labels[i] ?? 0) !== label) continue;
        trace(
          canvas,
          label,
          axes.x(codes.at(2 * i)),
          axes.y(codes.at(2 * i + 1)),
          2.4 * axes.scale,
        );
      }
      canvas.strokeStyle = panel;
      canvas.lineWidth = 1;
      canvas.stroke();
      canvas.fillStyle = categories[label % categories.length];
      canvas.fill();
    }
  }

  /** @param {CanvasRenderingContext2D} canvas */
  paintCross(canvas) {
    const { left, top, width, height } = this.axes;
    const [x, y] = [left + this.at[0] * width, top + (1 - this.at[1]) * height];
    canvas.beginPath();
    canvas.moveTo(left, y);
    canvas.lineTo(left + width, y);
    canvas.moveTo(x, top);
    canvas.lineTo(x, top + height);
    canvas.strokeStyle = palette().accent;
    canvas.lineWidth = 1;
    canvas.stroke();
    canvas.beginPath();
    canvas.arc(x, y, 5, 0, 2 * Math.PI);
    canvas.lineWidth = 2;
    canvas.stroke();
  }
}
