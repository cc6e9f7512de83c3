// @ts-check
// A layer: what it is, what it costs, its weights as a matrix and in numbers, its instructions.

import { count, told } from "../../format.js";
import { GradientCheck } from "./check.js";
import { gridOf } from "./grid.js";
import { facts, instructionLinks, part, table } from "./links.js";
import { bufferOf, columnOf, shapeText } from "./names.js";
import { exactly } from "./reader.js";

/** @import { Context, Entry, Model } from "../../state/types.js" */
/** @import { Panel } from "../inspector.js" */

const STATISTICS = ["", "mean", "sd", "min", "max"];

/**
 * Mean, standard deviation, least and greatest of the finite numbers.
 * @param {Entry} entry
 */
function statistics(entry) {
  const n = entry.data.length;
  let [sum, squares, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < n; i += 1) {
    const value = entry.at(i);
    sum += value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const mean = sum / n;
  for (let i = 0; i < n; i += 1) squares += (entry.at(i) - mean) ** 2;
  return [mean, Math.sqrt(squares / n), low, high];
}

/**
 * @param {Context} context
 * @param {Model} model
 * @param {string} name
 * @returns {[string, string][]}
 */
function layerFacts({ store }, model, name) {
  const { column } = columnOf(model, name);
  const at = model.layers.findIndex((layer) => layer.name === name);
  const layer = model.layers[at];
  if (!layer) {
    const { data } = model;
    return [
      ["values", `${column?.count} per sample`],
      ["data", data.title],
      ["samples", `${count(data.train)} training, ${count(data.test)} test`],
      ["source", data.source],
      ["licence", data.licence],
    ];
  }
  const activation = store.state.catalogue?.activations.find((a) => a.name === layer.activation);
  const { initializer, l1, l2, dropout } = model.description.layers[at] ?? {};
  const shapes = layer.parameters.map((p) => bufferOf(model, p)?.shape ?? []);
  const regular = [l1 ? `L1 ${l1}` : "", l2 ? `L2 ${l2}` : "", dropout ? `dropout ${dropout}` : ""];
  return [
    ["activation", activation?.formula ?? layer.activation],
    ["shapes", `W ${shapeText(shapes[0] ?? [])}, b ${shapeText(shapes[1] ?? [])}`],
    ["parameters", count(column?.parameters ?? 0)],
    ["FLOPs per step", count(layer.flops)],
    ["initial weights", (initializer ?? "").replaceAll("_", " ")],
    ...(regular.some(Boolean)
      ? [/** @type {[string, string]} */ (["regularisation", regular.filter(Boolean).join(", ")])]
      : []),
  ];
}

/**
 * @param {Context} context
 * @param {Model} model
 * @param {{layer: string}} target
 * @returns {Panel}
 */
export function layerPanel(context, model, { layer: name }) {
  const { column } = columnOf(model, name);
  const layer = model.layers.find((l) => l.name === name);
  const weight = bufferOf(model, layer ? column?.weight : "probe/input/x");
  const grid = weight ? gridOf(context, weight) : null;
  const measured = layer
    ? [
        weight,
        bufferOf(model, column?.bias),
        bufferOf(model, weight?.grad),
        bufferOf(model, weight?.update),
      ]
    : [bufferOf(model, "input/x")];
  const buffers = measured.flatMap((buffer) => buffer ?? []);
  const numbers = table(
    STATISTICS,
    buffers.map((buffer) => buffer.symbol),
    "statistics",
  );
  const instructions = model.instructions.filter((i) =>
    layer ? i.layer === name : i.scope.startsWith("input/"),
  );
  const names = [...buffers, ...(weight ? [weight] : [])].map((buffer) => buffer.name);
  const check = layer ? new GradientCheck(context, model) : null;
  check?.offer([{ name: "layer", title: name, fields: { layer: name } }]);
  return {
    kind: "Layer",
    path: [column?.title ?? name],
    where: name,
    parts: [
      facts(layerFacts(context, model, name)),
      part(layer ? "Weights, gradient, update" : "Values of the batch", numbers.element),
      weight && grid ? part(`${weight.symbol}, ${weight.axes.join(" by ")}`, grid.element) : null,
      check ? part("Are its gradients right?", check.element) : null,
      part("Its instructions", instructionLinks(context, instructions)),
    ],
    wants: exactly(model, names, true),
    show(reader) {
      buffers.forEach((buffer, row) => {
        const entry = reader.entry(buffer.name);
        if (entry)
          numbers.show(
            row,
            statistics(entry).map((value) => told(value)),
          );
      });
      const entry = weight && reader.entry(weight.name);
      if (entry) grid?.show(entry);
    },
    destroy() {
      grid?.destroy();
      check?.destroy();
    },
  };
}
