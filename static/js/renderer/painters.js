// @ts-check
// The painters of columns that are made of fields, fetched when a network needs them.

import { moduleOf } from "../scene/kinds.js";

/** @import { Panel } from "../scene/panel.js" */
/** @import { Model } from "../state/types.js" */
/** @import { PanelPainter } from "./panel.js" */
/** @import { Values } from "./values.js" */
/** @typedef {new (panel: any, values: Values) => PanelPainter} PainterClass a kind has its own panels */

/** @type {{[module: string]: () => Promise<PainterClass>}} */
const PAINTERS = {
  answers: async () => (await import("./kinds/answers.js")).AnswerPainter,
  attention: async () => (await import("./kinds/attention.js")).AttentionPainter,
  maps: async () => (await import("./kinds/maps.js")).MapPainter,
  nested: async () => (await import("./kinds/nested.js")).NestedPainter,
  places: async () => (await import("./kinds/time_steps.js")).PlacePainter,
  recurrent: async () => (await import("./kinds/recurrent.js")).RecurrentPainter,
  tokens: async () => (await import("./kinds/tokens.js")).TokenPainter,
  transformer_block: async () => (await import("./kinds/transformer_block.js")).BlockPainter,
  vectors: async () => (await import("./kinds/vectors.js")).VectorPainter,
};

/** @type {Map<string, PainterClass>} */
const fetched = new Map();
/** @type {typeof import("./sources.js").paintSources | null} marks what a cell is made of */
export let paintSources = null;

/**
 * Fetches the painters that a network needs.
 * @param {Model} model
 */
export async function fetchPainters(model) {
  const input = { ...model.layers[0], kind: "input" };
  const names = new Set([input, ...model.layers].map((layer) => moduleOf(layer, model)));
  paintSources = (await import("./sources.js")).paintSources;
  await Promise.all(
    [...names].map(async (name) => {
      if (name in PAINTERS) fetched.set(name, await PAINTERS[name]());
    }),
  );
}

/**
 * The painter of a column, which has been fetched before.
 * @param {string} module
 * @param {Panel} panel
 * @param {Values} values
 */
export function painterOf(module, panel, values) {
  const made = fetched.get(module);
  if (!made) throw new Error(`no painter of ${module}`);
  return new made(panel, values);
}
