// @ts-check
// Pinned watches: their values as elements over the picture, below the layer that the expression
// reads first, or below the loss.

import { h, setText, tip } from "../../controls/dom.js";
import { buffersIn } from "../../state/completion.js";
import { valueText } from "../watch/value.js";

/** @import { Scene } from "../../scene/layout.js" */
/** @import { Context, Model } from "../../state/types.js" */

/** Sizes in px at the base font size. */
const [MIN_WIDTH, MAX_WIDTH, HEIGHT, GAP] = [64, 150, 34, 3];
/** Significant digits of a value, as of all numbers in the picture. */
const DIGITS = 3;

export class PinnedWatches {
  /** @param {HTMLElement} stage @param {Context} context */
  constructor(stage, context) {
    this.context = context;
    this.element = h("div", { class: "net-pins" });
    stage.append(this.element);
    /** @type {Map<string, {pin: HTMLElement, value: HTMLElement}>} */
    this.pins = new Map();
    context.store.on(["watches"], () => this.show());
  }

  /** @param {EventTarget | null} target */
  contains(target) {
    return target instanceof Element && target.closest(".net-pin") !== null;
  }

  /** The pinned expressions that have a value. */
  get texts() {
    const { pins, watches } = this.context.store.state;
    const known = watches.filter(({ text, problem }) => pins.includes(text) && !problem);
    return known.map(({ text }) => text);
  }

  /**
   * The height that the pins need, px.
   * @param {Model} model
   * @param {number} scale of type
   */
  room(model, scale) {
    const layers = this.texts.map((text) => layerOf(text, model));
    const most = Math.max(0, ...layers.map((layer) => layers.filter((l) => l === layer).length));
    return most * (HEIGHT + GAP) * scale;
  }

  /**
   * Makes and positions the pins: side by side, each as wide as its layer's heading.
   * @param {Scene} scene
   * @param {Model} model
   */
  place(scene, model) {
    const { area } = scene;
    this.pins = new Map(this.texts.map((text) => [text, this.make(text)]));
    this.element.replaceChildren(...[...this.pins.values()].map(({ pin }) => pin));
    /** @type {Map<number, number>} */
    const stacks = new Map();
    for (const [text, { pin }] of this.pins) {
      const { x, bottom, room } = placeOf(scene, layerOf(text, model));
      const width = Math.max(MIN_WIDTH * area.scale, Math.min(MAX_WIDTH * area.scale, room));
      const most = area.width + 2 * area.x - width;
      const top = stacks.get(x) ?? bottom + 2 * GAP;
      pin.style.width = `${width}px`;
      pin.style.left = `${Math.max(0, Math.min(most, x - width / 2))}px`;
      pin.style.top = `${top}px`;
      stacks.set(x, top + (HEIGHT + GAP) * area.scale);
    }
    this.show();
  }

  show() {
    for (const watch of this.context.store.state.watches) {
      const entry = this.pins.get(watch.text);
      if (!entry) continue;
      const value = valueText(watch, DIGITS);
      setText(entry.value, value);
      entry.pin.setAttribute("aria-label", `${watch.text}: ${value}. Opens the watch list`);
    }
  }

  /** @param {string} text */
  make(text) {
    const value = h("b", {});
    const pin = h("button", { type: "button", class: "net-pin" }, value, h("span", {}, text));
    pin.onclick = (event) => {
      event.stopPropagation();
      this.context.store.set({ tab: "watch" });
    };
    return { pin: tip(pin, text), value };
  }
}

/**
 * The layer that an expression reads first; "" for the loss.
 * @param {string} text
 * @param {Model} model
 */
function layerOf(text, model) {
  const buffers = buffersIn(text, model);
  const layers = buffers.map(({ layer, role }) => (role === "input" ? "input" : layer));
  return layers.find((layer) => layer !== "") ?? "";
}

/**
 * @param {Scene} scene
 * @param {string} layer
 */
function placeOf({ columns, loss }, layer) {
  const column = columns.find((c) => c.layer === layer);
  if (!column) return { x: loss.x, bottom: loss.y + 2 * loss.r, room: 4 * loss.r };
  return { x: column.headX, bottom: column.y + column.height, room: column.headWidth };
}
