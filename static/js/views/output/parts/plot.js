// @ts-check
// A canvas that is redrawn when its size, the theme or its content has changed.

import { onThemeChange } from "../../../color.js";
import { h } from "../../../controls/dom.js";
import { Surface } from "../../../renderer/surface.js";

/** @import { Context } from "../../../state/types.js" */

/**
 * @typedef {object} Subject
 * @property {string} kind class of the element
 * @property {string} name accessible name
 * @property {"img" | "application"} role "application" takes the keyboard
 * @property {(canvas: CanvasRenderingContext2D, width: number, height: number) => void} paint
 */

export class Plot {
  /** @param {Context} context @param {Subject} subject */
  constructor(context, subject) {
    this.context = context;
    this.subject = subject;
    const { kind, name, role } = subject;
    const tabindex = role === "application" ? 0 : null;
    this.element = h("div", { class: `sim-plot ${kind}`, role, tabindex, "aria-label": name });
    this.surface = new Surface(this.element);
    this.width = 0;
    this.height = 0;
    const observer = new ResizeObserver(() => this.resize());
    observer.observe(this.element);
    const theme = onThemeChange(() => this.invalidate());
    this.destroy = () => {
      observer.disconnect();
      theme();
    };
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width < 20 || height < 20) return;
    this.width = width;
    this.height = height;
    this.surface.resize(width, height);
    this.context.loop.requestDraw();
  }

  invalidate() {
    this.surface.dirty = true;
    this.context.loop.requestDraw();
  }

  /** Draws if there is something new. */
  draw() {
    const { surface, width, height } = this;
    if (width > 0 && surface.dirty) this.subject.paint(surface.begin(), width, height);
  }

  /** The position of an event, in CSS px. @param {MouseEvent} event @returns {[number, number]} */
  place(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
