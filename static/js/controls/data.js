// @ts-check
// The panel's first part: which data, how many, how noisy, and what of them the network is given.

import { classesOf, fitData } from "../description.js";
import { h, setText, tip } from "./dom.js";
import { errorSlot, linear, logarithmic, numberField } from "./fields.js";
import { drawThumbnail } from "./thumbnails.js";

/** @typedef {import("../types.js").Context} Context */
/** @typedef {import("../types.js").Catalogue} Catalogue */
/** @typedef {import("../types.js").DatasetInfo} DatasetInfo */

/** The options of generated data, with the widest range that any set allows. */
const OPTIONS = {
  classes: {
    label: "Classes",
    hint: "How many classes there are. The output layer gets a unit for each when there are more than two.",
    scale: linear(2, 6, 1),
    ...{ minimum: 2, maximum: 6, integer: true },
  },
  samples: {
    label: "Samples",
    hint: "How many samples there are in all, for training and testing.",
    scale: logarithmic(20, 5000),
    ...{ minimum: 20, maximum: 5000, integer: true },
  },
  noise: {
    label: "Noise",
    hint: "How far samples are scattered around the clean pattern. With much noise no network can be right everywhere.",
    scale: linear(0, 0.5, 0.01),
    maximum: 0.5,
  },
  test_fraction: {
    label: "Test part",
    hint: "The share of the samples kept for testing. No gradient is ever computed from them.",
    scale: linear(0.1, 0.9, 0.05),
    ...{ minimum: 0.1, maximum: 0.9 },
  },
};

/**
 * A data set's entry in the catalogue.
 * @param {Context["store"]} store
 * @param {string} [name] the one in use if left out
 */
export function datasetInfo({ state }, name = state.description?.data.name) {
  return state.catalogue?.datasets.find((info) => info.name === name);
}

/**
 * The picture buttons, one of which is chosen: a radio group with one tab stop.
 * @param {Catalogue} catalogue
 * @param {(info: DatasetInfo) => void} choose
 */
function chooser({ datasets, thumbnails }, choose) {
  const group = h("div", { class: "thumbnails", role: "radiogroup", "aria-label": "Data set" });
  const choices = datasets.map((info) => {
    const canvas = h("canvas");
    const props = { type: "button", role: "radio", "aria-label": info.title };
    const button = h("button", { ...props, onclick: () => choose(info) }, canvas);
    return { info, canvas, button: tip(button, `${info.title}: ${about(info)}`) };
  });
  const buttons = choices.map(({ button }) => button);
  group.append(...buttons);
  group.onkeydown = (event) => moveAmong(event, buttons);
  const draw = () => {
    for (const { info, canvas } of choices) drawThumbnail(canvas, thumbnails[info.name], info);
  };
  /** @param {DatasetInfo} chosen */
  const show = (chosen) => {
    for (const { info, button } of choices) {
      button.setAttribute("aria-checked", String(info === chosen));
      button.tabIndex = info === chosen ? 0 : -1;
    }
  };
  return { group, draw, show };
}

/** @param {DatasetInfo} info */
function about({ image_shape, class_counts: counts, task }) {
  const shape = image_shape ? `${image_shape.join("×")} images, ` : "";
  const range = counts.length > 1 ? `${counts[0]} to ${counts[counts.length - 1]}` : `${counts[0]}`;
  return shape + (task === "regression" ? "a number to predict" : `${range} classes`);
}

/**
 * Arrow keys choose among buttons, as in every radio group.
 * @param {KeyboardEvent} event
 * @param {HTMLButtonElement[]} buttons
 */
export function moveAmong(event, buttons) {
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const step = /** @type {any} */ (steps)[event.key];
  if (!step) return;
  event.preventDefault();
  const now = buttons.indexOf(/** @type {any} */ (document.activeElement));
  const next = buttons[(now + step + buttons.length) % buttons.length];
  next.focus();
  next.click();
}

/**
 * A feature's title with its indices set low.
 * @param {string} title such as "x1²"
 */
export function mathTitle(title) {
  return title.replace(/x(\d)/g, (_, digit) => `x${String.fromCharCode(0x2080 + Number(digit))}`);
}

/**
 * The switches of the input features.
 * @param {Context} context
 * @param {Catalogue} catalogue
 */
function featureSwitches({ actions }, catalogue) {
  const list = h("div", { class: "features", role: "group", "aria-label": "Input features" });
  const toggle = () =>
    actions.edit((draft) => {
      draft.data.features = chips.filter(({ box }) => box.checked).map(({ name }) => name);
    });
  const chips = catalogue.features.map(({ name, title }) => {
    const box = h("input", { type: "checkbox", onchange: toggle });
    const chip = h("label", { class: "chip" }, box, mathTitle(title));
    return { name, box, chip: tip(chip, `Gives the network ${mathTitle(title)} as an input.`) };
  });
  list.append(...chips.map(({ chip }) => chip));
  /** @param {string[]} offered @param {string[]} chosen */
  const show = (offered, chosen) => {
    for (const { name, box, chip } of chips) {
      chip.hidden = !offered.includes(name);
      box.checked = chosen.includes(name);
      // The last one cannot be taken away: a network needs an input.
      box.disabled = box.checked && chosen.length === 1;
    }
  };
  return { list, show };
}

/**
 * Builds the part.
 * @param {Context} context
 * @param {Catalogue} catalogue
 */
export function dataSection(context, catalogue) {
  const { store, actions } = context;
  const pictures = chooser(catalogue, (info) =>
    actions.edit((draft) => fitData(draft, info, datasetInfo(store))),
  );
  const title = h("p", { class: "chosen", "data-field": "data.name" });
  const features = featureSwitches(context, catalogue);
  const inputs = h("div", { class: "field stacked", "data-field": "data.features" });
  inputs.append(h("span", { class: "label" }, "Features"), features.list, errorSlot());
  const fields = Object.entries(OPTIONS).map(([name, option]) => {
    /** @param {number} value */
    const change = (value) =>
      actions.edit((draft) => {
        Object.assign(draft.data, { [name]: value });
        const info = datasetInfo(store);
        if (info && name === "classes") fitData(draft, info);
      });
    return { name, ...numberField({ ...option, path: `data.${name}`, change }) };
  });
  const show = () => {
    const { description } = store.state;
    const info = datasetInfo(store);
    if (!description || !info) return;
    pictures.show(info);
    setText(title, info.title);
    /** @type {{[field: string]: any}} */
    const values = { ...description.data, classes: classesOf(description, info) };
    for (const field of fields) {
      field.element.hidden = !info.options.some((option) => option.name === field.name);
      field.show(values[field.name] ?? 0);
    }
    inputs.hidden = info.features.length === 0;
    features.show(info.features, description.data.features ?? info.default_features);
  };
  const element = h("div", {}, pictures.group, title, ...fields.map((f) => f.element), inputs);
  return { element, show, draw: pictures.draw };
}
