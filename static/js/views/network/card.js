// @ts-check
// The card beside the pointer: exact values, and the formula of the gradient.

import { diverging } from "../../color.js";
import { h, setText } from "../../controls/dom.js";
import { exact, short } from "../../format.js";
import { unitBox } from "../../scene/layout.js";
import { HIDDEN, isHidden } from "../../state/quiz.js";
import { unitName } from "./keyboard_navigation.js";

/** @import { Values } from "../../renderer/values.js" */
/** @import { Column, Scene } from "../../scene/layout.js" */
/** @import { Context, Frame, Model, Selection } from "../../state/types.js" */

/** @typedef {import("../../scene/panel.js").CellLine} Line one line of the card */

const MAP = 108;
/** While running, numbers that frames do not hold exactly are read this often, ms. */
const ASK_INTERVAL = 250;

export class Card {
  /**
   * @param {Context} context
   * @param {{x: number, y: number}} pointer in the stage; negative: place the card beside its subject
   */
  constructor(context, pointer) {
    this.context = context;
    this.pointer = pointer;
    this.title = h("b", {});
    this.where = h("p", {});
    this.map = h("canvas", { width: MAP, height: MAP, "aria-hidden": "true" });
    this.rows = h("dl", {});
    this.formula = h("p", { class: "net-made" });
    this.note = h("p", { class: "net-from" });
    const parts = [this.title, this.where, this.map, this.rows, this.formula, this.note];
    this.element = h("div", { class: "net-card", hidden: true }, ...parts);
    /** @type {Line[]} */
    this.lines = [];
    /** @type {HTMLElement[]} */
    this.cells = [];
    this.shown = "";
    /** @type {Promise<import("./contributions.js").ContributionsView> | null} */
    this.contributions = null;
    /** @type {Frame | null | undefined} what it shows was made of its numbers */
    this.contributionsAt = undefined;
    /** @type {Map<string, {stamp: string, asked: number, value: number | null}>} */
    this.answers = new Map();
  }

  /**
   * @param {Selection | null} target
   * @param {Scene} scene
   * @param {Values} values
   * @param {Frame | null} frame
   */
  show(target, scene, values, frame) {
    const column =
      target && "layer" in target ? scene.columns.find((c) => c.layer === target.layer) : null;
    const known =
      column && (target?.kind === "unit" || target?.kind === "edge" || target?.kind === "bias");
    this.element.hidden = !known;
    if (!known || !target) {
      this.shown = "";
      return;
    }
    const other = this.context.store.state.compared?.branch;
    const key = `${JSON.stringify(target)} ${values.model.generation} ${other}`;
    if (key !== this.shown) this.fill(target, column, scene, values);
    this.shown = key;
    if (target.kind === "unit") this.renew(column, target.unit, values, frame);
    this.lines.forEach((line, i) => {
      const value = this.valueOf(line, values, frame);
      setText(
        this.cells[i],
        this.hides(line) ? HIDDEN : value === null ? "…" : written(line, value),
      );
    });
    if (target.kind !== "edge") this.paintMap(column, target.unit, values);
    setText(
      this.note,
      target.kind === "edge" ? "" : sampleNote(frame, this.context.store.state.run),
    );
    this.place(target, column, scene);
  }

  /**
   * The name and the terms of a cell depend on the sample.
   * @param {Column} column
   * @param {number} cell
   * @param {Values} values
   * @param {Frame | null} frame
   */
  renew({ panel, origin }, cell, values, frame) {
    if (panel) {
      setText(this.title, panel.name(cell, values.read));
      this.lines = panel.lines(cell, values.read);
      if (this.lines.length !== this.cells.length) this.listLines();
    }
    if (this.contributionsAt === frame) return;
    this.contributionsAt = frame;
    this.showContributions(origin ?? null, cell, values.read);
  }

  /**
   * How a cell was computed; the module that draws it is loaded when first needed.
   * @param {import("../../scene/origin.js").Origin | null} origin null to hide it
   * @param {number} cell
   * @param {import("../../scene/panel.js").Read} read
   */
  async showContributions(origin, cell, read) {
    if (origin && !this.contributions) {
      this.contributions = import("./contributions.js").then(({ ContributionsView }) => {
        const contributions = new ContributionsView();
        this.element.insertBefore(contributions.element, this.note);
        return contributions;
      });
    }
    (await this.contributions)?.show(origin, cell, read);
  }

  /** @param {Line} line */
  hides(line) {
    return "buffer" in line && isHidden(this.context.store.state, line.buffer, line.index);
  }

  /** A row for every line. */
  listLines() {
    this.cells = this.lines.map(() => h("dd", {}));
    this.rows.replaceChildren(
      ...this.lines.flatMap(({ symbol }, i) => [h("dt", {}, symbol), this.cells[i]]),
    );
  }

  /**
   * @param {Selection} target
   * @param {Column} column
   * @param {Scene} scene
   * @param {Values} values
   */
  fill(target, column, scene, values) {
    const { model } = values;
    const { compared } = this.context.store.state;
    this.lines = column.panel ? [] : linesOf(target, column, model, compared !== null);
    this.listLines();
    this.showContributions(null, 0, values.read);
    this.contributionsAt = undefined;
    const edge = target.kind === "edge";
    this.map.hidden = edge || column.face.kind === "value";
    const before = scene.columns[column.index - 1];
    setText(
      this.title,
      edge ? `${unitName(before, target.from)} → ${unitName(column, target.to)}` : "",
    );
    if ((target.kind === "unit" || target.kind === "bias") && !column.panel)
      setText(this.title, unitName(column, target.unit));
    setText(this.where, edge ? `${column.weight}[${target.from}, ${target.to}]` : "");
    setText(this.formula, edge ? madeBy(model, column, target.from, target.to) : "");
    for (const part of [this.where, this.formula]) part.hidden = part.textContent === "";
  }

  /**
   * The exact number of a line, or null while it is not known.
   * @param {Line} line
   * @param {Values} values
   * @param {Frame | null} frame
   * @returns {number | null}
   */
  valueOf(line, values, frame) {
    if ("number" in line) return line.number;
    const { buffer, index } = line;
    const info = values.model.bufferByName.get(buffer);
    if (!info) return null;
    const flat = index.reduce((at, i, axis) => at * info.shape[axis] + i, 0);
    const entry = frame?.entries.get(info.id) ?? values.signals.get(info.id)?.entry;
    if (entry && entry.dtype === "f64") return entry.at(flat);
    return this.ask(buffer, index, frame);
  }

  /**
   * Reads a number from the server that frames hold only as a picture.
   * @param {string} buffer
   * @param {number[]} index
   * @param {Frame | null} frame
   */
  ask(buffer, index, frame) {
    const key = `${buffer} ${index}`;
    const stamp = `${frame?.generation} ${frame?.step} ${frame?.pc}`;
    const now = performance.now();
    const known = this.answers.get(key) ?? { stamp: "", asked: -ASK_INTERVAL, value: null };
    if (known.stamp !== stamp && now - known.asked >= ASK_INTERVAL) {
      Object.assign(known, { stamp, asked: now });
      if (this.answers.size > 64) this.answers.clear();
      this.answers.set(key, known);
      this.context.actions.read(buffer, index).then(
        (value) => {
          known.value = value;
          this.context.loop.requestDraw();
        },
        () => this.answers.delete(key),
      );
    }
    return known.value;
  }

  /**
   * The live text of a selection.
   * @param {Selection} target
   * @param {Scene} scene
   * @param {Values | null} values
   * @returns {[string, number | null][]}
   */
  valuesOf(target, scene, values) {
    const column = "layer" in target ? scene.columns.find((c) => c.layer === target.layer) : null;
    if (!column || !values) return [];
    const { state } = this.context.store;
    const lines =
      column.panel && target.kind === "unit"
        ? column.panel.lines(target.unit, values.read)
        : linesOf(target, column, values.model, state.compared !== null);
    return lines.map((line) => {
      const value = this.hides(line) ? null : this.valueOf(line, values, state.frame);
      return [line.symbol, value];
    });
  }

  /**
   * A larger picture of what the unit's square shows.
   * @param {Column} column
   * @param {number} unit
   * @param {Values} values
   */
  paintMap(column, unit, values) {
    const signal = values.signal(column.face.buffer);
    const context = this.map.getContext("2d");
    if (this.map.hidden || !signal || !context) return;
    const { width, height, kind, probability, range } = column.face;
    const size = width * height;
    let peak = range;
    if (!range)
      for (let i = 0; i < size; i += 1) peak = Math.max(peak, Math.abs(signal.shown[at(i)]));
    /** @param {number} i */
    function at(i) {
      return kind === "weights" ? i * column.count + unit : unit * size + i;
    }
    const tall = kind === "curve" ? MAP : MAP / height;
    for (let i = 0; i < size; i += 1) {
      const value = signal.shown[at(i)];
      context.fillStyle = diverging(probability ? 2 * value - 1 : value / (peak || 1));
      const [x, y] = [((i % width) * MAP) / width, Math.floor(i / width) * tall];
      context.fillRect(
        Math.floor(x),
        Math.floor(y),
        Math.ceil(MAP / width) + 1,
        Math.ceil(tall) + 1,
      );
    }
  }

  /**
   * Beside the pointer or the subject, always inside the region.
   * @param {Selection} target
   * @param {Column} column
   * @param {Scene} scene
   */
  place(target, column, scene) {
    const { element, pointer } = this;
    const region = element.parentElement;
    if (!region) return;
    const stage = /** @type {HTMLElement} */ (region.querySelector(".net-stage"));
    const unit = target.kind === "edge" ? target.to : "unit" in target ? target.unit : 0;
    const box = unitBox(column, unit);
    let anchor = { left: box.x - 6, right: box.x + box.width + 6, y: box.y + box.height / 2 };
    if (target.kind === "edge") {
      const { x, y } = pointer;
      if (x >= 0) anchor = { left: x - 14, right: x + 14, y };
      else anchor.right = scene.pairs[column.index - 1].x1 + 4;
    }
    const { offsetWidth: width, offsetHeight: height } = element;
    anchor.left -= stage.scrollLeft;
    anchor.right -= stage.scrollLeft;
    const fitsRight = anchor.right + 10 + width < region.clientWidth - 6;
    const left = fitsRight ? anchor.right + 10 : anchor.left - 10 - width;
    const top = stage.offsetTop - stage.scrollTop + anchor.y - height / 2;
    const most = region.clientHeight - height - 6;
    element.style.left = `${Math.max(6, Math.min(region.clientWidth - width - 6, left))}px`;
    element.style.top = `${Math.max(6, Math.min(most, top))}px`;
  }
}

/**
 * A number computed from others is no more exact than they are.
 * @param {Line} line
 * @param {number} value
 */
function written(line, value) {
  return "number" in line ? short(value, 4) : exact(value);
}

/**
 * @param {Selection} target
 * @param {Column} column
 * @param {Model} model
 * @param {boolean} compared whether another branch is shown beside this one
 * @returns {Line[]}
 */
function linesOf(target, column, model, compared) {
  /** @type {[string, string | null | undefined, number[]][]} */
  let found = [];
  if (target.kind === "edge") {
    const buffer = model.bufferByName.get(column.weight);
    const index = [target.from, target.to];
    found = [
      ["w", column.weight, index],
      ["dL/dw", buffer?.grad, index],
      ["Δw", buffer?.update, index],
      ["w − w′", compared ? `compare/${column.weight}` : null, index],
    ];
  } else if (target.kind === "unit" || target.kind === "bias") {
    const probe = `probe/${column.layer}`;
    const bias = model.bufferByName.get(column.bias);
    const index = [target.unit];
    // What is pooled has no pre-activation.
    const z = column.origin ? null : `${probe}/z`;
    found = [
      ["z", z, index],
      [column.index ? "a" : "x", column.value, index],
      ["dL/dz", z && `${z}.grad`, index],
      ["dL/da", column.gradient, index],
      ["b", column.bias, index],
      ["dL/db", bias?.grad, index],
      ["Δb", bias?.update, index],
    ];
  }
  return found.flatMap(([symbol, buffer, index]) =>
    buffer && model.bufferByName.has(buffer) ? [{ symbol, buffer, index }] : [],
  );
}

/**
 * How dL/dw was computed: the sum over the batch, and the instructions that computed the matrix.
 * @param {Model} model
 * @param {Column} column
 * @param {number} from
 * @param {number} to
 */
function madeBy(model, column, from, to) {
  const grad = model.bufferByName.get(model.bufferByName.get(column.weight)?.grad ?? "");
  const makers = model.instructions.filter(
    (i) => i.phase === "backward" && grad && i.writes.includes(grad.id),
  );
  const sum = `dL/dw = Σ_b a_b·δ_b, a from ${from}, δ = dL/dz of ${to}`;
  return [sum, ...makers.map((i) => i.formula)].join("\n");
}

/**
 * Whose values these are.
 * @param {Frame | null} frame
 * @param {import("../../state/types.js").RunState | null} run
 */
function sampleNote(frame, run) {
  if (!frame) return "";
  if (frame.probeIsBatchRow) return `row ${frame.probe} of the current batch`;
  return `probe sample ${frame.probe}${run ? ` (${run.probe.split})` : ""}`;
}
