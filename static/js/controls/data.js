// @ts-check
// The panel's first part: the data set, its size and noise, and the input features.

import { classesOf, fitData } from "../state/description.js";
import { h, setText, tip } from "./dom.js";
import { errorSlot, linear, logarithmic, numberField, selectField } from "./fields.js";
import { drawThumbnail } from "./thumbnails.js";

/** @import { Catalogue, Context, DatasetInfo, LossInfo } from "../state/types.js" */

/** What shared options of data sets do to the mathematics. @type {{[name: string]: string}} */
const HINTS = {
  classes: "Number of classes. With more than two, the output layer has one unit per class.",
  samples: "Total number of samples, for training and testing together.",
  noise:
    "How far the samples scatter around the clean pattern. With a lot of noise, no network can get every sample right.",
  test_fraction:
    "Fraction of the samples held out for testing. No gradient is ever computed from them.",
  context:
    "Number of time steps the network sees at once; a recurrent layer is unrolled over as many steps.",
  merges:
    "How many times the most frequent pair of tokens is merged into a new token. With 0, every character is a token.",
  characters: "Number of characters of the text that are used.",
};
/** Kinds of data in their order on the page. */
const KINDS = new Map([
  ["plane", "Points"],
  ["line", "Curves"],
  ["image", "Images"],
  ["table", "Tables"],
  ["text", "Text"],
  ["sequence", "Sequences"],
  ["ratings", "Ratings"],
]);

/**
 * A data set's entry in the catalogue.
 * @param {Context["store"]} store
 * @param {string} [name] the current data set if left out
 */
export function datasetInfo({ state }, name = state.description?.data.name) {
  return state.catalogue?.datasets.find((info) => info.name === name);
}

/**
 * The picture buttons by kind of data, one of which is chosen: a radio group with one tab stop.
 * @param {Catalogue} catalogue
 * @param {(info: DatasetInfo) => void} choose
 */
function chooser({ datasets, thumbnails }, choose) {
  const group = h("div", { class: "datasets", role: "radiogroup", "aria-label": "Data set" });
  const choices = datasets.map((info) => {
    const canvas = h("canvas");
    const props = { type: "button", role: "radio", "aria-label": info.title };
    const button = h("button", { ...props, onclick: () => choose(info) }, canvas);
    return { info, canvas, button: tip(button, `${info.title}: ${about(info)}`) };
  });
  const kinds = [...KINDS].filter(([kind]) => choices.some(({ info }) => info.kind === kind));
  const tabs = kinds.map(([kind, title]) => {
    const open = () => openKind(kind);
    const tab = h("button", { type: "button", class: "kind", onclick: open }, title);
    return { kind, tab: tip(tab, `Shows the data sets of this kind: ${title.toLowerCase()}.`) };
  });
  const pictures = h("div", { class: "thumbnails" });
  pictures.append(...choices.map(({ button }) => button));
  group.append(h("div", { class: "kinds" }, ...tabs.map(({ tab }) => tab)), pictures);
  const buttons = choices.map(({ button }) => button);
  group.onkeydown = (event) => {
    if (pictures.contains(/** @type {Node} */ (event.target))) {
      moveAmong(
        event,
        buttons.filter((button) => !button.hidden),
      );
    }
  };
  const draw = () => {
    for (const { info, canvas, button } of choices) {
      if (!button.hidden) drawThumbnail(canvas, thumbnails[info.name], info);
    }
  };
  /** @param {string} kind */
  function openKind(kind) {
    for (const { kind: other, tab } of tabs)
      tab.setAttribute("aria-pressed", String(other === kind));
    for (const { info, button } of choices) button.hidden = info.kind !== kind;
    const shown = buttons.filter((button) => !button.hidden);
    if (!shown.some(({ tabIndex }) => tabIndex === 0) && shown[0]) shown[0].tabIndex = 0;
    draw();
  }
  let last = "";
  /** @param {DatasetInfo} chosen */
  const show = (chosen) => {
    for (const { info, button } of choices) {
      button.setAttribute("aria-checked", String(info === chosen));
      button.tabIndex = info === chosen ? 0 : -1;
    }
    if (chosen.name !== last) openKind(chosen.kind);
    last = chosen.name;
  };
  return { group, draw, show };
}

/** @param {DatasetInfo} info */
function about({ image_shape, class_counts: counts, task, about: words }) {
  if (words) return words;
  const shape = image_shape ? `${image_shape.join("×")} images, ` : "";
  const range = counts.length > 1 ? `${counts[0]} to ${counts[counts.length - 1]}` : `${counts[0]}`;
  return shape + (task === "regression" ? "a number to predict" : `${range} classes`);
}

/**
 * Arrow keys choose among buttons, as in every radio group.
 * @param {KeyboardEvent} event
 * @param {HTMLButtonElement[]} buttons
 */
function moveAmong(event, buttons) {
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
 * A feature's title with its indices as subscripts.
 * @param {string} title such as "x1²"
 */
function mathTitle(title) {
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

/** Longer titles of options do not fit beside a slider: they are its tooltip. */
const MAX_LABEL = 12;

/** @param {{name: string, title: string}} option */
function labelled({ name, title }) {
  const short = name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
  const label = title.length > MAX_LABEL ? short : title;
  return { label, hint: HINTS[name] ?? `${title}.`, path: `data.${name}` };
}

/**
 * The slider of an option: logarithmic if its whole numbers span a wide range, else linear.
 * @param {import("../state/types.js").Range & {integer: boolean}} option
 */
function scaleOf({ minimum, maximum, integer }) {
  const least = Math.max(1, minimum);
  if (integer && maximum > 50 * least) return logarithmic(least, maximum, minimum === 0);
  const fraction = maximum - minimum > 1 ? 0.05 : 0.01;
  return linear(minimum, maximum, integer ? 1 : fraction);
}

/**
 * The options of one data set: numbers, choices, and text or curves of the user.
 * @param {Context} context
 * @param {DatasetInfo} info
 * @param {LossInfo[]} losses
 */
function optionFields({ store, actions }, info, losses) {
  /** @param {string} name @param {any} value */
  const change = (name, value) =>
    actions.edit((draft) => {
      Object.assign(draft.data, { [name]: value });
      if (name === "classes") fitData(draft, info, losses);
    });
  const numbers = info.options
    .filter(({ name }) => name !== "seed")
    .map((option) => {
      const { name, minimum, maximum, integer } = option;
      const common = { ...labelled(option), scale: scaleOf(option) };
      const set = (/** @type {number} */ value) => change(name, value);
      return { name, ...numberField({ ...common, minimum, maximum, integer, change: set }) };
    });
  const choices = info.choices.map((choice) => {
    const { name, words } = choice;
    const named = words.map((word) => ({ name: word, title: word }));
    const common = { ...labelled(choice), choices: named };
    const set = (/** @type {string} */ word) => change(name, word);
    return { name, ...selectField({ ...common, change: set }) };
  });
  /** @type {{name: string, element: HTMLElement, show: (value: any) => void}[]} */
  const fields = [...choices, ...numbers];
  const element = h("div", {}, ...fields.map((field) => field.element));
  const addContents = async () => {
    const { contentField } = await import("./content.js");
    for (const content of info.contents) {
      const field = contentField(content, (value) => change(content.name, value));
      fields.push({ name: content.name, ...field });
      element.prepend(field.element);
    }
    show();
  };
  const show = () => {
    const { description } = store.state;
    if (description?.data.name !== info.name) return;
    /** @type {{[field: string]: any}} */
    const values = { ...description.data, classes: classesOf(description, info) };
    for (const { name, show: showField } of fields) {
      if (values[name] !== undefined) showField(values[name]);
    }
  };
  if (info.contents.length > 0) addContents();
  return { element, show };
}

/**
 * A line that says that the network was replaced along with the data, and a way back.
 * @param {Context} context
 */
function replacedLine({ store, actions }) {
  /** @type {import("../state/types.js").Description | null} */
  let before = null;
  const undo = () => {
    if (before) actions.configure(before);
    line.hidden = true;
  };
  const words = "The layers were replaced by layers that fit this data set. ";
  const button = h("button", { type: "button", class: "link", onclick: undo }, "Undo");
  const line = h("p", { class: "replaced", role: "status", hidden: true }, words, button);
  /** @param {boolean} kept */
  const tell = (kept) => {
    line.hidden = kept;
    if (!kept) before = structuredClone(store.state.model?.description ?? null);
  };
  return { line, tell };
}

/**
 * Builds the part.
 * @param {Context} context
 * @param {Catalogue} catalogue
 */
export function dataSection(context, catalogue) {
  const { store, actions } = context;
  const replaced = replacedLine(context);
  const pictures = chooser(catalogue, (info) =>
    actions.edit((draft) =>
      replaced.tell(fitData(draft, info, catalogue.losses, datasetInfo(store))),
    ),
  );
  const title = h("p", { class: "chosen", "data-field": "data.name" });
  const features = featureSwitches(context, catalogue);
  const inputs = h("div", { class: "field stacked", "data-field": "data.features" });
  inputs.append(h("span", { class: "label" }, "Features"), features.list, errorSlot());
  const options = h("div", {});
  /** @type {Map<string, ReturnType<typeof optionFields>>} */
  const built = new Map();
  const show = () => {
    const { description } = store.state;
    const info = datasetInfo(store);
    if (!description || !info) return;
    pictures.show(info);
    setText(title, info.title);
    const fields = built.get(info.name) ?? optionFields(context, info, catalogue.losses);
    built.set(info.name, fields);
    if (options.firstChild !== fields.element) options.replaceChildren(fields.element);
    fields.show();
    inputs.hidden = info.features.length === 0;
    features.show(info.features, description.data.features ?? info.default_features);
  };
  const element = h("div", {}, pictures.group, title, replaced.line, options, inputs);
  return { element, show, draw: pictures.draw };
}
