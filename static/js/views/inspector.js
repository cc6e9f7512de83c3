// @ts-check
// The selected thing, or else the one under the pointer, in numbers that can be read and changed.

import { h, iconButton, setText } from "../controls/dom.js";
import { styled } from "../controls/styles.js";
import { isKnown } from "../scene/kinds.js";
import { columnOf, exists } from "./inspector/names.js";
import { Reader } from "./inspector/reader.js";
import { summaryPanel } from "./inspector/summary.js";
import { sampleName, shownSample } from "./output/parts/moment.js";

/** @import { State } from "../state/store.js" */
/** @import { Context, Model, Selection } from "../state/types.js" */
/** @import { Want } from "./network/wants.js" */

/**
 * What the inspector shows for one selection.
 * @typedef {object} Panel
 * @property {string} kind heading
 * @property {(Node | string)[]} path what it is called, with links to what it belongs to
 * @property {string} where its buffer; "sample" for the sample whose numbers these are
 * @property {(Node | null)[]} parts
 * @property {Want[]} wants
 * @property {(reader: Reader, now: number) => void} show
 * @property {() => void} [destroy]
 */

/** While running fast numbers change this often, so that they can be read, ms. */
const MIN_INTERVAL = 250;
/** Up to this many steps per second, every step is shown. */
const MAX_FOLLOWED_RATE = 4;

/** @type {typeof import("./inspector/panels.js") | null} */
let panels = null;

/**
 * @param {NonNullable<typeof panels>} loaded
 * @param {Context} context
 * @param {Model} model
 * @param {Selection} target
 * @returns {Panel}
 */
function panelOf(loaded, context, model, target) {
  if (target.kind === "unit" && columnOf(model, target.layer).column?.panel)
    return loaded.cellPanel(context, model, target);
  if (target.kind === "unit") return loaded.unitPanel(context, model, target);
  if (target.kind === "layer") return loaded.layerPanel(context, model, target);
  if (target.kind === "instruction") return loaded.instructionPanel(context, model, target.index);
  return loaded.parameterPanel(context, model, target);
}

/**
 * Fills the region.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  return new Inspector(element, context);
}

class Inspector {
  /** @param {HTMLElement} element @param {Context} context */
  constructor(element, context) {
    this.context = context;
    this.element = element;
    this.reader = new Reader(context);
    this.title = h("h2", {});
    this.path = h("span", { class: "ins-path" });
    this.hint = h("span", { class: "ins-hint" });
    this.close = iconButton("close", "Close", "Goes back to the network.", "Esc", () => {
      if (context.store.state.trail.length > 0) context.actions.questions.close();
      else context.actions.select(null);
    });
    const head = h("header", { class: "ins-head" }, this.title, this.path, this.hint, this.close);
    this.where = h("p", { class: "ins-where" });
    this.body = h("div", { class: "ins-body" });
    element.append(head, this.where, this.body);
    /** @type {Panel | null} */
    this.panel = null;
    this.visible = false;
    this.shown = "";
    this.drawn = Number.NEGATIVE_INFINITY;
    const { store, loop } = context;
    store.on(["selection", "hover", "model", "run", "frame", "catalogue"], loop.requestDraw);
    store.on(["trail", "quiz"], loop.requestDraw);
    loop.onDraw((now) => this.draw(now));
    new ResizeObserver(() => this.subscribe()).observe(element);
  }

  /** Nothing is sent for a folded panel. */
  subscribe() {
    this.visible = this.element.clientWidth > 0;
    this.context.actions.want("inspector", this.visible && this.panel ? this.panel.wants : []);
    this.context.loop.requestDraw();
  }

  /** @param {number} now ms */
  draw(now) {
    const { state } = this.context.store;
    const { model } = state;
    if (!model || !this.visible) return;
    const changed = this.choose(state, model);
    if (!changed && isFast(state) && now - this.drawn < MIN_INTERVAL) return;
    this.drawn = now;
    this.reader.take(state.frame, model);
    this.panel?.show(this.reader, now);
    if (this.panel?.where === "sample") setText(this.where, sampleText(state, model));
  }

  async fetchPanels() {
    panels = await styled("explanation", import("./inspector/panels.js"));
    this.context.loop.requestDraw();
  }

  /**
   * @param {import("../state/store.js").State["trail"]} trail
   * @param {Model} model
   * @param {Selection | null} target
   * @returns {Panel | null} null while it is being fetched
   */
  panelFor(trail, model, target) {
    if (trail.length === 0 && !target) return summaryPanel(this.context, model);
    if (!panels) {
      this.fetchPanels();
      return null;
    }
    if (target) return panelOf(panels, this.context, model, target);
    return panels.explanationPanel(this.context, model, trail);
  }

  /**
   * Makes another panel if another thing is to be shown. A selection stays while the pointer is on
   * other things, which have a card in the picture.
   * @param {State} state
   * @param {Model} model
   * @returns {boolean} whether there is a new panel
   */
  choose(state, model) {
    const { trail } = state;
    const wanted = state.selection ?? state.hover;
    const known = wanted && exists(model, wanted) ? wanted : null;
    const target = trail.length > 0 ? null : known;
    const key = `${model.generation} ${isKnown(model)} ${JSON.stringify([target, trail])}`;
    this.hint.hidden = target === null || target === state.selection;
    this.close.hidden = trail.length === 0 && (target === null || target !== state.selection);
    if (key === this.shown) return false;
    const panel = this.panelFor(trail, model, target);
    if (!panel) return false;
    this.shown = key;
    this.panel?.destroy?.();
    this.panel = panel;
    setText(this.title, panel.kind);
    setText(this.hint, target?.kind === "instruction" ? "click to run to it" : "click to keep");
    this.path.replaceChildren(...panel.path);
    setText(this.where, panel.where === "sample" ? "" : panel.where);
    this.where.hidden = panel.where === "";
    this.body.replaceChildren(...panel.parts.flatMap((part) => part ?? []));
    this.subscribe();
    return true;
  }
}

/** Whether numbers change faster than they can be read. @param {State} state */
function isFast({ run }) {
  if (!run?.running) return false;
  const { unit, per_second: rate } = run.speed;
  return rate === null || rate > (unit === "step" ? MAX_FOLLOWED_RATE : 5 * MAX_FOLLOWED_RATE);
}

/**
 * Whose numbers a unit shows.
 * @param {State} state
 * @param {Model} model
 */
function sampleText({ frame, run }, model) {
  if (!frame || !run || frame.generation !== model.generation) return "";
  return `for ${sampleName(shownSample({ frame, model, run }))}`;
}
