// @ts-check
// An instruction: its formula and scope, and the buffers that it reads and writes with their numbers.

import { h, setText, tip } from "../../controls/dom.js";
import { count } from "../../format.js";
import { gridOf } from "./grid.js";
import { link, part } from "./links.js";
import { columnOf, shapeText } from "./names.js";
import { exactly } from "./reader.js";

/** @import { BufferInfo, Context, Model } from "../../state/types.js" */
/** @import { Panel } from "../inspector.js" */

/** @param {Context} context @param {BufferInfo} buffer */
function bufferPart(context, buffer) {
  const grid = gridOf(context, buffer);
  const shape = h("span", {}, shapeText(buffer.shape));
  const role = h("span", {}, buffer.role.replaceAll("_", " "));
  const title = h("h4", {}, h("b", {}, buffer.symbol), h("code", {}, buffer.name), shape, role);
  return { buffer, grid, element: h("div", { class: "ins-buffer" }, title, grid.element) };
}

/**
 * @param {Context} context
 * @param {Model} model
 * @param {number} index
 * @returns {Panel}
 */
export function instructionPanel(context, model, index) {
  const { store, actions } = context;
  const instruction = model.instructions[index];
  const parts = (/** @type {number[]} */ ids) =>
    ids
      .flatMap((id) => model.bufferById.get(id) ?? [])
      .map((buffer) => bufferPart(context, buffer));
  const writes = parts(instruction.writes);
  const reads = parts(instruction.reads.filter((id) => !instruction.writes.includes(id)));
  const all = [...writes, ...reads];
  const run = h("button", { type: "button", class: "ins-button" }, "Run to here");
  run.onclick = () => actions.runTo(index);
  tip(run, "Runs until this instruction is the next one, then stops.");
  const state = h("span", { class: "ins-state" });
  const cost = `${instruction.op}, ${count(instruction.flops)} FLOPs`;
  const { layer, phase, scope } = instruction;
  const layerLink = columnOf(model, layer).column
    ? link(context, scope, { kind: "layer", layer })
    : scope;
  return {
    kind: "Instruction",
    path: [`${index}, ${phase}, `, layerLink],
    where: "",
    parts: [
      h("p", { class: "ins-formula large" }, instruction.formula),
      h("p", { class: "ins-run" }, run, state, h("span", {}, cost)),
      part("Writes", ...writes.map(({ element }) => element)),
      reads.length ? part("Reads", ...reads.map(({ element }) => element)) : null,
    ],
    wants: exactly(
      model,
      all.map(({ buffer }) => buffer.name),
      true,
    ),
    show(reader) {
      for (const { buffer, grid } of all) {
        const entry = reader.entry(buffer.name);
        if (entry) grid.show(entry);
      }
      setText(state, store.state.run?.running ? "" : standing(reader.frame, index, model));
    },
    destroy() {
      for (const { grid } of all) grid.destroy();
    },
  };
}

/**
 * Where the machine stands, seen from an instruction.
 * @param {import("../../state/types.js").Frame | null} frame
 * @param {number} index
 * @param {Model} model
 */
function standing(frame, index, model) {
  if (!frame) return "";
  const n = model.instructions.length;
  const started = frame.step > 0 || frame.pc > 0;
  if (frame.pc === index) return started ? "is next" : "is first";
  return started && (frame.pc - 1 + n) % n === index ? "just executed" : "";
}
