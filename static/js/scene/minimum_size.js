// @ts-check
// How large a picture has to be to be read: as large as its room, or larger, and then the room shows
// a part of it. Pure.

import { displacement } from "./headings.js";
import { describeColumns } from "./kinds.js";
import { layoutScene } from "./layout.js";

/** @import { Model } from "../state/types.js" */
/** @import { Area, Scene } from "./layout.js" */

/** A heading stands so far from the middle of its column at the most, CSS px at scale 1. */
const BESIDE = 14;
/** The picture becomes so much wider at a time, and so many times its room at the most. */
const WIDER = 1.08;
const MAX_ENLARGEMENT = 4;

/**
 * Lays the network out in a room, or in as much more as its headings and tokens need.
 * @param {Model} model
 * @param {Area} room
 * @returns {Scene} its area is at least as large as the room
 */
export function layoutLegibly(model, room) {
  const heights = describeColumns(model).map(({ panel }) => (panel?.tall ?? 0) * room.scale);
  const area = { ...room, height: Math.max(room.height, ...heights) };
  let scene = layoutScene(model, area);
  while (scene.columns.some((column) => displacement(column) > BESIDE * room.scale)) {
    area.width *= WIDER;
    if (area.width > MAX_ENLARGEMENT * room.width) break;
    scene = layoutScene(model, { ...area });
  }
  return scene;
}
