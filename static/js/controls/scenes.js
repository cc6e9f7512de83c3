// @ts-check
// Ready-to-run networks to start from.

import { datasetInfo } from "./data.js";
import { h, icon, tip } from "./dom.js";
import { chooseSession, saveSession } from "./files.js";
import { moveInMenu } from "./menu.js";
import { drawThumbnail } from "./thumbnails.js";

/** @typedef {import("../types.js").Context} Context */

/**
 * @typedef {{title: string, about: string, data: string,
 *   description: import("../types.js").PartialDescription}} Scene
 */

/** Hidden layers of one kind, and the output, which the server fits to the data and the loss. */
const layers = (/** @type {string} */ activation, /** @type {number[]} */ ...units) => [
  ...units.map((n) => ({ units: n, activation })),
  {},
];
const adam = (/** @type {number} */ rate) => ({ kind: "adam", learning_rate: rate });

/**
 * @param {string} data
 * @param {string} title
 * @param {string} about
 * @param {Scene["description"]} description beside the name of the data
 * @returns {Scene}
 */
function scene(data, title, about, description) {
  return {
    data,
    title,
    about,
    description: { ...description, data: { name: data, ...description.data } },
  };
}

const SCENES = [
  scene("circles", "Circles", "2–4–2–1, tanh: small enough to follow every number", {}),
  scene("spirals", "Spirals", "7–8–8–1 with all features and Adam", {
    data: { features: ["x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2"] },
    ...{ layers: layers("tanh", 8, 8), optimizer: adam(0.01) },
  }),
  scene("xor", "Exclusive or", "2–4–1: what no single layer can do", {
    ...{ layers: layers("tanh", 4), optimizer: { kind: "sgd", learning_rate: 0.1 } },
  }),
  scene("digits", "Digits", "64–32–16–10 on real handwriting", {
    ...{ layers: layers("relu", 32, 16), optimizer: adam(0.003), batch_size: 32 },
  }),
  scene("synthetic_images", "Large images", "784–256–128–10 on 28×28 pixels", {
    ...{
      layers: layers("relu", 256, 128),
      optimizer: adam(0.001),
      batch_size: 128,
      dtype: "float32",
    },
  }),
  scene("iris", "Iris", "4–8–3: three species by their flowers", {
    ...{ layers: layers("tanh", 8), optimizer: { kind: "momentum", learning_rate: 0.03 } },
  }),
  scene("wine", "Wine", "13–12–3: three cultivars by chemistry", {
    ...{ layers: layers("relu", 12), optimizer: adam(0.003) },
  }),
  scene("breast_cancer", "Breast cancer", "30–16–8–1: benign or malignant", {
    ...{ layers: layers("relu", 16, 8), optimizer: adam(0.003), batch_size: 32 },
  }),
  scene("diabetes", "Diabetes", "10–16–1: a number from ten measurements", {
    ...{ layers: layers("tanh", 16), optimizer: adam(0.003), batch_size: 32 },
  }),
  scene("sine", "Sine", "1–8–8–1: a curve from noisy points", {
    ...{ layers: layers("tanh", 8, 8), optimizer: adam(0.01) },
  }),
];

/**
 * @param {Context} context
 * @param {Scene} entry
 * @param {() => void} close
 */
function sceneItem({ store, actions }, entry, close) {
  const canvas = h("canvas");
  const onclick = () => {
    close();
    start(actions, entry);
  };
  const words = h("span", {}, h("strong", {}, entry.title), h("small", {}, entry.about));
  const button = h(
    "button",
    { type: "button", role: "menuitem", tabindex: -1, onclick },
    canvas,
    words,
  );
  const draw = () => {
    const info = datasetInfo(store, entry.data);
    const thumbnail = store.state.catalogue?.thumbnails[entry.data];
    if (info && thumbnail) drawThumbnail(canvas, thumbnail, info);
  };
  return { button, draw };
}

/**
 * @param {string} name of the icon
 * @param {string} title
 * @param {string} about
 * @param {() => void} onclick
 */
function fileItem(name, title, about, onclick) {
  const words = h("span", {}, h("strong", {}, title), h("small", {}, about));
  const props = { type: "button", role: "menuitem", class: "file", tabindex: -1, onclick };
  return h("button", props, icon(name), words);
}

/**
 * @param {Context["actions"]} actions
 * @param {Scene} entry
 */
async function start(actions, entry) {
  if (await actions.configure(entry.description)) await actions.run();
}

/**
 * The button and its menu.
 * @param {Context} context
 */
export function mountScenes(context) {
  const { store } = context;
  const menu = h("div", {
    id: "scenes",
    class: "scenes",
    role: "menu",
    popover: "auto",
    "aria-label": "Networks to start from",
  });
  const close = () => menu.hidePopover();
  const items = SCENES.map((entry) => sceneItem(context, entry, close));
  const save = fileItem("save", "Save the session", "All branches and edits, in a file", () => {
    close();
    saveSession(context);
  });
  const open = fileItem("open", "Open a session…", "From a file; or drop it on the page", () => {
    close();
    chooseSession(context);
  });
  const buttons = [...items.map((item) => item.button), save, open];
  menu.append(...buttons);
  menu.onkeydown = (event) => moveInMenu(event, buttons);
  const label = h("span", { class: "scene-name" });
  const button = tip(
    h(
      "button",
      {
        type: "button",
        class: "scene-button",
        popovertarget: "scenes",
        "aria-haspopup": "menu",
        "aria-label": "Start from another network",
      },
      label,
      icon("down"),
    ),
    "Starts from a ready-made network, or saves and opens sessions.",
    "N",
  );
  menu.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "open") return;
    for (const item of items) item.draw();
    items[0].button.focus();
  });
  const show = () => {
    label.textContent = store.state.model?.data.title ?? "…";
  };
  store.on(["model"], show);
  show();
  return h("div", { class: "scene" }, button, menu);
}
