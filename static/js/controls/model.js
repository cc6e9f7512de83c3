// @ts-check
// The panel's second part: the layers, one row each, and how their parameters are initialised.

import { h, setText } from "./dom.js";
import { selectField } from "./fields.js";
import { LayerRows } from "./layers.js";

/** @import { Catalogue, Context } from "../state/types.js" */

const DIFFERS = { name: "", title: "varies by layer" };

/**
 * @param {Context} context
 * @param {Catalogue} catalogue
 */
function layerList(context, catalogue) {
  const { store } = context;
  const inputs = h("span", { class: "units" });
  const rows = new LayerRows(context, catalogue);
  const list = rows.list({
    path: "layers",
    name: "",
    top: true,
    get: (draft) => draft.layers,
  });
  const show = () => {
    const { description, model } = store.state;
    if (!description) return;
    list.show(description.layers);
    const features = description.data.features?.length ?? model?.data.feature_names.length ?? "";
    setText(inputs, model?.data.input_shape?.join("×") ?? `${features}`);
  };
  const row = h("div", { class: "layer-row" }, h("span", { class: "label" }, "Input"), inputs);
  const element = h("div", {}, h("div", { class: "layer" }, row), list.element);
  return { element, show };
}

/**
 * The initial weights or biases, the same for all layers.
 * @param {Context} context
 * @param {Catalogue} catalogue
 * @param {"initializer" | "bias_initializer"} field
 * @param {string} label
 * @param {string} hint
 */
function startField({ store, actions }, catalogue, field, label, hint) {
  const select = selectField({
    label,
    hint,
    path: `layers.${field}`,
    choices: [DIFFERS, ...catalogue.initializers],
    change: (name) =>
      actions.edit((draft) => {
        for (const layer of draft.layers) if (field in layer) layer[field] = name;
      }),
  });
  const names = catalogue.initializers.map(({ name }) => name);
  const show = () => {
    const kinds = new Set(
      store.state.description?.layers
        .filter((layer) => field in layer)
        .map((layer) => layer[field]),
    );
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
      "Weight init",
      "How the weights are drawn before step 0. Glorot suits tanh and sigmoid, He suits ReLU.",
    ),
    startField(
      context,
      catalogue,
      "bias_initializer",
      "Bias init",
      "The value of every bias before step 0.",
    ),
  ];
  const show = () => {
    for (const part of parts) part.show();
  };
  return { element: h("div", {}, ...parts.map((part) => part.element)), show };
}
