// @ts-check
// A list of layers, one row each: the common settings in the row, the rest unfolded below it.
// Layers that contain layers have nested lists there.

import { PLAIN_LAYER } from "../state/description.js";
import { h, icon, iconButton, setText, tip } from "./dom.js";
import { errorSlot, selectBox, stepper } from "./fields.js";
import { layerSetting, wordsOf } from "./settings.js";
import { styled } from "./styles.js";

/**
 * @import { Catalogue, Context, LayerDescription, LayerField, LayerKind } from "../state/types.js"
 */

/** The field that holds a layer's size. */
const SIZES = ["units", "filters", "rank", "heads"];

/**
 * A list of layers within the description. `get` finds it in a draft.
 * @typedef {object} LayerList
 * @property {string} path such as "layers" or "layers[1].branches[0]"
 * @property {(draft: import("../state/types.js").Description) => LayerDescription[]} get
 * @property {string} name before the numbers of its layers: "" at the top
 * @property {boolean} top the network's own list, whose last layer is the output
 */

/** @typedef {{element: HTMLElement, show: (layers: LayerDescription[]) => void}} List */

/**
 * A key of what the rows show: when it changes, the rows are rebuilt.
 * @param {LayerDescription[]} layers
 * @returns {string}
 */
function structure(layers) {
  const inner = (/** @type {LayerDescription} */ layer) => [
    layer.kind,
    ...(layer.layers ? [structure(layer.layers)] : []),
    ...(layer.branches ?? []).map(structure),
  ];
  return JSON.stringify(layers.map(inner));
}

/**
 * A new layer of a kind: the server completes it so that it fits.
 * @param {LayerKind} kind
 * @returns {LayerDescription}
 */
function fresh({ name }) {
  return { kind: name };
}

/**
 * The output shape of a layer, as the server has inferred it.
 * @param {Context["store"]} store
 * @param {string} path
 */
function shapeText(store, path) {
  const built = store.state.model?.layers.find((layer) => layer.path === path);
  return built?.output_shape ? `→ ${built.output_shape.join("×") || "1"}` : "";
}

/** Rows of layers, and the lists inside them. */
export class LayerRows {
  /**
   * @param {Context} context
   * @param {Catalogue} catalogue
   */
  constructor(context, catalogue) {
    this.store = context.store;
    this.actions = context.actions;
    this.catalogue = catalogue;
    this.kinds = new Map(catalogue.layers.map((kind) => [kind.name, kind]));
    this.words = wordsOf(catalogue);
    /** Paths of the layers whose settings are unfolded. @type {Set<string>} */
    this.unfolded = new Set();
  }

  /**
   * @param {LayerList} layerList
   * @returns {List}
   */
  list(layerList) {
    const list = h("div", { class: "layers" });
    const element = h(
      "div",
      { "data-field": layerList.path },
      errorSlot(),
      list,
      this.adder(layerList),
    );
    let builtKey = "";
    /** @type {{element: HTMLElement, show: (layer: LayerDescription) => void}[]} */
    let rows = [];
    const show = (/** @type {LayerDescription[]} */ layers) => {
      const wanted = structure(layers);
      if (wanted !== builtKey) {
        builtKey = wanted;
        rows = layers.map((layer, i) => this.row(layerList, layer, i, layers.length));
        list.replaceChildren(...rows.map((row) => row.element));
      }
      layers.forEach((layer, i) => {
        rows[i].show(layer);
      });
    };
    return { element, show };
  }

  /**
   * The buttons that add a layer: a copy of the last one, or one of a chosen kind.
   * @param {LayerList} layerList
   */
  adder(layerList) {
    const add = (/** @type {LayerKind | null} */ kind) =>
      this.actions.edit((draft) => {
        const layers = layerList.get(draft);
        const end = layerList.top ? layers.length - 1 : layers.length;
        const before = layers[end - 1];
        const plain = /** @type {LayerKind} */ (this.kinds.get(PLAIN_LAYER));
        const like = before ? structuredClone(before) : fresh(plain);
        layers.splice(end, 0, kind ? fresh(kind) : like);
      });
    const again = h("button", { type: "button", class: "add" }, icon("plus"), "Add layer");
    again.onclick = () => add(null);
    tip(again, "Adds a layer like the previous one: one more factor in the chain rule.");
    const other = h("button", { type: "button", class: "add other", "aria-haspopup": "menu" });
    other.append("Other layer…", icon("down"));
    const where =
      layerList.name === "" ? "Add a layer of another kind" : `Add a layer to ${layerList.name}`;
    other.setAttribute("aria-label", where);
    other.onclick = async () => {
      const { openMenu } = await styled("menu", import("./menu.js"));
      openMenu(where, this.menu(add), other.getBoundingClientRect());
    };
    tip(other, "Adds a convolutional, recurrent, attention, normalisation or other layer.");
    return h("div", { class: "adders" }, again, other);
  }

  /** @param {(kind: LayerKind) => void} choose */
  menu(choose) {
    return this.catalogue.families.map((family) =>
      [...this.kinds.values()]
        .filter((kind) => kind.family === family)
        .map((kind) => ({ text: kind.title, hint: kind.formula, run: () => choose(kind) })),
    );
  }

  /**
   * @param {LayerList} layerList
   * @param {LayerDescription} layer
   * @param {number} index
   * @param {number} count of layers in its list
   */
  row(layerList, layer, index, count) {
    const isOutput = layerList.top && index === count - 1;
    const kind = this.kinds.get(layer.kind);
    const number = `${layerList.name === "" ? "Layer" : layerList.name} ${index + 1}`;
    const name = isOutput ? "Output" : number;
    const path = `${layerList.path}[${index}]`;
    const edit = (/** @type {{[field: string]: any}} */ change) =>
      this.actions.edit((draft) => Object.assign(layerList.get(draft)[index], change));
    const fields = kind?.fields ?? [];
    const size = fields.find((field) => SIZES.includes(field.name)) ?? null;
    const activation = fields.find((field) => field.name === "activation") ?? null;
    const units = this.sizeControl(size, layer, name, isOutput, edit);
    const shape = this.activationControl(activation, name, isOutput, edit);
    const rest = fields.filter((field) => field !== size && field !== activation);
    const inner = this.settings(layerList, index, name, path, rest, edit);
    const unfold = this.unfolder(name, path, inner.element);
    const title = layer.kind === PLAIN_LAYER ? name : (kind?.title ?? layer.kind);
    const label = tip(h("span", { class: "label" }, title), kind?.formula ?? "");
    const handed = h("span", { class: "shape" });
    const remove = isOutput ? null : this.remover(layerList, index, name);
    const element = h(
      "div",
      {
        class: layer.kind === PLAIN_LAYER ? "layer" : "layer tall",
        role: "group",
        "aria-label": name,
        "data-field": path,
      },
      h("div", { class: "layer-row" }, label, units.element, shape.element, remove, unfold),
      handed,
      errorSlot(),
      inner.element,
    );
    const show = (/** @type {LayerDescription} */ now) => {
      units.show(now);
      shape.show(now);
      inner.show(now);
      setText(handed, shapeText(this.store, path));
    };
    return { element, show };
  }

  /**
   * @param {LayerField | null} field
   * @param {LayerDescription} layer
   * @param {string} name
   * @param {boolean} isOutput
   * @param {(change: {[field: string]: any}) => void} edit
   */
  sizeControl(field, layer, name, isOutput, edit) {
    if (!field || (isOutput && layer.kind === PLAIN_LAYER)) {
      const fixed = h("span", { class: "units" });
      if (isOutput) tip(fixed, "The data set and the loss determine the number of outputs.");
      const show = (/** @type {LayerDescription} */ now) => setText(fixed, String(now.units ?? ""));
      return { element: fixed, show };
    }
    const title = field.title;
    const control = stepper({
      label: `${title} of ${name}`,
      minimum: field.minimum ?? 1,
      maximum: field.maximum ?? 1024,
      hint: sizeHint(field.name),
      change: (value) => edit({ [field.name]: value }),
    });
    const show = (/** @type {LayerDescription} */ now) => control.show(now[field.name] ?? 1);
    return { element: control.element, show };
  }

  /**
   * @param {LayerField | null} field
   * @param {string} name
   * @param {boolean} isOutput
   * @param {(change: {[field: string]: any}) => void} edit
   */
  activationControl(field, name, isOutput, edit) {
    if (!field) return { element: h("span", { class: "no-activation" }), show: () => {} };
    const { activations } = this.catalogue;
    const choices = activations.filter(({ hidden }) => hidden || isOutput);
    const { select, box } = selectBox(choices, (activation) => edit({ activation }));
    select.setAttribute("aria-label", `Activation of ${name}`);
    const show = (/** @type {LayerDescription} */ { activation }) => {
      if (select.value !== activation) select.value = activation ?? "";
      const loss = this.store.state.description?.loss ?? "";
      const tied = isOutput && loss.endsWith("cross_entropy");
      select.disabled = tied;
      const formula = choices.find((choice) => choice.name === activation)?.formula ?? "";
      tip(
        select,
        tied
          ? `${formula}. The cross-entropy loss requires it.`
          : `${formula}, applied to every z of the layer.`,
      );
    };
    return { element: box, show };
  }

  /**
   * The unfolded part of a row: all other settings, and the buttons that move or remove the layer.
   * @param {LayerList} layerList
   * @param {number} index
   * @param {string} name
   * @param {string} path
   * @param {LayerField[]} fields
   * @param {(change: {[field: string]: any}) => void} edit
   */
  settings(layerList, index, name, path, fields, edit) {
    /** @type {{element: HTMLElement, show: (layer: LayerDescription) => void}[]} */
    const parts = fields.flatMap((field) => {
      const inner = `${path}.${field.name}`;
      if (field.control === "layers") return [this.inner(layerList, index, name, inner)];
      if (field.control === "branches") return [this.branches(layerList, index, name, inner)];
      const set = (/** @type {any} */ value) => edit({ [field.name]: value });
      const control = layerSetting(field, inner, name, this.words, set);
      return [{ element: control.element, show: (layer) => control.show(layer[field.name]) }];
    });
    const element = h("div", { class: "layer-settings", hidden: !this.unfolded.has(path) });
    element.append(...parts.map((part) => part.element), this.movers(layerList, index, name));
    const show = (/** @type {LayerDescription} */ layer) => {
      if (!element.hidden) for (const part of parts) part.show(layer);
    };
    element.addEventListener("unfold", () => {
      const layers = this.store.state.description;
      if (layers) show(layerList.get(layers)[index]);
    });
    return { element, show };
  }

  /**
   * @param {string} name
   * @param {string} path
   * @param {HTMLElement} settings
   */
  unfolder(name, path, settings) {
    const button = iconButton(
      "down",
      `Settings of ${name}`,
      "Shows all settings of this layer.",
      "",
      () => {
        settings.hidden = !settings.hidden;
        button.setAttribute("aria-expanded", String(!settings.hidden));
        if (settings.hidden) this.unfolded.delete(path);
        else this.unfolded.add(path);
        settings.dispatchEvent(new Event("unfold"));
      },
    );
    button.classList.add("unfold");
    button.setAttribute("aria-expanded", String(!settings.hidden));
    return button;
  }

  /**
   * @param {LayerList} layerList
   * @param {number} index
   * @param {string} name
   */
  remover(layerList, index, name) {
    return iconButton("close", `Remove ${name}`, "Removes this layer from the network.", "", () =>
      this.actions.edit((draft) => layerList.get(draft).splice(index, 1)),
    );
  }

  /**
   * @param {LayerList} layerList
   * @param {number} index
   * @param {string} name
   */
  movers(layerList, index, name) {
    const move = (/** @type {number} */ by) =>
      this.actions.edit((draft) => {
        const layers = layerList.get(draft);
        const last = layers.length - (layerList.top ? 2 : 1);
        const to = Math.min(last, Math.max(0, index + by));
        layers.splice(to, 0, ...layers.splice(index, 1));
      });
    const button = (
      /** @type {string} */ text,
      /** @type {string} */ label,
      /** @type {() => void} */ run,
    ) => h("button", { type: "button", class: "add", "aria-label": label, onclick: run }, text);
    if (name === "Output") return h("div", { class: "movers" });
    return h(
      "div",
      { class: "movers" },
      button("Earlier", `Move ${name} earlier`, () => move(-1)),
      button("Later", `Move ${name} later`, () => move(1)),
    );
  }

  /**
   * The layers inside a residual connection.
   * @param {LayerList} layerList
   * @param {number} index
   * @param {string} name
   * @param {string} path
   */
  inner(layerList, index, name, path) {
    const list = this.list({
      path,
      name: `${name}.`,
      top: false,
      get: (draft) => layerList.get(draft)[index].layers,
    });
    return {
      element: h("div", { class: "nested" }, list.element),
      show: (/** @type {LayerDescription} */ layer) => list.show(layer.layers ?? []),
    };
  }

  /**
   * The branches whose outputs are concatenated; an empty branch outputs its input.
   * @param {LayerList} layerList
   * @param {number} index
   * @param {string} name
   * @param {string} path
   */
  branches(layerList, index, name, path) {
    const element = h("div", { class: "nested" });
    const more = h("button", { type: "button", class: "add" }, icon("plus"), "Add branch");
    more.onclick = () =>
      this.actions.edit((draft) => layerList.get(draft)[index].branches.push([]));
    /** @type {List[]} */
    let lists = [];
    const show = (/** @type {LayerDescription} */ layer) => {
      const branches = /** @type {LayerDescription[][]} */ (layer.branches ?? []);
      if (lists.length !== branches.length) {
        lists = branches.map((_, b) => this.branch(layerList, index, `${name}.${b + 1}.`, path, b));
        element.replaceChildren(...lists.map((list) => list.element), more);
      }
      branches.forEach((branch, b) => {
        lists[b].show(branch);
      });
    };
    return { element, show };
  }

  /**
   * @param {LayerList} layerList
   * @param {number} index
   * @param {string} name
   * @param {string} path
   * @param {number} branch
   */
  branch(layerList, index, name, path, branch) {
    const list = this.list({
      path: `${path}[${branch}]`,
      name,
      top: false,
      get: (draft) => layerList.get(draft)[index].branches[branch],
    });
    const remove = () =>
      this.actions.edit((draft) => layerList.get(draft)[index].branches.splice(branch, 1));
    const label = `Remove branch ${branch + 1} of ${name.replace(/\.\d+\.$/, "")}`;
    const away = iconButton("close", label, "Removes this branch.", "", remove);
    const head = h("div", { class: "branch-head" }, h("span", {}, `Branch ${branch + 1}`), away);
    return { element: h("div", { class: "branch" }, head, list.element), show: list.show };
  }
}

/** @param {string} name of the field */
function sizeHint(name) {
  if (name === "filters") return "Number of kernels, which is the number of output channels.";
  if (name === "rank") return "Number of values in the vector of each person and each film.";
  if (name === "heads")
    return "Number of attention heads; each head has its own share of the units.";
  return "Number of units: columns of the layer's W, elements of its b.";
}
