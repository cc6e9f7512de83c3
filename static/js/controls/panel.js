// @ts-check
// The left panel: its parts, and the server's errors at the fields they name.

import { dataSection } from "./data.js";
import { h, icon } from "./dom.js";
import { showError } from "./fields.js";
import { modelSection } from "./model.js";
import { sceneNote } from "./note.js";
import { trainingSections } from "./training.js";

/** @import { Context } from "../state/types.js" */

/**
 * @param {string} title
 * @param {HTMLElement} body
 */
function section(title, body) {
  const heading = h("summary", {}, h("h2", {}, title), icon("down"));
  return h("details", { class: "section", open: true }, heading, body);
}

/**
 * The field of the panel that a path of the server belongs to: itself, or the nearest one around
 * it. "layers[0].l2" is a field of all layers.
 * @param {Element} root
 * @param {string} path
 */
function fieldOf(root, path) {
  const shared = path.replace(/^layers\[\d+\]\.(l1|l2|dropout|\w*initializer)$/, "layers.$1");
  for (let at = shared; at !== ""; at = at.replace(/(^|[.[])[^.[]*$/, "")) {
    const field = root.querySelector(`[data-field="${CSS.escape(at)}"]`);
    if (field) return field;
  }
  return null;
}

/**
 * Fills the left panel.
 * @param {HTMLElement} element
 * @param {Context} context
 * @param {import("../state/types.js").Catalogue} catalogue
 */
export function mount(element, context, catalogue) {
  const { store } = context;
  const data = dataSection(context, catalogue);
  const model = modelSection(context, catalogue);
  const parts = [
    { title: "Data", ...data },
    { title: "Network", ...model },
    ...trainingSections(context, catalogue),
  ];
  const sections = parts.map((part) => section(part.title, part.element));
  element.replaceChildren(sceneNote(context), ...sections);
  element.removeAttribute("aria-busy");
  const show = () => {
    for (const part of parts) part.show();
  };
  const showErrors = () => {
    for (const slot of element.querySelectorAll(".field-error:not([hidden])")) {
      showError(/** @type {Element} */ (slot.closest("[data-field]")), "");
    }
    for (const { field, message } of store.state.errors) {
      const target = field ? fieldOf(element, field) : null;
      if (target) showError(target, message);
    }
  };
  store.on(["description", "model"], show);
  store.on(["errors"], showErrors);
  const redraw = () => requestAnimationFrame(data.draw);
  store.on(["theme"], redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new ResizeObserver(redraw).observe(element);
  show();
  showErrors();
}
