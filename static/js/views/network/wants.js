// @ts-check
// Which buffers the picture needs, and how exactly.

/** @import { Scene } from "../../scene/layout.js" */
/** @import { EdgeMode, Model } from "../../state/types.js" */
/** @typedef {{name: string, dtype: "f64" | "f32" | "u16" | "u8"}} Want */

/** Buffers up to this size come exactly, so that all numbers can be read; larger ones as a picture. */
const MAX_EXACT = 4096;
/** Fields up to this size come exactly while stepping, so that the terms of a cell add up. */
const MAX_FINE = 65_536;

/**
 * @param {Scene} scene
 * @param {Model} model
 * @param {EdgeMode} mode
 * @param {boolean} calm stepping shows gradients and updates beside the weights
 * @returns {Want[]}
 */
export function wantsOf(scene, model, mode, calm) {
  /** @type {Map<string, Want>} */
  const wants = new Map();
  /** @param {string} name */
  const sizeOf = (name) =>
    model.bufferByName.get(name)?.shape.reduce((product, n) => product * n, 1) ?? 0;
  /** @param {string | null | undefined} name @param {"u8" | "u16" | "f32"} [dtype] */
  const add = (name, dtype) => {
    if (!name || !model.bufferByName.has(name)) return;
    wants.set(name, { name, dtype: dtype ?? (sizeOf(name) > MAX_EXACT ? "u8" : "f64") });
  };
  /** @param {string} name */
  const finely = (name) => {
    const size = sizeOf(name);
    return calm && size > MAX_EXACT && size <= MAX_FINE ? "f32" : undefined;
  };
  for (const column of scene.columns) {
    if (column.panel) {
      for (const { value, gradient, look } of column.panel.fields) {
        add(value, finely(value));
        // On a scale of powers of ten 256 levels are too few.
        if (look === "fade") add(gradient, "f32");
        else if (calm || mode === "gradient") add(gradient);
      }
      for (const name of column.panel.extraBuffers) add(name, finely(name));
      continue;
    }
    for (const name of [column.weight, column.bias]) {
      const buffer = model.bufferByName.get(name);
      add(name);
      if (calm || mode === "gradient") add(buffer?.grad);
      if (calm || mode === "update") add(buffer?.update);
      if (mode === "difference") add(`compare/${name}`);
    }
    if (mode === "gradient") add(column.saliency);
    const probe = `probe/${column.layer}`;
    for (const name of [column.value, column.gradient, `${probe}/z`, `${probe}/z.grad`]) add(name);
    const { kind, buffer } = column.face;
    if (kind === "map") add(buffer, "u8");
    else {
      add(buffer);
      // With 256 levels, outputs close to the limit would count as saturated, or as 0, by rounding.
      if (column.limits) add(column.batch, sizeOf(column.batch) <= MAX_FINE ? "u16" : "u8");
    }
  }
  add("probe/loss");
  add("probe/input/y");
  return [...wants.values()];
}
