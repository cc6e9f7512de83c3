// @ts-check
// What the inspector shows while nothing is selected: the network as a whole.

import { h, tip } from "../../controls/dom.js";
import { count } from "../../format.js";
import { samplesOfEpoch } from "../../state/batches.js";
import { quizAnything } from "../../state/quiz.js";
import { GradientCheck } from "./check.js";
import { Landscape } from "./landscape.js";
import { Lines } from "./lines.js";
import { facts, link, part, table } from "./links.js";
import { columnsOf } from "./names.js";
import { exactly } from "./reader.js";

/** @import { Context, Model } from "../../state/types.js" */
/** @import { Panel } from "../inspector.js" */

const PHASES = ["forward", "loss", "backward", "update"];
const GUIDE =
  "Click a unit, an edge or an instruction to see its numbers in full and to change its weights.";

const PREFIXES = ["", "k", "M", "G"];

/**
 * Three digits and a prefix: 14.2 k.
 * @param {number} value at least 1
 */
function prefixed(value) {
  const power = Math.min(3, Math.floor(Math.log10(value) / 3));
  return `${power ? (value / 1000 ** power).toPrecision(3) : value} ${PREFIXES[power]}`;
}

/**
 * A count that fits a narrow column.
 * @param {number} n
 */
function narrow(n) {
  if (n === 0) return "";
  return n < 100_000 ? count(n) : prefixed(n);
}

/**
 * How a table was read; empty for other data.
 * @param {import("../../state/types.js").DataInfo} data
 * @returns {[string, Node][]}
 */
function readAs({ report }) {
  if (!report) return [];
  return [["read as", h("div", { class: "ins-part" }, ...report.map((line) => h("p", {}, line)))]];
}

/**
 * @param {Context} context
 * @param {Model} model
 * @returns {Panel}
 */
export function summaryPanel(context, model) {
  const { description, cost, data } = model;
  const columns = columnsOf(model);
  const names = columns.map(({ title, layer }) => link(context, title, { kind: "layer", layer }));
  const layers = table(["layer", "shape", "activation", "parameters", "FLOPs"], names, "layers");
  columns.forEach(({ layer, shape, activation, parameters, picture }, row) => {
    const flops = model.layers.find((l) => l.name === layer)?.flops ?? 0;
    const texts = [picture ? picture.join("×") : shape, activation.replaceAll("_", " ")];
    layers.show(row, [...texts, narrow(parameters), narrow(flops)]);
  });
  const phases = PHASES.map((phase) => {
    const n = model.instructions.filter((i) => i.phase === phase).length;
    return `${n} ${phase}`;
  });
  const { batch_size: batch, optimizer, loss, dtype } = description;
  const rows = batch === "full" ? data.train : batch;
  const losses = new Lines(context, model, [
    { symbol: "Loss, this batch", buffer: "loss/L", index: [] },
    { symbol: "Loss, shown sample", buffer: "probe/loss", index: [], source: "loss/L" },
  ]);
  losses.element.classList.add("long");
  const landscape = new Landscape(context);
  const check = new GradientCheck(context, model);
  check.offer([
    { name: "all", title: "everything", fields: {} },
    ...model.layers.map(({ name }) => ({ name, title: `layer ${name}`, fields: { layer: name } })),
  ]);
  const quiz = h("button", { type: "button", class: "ins-button" }, "Quiz me");
  quiz.onclick = () => quizAnything(context);
  tip(quiz, "Hides a gradient, a delta or an update everywhere, so that you can work it out.", "Q");
  return {
    kind: "Network",
    path: [],
    where: "",
    parts: [
      h("p", { class: "ins-guide" }, GUIDE),
      layers.element,
      losses.element,
      facts([
        ["parameters", count(cost.parameters)],
        ["FLOPs per step", count(cost.flops)],
        ["memory", `${prefixed(cost.bytes)}B, ${dtype}`],
        ["one step", `${count(rows)} samples, ${model.instructions.length} instructions`],
        ["by phase", phases.join(", ")],
        ["one epoch", `${count(model.steps_per_epoch)} steps, ${samplesOfEpoch(model)}`],
        ["loss", loss.replaceAll("_", " ")],
        ["optimizer", optimizer.kind],
      ]),
      part("Loss landscape", landscape.element),
      part("Are the gradients right?", check.element),
      part("Exercise", h("p", { class: "exp-buttons" }, quiz)),
      part(
        "Data",
        facts([
          ["set", data.title],
          ["source", data.source],
          ["licence", data.licence],
          ...readAs(data),
        ]),
      ),
    ],
    wants: exactly(model, ["loss/L", "probe/loss"]),
    show: (reader) => losses.show(reader),
    destroy() {
      landscape.destroy();
      check.destroy();
    },
  };
}
