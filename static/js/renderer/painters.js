// @ts-check
// The painters of columns that are made of fields, fetched when a network needs them.

import { inputLayer, moduleOf, PICTURES } from "../scene/kinds.js";

/** @import { Panel } from "../scene/panel.js" */
/** @import { Model } from "../state/types.js" */
/** @import { PanelPainter } from "./panel.js" */
/** @import { Values } from "./values.js" */
/** @typedef {new (panel: any, values: Values) => PanelPainter} PainterClass each kind has its own class of panels */

/** @type {Map<string, PainterClass>} */
const fetched = new Map();
/** @type {typeof import("./sources.js").paintSources | null} marks the receptive field of a cell */
export let paintSources = null;

/**
 * Fetches the painters that a network needs.
 * @param {Model} model
 */
export async function fetchPainters(model) {
  const layers = [inputLayer(model), ...model.layers];
  const names = new Set(layers.map((layer) => moduleOf(layer, model)));
  paintSources = (await import("./sources.js")).paintSources;
  await Promise.all(
    [...names].map(async (name) => {
      if (!PICTURES[name].painted) return;
      /** @type {{Painter: PainterClass}} */
      const module = await import(`./kinds/${name}.js`);
      fetched.set(name, module.Painter);
    }),
  );
}

/**
 * Makes the painter of a column. Its module has been fetched before.
 * @param {string} module
 * @param {Panel} panel
 * @param {Values} values
 */
export function painterOf(module, panel, values) {
  const Painter = fetched.get(module);
  if (!Painter) throw new Error(`no painter of ${module}`);
  return new Painter(panel, values);
}
