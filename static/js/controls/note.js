// @ts-check
// What to watch in the scene that is open, above the controls; it can be closed.

import { h, iconButton, setText } from "./dom.js";

/**
 * @param {import("../state/types.js").Context} context
 * @returns {HTMLElement}
 */
export function sceneNote({ store }) {
  const title = h("h2", {});
  const watch = h("p", {});
  const origin = h("small", {});
  const close = iconButton("close", "Close the note", "Closes this note.", "", () =>
    store.set({ scene: null }),
  );
  const note = h("aside", { class: "scene-note", "aria-label": "What to watch", hidden: true });
  note.append(title, close, watch, origin);
  const show = () => {
    const { scene, model } = store.state;
    if (scene && model && model.data.name !== scene.description.data?.name) {
      store.set({ scene: null });
      return;
    }
    note.hidden = scene === null;
    if (!scene) return;
    setText(title, scene.title);
    setText(watch, scene.watch);
    setText(origin, `Data: ${scene.source}. Licence: ${scene.licence}.`);
  };
  store.on(["scene", "model"], show);
  show();
  return note;
}
