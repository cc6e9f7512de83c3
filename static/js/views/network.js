// @ts-check
// The network picture: takes the newest frame, decides what moves, and answers the pointer and the
// keys. Positions come from scene/, pixels from renderer/.

import { onThemeChange } from "../color.js";
import { h } from "../controls/dom.js";
import { styled } from "../controls/styles.js";
import { displayScale, lineScale } from "../display.js";
import { fetchPainters } from "../renderer/painters.js";
import { Renderer } from "../renderer/renderer.js";
import { Values } from "../renderer/values.js";
import { hit } from "../scene/hit.js";
import { fetchKinds, isKnown } from "../scene/kinds.js";
import { layoutLegibly } from "../scene/minimum_size.js";
import { Caption } from "./network/caption.js";
import { ColumnHeadings } from "./network/column_headings.js";
import { describe, walk } from "./network/keyboard_navigation.js";
import { Legend } from "./network/legend.js";
import { PinnedWatches } from "./network/pinned_watches.js";
import { Progress } from "./network/progress.js";
import { wantsOf } from "./network/wants.js";

/** @import { Scene } from "../scene/layout.js" */
/** @import { Context, EdgeMode, Frame, Model, Selection } from "../state/types.js" */

const MARGIN = 18;
const HEAD = 58;
/** In a narrow picture the headings have no third line (network.css). */
const LOW_HEAD = 40;
const REDUCED_MOTION = "(prefers-reduced-motion: reduce)";

const HELP =
  "Network picture. Up and down move between the units of a layer, left and right between layers. E moves along the edges into a unit, Enter selects, Escape leaves.";

/**
 * Fills the region with the network picture.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  const view = new NetworkView(element, context);
  return { destroy: () => view.destroy() };
}

class NetworkView {
  /** @param {HTMLElement} element @param {Context} context */
  constructor(element, context) {
    this.context = context;
    this.stage = h("div", {
      class: "net-stage",
      role: "application",
      tabindex: 0,
      "aria-label": HELP,
      "aria-roledescription": "network picture",
    });
    /** What the stage shows, or a part of it where it could not be read otherwise. */
    this.sheet = h("div", { class: "net-sheet" });
    this.stage.append(this.sheet);
    this.live = h("p", { class: "net-live", "aria-live": "polite" });
    this.renderer = new Renderer(this.sheet);
    this.reducedMotion = matchMedia(REDUCED_MOTION);
    this.caption = new Caption(context);
    this.heads = new ColumnHeadings(this.sheet, context);
    this.pins = new PinnedWatches(this.sheet, context);
    this.legend = new Legend();
    /** @type {import("./network/card.js").Card | null} */
    this.card = null;
    /** The pointer in the stage, CSS px; negative: the card stands beside its subject. */
    this.pointer = { x: -1, y: -1 };
    /** @type {import("./network/kernels.js").Kernels | null} */
    this.kernels = null;
    element.classList.add("net");
    element.append(this.caption.element, this.stage, this.legend.element, this.live);
    this.watchForAlarms(context);
    /** @type {Scene | null} */
    this.scene = null;
    /** @type {Values | null} */
    this.values = null;
    /** @type {Model | null} */
    this.model = null;
    /** @type {Frame | null} */
    this.frame = null;
    this.progress = new Progress();
    /** @type {import("../state/types.js").InstructionInfo | null | undefined} what the light is on */
    this.lit = undefined;
    /** The key of a layout: the available room, and what else takes part of it. */
    this.size = "";
    this.alongEdges = false;
    this.view = {
      mode: /** @type {EdgeMode} */ ("weight"),
      hover: /** @type {Selection | null} */ (null),
      selection: /** @type {Selection | null} */ (null),
      path: /** @type {import("../state/types.js").Station[]} */ ([]),
      calm: true,
      inside: false,
      pc: 0,
      executed: /** @type {import("../state/types.js").InstructionInfo | null} */ (null),
      still: this.reducedMotion.matches,
      computed: new Uint8Array(0),
    };
    this.listen();
    this.layout();
  }

  /**
   * Loads the alarm when a value is first not finite.
   * @param {Context} context
   */
  watchForAlarms(context) {
    const { store } = context;
    const forget = store.on(["run"], async ({ run }) => {
      if (!run?.non_finite) return;
      forget();
      const { Alarm } = await styled("alarm", import("./network/alarm.js"));
      this.legend.element.after(new Alarm(context).element);
    });
  }

  listen() {
    const { context, stage } = this;
    const { store, loop } = context;
    const observer = new ResizeObserver(() => this.layout());
    observer.observe(stage);
    const keys = /** @type {const} */ (["hover", "selection", "edgeMode", "path"]);
    this.stops = [
      loop.onDraw((now) => this.draw(now)),
      onThemeChange(() => this.repaint()),
      store.on(["model", "pins", "watches"], () => this.layout()),
      store.on(["path"], async ({ path }) => {
        if (path.length > 0) await this.renderer.preparePath();
        loop.requestDraw();
      }),
      store.on(
        ["catalogue"],
        () => this.scene && this.model && this.heads.show(this.scene, this.model),
      ),
      store.on(["model", "run", "edgeMode"], () => this.subscribe()),
      store.on([...keys], () => this.repaintOverlay()),
      store.on(["frame", "run"], loop.requestDraw),
      () => observer.disconnect(),
    ];
    stage.addEventListener("pointermove", (event) => this.point(event));
    stage.addEventListener("pointerdown", (event) => this.point(event));
    stage.addEventListener("pointerleave", () => this.hover(null));
    stage.addEventListener("click", (event) => this.choose(event));
    stage.addEventListener("keydown", (event) => this.key(event));
    stage.addEventListener("focus", () => this.fetchCard());
    stage.addEventListener("blur", () => this.hover(null));
  }

  destroy() {
    for (const stop of this.stops ?? []) stop();
    this.context.actions.want("network", []);
  }

  /** Lays out the scene again: the network or the room for it has changed. */
  layout() {
    const { model } = this.context.store.state;
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!model || width < 40 || height < 80) return;
    if (!isKnown(model)) {
      this.fetch(model);
      return;
    }
    const size = `${width} ${height} ${this.pins.texts.join("\n")}`;
    if (model !== this.model) {
      this.values = new Values(model);
      this.frame = null;
      if (named(model) !== named(this.model)) this.stage.scrollTo(0, 0);
    } else if (this.size === size) return;
    this.model = model;
    this.size = size;
    const scale = displayScale();
    const lines = lineScale();
    const narrow = width < 500;
    const margin = narrow ? 8 : MARGIN * scale;
    const top = (narrow ? LOW_HEAD : HEAD) * scale;
    const low = height - top - 14 - this.pins.room(model, scale);
    const room = { x: margin, y: top, width: width - 2 * margin, height: low };
    this.scene = layoutLegibly(model, { ...room, scale, lines });
    const { area } = this.scene;
    this.resize(width, height, area.width - room.width, area.height - room.height);
    this.renderer.setScene(this.scene, model, /** @type {Values} */ (this.values));
    this.heads.show(this.scene, model);
    this.pins.place(this.scene, model);
    this.chooseKernels(this.scene);
    this.progress.setModel(model, this.scene);
    this.lit = undefined;
    this.subscribe();
    this.context.loop.requestDraw();
  }

  /**
   * Loads the choice of a kernel's input channel when a network has one.
   * @param {Scene} scene
   */
  async chooseKernels(scene) {
    if (!this.kernels && scene.columns.some(({ panel }) => panel?.inputs)) {
      const { Kernels } = await styled("kernels", import("./network/kernels.js"));
      const { legend, stage } = this;
      this.kernels ??= new Kernels(this.context, legend.element, stage, () => this.repaint());
    }
    if (this.scene) this.kernels?.show(this.scene);
  }

  /** The card is fetched when something is first pointed at. */
  async fetchCard() {
    const { Card } = await styled("card", import("./network/card.js"));
    if (!this.card) {
      this.card = new Card(this.context, this.pointer);
      this.live.before(this.card.element);
      this.context.loop.requestDraw();
    }
    return this.card;
  }

  /**
   * @param {number} width of the stage, CSS px
   * @param {number} height
   * @param {number} wider by how much the picture is larger than the stage
   * @param {number} taller
   */
  resize(width, height, wider, taller) {
    const { style } = this.sheet;
    style.width = wider > 0 ? `${width + wider}px` : "";
    style.height = taller > 0 ? `${height + taller}px` : "";
    this.sheet.toggleAttribute("data-tall", taller > 0);
    this.renderer.resize(width + wider, height + taller);
  }

  /**
   * Loads the modules that further kinds of layers need.
   * @param {Model} model
   */
  async fetch(model) {
    await fetchPainters(model);
    await fetchKinds(model);
    this.layout();
  }

  repaint() {
    this.renderer.invalidate();
    this.legend.invalidate();
    this.context.loop.requestDraw();
  }

  repaintOverlay() {
    this.renderer.overlay.dirty = true;
    this.context.loop.requestDraw();
  }

  subscribe() {
    const { state } = this.context.store;
    if (!this.scene || !state.model || state.model !== this.model) return;
    const { calm } = this.progress.pace(state);
    this.context.actions.want("network", wantsOf(this.scene, state.model, state.edgeMode, calm));
  }

  /** @param {number} now */
  draw(now) {
    const { view, scene, values, model, context } = this;
    const { state } = context.store;
    if (!scene || !values || !model) return;
    view.still = this.reducedMotion.matches;
    view.hover = state.hover;
    view.selection = state.selection;
    view.path = state.path;
    view.mode = state.edgeMode;
    this.take(state.frame, now);
    this.light();
    const more = this.renderer.draw(now, view);
    const { picture } = this.renderer;
    if (picture) this.legend.show(picture, view.mode, now, state.compared?.branch ?? 0);
    this.caption.show(this.progress, state);
    const near = document.activeElement === this.stage || this.stage.matches(":hover");
    const target = near ? state.hover : null;
    this.card?.show(target, scene, values, this.frame);
    if (target && !this.card) this.fetchCard();
    if (more || this.legend.busy) context.loop.requestDraw();
  }

  /**
   * @param {Frame | null} frame
   * @param {number} now
   */
  take(frame, now) {
    const { values, model, progress, view, scene } = this;
    if (!frame || frame === this.frame || !values || !model || !scene) return;
    if (frame.generation !== model.generation) return;
    const { calm, limit } = progress.pace(this.context.store.state);
    const executed = progress.advance(this.frame, frame, calm);
    this.frame = frame;
    values.take(frame);
    view.calm = calm;
    view.inside = frame.pc > 0;
    view.pc = calm ? frame.pc : 0;
    view.executed = progress.executed;
    view.computed = progress.computed;
    if (executed.length > 0 && !view.still) this.renderer.animate(executed, now, limit);
    else if (!calm) this.renderer.motion.stop();
  }

  /** Lights what an instruction touches: the one pointed at, else the one just executed. */
  light() {
    const { hover, selection } = this.view;
    const { executed, instructions } = this.progress;
    const of = (/** @type {Selection | null} */ target) =>
      target?.kind === "instruction" ? instructions[target.index] : null;
    const lit = of(hover) ?? executed ?? of(selection);
    if (lit !== this.lit) {
      this.renderer.light(lit);
      if (executed && lit === executed) this.reveal(executed);
    }
    this.lit = lit;
  }

  /**
   * Scrolls to the instruction or selection, where the stage shows only a part of the picture.
   * @param {import("../state/types.js").InstructionInfo | Selection} target
   */
  async reveal(target) {
    const { style } = this.sheet;
    if (style.width === "" && style.height === "") return;
    const { scrollIntoView } = await import("./network/scroll_into_view.js");
    if (this.scene) scrollIntoView(this.stage, this.scene, target, this.reducedMotion.matches);
  }

  /** @param {Selection | null} target */
  hover(target) {
    const { store, actions } = this.context;
    if (JSON.stringify(target) !== JSON.stringify(store.state.hover)) actions.hover(target);
  }

  /** @param {PointerEvent} event */
  point(event) {
    const { target } = event;
    if (!this.scene || this.heads.contains(target) || this.pins.contains(target)) return;
    const box = this.sheet.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const painter = this.renderer.picture?.painter;
    const reach = event.pointerType === "touch" ? 14 : 6;
    const visible = (/** @type {any} */ pair, /** @type {number} */ k) =>
      painter?.visible(pair.first + k) ?? false;
    Object.assign(this.pointer, { x, y });
    this.hover(hit(this.scene, x, y, visible, reach));
  }

  /** Selects what is pointed at; the loss is explained. @param {MouseEvent} event */
  choose(event) {
    const { store, actions } = this.context;
    const { loss } = this.scene ?? {};
    const box = this.sheet.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (loss && Math.hypot(x - loss.x, y - loss.y) <= loss.r) {
      actions.questions.explain({ buffer: "probe/loss", index: [] }, null);
    } else actions.select(store.state.hover);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { scene, context } = this;
    const { state } = context.store;
    if (!scene || event.target !== this.stage || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const at = state.hover ?? state.selection;
    if (event.key === "Enter") context.actions.select(at);
    else if (event.key === "Escape" && (state.hover || state.selection)) {
      this.hover(null);
      context.actions.select(null);
    } else {
      const next = this.kernels?.turn(at, event.key) ?? walk(scene, at, event.key);
      if (!next) return;
      Object.assign(this.pointer, { x: -1, y: -1 });
      this.hover(next);
      this.reveal(next);
      this.say(next);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Announces what the keys have moved to, with its numbers. @param {Selection} target */
  async say(target) {
    const card = this.card ?? (await this.fetchCard());
    const { scene, values } = this;
    // While the card was fetched, the keys may have moved on.
    if (!scene || JSON.stringify(this.context.store.state.hover) !== JSON.stringify(target)) return;
    const numbers = card.valuesOf(target, scene, values);
    const read = values?.read ?? (() => null);
    this.live.textContent = describe(scene, target, numbers, read);
  }
}

/** The layers of a network by their names. @param {Model | null} model */
function named(model) {
  return model?.layers.map(({ name }) => name).join();
}
