// @ts-check
// Sizes a drawing to its element and to the page's font size.

/** @import { Surface } from "../../renderer/surface.js" */

/** @typedef {{scale: number, lines: number}} Type */

/**
 * Takes the size of its element; if that has changed, the drawing is marked dirty.
 * @param {{element: HTMLElement, surface: Surface, dirty: boolean,
 *   size: {width: number, height: number} & Type}} drawing
 * @param {Type} type
 */
export function fit(drawing, { scale, lines }) {
  const { element, size, surface } = drawing;
  const { clientWidth: width, clientHeight: height } = element;
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const same = size.width === width && size.height === height && size.scale === scale;
  if (same && surface.ratio === ratio) return;
  drawing.size = { width, height, scale, lines };
  surface.resize(width, height);
  drawing.dirty = true;
}
