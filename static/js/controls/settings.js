// @ts-check
// The field of a layer's setting, by the control that the catalogue names for it.

import { h, icon, tip } from "./dom.js";
import { errorSlot } from "./fields.js";

/** @import { LayerField } from "../state/types.js" */
/** @typedef {{element: HTMLElement, show: (value: any) => void}} Setting */

/** Words of choices that are not self-explanatory. */
const TITLES = new Map([
  ["glorot_uniform", "Glorot uniform"],
  ["glorot_normal", "Glorot normal"],
  ["he_uniform", "He uniform"],
  ["he_normal", "He normal"],
  ["lecun_uniform", "LeCun uniform"],
  ["lecun_normal", "LeCun normal"],
  ["relu", "ReLU"],
  ["leaky_relu", "Leaky ReLU"],
  ["elu", "ELU"],
  ["gelu", "GELU"],
]);

/** @param {string} name */
function titleOf(name) {
  return TITLES.get(name) ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}

/**
 * A number, or nothing where that has a meaning.
 * @param {LayerField} field
 * @param {(value: number | null) => void} change
 */
function numberInput(field, change) {
  const whole = field.control === "integer";
  const input = h("input", {
    ...{ type: "number", min: field.minimum, max: field.maximum, step: whole ? 1 : "any" },
    ...{ inputmode: whole ? "numeric" : "decimal", autocomplete: "off" },
    placeholder: field.default === null ? (field.optional ? "none" : "fits the data") : null,
    required: field.default !== null,
  });
  input.onchange = () => {
    if (!input.validity.valid) input.reportValidity();
    else change(input.value === "" ? null : input.valueAsNumber);
  };
  const show = (/** @type {number | null | undefined} */ value) => {
    if (document.activeElement !== input) input.value = value == null ? "" : String(value);
  };
  return { input, box: input, show };
}

/**
 * Whole numbers with commas or a cross between them: one number for all axes, or one an axis.
 * @param {LayerField} field
 * @param {(value: number | number[] | string | null) => void} change
 */
function numbersInput(field, change) {
  const several = field.control === "integers";
  const words = field.control === "padding" ? field.choices : [];
  const pattern = [...words, "\\d+(\\s*[,×x]\\s*\\d+)*"].join("|");
  const input = h("input", {
    ...{ type: "text", pattern, inputmode: words.length > 0 ? "text" : "numeric" },
    autocomplete: "off",
    placeholder:
      field.default === null ? (field.optional ? "as the window" : "fits the data") : null,
    title: words.length > 0 ? `${words.join(", ")}, or a number` : "A number, or one an axis: 3×3",
  });
  input.onchange = () => {
    if (!input.validity.valid) {
      input.reportValidity();
      return;
    }
    const text = input.value.trim();
    if (text === "" || words.includes(text)) {
      change(text === "" ? null : text);
      return;
    }
    const numbers = text.split(/[,×x]/).map(Number);
    change(numbers.length === 1 && !several ? numbers[0] : numbers);
  };
  const show = (/** @type {any} */ value) => {
    if (document.activeElement === input) return;
    input.value = value == null ? "" : Array.isArray(value) ? value.join("×") : String(value);
  };
  return { input, box: input, show };
}

/**
 * @param {LayerField} field
 * @param {string[]} choices
 * @param {(value: string) => void} change
 */
function choiceInput(field, choices, change) {
  const input = h("select", { onchange: () => change(input.value) });
  input.append(...choices.map((name) => h("option", { value: name }, titleOf(name))));
  const own = h("option", { value: "", hidden: true }, "With a value");
  if (field.control === "initializer") input.append(own);
  const show = (/** @type {any} */ value) => {
    const name = typeof value === "string" ? value : "";
    if (input.value !== name) input.value = name;
    if (name === "") own.textContent = `${titleOf(value?.kind ?? "")} ${value?.value ?? ""}`;
  };
  return { input, box: h("span", { class: "select" }, input, icon("down")), show };
}

/** @param {(value: boolean) => void} change */
function switchInput(change) {
  const input = h("input", { type: "checkbox", role: "switch" });
  input.onchange = () => change(input.checked);
  const show = (/** @type {boolean} */ value) => {
    input.checked = value;
  };
  return { input, box: input, show };
}

/**
 * @param {LayerField} field
 * @param {string[]} initializers
 * @param {(value: any) => void} change
 */
function controlOf(field, initializers, change) {
  if (field.control === "switch") return switchInput(change);
  if (field.control === "choice") return choiceInput(field, field.choices, change);
  if (field.control === "initializer") return choiceInput(field, initializers, change);
  if (field.control === "integer" || field.control === "number") return numberInput(field, change);
  return numbersInput(field, change);
}

/**
 * A labelled field for a setting that is no list of layers.
 * @param {LayerField} field
 * @param {string} path of the setting in the description
 * @param {string} owner the layer's name, for screen readers
 * @param {string[]} initializers
 * @param {(value: any) => void} change
 * @returns {Setting}
 */
export function layerSetting(field, path, owner, initializers, change) {
  const { input, box, show } = controlOf(field, initializers, change);
  input.setAttribute("aria-label", `${field.title} of ${owner}`);
  const label = h("span", { class: "label" }, field.title);
  if (field.about) {
    tip(label, field.about);
    input.setAttribute("aria-description", field.about);
  }
  const props = { class: "layer-setting", "data-field": path };
  return { element: h("label", props, label, box, errorSlot()), show };
}
