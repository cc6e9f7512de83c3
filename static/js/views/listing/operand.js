// @ts-check
// One buffer that an instruction reads or writes: its name, shape and numbers.

import { h, setText } from "../../controls/dom.js";
import { count, short, told } from "../../format.js";
import { HIDDEN } from "../../state/quiz.js";
import { MatrixPicture } from "./picture.js";
import { shapeText } from "./rows.js";

/** @import { BufferInfo, Entry } from "../../state/types.js" */

/** Up to this many numbers are written out. */
const MAX_WRITTEN = 4;
/** Up to this many come exactly. */
const MAX_EXACT = 512;
/** Up to this many are shown at all. */
export const MAX_SHOWN = 4096;

/** @param {BufferInfo} buffer */
export function sizeOf(buffer) {
  return buffer.shape.reduce((product, n) => product * n, 1);
}

/** @param {BufferInfo} buffer */
const isCounting = (buffer) => buffer.dtype.includes("int");

/**
 * How exactly a buffer is needed: many numbers are only a picture.
 * @param {BufferInfo} buffer
 */
export function precisionOf(buffer) {
  return isCounting(buffer) || sizeOf(buffer) <= MAX_EXACT ? "f64" : "u8";
}

export class Operand {
  constructor() {
    this.symbol = h("b", {});
    this.name = h("span", { class: "listing-name" });
    this.shape = h("span", { class: "listing-shape" });
    this.text = h("span", { class: "listing-numbers" });
    this.picture = new MatrixPicture();
    const words = h("div", {}, this.symbol, this.name);
    const numbers = h("div", {}, this.shape, this.text);
    this.element = h("div", { class: "listing-operand" }, h("div", {}, words, numbers));
    this.element.append(this.picture.element);
    /** @type {BufferInfo | null} */
    this.buffer = null;
  }

  /**
   * @param {BufferInfo} buffer
   * @param {boolean} written rather than read
   */
  set(buffer, written) {
    this.buffer = buffer;
    setText(this.symbol, buffer.symbol);
    setText(this.name, buffer.name);
    setText(this.shape, shapeText(buffer.shape));
    setText(this.text, "");
    this.picture.element.hidden = true;
    this.element.classList.toggle("written", written);
    this.element.setAttribute("data-tip", `${written ? "Writes" : "Reads"} ${buffer.name}`);
  }

  /**
   * @param {Entry | undefined} entry the newest there is
   * @param {(buffer: BufferInfo, flat: number) => boolean} hides whether a number is not to be told
   */
  paint(entry, hides) {
    const { buffer, picture } = this;
    if (!buffer) return;
    const listed = isCounting(buffer) || sizeOf(buffer) <= MAX_WRITTEN;
    picture.element.hidden = listed || !entry;
    this.text.classList.remove("broken");
    if (!entry) setText(this.text, "");
    else if (listed)
      setText(
        this.text,
        listText(entry, (flat) => hides(buffer, flat)),
      );
    else this.paintPicture(entry);
  }

  /** @param {Entry} entry */
  paintPicture(entry) {
    let most = 0;
    let broken = 0;
    for (let i = 0; i < entry.data.length; i += 1) {
      const value = Math.abs(entry.at(i));
      if (!Number.isFinite(value)) broken += 1;
      else if (value > most) most = value;
    }
    setText(this.text, broken > 0 ? `${count(broken)} not finite` : `±${short(most, 2)}`);
    this.text.classList.toggle("broken", broken > 0);
    this.picture.setShape(entry.shape);
    this.picture.paint(entry, most);
  }
}

/** @param {Entry} entry @param {(flat: number) => boolean} hides */
function listText(entry, hides) {
  const numbers = Array.from({ length: Math.min(8, entry.data.length) }, (_, i) => entry.at(i));
  const whole = numbers.every(Number.isInteger);
  const digits = numbers.length > 2 ? 2 : 3;
  const texts = numbers.map((n, i) => (hides(i) ? HIDDEN : whole ? String(n) : told(n, digits)));
  return `${texts.join("  ")}${entry.data.length > 8 ? " …" : ""}`;
}
