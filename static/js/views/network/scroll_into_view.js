// @ts-check
// Scrolls the stage, where it shows only a part of the picture, to an instruction or a selection.

import { unitBox } from "../../scene/layout.js";
import { stepIn } from "../../scene/sequence.js";

/** @import { Box, Scene } from "../../scene/layout.js" */
/** @import { InstructionInfo, Selection } from "../../state/types.js" */

/** Margin around the target, CSS px. */
const MARGIN = 24;

/**
 * Scrolls no further than needed, and not at all if the target is in view.
 * @param {HTMLElement} stage
 * @param {Scene} scene
 * @param {InstructionInfo | Selection} target
 * @param {boolean} still no motion
 */
export function scrollIntoView(stage, scene, target, still) {
  const box = "phase" in target ? boxOfInstruction(scene, target) : boxOfTarget(scene, target);
  const { x, y, width = 0, height = 0 } = box;
  const { scrollLeft, scrollTop, clientWidth, clientHeight } = stage;
  // The headings lie over the upper end.
  const top = scene.area.y;
  const left = x === undefined ? scrollLeft : moved(x, width, scrollLeft, clientWidth);
  const down = y === undefined ? scrollTop : moved(y - top, height, scrollTop, clientHeight - top);
  if (left === scrollLeft && down === scrollTop) return;
  stage.scrollTo({ left, top: down, behavior: still ? "instant" : "smooth" });
}

/**
 * @param {number} start of the target
 * @param {number} size
 * @param {number} shown start of the visible part
 * @param {number} room
 */
function moved(start, size, shown, room) {
  const inside = start >= shown && start + size <= shown + room;
  if (inside) return shown;
  const before = start - MARGIN;
  return start < shown || size + 2 * MARGIN > room ? before : start + size + MARGIN - room;
}

/**
 * The column of an instruction, and the row of its time step; coordinates that do not matter are
 * left out.
 * @param {Scene} scene
 * @param {InstructionInfo} instruction
 * @returns {Partial<Box>}
 */
function boxOfInstruction(scene, instruction) {
  const [layer] = instruction.scope.split("/");
  if (instruction.phase === "loss")
    return { x: scene.loss.x - scene.loss.r, width: 2 * scene.loss.r };
  const column = scene.columns.find((candidate) => candidate.layer === layer);
  if (!column) return {};
  const { x, width, panel } = column;
  const field = panel?.fields.find((one) => one.path && stepIn(instruction, one.path) >= 0);
  if (!field) return { x, width };
  const height = field.height / field.part.rows;
  return { x, width, y: field.y + height * stepIn(instruction, field.path), height };
}

/**
 * @param {Scene} scene
 * @param {Selection} target
 * @returns {Partial<Box>}
 */
function boxOfTarget(scene, target) {
  const column = "layer" in target ? scene.columns.find((c) => c.layer === target.layer) : null;
  if (!column || target.kind === "layer") return {};
  return unitBox(column, target.kind === "edge" ? target.to : "unit" in target ? target.unit : 0);
}
