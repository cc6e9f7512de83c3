// @ts-check
// The field of a layer's setting, by the control that the catalogue names for it.

import { h, icon, tip } from "./dom.js";
import { errorSlot } from "./fields.js";

/** @import { Catalogue, LayerField } from "../state/types.js" */
/** @typedef {{element: HTMLElement, show: (value: any) => void}} Setting */

/**
 * The choices of an initializer, and the titles of those that have one.
 * @typedef {{initializers: string[], titles: Map<string, string>}} Words
 */

/** @param {Catalogue} catalogue @returns {Words} */
export function wordsOf({ initializers, activations }) {
  const titles = new Map([...initializers, ...activations].map(({ name, title }) => [name, title]));
  return { initializers: initializers.map(({ name }) => name), titles };
}

/** @param {string} name @param {Words} words */
function titleOf(name, { titles }) {
  return titles.get(name) ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}

/**
 * The input of a number, which may be empty where that has a meaning.
 * @param {LayerField} field
 * @param {(value: number | null) => void} change
 */
function numberInput(field, change) {
  const whole = field.control === "integer";
  const input = h("input", {
    type: "number",
    min: field.minimum,
    max: field.maximum,
    step: whole ? 1 : "any",
    inputmode: whole ? "numeric" : "decimal",
    autocomplete: "off",
    placeholder: field.default === null ? (field.optional ? "none" : "from the data") : null,
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
 * The input of whole numbers separated by commas or crosses: one for all axes, or one per axis.
 * @param {LayerField} field
 * @param {(value: number | number[] | string | null) => void} change
 */
function numbersInput(field, change) {
  const several = field.control === "integers";
  const words = field.control === "padding" ? field.choices : [];
  const pattern = [...words, "\\d+(\\s*[,×x]\\s*\\d+)*"].join("|");
  const input = h("input", {
    type: "text",
    pattern,
    inputmode: words.length > 0 ? "text" : "numeric",
    autocomplete: "off",
    placeholder:
      field.default === null ? (field.optional ? "same as window" : "from the data") : null,
    title:
      words.length > 0 ? `${words.join(", ")}, or a number` : "One number, or one per axis: 3×3",
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
 * @param {Words} words
 * @param {(value: string) => void} change
 */
function choiceInput(field, choices, words, change) {
  const input = h("select", { onchange: () => change(input.value) });
  input.append(...choices.map((name) => h("option", { value: name }, titleOf(name, words))));
  const current = h("option", { value: "", hidden: true }, "With a value");
  if (field.control === "initializer") input.append(current);
  const show = (/** @type {any} */ value) => {
    const name = typeof value === "string" ? value : "";
    if (input.value !== name) input.value = name;
    if (name === "")
      current.textContent = `${titleOf(value?.kind ?? "", words)} ${value?.value ?? ""}`;
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
 * @param {Words} words
 * @param {(value: any) => void} change
 */
function controlOf(field, words, change) {
  if (field.control === "switch") return switchInput(change);
  if (field.control === "choice") return choiceInput(field, field.choices, words, change);
  if (field.control === "initializer") return choiceInput(field, words.initializers, words, change);
  if (field.control === "integer" || field.control === "number") return numberInput(field, change);
  return numbersInput(field, change);
}

/**
 * A labelled field for a setting that is no list of layers.
 * @param {LayerField} field
 * @param {string} path of the setting in the description
 * @param {string} owner the layer's name, for screen readers
 * @param {Words} words
 * @param {(value: any) => void} change
 * @returns {Setting}
 */
export function layerSetting(field, path, owner, words, change) {
  const { input, box, show } = controlOf(field, words, change);
  input.setAttribute("aria-label", `${field.title} of ${owner}`);
  const label = h("span", { class: "label" }, field.title);
  if (field.about) {
    tip(label, field.about);
    input.setAttribute("aria-description", field.about);
  }
  const props = { class: "layer-setting", "data-field": path };
  return { element: h("label", props, label, box, errorSlot()), show };
}
