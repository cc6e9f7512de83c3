// @ts-check
// Learned vectors of tokens, people or films as points of a plane: similar ones lie together.
// Beside them the true vectors, where a simulator knows them.

import { palette } from "../../color.js";
import { h, setText, tip } from "../../controls/dom.js";
import { displayScale } from "../../display.js";
import { short } from "../../format.js";
import { Labels } from "./parts/labels.js";
import { classKey } from "./parts/legend.js";
import { trace } from "./parts/marks.js";
import { entryOf } from "./parts/moment.js";
import { Motion } from "./parts/motion.js";
import { Plot } from "./parts/plot.js";

/** @import { Context, Entry, Model } from "../../state/types.js" */
/** @import { Moment } from "./parts/moment.js" */

const MAP = "view/map/";
const TRUTH = "view/truth";
const CLICK_REACH = 18; // CSS px
const ROOM = 1.15; // around the farthest point
const MAX_SLACK = 1.5; // the frame shrinks when the farthest point is so far from its edge
const DIRECTIONS = new Map(
  Object.entries({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }),
);
const ABOUT =
  "The plane of the two directions in which the learned vectors differ most (principal component analysis). It is turned so that points move only if the vectors do. Both axes have the same scale.";

export class EmbeddingMap {
  /** @param {Context} context @param {Model} model */
  constructor(context, model) {
    this.context = context;
    this.title = "Map";
    const buffer = model.buffers.find(({ name }) => name.startsWith(MAP));
    if (!buffer) throw new Error("a network without a map");
    this.buffer = buffer.name;
    this.layer = buffer.name.slice(MAP.length);
    const rows = buffer.shape[0];
    const { extras, vocabulary, field_sizes: fields } = model.data;
    /** The first row of the map that is shown: of several fields, only the last one's are. */
    this.first = fields ? rows - fields[fields.length - 1] : 0;
    this.count = rows - this.first;
    /** @type {string[]} */
    this.names = extras.all.titles ?? vocabulary?.map(visible) ?? [];
    /** @type {number[]} the kind of each point */
    this.kinds = extras.all.genres ?? [];
    /** @type {string[]} */
    this.kindNames = extras.all.genre_names ?? [];
    this.wants = [this.buffer, TRUTH].map((name) => ({
      name,
      dtype: /** @type {const} */ ("f32"),
    }));
    this.motion = new Motion(2 * this.count);
    this.chosen = -1;
    this.half = 0;
    /** @type {Entry | null} */
    this.taken = null;
    /** @type {Entry | null} */
    this.truth = null;
    this.learned = new Cloud(this, "Learned", (i) => this.motion.shown[i]);
    this.hidden = new Cloud(this, "True", (i) => this.truth?.at(i) ?? Number.NaN);
    this.readout = h(
      "p",
      { class: "sim-said", "aria-live": "polite" },
      "Choose a point to open its vector in the inspector.",
    );
    const clouds = [this.learned.element];
    if (model.bufferByName.has(TRUTH)) clouds.push(this.hidden.element);
    const key = this.kindNames.length > 0 ? [classKey(this.kindNames)] : [];
    const maps = h("div", { class: `sim-maps${clouds.length > 1 ? " two" : ""}` }, ...clouds);
    this.element = h("div", { class: "sim" }, maps, ...key, this.readout);
  }

  destroy() {
    this.learned.plot.destroy();
    this.hidden.plot.destroy();
  }

  /** @param {Moment} moment @param {number} now ms */
  show(moment, now) {
    const map = entryOf(moment, this.buffer);
    const truth = entryOf(moment, TRUTH);
    if (map && map !== this.taken) {
      const jump = this.taken === null;
      this.taken = map;
      this.truth = truth;
      this.motion.take((i) => map.at(2 * this.first + i), now, jump);
      this.frame();
      this.invalidate();
    }
    if (this.motion.advance(now)) this.invalidate();
    this.learned.plot.draw();
    this.hidden.plot.draw();
  }

  /** The range grows and shrinks in steps, so that the picture stands still in between. */
  frame() {
    let farthest = 0;
    for (let i = 0; i < this.motion.to.length; i += 1) {
      farthest = Math.max(farthest, Math.abs(this.motion.to[i]), Math.abs(this.truth?.at(i) ?? 0));
    }
    const fits = farthest < this.half && farthest > this.half / MAX_SLACK;
    if (farthest > 0 && !fits) this.half = ROOM * farthest;
  }

  invalidate() {
    this.learned.plot.invalidate();
    this.hidden.plot.invalidate();
  }

  /** @param {number} point */
  name(point) {
    return this.names[point] ?? String(point);
  }

  /** @param {number} point */
  choose(point) {
    this.chosen = point;
    const [x, y] = [0, 1].map((axis) => short(this.motion.to[2 * point + axis]));
    const kind = this.kindNames[this.kinds[point]];
    setText(this.readout, `${this.name(point)}${kind ? `, ${kind}` : ""}: ${x}, ${y}`);
    const explained = { buffer: `${this.layer}/W`, index: [this.first + point, 0] };
    this.context.actions.questions.explain(explained, { kind: "layer", layer: this.layer });
    this.invalidate();
  }
}

/** One of the maps: points with as many labels as there is room for. */
class Cloud {
  /**
   * @param {EmbeddingMap} map
   * @param {string} name
   * @param {(index: number) => number} at both coordinates of the points in turn
   */
  constructor(map, name, at) {
    this.map = map;
    this.at = at;
    this.labels = new Labels();
    this.plot = new Plot(map.context, {
      kind: "sim-map",
      role: "application",
      name: `${name}: map of ${map.count} vectors. The arrow keys choose a neighbouring point.`,
      paint: (canvas, width, height) => this.paint(canvas, width, height),
    });
    const title = tip(h("h3", {}, name), ABOUT);
    this.element = h("div", {}, title, this.plot.element);
    this.plot.element.addEventListener("click", (event) => {
      const found = this.nearest(...this.plot.place(event));
      if (found >= 0) map.choose(found);
    });
    this.plot.element.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {number} point */
  x(point) {
    return this.plot.width / 2 + this.at(2 * point) * this.scale;
  }

  /** @param {number} point */
  y(point) {
    return this.plot.height / 2 - this.at(2 * point + 1) * this.scale;
  }

  /** CSS px a unit. */
  get scale() {
    return Math.min(this.plot.width, this.plot.height) / (2 * this.map.half || 1);
  }

  /** @param {number} px @param {number} py */
  nearest(px, py) {
    let [found, least] = [-1, CLICK_REACH];
    for (let i = 0; i < this.map.count; i += 1) {
      const distance = Math.hypot(this.x(i) - px, this.y(i) - py);
      if (distance < least) [found, least] = [i, distance];
    }
    return found;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const direction = DIRECTIONS.get(event.key);
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const from = Math.max(0, this.map.chosen);
    let [found, least] = [this.map.chosen < 0 ? 0 : -1, Number.POSITIVE_INFINITY];
    for (let i = 0; i < this.map.count && this.map.chosen >= 0; i += 1) {
      const [dx, dy] = [this.x(i) - this.x(from), this.y(from) - this.y(i)];
      const along = dx * direction[0] + dy * direction[1];
      const aside = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
      if (along < 0.5 || aside > 2 * along || along + 2 * aside >= least) continue;
      [found, least] = [i, along + 2 * aside];
    }
    if (found >= 0) this.map.choose(found);
  }

  /** @param {CanvasRenderingContext2D} canvas @param {number} width @param {number} height */
  paint(canvas, width, height) {
    const { ink3, panel, categories, ink2, accent } = palette();
    const { map } = this;
    const r = displayScale() * Math.max(1.8, Math.min(3, 30 / Math.sqrt(map.count)));
    canvas.strokeStyle = ink3;
    canvas.lineWidth = 1;
    canvas.globalAlpha = 0.35;
    canvas.strokeRect(0.5, 0.5, width - 1, height - 1);
    canvas.globalAlpha = 1;
    const kinds = map.kindNames.length || 1;
    for (let kind = 0; kind < kinds; kind += 1) {
      canvas.beginPath();
      for (let i = 0; i < map.count; i += 1) {
        if ((map.kinds[i] ?? 0) === kind) trace(canvas, kind, this.x(i), this.y(i), r);
      }
      canvas.strokeStyle = panel;
      canvas.stroke();
      canvas.fillStyle = map.kindNames.length > 0 ? categories[kind % categories.length] : ink2;
      canvas.fill();
    }
    this.labels.paint(canvas, {
      count: map.count,
      chosen: map.chosen,
      width,
      height,
      offset: r + 2,
      x: (i) => this.x(i),
      y: (i) => this.y(i),
      text: (i) => map.name(i),
    });
    if (map.chosen < 0) return;
    canvas.beginPath();
    canvas.arc(this.x(map.chosen), this.y(map.chosen), r + 3, 0, 2 * Math.PI);
    canvas.strokeStyle = accent;
    canvas.lineWidth = 2;
    canvas.stroke();
  }
}

/** A token with its blanks made visible. @param {string} token */
function visible(token) {
  return token.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\ufffd", "unknown");
}
