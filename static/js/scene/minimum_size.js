// @ts-check
// Makes a picture as large as its room, or larger if it could not be read otherwise: then the room
// shows a part of it. Pure.

import { displacement } from "./headings.js";
import { describeColumns } from "./kinds.js";
import { layoutScene } from "./layout.js";

/** @import { Model } from "../state/types.js" */
/** @import { Area, Scene } from "./layout.js" */

/** The greatest distance of a heading from the middle of its column, CSS px at scale 1. */
const MAX_OFFSET = 14;
/** The factor by which the picture grows at a time, and the most it may exceed its room by. */
const GROWTH = 1.08;
const MAX_ENLARGEMENT = 4;

/**
 * Lays the network out in a room, enlarged by what its headings and tokens need.
 * @param {Model} model
 * @param {Area} room
 * @returns {Scene} its area is at least as large as the room
 */
export function layoutLegibly(model, room) {
  const heights = describeColumns(model).map(({ panel }) => (panel?.minHeight ?? 0) * room.scale);
  const area = { ...room, height: Math.max(room.height, ...heights) };
  let scene = layoutScene(model, area);
  while (scene.columns.some((column) => displacement(column) > MAX_OFFSET * room.scale)) {
    area.width *= GROWTH;
    if (area.width > MAX_ENLARGEMENT * room.width) break;
    scene = layoutScene(model, { ...area });
  }
  return scene;
}
