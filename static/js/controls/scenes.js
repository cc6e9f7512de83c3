// @ts-check
// The button that opens the gallery of scenes. The gallery itself is loaded when it is first opened.

import { h, icon, tip } from "./dom.js";
import { styled } from "./styles.js";

/** @import { Context } from "../state/types.js" */

/**
 * The button and its gallery.
 * @param {Context} context
 */
export function mountScenes(context) {
  const { store } = context;
  const gallery = h("div", {
    id: "scenes",
    class: "scenes",
    role: "dialog",
    popover: "auto",
    "aria-label": "Networks to start from",
  });
  const label = h("span", { class: "scene-name" });
  const props = {
    type: "button",
    class: "scene-button",
    popovertarget: "scenes",
    "aria-haspopup": "dialog",
    "aria-label": "Start from another network",
  };
  const button = tip(
    h("button", props, label, icon("down")),
    "Opens the gallery of ready-made networks. Sessions are saved and opened there, too.",
    "N",
  );
  /** @type {Promise<{open: () => void}> | null} */
  let filled = null;
  gallery.addEventListener("toggle", async (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "open") return;
    filled ??= styled("gallery", import("./gallery.js")).then(({ fillGallery }) =>
      fillGallery(gallery, context),
    );
    (await filled).open();
  });
  const show = () => {
    const { scene, model } = store.state;
    label.textContent = scene?.title ?? model?.data.title ?? "…";
  };
  store.on(["model", "scene"], show);
  show();
  return h("div", { class: "scene" }, button, gallery);
}
