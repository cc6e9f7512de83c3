// @ts-check
// The form fields of the panels: label, control, unit, and the error message below.

import { h, icon, tip } from "./dom.js";

/** @import { Named } from "../state/types.js" */

/**
 * A field that shows a value and reports changes.
 * @template T
 * @typedef {{element: HTMLElement, show: (value: T) => void}} Field
 */

/**
 * @typedef {object} FieldOptions
 * @property {string} label
 * @property {string} hint what the field does to the mathematics
 * @property {string} path its place in the description, where errors name it
 * @property {string} [key] its keyboard shortcut
 */

let lastId = 0;

/** A document-wide unique id for a label and its control. */
function nextId() {
  lastId += 1;
  return `field-${lastId}`;
}

/** An empty element for an error message. */
export function errorSlot() {
  return h("p", { class: "field-error", id: nextId(), hidden: true });
}

/**
 * @param {FieldOptions} options
 * @param {string} id
 * @param {HTMLElement[]} controls
 * @param {string} kind class of the row
 */
function row({ label, hint, path, key }, id, controls, kind) {
  const name = h("label", { for: id }, label);
  const props = { class: `field ${kind}`, "data-field": path };
  tip(name, hint, key);
  for (const control of controls) control.setAttribute("aria-description", hint);
  return h("div", props, name, ...controls, errorSlot());
}

/**
 * A select with its arrow.
 * @param {Named[]} choices
 * @param {(value: string) => void} change
 */
export function selectBox(choices, change) {
  const select = h("select", { onchange: () => change(select.value) });
  select.append(...choices.map(({ name, title }) => h("option", { value: name }, title)));
  return { select, box: h("span", { class: "select" }, select, icon("down")) };
}

/**
 * A choice from a list by name. `offer` hides those that do not fit at the moment.
 * @param {FieldOptions & {choices: Named[], change: (value: string) => void}} options
 * @returns {Field<string> & {offer: (names: string[]) => void}}
 */
export function selectField(options) {
  const id = nextId();
  const { select, box } = selectBox(options.choices, options.change);
  select.id = id;
  return {
    element: row(options, id, [box], "choice"),
    show(value) {
      if (select.value !== value) select.value = value;
    },
    offer(names) {
      for (const option of select.options) option.hidden = !names.includes(option.value);
    },
  };
}

/**
 * The mapping between a slider's position, 0…1, and its value.
 * @typedef {{toValue: (position: number) => number, toPosition: (value: number) => number}} Scale
 */

/**
 * @param {number} low
 * @param {number} high
 * @param {number} step values are its multiples
 * @returns {Scale}
 */
export function linear(low, high, step) {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return {
    toValue: (p) => Number((Math.round((low + p * (high - low)) / step) * step).toFixed(digits)),
    toPosition: (v) => (v - low) / (high - low),
  };
}

/**
 * A logarithmic scale of values 1, 2, 3 and 5 times powers of ten. `zero`: its lower end is 0.
 * @param {number} low
 * @param {number} high
 * @param {boolean} [zero]
 * @returns {Scale}
 */
export function logarithmic(low, high, zero = false) {
  const values = zero ? [0] : [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const digit of [1, 2, 3, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)) values.push(value);
    }
  }
  const last = values.length - 1;
  return {
    toValue: (p) => values[Math.round(p * last)],
    toPosition: (v) => positionAmong(values, v) / last,
  };
}

/**
 * @param {number[]} values rising
 * @param {number} value
 */
function positionAmong(values, value) {
  const above = values.findIndex((v) => v >= value);
  if (above < 0) return values.length - 1;
  if (above === 0 || values[above] === value) return above;
  const [a, b] = [values[above - 1], values[above]];
  return above - 1 + (value - a) / (b - a);
}

/**
 * A slider beside a number that can be typed. `change` gets valid numbers only; what the browser
 * or the server refuses is named below.
 * @param {FieldOptions & {scale: Scale, minimum?: number, maximum?: number, integer?: boolean,
 *   change: (value: number) => void}} options
 * @returns {Field<number>}
 */
export function numberField(options) {
  const { scale, minimum = 0, maximum, integer, change, label } = options;
  const id = nextId();
  const slider = h("input", { type: "range", min: 0, max: 1, step: 0.001, "aria-label": label });
  const number = h("input", {
    type: "number",
    id,
    min: minimum,
    max: maximum,
    step: integer ? 1 : "any",
    inputmode: "decimal",
    required: true,
    autocomplete: "off",
  });
  const fill = () => slider.style.setProperty("--at", String(slider.valueAsNumber));
  let shown = Number.NaN;
  const tell = (/** @type {number} */ value) => {
    if (value === shown) return;
    shown = value;
    change(value);
  };
  slider.oninput = () => {
    const value = scale.toValue(slider.valueAsNumber);
    number.value = String(value);
    slider.setAttribute("aria-valuetext", number.value);
    fill();
    tell(value);
  };
  slider.onkeydown = (event) => stepSlider(event, slider, scale);
  number.onchange = () => {
    const { element: field } = result;
    showError(field, number.validity.valid ? "" : number.validationMessage);
    if (number.validity.valid) tell(number.valueAsNumber);
  };
  const result = { element: row(options, id, [slider, number], "number"), show };
  /** @param {number} value */
  function show(value) {
    shown = value;
    if (document.activeElement !== number) number.value = String(value);
    if (document.activeElement === slider && scale.toValue(slider.valueAsNumber) === value) return;
    slider.value = String(Math.min(1, Math.max(0, scale.toPosition(value))));
    slider.setAttribute("aria-valuetext", String(value));
    fill();
  }
  return result;
}

/**
 * An arrow key moves a slider to the next value that differs, whatever its scale.
 * @param {KeyboardEvent} event
 * @param {HTMLInputElement} slider
 * @param {Scale} scale
 */
function stepSlider(event, slider, scale) {
  const directions = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
  const direction = /** @type {any} */ (directions)[event.key];
  if (!direction) return;
  event.preventDefault();
  const now = scale.toValue(slider.valueAsNumber);
  let position = slider.valueAsNumber;
  do position += direction / 200;
  while (position > 0 && position < 1 && scale.toValue(position) === now);
  const value = scale.toValue(Math.min(1, Math.max(0, position)));
  slider.value = String(scale.toPosition(value));
  slider.dispatchEvent(new Event("input"));
}

/**
 * A whole number between − and +.
 * @param {{label: string, hint: string, minimum: number, maximum: number,
 *   change: (value: number) => void}} options
 * @returns {Field<number>}
 */
export function stepper({ label, hint, minimum, maximum, change }) {
  const number = h("input", {
    type: "number",
    min: minimum,
    max: maximum,
    step: 1,
    "aria-label": label,
    inputmode: "numeric",
    required: true,
    autocomplete: "off",
  });
  const go = (/** @type {number} */ value) => {
    number.value = String(Math.min(maximum, Math.max(minimum, value)));
    change(number.valueAsNumber);
  };
  number.onchange = () =>
    go(Number.isFinite(number.valueAsNumber) ? Math.round(number.valueAsNumber) : minimum);
  const button = (
    /** @type {string} */ name,
    /** @type {string} */ word,
    /** @type {number} */ by,
  ) =>
    h(
      "button",
      {
        type: "button",
        class: "step",
        "aria-label": `${word}: ${label}`,
        tabindex: -1,
        onclick: () => go(number.valueAsNumber + by),
      },
      icon(name),
    );
  const element = h(
    "span",
    { class: "stepper" },
    button("minus", "Fewer", -1),
    number,
    button("plus", "More", 1),
  );
  tip(number, hint);
  return {
    element,
    show(value) {
      if (document.activeElement !== number) number.value = String(value);
    },
  };
}

/**
 * A whole number without a slider.
 * @param {FieldOptions & {change: (value: number) => void}} options
 * @returns {Field<number>}
 */
export function seedField(options) {
  const id = nextId();
  const input = h("input", {
    type: "number",
    id,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    step: 1,
    required: true,
    inputmode: "numeric",
    autocomplete: "off",
    onchange: () => input.validity.valid && options.change(input.valueAsNumber),
  });
  return {
    element: row(options, id, [input], "choice"),
    show(value) {
      if (document.activeElement !== input) input.value = String(value);
    },
  };
}

/**
 * On or off.
 * @param {FieldOptions & {change: (value: boolean) => void}} options
 * @returns {Field<boolean>}
 */
export function switchField(options) {
  const id = nextId();
  const change = () => options.change(box.checked);
  const box = h("input", { type: "checkbox", id, role: "switch", onchange: change });
  return {
    element: row(options, id, [box], "switch"),
    show(value) {
      box.checked = value;
    },
  };
}

/**
 * Shows an error in words below a field, or takes it away.
 * @param {Element} field an element with a `.field-error` inside
 * @param {string} message empty for none
 */
export function showError(field, message) {
  const slot = /** @type {HTMLElement | null} */ (field.querySelector(".field-error"));
  if (!slot) return;
  slot.replaceChildren(...(message ? [icon("warning"), message] : []));
  slot.hidden = message === "";
  for (const control of field.querySelectorAll("input, select")) {
    if (message) control.setAttribute("aria-errormessage", slot.id);
    control.toggleAttribute("aria-invalid", false);
    if (message) control.setAttribute("aria-invalid", "true");
  }
}
