// @ts-check
// Exact numbers: from the frame where it holds them exactly, otherwise read from the server.

import { bufferOf } from "./names.js";

/** @import { BufferInfo, Context, Entry, Frame, Model } from "../../state/types.js" */
/** @import { Want } from "../network/wants.js" */

/** Buffers up to this size come exactly in every frame; of larger ones single numbers are read. */
const MAX_EXACT = 4096;
/** How often one number is read again, ms. */
const ASK_INTERVAL = 250;
const MAX_ANSWERS = 128;

/** @param {BufferInfo} buffer */
function sizeOf(buffer) {
  return buffer.shape.reduce((product, n) => product * n, 1);
}

/**
 * Wants for exact numbers of the small ones among some buffers; for large ones a picture, or
 * nothing if none is drawn.
 * @param {Model} model
 * @param {(string | null | undefined)[]} names
 * @param {boolean} [drawn]
 * @returns {Want[]}
 */
export function exactly(model, names, drawn = false) {
  return names.flatMap((name) => {
    const buffer = bufferOf(model, name);
    if (!buffer) return [];
    const small = sizeOf(buffer) <= MAX_EXACT;
    if (!small && !drawn) return [];
    return [{ name: buffer.name, dtype: /** @type {"f64" | "u8"} */ (small ? "f64" : "u8") }];
  });
}

export class Reader {
  /** @param {Context} context */
  constructor(context) {
    this.context = context;
    /** @type {Frame | null} */
    this.frame = null;
    /** @type {Map<string, {stamp: string, asked: number, value: number | null}>} */
    this.answers = new Map();
    this.stamp = "";
  }

  /**
   * @param {Frame | null} frame
   * @param {Model} model
   */
  take(frame, model) {
    this.frame = frame?.generation === model.generation ? frame : null;
    this.model = model;
    this.stamp = `${model.generation} ${frame?.number}`;
  }

  /**
   * A buffer as the frame holds it; null if it does not.
   * @param {string} name
   * @returns {Entry | null}
   */
  entry(name) {
    const id = this.model?.bufferByName.get(name)?.id;
    return (id !== undefined && this.frame?.entries.get(id)) || null;
  }

  /**
   * The exact number; null while it is not known.
   * @param {string} name
   * @param {number[]} index
   */
  number(name, index) {
    const buffer = this.model && bufferOf(this.model, name);
    if (!buffer) return null;
    const flat = index.reduce((at, i, axis) => at * buffer.shape[axis] + i, 0);
    const entry = this.entry(name);
    return entry?.dtype === "f64" ? entry.data[flat] : this.ask(name, index);
  }

  /** @param {string} name @param {number[]} index */
  ask(name, index) {
    const { stamp, answers, context } = this;
    const key = `${this.model?.generation} ${name} ${index}`;
    const known = answers.get(key) ?? { stamp: "", asked: -ASK_INTERVAL, value: null };
    const now = performance.now();
    if (known.stamp === stamp || now - known.asked < ASK_INTERVAL) return known.value;
    Object.assign(known, { stamp, asked: now });
    if (answers.size > MAX_ANSWERS) answers.clear();
    answers.set(key, known);
    context.actions.read(name, index).then(
      (value) => {
        known.value = value;
        context.loop.requestDraw();
      },
      () => answers.delete(key),
    );
    return known.value;
  }
}
