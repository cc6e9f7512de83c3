// @ts-check
// A unit: what it computes for the probe sample, what flows back into it, its bias and its weights.

import { elementOf } from "./elements.js";
import { Lines } from "./lines.js";
import { link, part } from "./links.js";
import { columnOf, unitName, writerOf } from "./names.js";
import { parameterLines } from "./parameter.js";
import { exactly } from "./reader.js";
import { Weights } from "./weights.js";

/** @import { Context, Model } from "../../state/types.js" */
/** @import { Panel } from "../inspector.js" */
/** @import { Line } from "./lines.js" */

/**
 * The lines of a unit, in the order in which a step computes them.
 * @param {Model} model
 * @param {string} layer
 * @param {number} unit
 * @returns {Line[]}
 */
function unitLines(model, layer, unit) {
  const info = model.layers.find((l) => l.name === layer);
  if (!info) return [{ symbol: "x", buffer: "probe/input/x", index: [unit] }];
  const index = [unit];
  const sources = [
    ["z", info.pre_activation, "z"],
    ["a", info.output, "a"],
    ["dL/da", `${info.output}.grad`, "a.grad"],
    ["dL/dz", `${info.pre_activation}.grad`, "z.grad"],
  ];
  // A linear unit has no activation of its own: a is z.
  const linear = info.output === info.pre_activation;
  const lines = sources.filter(([, , name]) => !linear || !name.startsWith("a"));
  return lines.map(([symbol, source, name]) => {
    const maker = writerOf(model, source);
    const formula = maker && elementOf(model, maker, ["b", unit]);
    return { symbol, buffer: `probe/${layer}/${name}`, index, source, formula };
  });
}

/**
 * The mean over the batch of the gradient's magnitude.
 * @param {Model} model
 * @param {string} layer
 * @param {number} unit
 * @returns {Line[]}
 */
function meanLine(model, layer, unit) {
  const buffer = model.bufferByName.get(`view/mean_gradient/${layer}`);
  const info = model.layers.find((l) => l.name === layer);
  if (!buffer || !info) return [];
  const ofZ = buffer.symbol.includes("dZ");
  const source = `${ofZ ? info.pre_activation : info.output}.grad`;
  const symbol = `mean |dL/d${ofZ ? "z" : "a"}|`;
  return [{ symbol, buffer: buffer.name, index: [unit], source, formula: "over the batch" }];
}

/**
 * @param {Context} context
 * @param {Model} model
 * @param {{layer: string, unit: number}} target
 * @returns {Panel}
 */
export function unitPanel(context, model, { layer, unit }) {
  const { column, before, after } = columnOf(model, layer);
  if (!column) throw new Error(`there is no layer ${layer}`);
  const values = new Lines(context, model, unitLines(model, layer, unit));
  const { bias } = column;
  const rest = bias ? parameterLines(model, bias, [unit], "b").slice(0, 3) : [];
  const biasLines = new Lines(context, model, [...rest, ...meanLine(model, layer, unit)]);
  const pairs = [
    before && column.weight ? new Weights(context, { from: before, to: column }, unit, true) : null,
    after?.weight ? new Weights(context, { from: column, to: after }, unit, false) : null,
  ];
  const [incoming, outgoing] = pairs;
  const names = [...values.rows, ...biasLines.rows].map((row) => row.buffer.name);
  const weights = [incoming ? column.weight : "", outgoing ? after?.weight : "", before?.value];
  return {
    kind: layer === "input" ? "Input" : "Unit",
    path: [unitName(column, unit), " of ", link(context, column.title, { kind: "layer", layer })],
    where: "sample",
    parts: [
      values.element,
      biasLines.rows.length ? biasLines.element : null,
      incoming ? part("Incoming weights, strongest first", incoming.element) : null,
      outgoing ? part("Outgoing weights, strongest first", outgoing.element) : null,
    ],
    wants: [...exactly(model, names), ...exactly(model, weights, true)],
    show(reader, now) {
      values.show(reader);
      biasLines.show(reader);
      for (const pair of pairs) pair?.show(reader, now);
    },
  };
}
