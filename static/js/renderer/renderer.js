// @ts-check
// Draws a scene with the newest values on four stacked canvases: ground, edges, units and overlay,
// from back to front. Only a canvas whose content changed is redrawn.

import { divergingLUT, palette } from "../color.js";
import { short } from "../format.js";
import { Light, paintGround } from "./backdrop.js";
import { EdgePainter } from "./edges.js";
import { Motion } from "./motion.js";
import { Overlay } from "./overlay.js";
import { painterOf, paintSources } from "./painters.js";
import { Atlas, Surface } from "./surface.js";
import { UnitPainter } from "./units.js";
import { Range, STALE } from "./values.js";

/** @import { Pair, Scene } from "../scene/layout.js" */
/** @import { EdgeMode, InstructionInfo, Model, Selection } from "../state/types.js" */
/** @import { Signal, Values } from "./values.js" */

/** @typedef {Record<EdgeMode | "ring" | "bias", Range>} Ranges */

/**
 * What the picture shows besides the values.
 * @typedef {object} View
 * @property {EdgeMode} mode
 * @property {Selection | null} hover
 * @property {Selection | null} selection
 * @property {import("../state/types.js").Station[]} path of an explanation
 * @property {boolean} calm paused or stepping: numbers and motion are worth showing
 * @property {boolean} inside the machine stands inside a step
 * @property {boolean} still no motion and no easing
 * @property {number} pc of the machine
 * @property {InstructionInfo | null} executed the instruction just executed
 * @property {Uint8Array} computed of every column: bit 0 its activations, bit 1 its gradients are
 *   of the step now shown
 */

/**
 * The least time between two drawings of the edges in a fast run, ms. Without a graphics card curves
 * are most of a frame's cost, and nobody sees their slow change.
 */
const MIN_EDGE_INTERVAL = 25;
const MODES = /** @type {EdgeMode[]} */ (["weight", "gradient", "update", "difference"]);

export class Renderer {
  /** @param {HTMLElement} stage */
  constructor(stage) {
    this.ground = new Surface(stage);
    this.edges = new Surface(stage);
    this.units = new Surface(stage);
    this.overlay = new Surface(stage);
    this.motion = new Motion();
    /** @type {typeof import("./path.js").paintPath | null} fetched with the first path */
    this.paintPath = null;
    /** @type {Picture | null} */
    this.picture = null;
  }

  /** @param {number} width CSS px @param {number} height */
  resize(width, height) {
    for (const surface of this.surfaces()) surface.resize(width, height);
  }

  surfaces() {
    return [this.ground, this.edges, this.units, this.overlay];
  }

  /** Redraws everything, for instance after a change of the theme. */
  invalidate() {
    for (const surface of this.surfaces()) surface.dirty = true;
  }

  /** Fetches the painter of an explanation's path. */
  async preparePath() {
    this.paintPath ??= (await import("./path.js")).paintPath;
    this.overlay.dirty = true;
  }

  /**
   * @param {Scene} scene
   * @param {Model} model
   * @param {Values} values
   */
  setScene(scene, model, values) {
    const old = this.picture;
    this.motion.stop();
    this.picture = new Picture(scene, model, values);
    if (old && old.values === values) this.picture.inherit(old);
    this.invalidate();
  }

  /**
   * Starts the motion of instructions that were just executed.
   * @param {InstructionInfo[]} instructions in their order
   * @param {number} now
   * @param {number} limit ms
   */
  animate(instructions, now, limit) {
    const { picture, motion } = this;
    if (!picture) return;
    motion.begin(picture.model, picture.scene, instructions, now, limit);
    motion.holdValues(picture.scene, picture.values, now);
    picture.over.prepare(motion);
  }

  /** @param {InstructionInfo | null} instruction whose buffers light up */
  light(instruction) {
    const { picture } = this;
    if (!picture) return;
    picture.light.set(picture.scene, picture.model, instruction);
    this.ground.dirty = true;
  }

  /**
   * Draws one frame of the page.
   * @param {number} now ms
   * @param {View} view
   * @returns {boolean} whether another one is needed
   */
  draw(now, view) {
    const { picture, motion, ground, edges, units, overlay } = this;
    if (!picture) return false;
    const moves = motion.active(now);
    let moving = picture.values.ease(now, view.calm, view.still);
    moving = picture.follow(now, view, motion) || moving;
    const stamp = picture.stamp(view.mode);
    const changed = stamp !== picture.drawn || moving;
    if (ground.dirty) paintGround(ground.begin(), picture.scene, picture.light);
    edges.dirty ||= changed;
    if (edges.dirty && (view.calm || now - picture.edgesAt >= MIN_EDGE_INTERVAL)) {
      picture.paintEdges(edges.begin(), view.mode, now);
    }
    if (units.dirty || changed) picture.paintUnits(units.begin(), view, now);
    const bare = !moves && !view.selection && !view.hover && view.path.length === 0;
    const over = changed || moves || picture.moved;
    if (overlay.dirty || (over && !(bare && picture.bare))) {
      const context = overlay.begin();
      picture.paintOverlay(context, view, motion, now);
      if (view.path.length > 0) this.paintPath?.(context, picture.scene, view.path);
      picture.bare = bare;
    }
    picture.drawn = stamp;
    picture.moved = moves;
    this.dim(view.hover);
    return moving || moves || edges.dirty;
  }

  /**
   * Fades all edges to 15 % while something is hovered.
   * @param {Selection | null} hover
   */
  dim(hover) {
    const on = hover !== null && (hover.kind === "edge" || hover.kind === "unit");
    const opacity = on ? "0.15" : "1";
    if (this.edges.canvas.style.opacity !== opacity) this.edges.canvas.style.opacity = opacity;
  }
}

/** One scene with its values and its painters. */
class Picture {
  /**
   * @param {Scene} scene
   * @param {Model} model
   * @param {Values} values
   */
  constructor(scene, model, values) {
    this.scene = scene;
    this.model = model;
    this.values = values;
    /** @type {Ranges} */
    this.ranges = {
      weight: new Range(0),
      gradient: new Range(0),
      update: new Range(0),
      difference: new Range(0),
      ring: new Range(0),
      bias: new Range(0),
    };
    this.signals = new Map(MODES.map((mode) => [mode, this.signalsOf(mode)]));
    this.painter = new EdgePainter(scene);
    this.columns = scene.columns.map((column) =>
      column.panel
        ? painterOf(column.module ?? "", column.panel, values)
        : new UnitPainter(column, values),
    );
    /** @type {import("./panel.js").PanelLook} */
    this.panelLook = { gradient: false, pc: 0, executed: null, scale: scene.area.scale };
    /** For every column: the opacity of its fill and of its rings, 0..1. */
    this.fills = new Float32Array(scene.columns.length).fill(1);
    this.rings = new Float32Array(scene.columns.length).fill(1);
    this.panels = scene.pairs.map((pair) =>
      pair.panel ? new Atlas(pair.to.count, pair.from.count) : null,
    );
    this.spans = scene.pairs.map(() => new Range(0));
    this.light = new Light(scene);
    const edgeSignal = (/** @type {Pair} */ pair, /** @type {EdgeMode} */ mode) =>
      this.signals.get(mode)?.[pair.index].weight ?? null;
    this.over = new Overlay(scene, values, edgeSignal, this.ranges);
    this.loss = values.signal("probe/loss");
    this.lossText = "";
    this.lossAt = 0;
    this.drawn = -1;
    this.edgesAt = 0;
    this.moved = false;
    /** Whether the overlay is empty, so that it need not be drawn again. */
    this.bare = false;
    this.bias = { signal: /** @type {any} */ (null), range: 1 };
    this.look = { values: false, strips: false, rings: 1, fill: 1, saliency: false };
  }

  /**
   * Takes over the ranges of the same network in another size.
   * @param {Picture} old
   */
  inherit(old) {
    Object.assign(this.ranges, old.ranges);
    this.columns.forEach((painter, c) => {
      painter.inherit(/** @type {any} */ (old.columns[c]));
    });
    this.over.ranges = this.ranges;
  }

  /**
   * The buffers that the edges and the bias notches show in a mode.
   * @param {EdgeMode} mode
   */
  signalsOf(mode) {
    const named = (/** @type {string} */ name) => {
      const of = shownBuffer(this.model, name, mode);
      return of ? this.values.signal(of) : null;
    };
    return this.scene.pairs.map(({ to }) => ({ weight: named(to.weight), bias: named(to.bias) }));
  }

  /** @param {EdgeMode} mode a number that changes whenever the picture does */
  stamp(mode) {
    let sum = MODES.indexOf(mode) * 1e9;
    for (const signal of this.values.signals.values()) sum += signal.version;
    return sum;
  }

  /**
   * Ranges and shares follow the values.
   * @param {number} now
   * @param {View} view
   * @param {Motion} motion
   * @returns {boolean} whether anything still moves
   */
  follow(now, view, motion) {
    const { ranges } = this;
    let moving = false;
    let biases = 0;
    for (const mode of MODES) {
      let peak = 0;
      for (const { weight, bias } of this.signals.get(mode) ?? []) {
        peak = Math.max(peak, weight?.peak ?? 0);
        if (mode === view.mode) biases = Math.max(biases, bias?.peak ?? 0);
      }
      ranges[mode].follow(peak, now);
      moving = ranges[mode].ease(view.still) || moving;
    }
    ranges.bias.follow(biases, now);
    moving = ranges.bias.ease(view.still) || moving;
    let ring = 0;
    for (const painter of this.columns) {
      if (painter instanceof UnitPainter) ring = Math.max(ring, painter.gradient?.peak ?? 0);
    }
    ranges.ring.follow(ring, now);
    moving = ranges.ring.ease(view.still) || moving;
    this.columns.forEach((painter, c) => {
      moving = painter.update(now, view.still) || moving;
      const computed = view.computed[c] & ~motion.pending(c, now);
      moving = approach(this.fills, c, computed & 1 ? 1 : STALE, view.still) || moving;
      moving = approach(this.rings, c, computed & 2 ? 1 : 0, view.still) || moving;
    });
    return moving;
  }

  /** @param {CanvasRenderingContext2D} context @param {EdgeMode} mode @param {number} now */
  paintEdges(context, mode, now) {
    const { painter, ranges, scene } = this;
    const range = ranges[mode].value;
    this.edgesAt = now;
    painter.clear();
    for (const pair of scene.pairs) {
      const signal = this.signals.get(mode)?.[pair.index].weight;
      if (!signal?.entry) continue;
      if (pair.count > 0) painter.classify(pair, signal.shown, range || 1);
      else if (pair.panel) this.paintPanel(context, pair, signal, now);
    }
    painter.paint(context, mode, 1);
  }

  /**
   * A weight matrix as an image with a separate range.
   * @param {CanvasRenderingContext2D} context
   * @param {Pair} pair
   * @param {Signal} signal
   * @param {number} now
   */
  paintPanel(context, pair, signal, now) {
    const atlas = this.panels[pair.index];
    const span = this.spans[pair.index];
    span.follow(signal.span, now);
    span.ease(true);
    if (!atlas || !pair.panel) return;
    const { x, y, width, height } = pair.panel;
    const { shown } = signal;
    atlas.set(shown, divergingLUT(), 127.5 / (span.value || 1), 127.5, 0, shown.length);
    atlas.flush();
    context.imageSmoothingEnabled = width < pair.to.count;
    context.drawImage(atlas.canvas, x, y, width, height);
    context.strokeStyle = palette().hairline;
    context.lineWidth = 1;
    context.strokeRect(x - 0.5, y - 0.5, width + 1, height + 1);
    context.font = `${11 * this.scene.area.scale}px ${palette().mono}`;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.fillStyle = palette().ink3;
    context.fillText(`±${short(span.value)}`, x + width / 2, y + height + 6);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   * @param {number} now
   */
  paintUnits(context, view, now) {
    const { look, bias, ranges } = this;
    const biases = this.signals.get(view.mode) ?? [];
    this.panelLook.gradient = view.mode === "gradient";
    this.panelLook.pc = view.pc;
    this.panelLook.executed = view.executed;
    this.columns.forEach((painter, c) => {
      if (!(painter instanceof UnitPainter)) {
        painter.paint(context, this.panelLook);
        return;
      }
      const onlyFace = painter.column.face.kind === "weights";
      look.values = view.calm;
      look.saliency = view.mode === "gradient";
      look.strips = onlyFace || (view.calm && view.inside && (view.computed[c] & 1) === 1);
      look.fill = this.fills[c];
      look.rings = this.rings[c];
      const signal = c > 0 ? biases[c - 1].bias : null;
      bias.signal = signal;
      bias.range = ranges.bias.value;
      painter.paint(context, look, ranges.ring.value, signal ? bias : null);
    });
    this.paintLoss(context, now);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} now */
  paintLoss(context, now) {
    const { loss, area } = this.scene;
    const { x, y, r } = loss;
    const { scale, lines } = area;
    const colors = palette();
    context.beginPath();
    context.arc(x, y, r - 1, 0, 2 * Math.PI);
    context.fillStyle = colors.page;
    context.fill();
    context.strokeStyle = colors.ink2;
    context.lineWidth = 1.2 * lines;
    context.stroke();
    context.fillStyle = colors.ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = `italic ${15 * scale}px Georgia, "Liberation Serif", serif`;
    context.fillText("L", x, y + 1);
    // A number that changes sixty times a second cannot be read, so it changes six times.
    if (this.loss?.entry && now - this.lossAt > 160) {
      this.lossText = short(this.loss.target[0]);
      this.lossAt = now;
    }
    context.font = `${11.5 * scale}px ${colors.mono}`;
    context.fillStyle = colors.ink2;
    const most = area.x + area.width + area.x - context.measureText(this.lossText).width / 2;
    context.fillText(this.lossText, Math.min(x, most), y + r + 11 * scale);
  }

  /** @param {CanvasRenderingContext2D} context @param {Selection | null} target */
  paintSources(context, target) {
    if (target?.kind !== "unit") return;
    const column = this.scene.columns.find((candidate) => candidate.layer === target.layer);
    if (!column?.origin || target.unit >= column.count) return;
    paintSources?.(context, this.scene, column, target.unit, this.values.read);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {View} view
   * @param {Motion} motion
   * @param {number} now
   */
  paintOverlay(context, view, motion, now) {
    this.paintSources(context, view.hover ?? view.selection);
    this.over.paintMark(context, view.selection, view.mode, true);
    this.over.paintMark(context, view.hover, view.mode, false);
    this.over.paintMotion(context, motion, now);
  }
}

/**
 * The buffer that a mode shows for a parameter.
 * @param {Model} model
 * @param {string} name of the parameter
 * @param {EdgeMode} mode
 */
function shownBuffer(model, name, mode) {
  if (mode === "weight") return name;
  if (mode === "difference") return `compare/${name}`;
  const buffer = model.bufferByName.get(name);
  return mode === "gradient" ? buffer?.grad : buffer?.update;
}

/**
 * Moves one number of an array towards a goal.
 * @param {Float32Array} array
 * @param {number} i
 * @param {number} goal
 * @param {boolean} instant
 * @returns {boolean} whether it still moves
 */
function approach(array, i, goal, instant) {
  const rest = goal - array[i];
  if (rest === 0) return false;
  array[i] = instant || Math.abs(rest) < 0.01 ? goal : array[i] + 0.18 * rest;
  return array[i] !== goal;
}
