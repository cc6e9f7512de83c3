// @ts-check
// The gallery: every scene with what to watch in it, and where its data come from.

import { loadScenes, startScene } from "../actions/scenes.js";
import { datasetInfo } from "./data.js";
import { h, icon, tip } from "./dom.js";
import { chooseSession, saveSession } from "./files.js";
import { moveInMenu } from "./menu.js";
import { drawThumbnail } from "./thumbnails.js";

/** @import { Context, Scene } from "../state/types.js" */
/** @typedef {{scene: Scene, button: HTMLElement, words: string, draw: () => void}} Card */

/**
 * @param {Context} context
 * @param {Scene} scene
 * @param {() => void} close
 * @returns {Card}
 */
function sceneCard({ store, actions }, scene, close) {
  const { missing } = scene;
  const canvas = h("canvas");
  const onclick = () => {
    if (missing) return;
    close();
    startScene(store, actions, scene);
  };
  const origin = `Data: ${scene.source}. Licence: ${scene.licence}.`;
  const text = [h("strong", {}, scene.title), h("span", {}, scene.watch), h("small", {}, origin)];
  if (missing) text.push(install(missing));
  const button = h(
    "button",
    {
      type: "button",
      class: "scene-card",
      onclick,
      "aria-label": scene.title,
      "aria-disabled": missing ? "true" : null,
    },
    canvas,
    h("span", { class: "scene-words" }, ...text),
  );
  const described = text.slice(1).map(({ textContent }) => textContent);
  button.setAttribute("aria-description", described.join(" "));
  const draw = () => {
    const name = scene.description.data?.name ?? "";
    const info = datasetInfo(store, name);
    const thumbnail = store.state.catalogue?.thumbnails[name];
    if (info && thumbnail) drawThumbnail(canvas, thumbnail, info);
  };
  const words = [scene.title, scene.watch, scene.application, scene.source, scene.picture];
  return { scene, button, words: words.join(" ").toLowerCase(), draw };
}

/** Says how to install a scene's data. @param {string} name of the package */
function install(name) {
  const command = h("code", {}, `pip install ${name}`);
  const why = `Not available: its data come with the package ${name}. `;
  return h("small", { class: "scene-missing" }, why, command, ", then start the server again.");
}

/**
 * @param {string} name of the icon
 * @param {string} title
 * @param {string} about
 * @param {() => void} onclick
 */
function fileButton(name, title, about, onclick) {
  const button = h("button", { type: "button", class: "button", onclick }, icon(name), title);
  return tip(button, about);
}

/**
 * The cards of one field of application under its name.
 * @param {string} application
 * @param {Card[]} cards
 */
function group(application, cards) {
  const list = h("div", { class: "scene-cards" }, ...cards.map(({ button }) => button));
  const props = { class: "scene-group", "aria-label": application };
  const element = h("section", props, h("h3", {}, application), list);
  return { element, cards };
}

/**
 * Fills the gallery with the server's scenes.
 * @param {HTMLElement} gallery
 * @param {Context} context
 */
export async function fillGallery(gallery, context) {
  const close = () => gallery.hidePopover();
  const scenes = await loadScenes(context.store);
  const cards = scenes.map((scene) => sceneCard(context, scene, close));
  const applications = [...new Set(scenes.map(({ application }) => application))];
  const groups = applications.map((application) =>
    group(
      application,
      cards.filter(({ scene }) => scene.application === application),
    ),
  );
  const search = h("input", {
    type: "search",
    placeholder: "Search",
    autocomplete: "off",
    "aria-label": "Search the scenes",
  });
  const none = h("p", { class: "scene-none", hidden: true }, "No scene contains these words.");
  const save = fileButton("save", "Save session", "With all branches and edits, to a file.", () => {
    close();
    saveSession(context);
  });
  const open = fileButton(
    "open",
    "Open session…",
    "From a file. You can also drop it on the page.",
    () => {
      close();
      chooseSession(context);
    },
  );
  const head = h("header", {}, h("h2", {}, "Scenes"), search, save, open);
  gallery.replaceChildren(head, ...groups.map(({ element }) => element), none);
  const shown = () => cards.map(({ button }) => button).filter((button) => !button.hidden);
  search.oninput = () => {
    const asked = search.value.toLowerCase().split(/\s+/);
    for (const card of cards)
      card.button.hidden = !asked.every((word) => card.words.includes(word));
    for (const { element, cards: members } of groups) {
      element.hidden = members.every(({ button }) => button.hidden);
    }
    none.hidden = shown().length > 0;
  };
  gallery.onkeydown = (event) => {
    if (event.target === search && !/^Arrow(Down|Up)$/.test(event.key)) {
      if (event.key === "Enter") shown()[0]?.click();
      return;
    }
    moveInMenu(event, shown());
  };
  return {
    open() {
      for (const card of cards) card.draw();
      search.focus();
    },
  };
}
