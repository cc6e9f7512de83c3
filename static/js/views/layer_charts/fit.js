// @ts-check
// A drawing as large as its element, with the page's size of type.

/** @import { Surface } from "../../renderer/surface.js" */

/** @typedef {{scale: number, lines: number}} Type */

/**
 * Takes the size of its element; what has another size than before is drawn anew.
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
