// @ts-check
// The numbers of a whole buffer: a table where they are few, an image to point at where they are
// many. Each of them can be explained.

import { diverging, divergingIndex, divergingLUT, onThemeChange } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { exact, short, told } from "../../format.js";
import { Atlas } from "../../renderer/surface.js";
import { HIDDEN, indexOf, isHiddenAt } from "../../state/quiz.js";
import { indexText } from "./names.js";

/** @import { BufferInfo, Context, Entry } from "../../state/types.js" */

const MAX_ROWS = 16;
const MAX_COLUMNS = 5;
/** A cell of the image at its largest, and the image's greatest height, CSS px. */
const MAX_CELL = 18;
const MAX_HEIGHT = 150;

/** @type {{[key: string]: [number, number]}} */
const MOVES = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/**
 * A view of a buffer's numbers.
 * @param {Context} context
 * @param {BufferInfo} buffer
 * @returns {{element: HTMLElement, show: (entry: Entry) => void, destroy: () => void}}
 */
export function gridOf(context, buffer) {
  const { shape } = buffer;
  const size = shape.reduce((product, n) => product * n, 1);
  if (shape.length === 0) return new Scalar(context, buffer);
  if (shape.length === 1 && size <= 3 * MAX_COLUMNS)
    return new Table(context, buffer, size, MAX_COLUMNS);
  const columns = shape[shape.length - 1];
  if (shape.length === 2 && shape[0] <= MAX_ROWS && columns <= MAX_COLUMNS) {
    return new Table(context, buffer, size, columns);
  }
  return new Image(context, buffer, size / columns, columns);
}

/** @param {BufferInfo} buffer */
const isWhole = (buffer) => buffer.dtype.startsWith("int");

/**
 * Explains a number.
 * @param {Context} context
 * @param {BufferInfo} buffer
 * @param {number} flat its place
 */
function explain({ actions }, buffer, flat) {
  actions.questions.explain({ buffer: buffer.name, index: indexOf(buffer, flat) });
}

class Scalar {
  /** @param {Context} context @param {BufferInfo} buffer */
  constructor(context, buffer) {
    this.context = context;
    this.buffer = buffer;
    this.number = h("button", { type: "button", class: "ins-link" });
    this.number.onclick = () => explain(context, buffer, 0);
    this.element = h("p", { class: "ins-number" }, this.number);
  }

  /** @param {Entry} entry */
  show(entry) {
    const { buffer } = this;
    const value = entry.at(0);
    const hidden = isHiddenAt(this.context.store.state, buffer, 0);
    const text = isWhole(buffer) ? String(value) : exact(value, buffer.dtype);
    setText(this.number, hidden ? HIDDEN : text);
  }

  destroy() {}
}

class Table {
  /**
   * @param {Context} context
   * @param {BufferInfo} buffer
   * @param {number} size
   * @param {number} columns
   */
  constructor(context, buffer, size, columns) {
    this.context = context;
    this.buffer = buffer;
    this.columns = columns;
    this.cells = Array.from({ length: size }, (_, i) => this.cell(i));
    const rows = [];
    const vector = buffer.shape.length === 1;
    for (let from = 0, row = 0; from < size; from += columns, row += 1) {
      const name = vector ? `${from}…` : String(row);
      const cells = this.cells.slice(from, from + columns).map((cell) => h("td", {}, cell));
      rows.push(h("tr", {}, h("th", { scope: "row" }, name), ...cells));
    }
    const [down, across = down] = buffer.axes;
    const heads = Array.from({ length: Math.min(columns, size) }, (_, i) =>
      h("th", { scope: "col" }, vector ? `+${i}` : String(i)),
    );
    const corner = h("td", {}, vector ? down : `${down}\\${across}`);
    const head = h("thead", {}, h("tr", {}, corner, ...heads));
    this.element = h(
      "table",
      { class: "ins-table grid", role: "grid" },
      head,
      h("tbody", {}, ...rows),
    );
  }

  /**
   * A number that can be explained. The arrow keys move between numbers: they are one tab stop.
   * @param {number} i
   */
  cell(i) {
    const button = h("button", { type: "button", tabindex: i === 0 ? 0 : -1 });
    button.onclick = () => explain(this.context, this.buffer, i);
    button.onkeydown = (event) => {
      const move = MOVES[event.key];
      const next = move && this.cells[i + move[0] * this.columns + move[1]];
      if (!next) return;
      event.preventDefault();
      button.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    };
    return button;
  }

  /** @param {Entry} entry */
  show(entry) {
    const { buffer, context } = this;
    const whole = isWhole(buffer);
    const range = whole ? 0 : peak(entry);
    this.cells.forEach((cell, i) => {
      const value = entry.at(i);
      const hidden = isHiddenAt(context.store.state, buffer, i);
      setText(cell, hidden ? HIDDEN : whole ? String(value) : short(value));
      // Signed magnitude is a line below the number, which stays black on white.
      const share = hidden ? 0 : value / range;
      cell.style.setProperty("--sign", range > 0 ? diverging(share) : "transparent");
    });
  }

  destroy() {}
}

class Image {
  /**
   * @param {Context} context
   * @param {BufferInfo} buffer
   * @param {number} rows
   * @param {number} columns
   */
  constructor(context, buffer, rows, columns) {
    this.context = context;
    this.buffer = buffer;
    // A long vector fills a few lines rather than one.
    const folded = rows === 1 && columns > 64 ? Math.ceil(Math.sqrt(columns * 6)) : columns;
    this.columns = Math.min(columns, folded);
    this.rows = rows === 1 ? Math.ceil(columns / this.columns) : rows;
    this.count = rows * columns;
    this.atlas = new Atlas(this.columns, this.rows);
    const { canvas } = this.atlas;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    const words = `${buffer.name}, ${buffer.axes.join(" by ")}: the arrow keys read numbers, Enter explains one`;
    canvas.setAttribute("aria-label", words);
    canvas.style.maxWidth = `${this.columns * MAX_CELL}px`;
    canvas.style.height = `${Math.min(MAX_HEIGHT, this.rows * MAX_CELL)}px`;
    this.words = h("p", { class: "ins-number", "aria-live": "polite" });
    this.element = h("div", { class: "ins-image" }, canvas, this.words);
    /** The number that is read off, -1 for none. */
    this.cursor = -1;
    /** @type {Entry | null} */
    this.entry = null;
    this.range = 0;
    /** How many numbers are not finite. */
    this.failed = 0;
    canvas.onpointermove = (event) => this.point(event);
    canvas.onclick = () => this.cursor >= 0 && explain(context, buffer, this.cursor);
    canvas.onpointerleave = () => this.read(-1);
    canvas.onkeydown = (event) => this.key(event);
    canvas.onblur = () => this.read(-1);
    this.destroy = onThemeChange(() => this.paint());
  }

  /** @param {PointerEvent} event */
  point(event) {
    const box = this.atlas.canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.rows);
    const flat = row * this.columns + column;
    this.read(column >= 0 && column < this.columns && flat < this.count ? flat : -1);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Enter" && this.cursor >= 0) explain(this.context, this.buffer, this.cursor);
    const move = MOVES[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const row = Math.floor(Math.max(0, this.cursor) / this.columns) + move[0];
    const column = (Math.max(0, this.cursor) % this.columns) + move[1];
    if (row < 0 || column < 0 || row >= this.rows || column >= this.columns) return;
    const flat = row * this.columns + column;
    if (flat < this.count) this.read(flat);
  }

  /** Says which number the cursor is on. @param {number} flat -1 for none */
  read(flat) {
    this.cursor = flat;
    const { entry, buffer } = this;
    if (!entry) return;
    if (flat < 0) {
      const range = isWhole(buffer) ? `0 … ${this.range}` : `colours ±${short(this.range)}`;
      setText(this.words, this.failed ? `${range}, ${this.failed} not finite` : range);
      return;
    }
    const hidden = isHiddenAt(this.context.store.state, buffer, flat);
    const value = entry.at(flat);
    const text = isWhole(buffer) ? String(value) : this.number(value, entry);
    const index = indexText(indexOf(buffer, flat));
    setText(this.words, `${buffer.symbol}${index} = ${hidden ? HIDDEN : text}`);
  }

  /** @param {number} value @param {Entry} entry */
  number(value, entry) {
    return entry.dtype === "f64" ? exact(value, this.buffer.dtype) : `≈ ${told(value)}`;
  }

  /** @param {Entry} entry */
  show(entry) {
    this.entry = entry;
    this.range = peak(entry);
    this.paint();
    this.read(this.cursor);
  }

  paint() {
    const { entry, atlas, range } = this;
    if (!entry) return;
    const colors = divergingLUT();
    this.failed = 0;
    for (let i = 0; i < this.count; i += 1) {
      const share = entry.at(i) / (range || 1);
      const finite = Number.isFinite(share);
      atlas.pixels[i] = finite ? colors[divergingIndex(share)] : 0;
      if (!finite) this.failed += 1;
    }
    atlas.flush();
  }
}

/** The largest finite magnitude. @param {Entry} entry */
function peak(entry) {
  let most = 0;
  for (let i = 0; i < entry.data.length; i += 1) {
    const size = Math.abs(entry.at(i));
    if (size > most && size < Number.POSITIVE_INFINITY) most = size;
  }
  return most;
}
