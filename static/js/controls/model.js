// @ts-check
// The panel's second part: the layers, one row each, and how their parameters start.

import { h, icon, iconButton, setText, tip } from "./dom.js";
import { errorSlot, selectBox, selectField, stepper } from "./fields.js";

/** @typedef {import("../types.js").Context} Context */
/** @typedef {import("../types.js").Catalogue} Catalogue */
/** @typedef {import("../types.js").Description} Description */

const DIFFERS = { name: "", title: "differs by layer" };

/**
 * One layer's row. Its index is fixed; rows are made anew when layers come or go.
 * @param {Context} context
 * @param {Catalogue} catalogue
 * @param {number} index
 * @param {boolean} isOutput
 */
function layerRow({ actions }, { activations, limits }, index, isOutput) {
  const name = isOutput ? "Output" : `Layer ${index + 1}`;
  /** @param {{units: number} | {activation: string}} change */
  const edit = (change) => actions.edit((draft) => Object.assign(draft.layers[index], change));
  const units = stepper({
    ...{ label: `Units of ${name}`, minimum: 1, maximum: limits.units },
    hint: "How many units the layer has: columns of its W, elements of its b.",
    change: (value) => edit({ units: value }),
  });
  const fixed = tip(
    h("span", { class: "units" }),
    "The data and the loss decide how many outputs there are.",
  );
  const choices = activations.filter(({ hidden }) => hidden || isOutput);
  const { select, box } = selectBox(choices, (activation) => edit({ activation }));
  select.setAttribute("aria-label", `Activation of ${name}`);
  const remove = iconButton(
    "close",
    `Remove ${name}`,
    "Takes this layer out of the network.",
    "",
    () => actions.edit((draft) => draft.layers.splice(index, 1)),
  );
  const element = h(
    "div",
    { class: "layer", role: "group", "aria-label": name, "data-field": `layers[${index}]` },
    h("span", { class: "label" }, name),
    isOutput ? fixed : units.element,
    box,
    isOutput ? null : remove,
    errorSlot(),
  );
  /** @param {Description} description */
  const show = ({ layers, loss }) => {
    const layer = layers[index];
    units.show(layer.units);
    setText(fixed, String(layer.units));
    if (select.value !== layer.activation) select.value = layer.activation;
    const tied = isOutput && loss.endsWith("cross_entropy");
    select.disabled = tied;
    const formula = choices.find((choice) => choice.name === layer.activation)?.formula ?? "";
    tip(
      select,
      tied ? `${formula}. The cross-entropy needs it.` : `${formula}, of every z of the layer.`,
    );
  };
  return { element, show };
}

/**
 * @param {Context} context
 * @param {Catalogue} catalogue
 */
function layerList(context, catalogue) {
  const { store, actions } = context;
  const inputs = h("span", { class: "units" });
  const list = h("div", { class: "layers" });
  const addLayer = () =>
    actions.edit(({ layers }) => {
      const [before, output] = layers.slice(-2);
      const added = output ? before : { ...before, units: 4, activation: "tanh" };
      layers.splice(layers.length - 1, 0, structuredClone(added));
    });
  const add = tip(
    h("button", { type: "button", class: "add", onclick: addLayer }, icon("plus"), "Add layer"),
    "Adds a hidden layer before the output: one more matrix product and activation.",
  );
  /** @type {ReturnType<typeof layerRow>[]} */
  let rows = [];
  const show = () => {
    const { description, model } = store.state;
    if (!description) return;
    const count = description.layers.length;
    if (rows.length !== count) {
      rows = description.layers.map((_, i) => layerRow(context, catalogue, i, i === count - 1));
      list.replaceChildren(...rows.map((r) => r.element));
    }
    for (const row of rows) row.show(description);
    add.disabled = count >= catalogue.limits.layers;
    setText(
      inputs,
      `${description.data.features?.length ?? model?.data.feature_names.length ?? ""}`,
    );
  };
  const input = h("div", { class: "layer" }, h("span", { class: "label" }, "Input"), inputs);
  const element = h("div", { "data-field": "layers" }, input, list, add, errorSlot());
  return { element, show };
}

/**
 * How weights or biases start, in all layers alike.
 * @param {Context} context
 * @param {Catalogue} catalogue
 * @param {"initializer" | "bias_initializer"} field
 * @param {string} label
 * @param {string} hint
 */
function startField({ store, actions }, catalogue, field, label, hint) {
  const select = selectField({
    ...{ label, hint, path: `layers.${field}`, choices: [DIFFERS, ...catalogue.initializers] },
    change: (name) =>
      actions.edit((draft) => {
        for (const layer of draft.layers) layer[field] = name;
      }),
  });
  const names = catalogue.initializers.map(({ name }) => name);
  const show = () => {
    const kinds = new Set(store.state.description?.layers.map((layer) => layer[field]));
    const [first] = kinds;
    const common = kinds.size === 1 && typeof first === "string";
    select.offer(common ? names : ["", ...names]);
    select.show(common ? first : "");
  };
  return { element: select.element, show };
}

/**
 * Builds the part.
 * @param {Context} context
 * @param {Catalogue} catalogue
 */
export function modelSection(context, catalogue) {
  const parts = [
    layerList(context, catalogue),
    startField(
      context,
      catalogue,
      "initializer",
      "Weights start",
      "How weights are drawn before step 0. Glorot suits tanh and sigmoid, He suits ReLU.",
    ),
    startField(
      context,
      catalogue,
      "bias_initializer",
      "Biases start",
      "What the biases are before step 0.",
    ),
  ];
  const show = () => {
    for (const part of parts) part.show();
  };
  return { element: h("div", {}, ...parts.map((part) => part.element)), show };
}
