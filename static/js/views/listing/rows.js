// @ts-check
// The program as elements: a group for every phase, a row for every instruction.

import { h } from "../../controls/dom.js";
import { count } from "../../format.js";
import { wraps } from "./arrangement.js";

/** @import { BufferInfo, InstructionInfo, Model } from "../../state/types.js" */

/**
 * A run of instructions of one phase, with the lengths of its formulas and of its whole rows.
 * @typedef {{name: string, instructions: InstructionInfo[], formulas: number[],
 *   lengths: number[], element: HTMLElement, list: HTMLElement}} Phase
 */

/** The way each phase goes through the network. @type {{[phase: string]: string}} */
const DIRECTION = { forward: "→", loss: "•", backward: "←", update: "↻" };

/**
 * @param {Model} model
 * @returns {Phase[]}
 */
export function buildPhases(model) {
  /** @type {InstructionInfo[][]} */
  const runs = [];
  for (const instruction of model.instructions) {
    const last = runs.at(-1);
    if (last && last[0].phase === instruction.phase) last.push(instruction);
    else runs.push([instruction]);
  }
  return runs.map((instructions) => buildPhase(instructions, model));
}

/**
 * @param {InstructionInfo[]} instructions
 * @param {Model} model
 * @returns {Phase}
 */
function buildPhase(instructions, model) {
  const name = instructions[0].phase;
  const total = flopsOf(instructions);
  const heading = h("b", { "data-phase": name }, h("i", {}), `${DIRECTION[name] ?? "·"} ${name}`);
  heading.setAttribute("data-tip", `Click to stop runs when they enter the ${name} phase.`);
  const cost = [h("span", {}, count(total)), h("span", {}, "FLOPs")];
  const head = h("div", { class: "listing-head", "aria-hidden": "true" }, heading, ...cost);
  const list = h("div", { class: "listing-rows", role: "presentation" });
  /** @type {number[]} */
  const lengths = [];
  let group = "";
  for (const instruction of instructions) {
    const [layer] = instruction.scope.split("/");
    const first = layer === group ? "" : layer;
    list.append(buildRow(instruction, model, first));
    lengths.push(instruction.formula.length + (first ? first.length + 2 : 0));
    group = layer;
  }
  const label = `${name}, ${instructions.length} instructions, ${count(total)} FLOPs`;
  const kind = `listing-phase${wraps(instructions.length) ? " wraps" : ""}`;
  const element = h("div", { class: kind, role: "group", "aria-label": label }, head, list);
  const formulas = instructions.map(({ formula }) => formula.length);
  return { name, instructions, formulas, lengths, element, list };
}

/** @param {InstructionInfo[]} instructions */
export function flopsOf(instructions) {
  return instructions.reduce((sum, { flops }) => sum + flops, 0);
}

/**
 * @param {InstructionInfo} instruction
 * @param {Model} model
 * @param {string} group the layer it is the first one of, or ""
 */
function buildRow(instruction, model, group) {
  const { index, formula, scope, flops } = instruction;
  const words = h(
    "span",
    { class: "listing-words" },
    h("code", {}, formula),
    groupLabel(group, instruction.phase),
    h("span", { class: "listing-scope" }, scope),
  );
  return h(
    "div",
    {
      class: group ? "listing-row first" : "listing-row",
      role: "option",
      tabindex: -1,
      "data-index": index,
      "aria-selected": "false",
      "aria-label": describe(instruction, model),
    },
    h("i", {}, String(index)),
    words,
    h("span", { class: "listing-flops" }, flops > 0 ? count(flops) : ""),
  );
}

/**
 * The name of the layer that begins here.
 * @param {string} group
 * @param {string} phase
 */
function groupLabel(group, phase) {
  if (group === "") return h("span", { class: "listing-group" });
  const props = { class: "listing-group", "data-scope": group, "data-phase": phase };
  const label = h("span", props, h("i", {}), group);
  label.setAttribute("data-tip", `Click to stop runs when they enter ${group} in this phase.`);
  return label;
}

/**
 * An instruction in words.
 * @param {InstructionInfo} instruction
 * @param {Model} model
 */
function describe(instruction, model) {
  const names = (/** @type {number[]} */ ids) =>
    ids.map((id) => nameOf(model.bufferById.get(id))).join(", ");
  const { index, scope, formula, reads, writes, flops } = instruction;
  return `${index}, ${scope}: ${formula}. Reads ${names(reads)}; writes ${names(writes)}. ${count(flops)} FLOPs`;
}

/** @param {BufferInfo | undefined} buffer */
function nameOf(buffer) {
  return buffer ? `${buffer.name} ${shapeText(buffer.shape)}`.trim() : "";
}

/**
 * @param {number[]} shape
 * @returns {string} 10×4; "" for one number
 */
export function shapeText(shape) {
  return shape.join("×");
}
