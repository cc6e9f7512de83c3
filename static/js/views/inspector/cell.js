// @ts-check
// A cell of a column with a panel: a unit at a time step, an attention weight, a prediction.

import { h, setText } from "../../controls/dom.js";
import { short } from "../../format.js";
import { Lines } from "./lines.js";
import { link } from "./links.js";
import { columnOf } from "./names.js";
import { exactly } from "./reader.js";

/** @import { Context, Model } from "../../state/types.js" */
/** @import { Panel } from "../inspector.js" */
/** @import { Reader } from "./reader.js" */

/**
 * @param {Context} context
 * @param {Model} model
 * @param {{layer: string, unit: number}} target
 * @returns {Panel}
 */
export function cellPanel(context, model, { layer, unit }) {
  const { column } = columnOf(model, layer);
  const panel = column?.panel;
  if (!panel) throw new Error(`${layer} has no cells`);
  const name = h("span", {});
  const body = h("div", {});
  const computed = h("dl", { class: "ins-lines" });
  /** @type {Lines | null} */
  let lines = null;
  let key = "";
  const buffers = panel.fields.flatMap(({ value, gradient }) => [value, gradient]);
  const names = [...new Set([...buffers, "probe/input/x", "probe/input/y"])];
  return {
    kind: "Cell",
    path: [name, " of ", link(context, column.title, { kind: "layer", layer })],
    where: "sample",
    parts: [body, computed],
    wants: exactly(model, names, true),
    show(reader) {
      const read = (/** @type {string} */ buffer) => numbersOf(reader, buffer);
      panel.selectInput(context.store.state.kernelInputs[layer] ?? -1);
      setText(name, panel.name(unit, read));
      const shown = panel.lines(unit, read);
      const buffers = shown.flatMap((line) => ("buffer" in line ? [line] : []));
      const now = JSON.stringify(buffers);
      if (now !== key) {
        lines = new Lines(context, model, buffers);
        body.replaceChildren(lines.element);
        key = now;
      }
      lines?.show(reader);
      computed.replaceChildren(...shown.flatMap((line) => ("number" in line ? [row(line)] : [])));
    },
  };
}

/** A number that is computed of several. @param {{symbol: string, number: number}} line */
function row({ symbol, number }) {
  return h("div", {}, h("dt", {}, symbol), h("dd", {}, short(number, 4)));
}

/**
 * @param {Reader} reader
 * @param {string} buffer
 */
function numbersOf(reader, buffer) {
  const entry = reader.entry(buffer);
  return entry && Float32Array.from(entry.data, (_, i) => entry.at(i));
}
