// @ts-check
// A weight or a bias: its value, its gradient and how that is computed, its update.

import { elementOf, makersOf } from "./elements.js";
import { Lines } from "./lines.js";
import { instructionLinks, link, part } from "./links.js";
import { bufferOf, columnOf, indexText, unitName } from "./names.js";
import { exactly } from "./reader.js";
import { Terms } from "./terms.js";

/** @import { Context, Model, Selection } from "../../state/types.js" */
/** @import { Panel } from "../inspector.js" */
/** @import { Line } from "./lines.js" */

/** Names of the optimizer's state for each parameter. */
const STATE = { velocity: "v", square: "s", m: "m", v: "v" };

/**
 * The lines of a parameter's element.
 * @param {Model} model
 * @param {string} buffer
 * @param {number[]} index
 * @param {string} letter w or b
 * @returns {Line[]}
 */
export function parameterLines(model, buffer, index, letter) {
  const info = bufferOf(model, buffer);
  const states = Object.entries(STATE).map(([kind, symbol]) => ({
    symbol: `${symbol} of ${letter}`,
    buffer: `${buffer}.${kind}`,
    index,
  }));
  return [
    { symbol: letter, buffer, index, editable: true },
    { symbol: `dL/d${letter}`, buffer: info?.grad, index },
    { symbol: `Δ${letter}`, buffer: info?.update, index },
    ...states,
  ];
}

/**
 * The instructions that compute and apply a parameter's update: the optimizer's, which work on all
 * parameters, and those on this one alone.
 * @param {Model} model
 * @param {string | null | undefined} update name of the buffer
 */
function updateOf(model, update) {
  return model.instructions.filter(({ phase, writes }) => {
    const name = model.bufferById.get(writes[0])?.name ?? "";
    return phase === "update" && (name === update || /^(parameters|optimizer)\b/.test(name));
  });
}

/**
 * @param {Context} context
 * @param {Model} model
 * @param {Selection & ({kind: "edge"} | {kind: "bias"})} target
 * @returns {Panel}
 */
export function parameterPanel(context, model, target) {
  const { column, before } = columnOf(model, target.layer);
  const edge = target.kind === "edge";
  const unit = edge ? target.to : target.unit;
  const buffer = (edge ? column?.weight : column?.bias) ?? "";
  const index = edge ? [target.from, target.to] : [target.unit];
  const info = bufferOf(model, buffer);
  const lines = new Lines(context, model, parameterLines(model, buffer, index, edge ? "w" : "b"));
  const makers = makersOf(model, info?.grad);
  const summing = makers.find((maker) => new Terms(context, model, maker, index).usable);
  const terms = summing ? new Terms(context, model, summing, index) : null;
  const element = (/** @type {(typeof makers)[number]} */ maker) => {
    const symbol = model.bufferById.get(maker.writes[0])?.symbol ?? "";
    return `${symbol}${indexText(index)} = ${elementOf(model, maker, index)}`;
  };
  const rule = updateOf(model, info?.update);
  const path = edge && before ? [inputLink(context, before, target.from), " → "] : [];
  return {
    kind: edge ? "Weight" : "Bias",
    path: [...path, column ? inputLink(context, column, unit) : ""],
    where: `${buffer}${indexText(index)}`,
    parts: [
      lines.element,
      part(
        edge ? "How dL/dw is computed" : "How dL/db is computed",
        instructionLinks(context, makers, element),
      ),
      terms ? part("The terms of the sum, one for each sample of the batch", terms.element) : null,
      rule.length ? part("The update of all parameters", instructionLinks(context, rule)) : null,
    ],
    wants: [
      ...exactly(
        model,
        lines.rows.map((row) => row.buffer.name),
      ),
      ...(terms?.wants ?? []),
    ],
    show(reader) {
      lines.show(reader);
      terms?.show(reader);
    },
  };
}

/**
 * @param {Context} context
 * @param {import("../../scene/kinds.js").ColumnSpec} column
 * @param {number} unit
 */
function inputLink(context, column, unit) {
  return link(context, unitName(column, unit), { kind: "unit", layer: column.layer, unit });
}
