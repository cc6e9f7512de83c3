// @ts-check
// Pointing at, brushing and walking along charts that share a time axis.

import { lowerBound, nearest } from "./line.js";

/** @import { Store } from "../../state/store.js" */
/** @import { Scale } from "./scale.js" */
/** @import { TimeAxis } from "./time.js" */

/**
 * A chart under the pointer: its element, and the positions of its steps.
 * @typedef {{element: HTMLElement, x: Scale, options: {time: TimeAxis},
 *   samples: import("./chart.js").Samples}} Chart
 */

const MIN_DRAG = 4; // px from which a press is a brush
const PAGE = 0.1; // of the points in view

export class Gestures {
  /**
   * @param {HTMLElement} element holds the charts and takes the focus
   * @param {Chart} chart one of them; in a row all have the same steps at the same pixels
   * @param {Store} store
   * @param {() => void} onWalk the keys have moved the hover line
   */
  constructor(element, chart, store, onWalk) {
    this.element = element;
    this.chart = chart;
    this.store = store;
    this.onWalk = onWalk;
    /** Where the pointer is, px; NaN if it is elsewhere. */
    this.pointer = Number.NaN;
    this.pressed = Number.NaN;
    const { time } = chart.options;
    element.addEventListener("pointerdown", (event) => this.press(event));
    element.addEventListener("pointermove", (event) => this.move(event));
    element.addEventListener("pointerup", () => this.release());
    element.addEventListener("pointercancel", () => this.cancel());
    element.addEventListener("pointerleave", (event) => this.leave(event));
    element.addEventListener("dblclick", () => time.reset());
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("blur", () => this.hover(null));
  }

  /** @param {number | null} hoverStep */
  hover(hoverStep) {
    if (this.store.state.hoverStep !== hoverStep) this.store.set({ hoverStep });
  }

  /** Reads the step under the pointer again: the chart has moved below it. */
  follow() {
    const { x, samples } = this.chart;
    const { step, length } = samples;
    if (Number.isNaN(this.pointer) || length === 0) return;
    const at = Math.max(x.start, Math.min(x.end, this.pointer));
    this.hover(step[nearest(step, length, x.valueAt(at))]);
  }

  /** @param {PointerEvent} event */
  place(event) {
    this.pointer = event.clientX - this.chart.element.getBoundingClientRect().left;
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button !== 0 || /** @type {Element} */ (event.target).closest("button")) return;
    this.place(event);
    this.pressed = this.pointer;
    this.element.setPointerCapture(event.pointerId);
    this.follow();
  }

  /** @param {PointerEvent} event */
  move(event) {
    this.place(event);
    this.follow();
    const { x, options } = this.chart;
    const far = Math.abs(this.pointer - this.pressed) >= MIN_DRAG;
    if (!far && !options.time.brushing) return;
    if (Number.isNaN(this.pressed)) return;
    options.time.brush(x.valueAt(this.pressed), x.valueAt(this.pointer));
  }

  release() {
    if (Number.isNaN(this.pressed)) return;
    this.pressed = Number.NaN;
    this.chart.options.time.zoom();
  }

  cancel() {
    this.pressed = this.pointer = Number.NaN;
    this.chart.options.time.cancelBrush();
  }

  /** A finger lifted leaves the line where it was. @param {PointerEvent} event */
  leave(event) {
    this.pointer = Number.NaN;
    if (event.pointerType !== "touch") this.hover(null);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.target !== this.element || event.ctrlKey || event.metaKey || event.altKey) return;
    const walked = this.walk(event.key, event.shiftKey);
    if (!walked && !this.act(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (walked) this.onWalk();
  }

  /**
   * @param {string} key
   * @param {boolean} brushing
   * @returns {boolean} whether the key moves the hover line
   */
  walk(key, brushing) {
    const { samples } = this.chart;
    const { time } = this.chart.options;
    const { step, length } = samples;
    const first = lowerBound(step, length, time.low);
    const last = lowerBound(step, length, time.high + 1e-6) - 1;
    const page = Math.max(1, Math.round(PAGE * (last - first)));
    const moves = { ArrowLeft: -1, ArrowRight: 1, PageUp: -page, PageDown: page };
    const far = { Home: -length, End: length };
    const by = { ...moves, ...far }[key];
    if (by === undefined || last < first) return false;
    const { hoverStep } = this.store.state;
    const from = hoverStep === null ? last : nearest(step, length, hoverStep);
    const to = Math.max(first, Math.min(last, hoverStep === null && by === -1 ? from : from + by));
    if (brushing) time.brush(time.brushing ? time.brushFrom : step[from], step[to]);
    this.hover(step[to]);
    return true;
  }

  /**
   * @param {string} key
   * @returns {boolean} whether the key did something
   */
  act(key) {
    const { time } = this.chart.options;
    if (key === "Enter" && time.brushing) time.zoom();
    else if (key !== "Escape") return false;
    else if (time.brushing) time.cancelBrush();
    else if (time.zoomed) time.reset();
    else if (this.store.state.hoverStep !== null) this.hover(null);
    else return false;
    return true;
  }
}
