// @ts-check
// What lies around the panels: folding them, the tabs of the phone, the theme and the present mode.

import { load, save } from "../wire/storage.js";
import { h, icon, setIcon, tip } from "./dom.js";

/** @import { Context } from "../state/types.js" */
/** @typedef {import("../state/store.js").State["theme"]} Theme */

/** @type {{name: string, id: string, label: string, key: string, icon: string}[]} */
const SIDES = [
  { name: "left", id: "side-left", label: "Data and model", key: "D", icon: "left" },
  { name: "right", id: "side-right", label: "Output and loss", key: "O", icon: "right" },
  { name: "program", id: "side-program", label: "Program", key: "B", icon: "down" },
];
const TABS = [
  { name: "model", label: "Model", panel: "panel-left" },
  { name: "output", label: "Output", panel: "output" },
  { name: "loss", label: "Loss", panel: "loss" },
  { name: "program", label: "Program", panel: "program" },
  { name: "inspect", label: "Inspect", panel: "inspector" },
];
/** @type {{[status: string]: string}} */
const BANNER_ICONS = { open: "warning", done: "check" };
/** @type {Theme[]} */
const THEMES = ["auto", "light", "dark"];

/**
 * Folds a side panel to its rail, or opens it.
 * @param {string} name "left", "right" or "program"
 * @param {boolean} [fold] toggles if left out
 */
export function foldPanel(name, fold) {
  document.body.toggleAttribute(`data-fold-${name}`, fold);
  const side = SIDES.find((s) => s.name === name);
  const folded = document.body.hasAttribute(`data-fold-${name}`);
  const button = document.querySelector(`#${side?.id} > .fold`);
  button?.setAttribute("aria-expanded", String(!folded));
  return folded;
}

/** Puts a fold button into every side panel. */
function mountFolds() {
  for (const { name, id, label, key, icon: arrow } of SIDES) {
    const onclick = () => save("local", `fold-${name}`, String(foldPanel(name)));
    const button = h(
      "button",
      { type: "button", class: "fold", onclick, "aria-label": label },
      icon(arrow),
      h("span", {}, label),
    );
    tip(button, "Folds or unfolds this panel.", key);
    document.getElementById(id)?.append(button);
    const saved = load("local", `fold-${name}`);
    foldPanel(name, saved === "true");
  }
}

/**
 * Shows one panel as the sheet of the phone; the same one again closes the sheet.
 * @param {string} name
 */
function openTab(name) {
  const open = document.body.dataset.tab === name ? "" : name;
  document.body.dataset.tab = open;
  for (const button of document.querySelectorAll("#tabs button")) {
    button.setAttribute("aria-expanded", String(button.getAttribute("data-name") === open));
  }
}

/** Shows the bottom panel, even if it is folded or a sheet. */
export function openBottom() {
  foldPanel("program", false);
  if (document.body.dataset.tab !== "program") openTab("program");
}

/**
 * An explanation must be visible as soon as it begins, wherever the user asked for it.
 * @param {Context} context
 */
function showExplanations({ store }) {
  let explained = false;
  store.on(["trail"], ({ trail }) => {
    const begins = trail.length > 0 && !explained;
    explained = trail.length > 0;
    if (!begins) return;
    foldPanel("right", false);
    if (document.body.dataset.tab !== "inspect") openTab("inspect");
  });
}

function mountTabs() {
  const tabs = TABS.map(({ name, label, panel }) =>
    h(
      "button",
      {
        type: "button",
        "data-name": name,
        "aria-controls": panel,
        "aria-expanded": String(document.body.dataset.tab === name),
        onclick: () => openTab(name),
      },
      icon(name),
      label,
    ),
  );
  document.getElementById("tabs")?.replaceChildren(...tabs);
}

/** @param {Context} context */
function mountTheme({ store, loop }) {
  const saved = /** @type {Theme} */ (load("local", "theme"));
  const apply = () => {
    document.documentElement.dataset.theme = store.state.theme;
    loop.requestDraw();
  };
  store.on(["theme"], apply);
  if (THEMES.includes(saved)) {
    document.documentElement.dataset.theme = saved;
    store.set({ theme: saved });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => loop.requestDraw());
}

/**
 * @param {Context} context
 */
export function cycleTheme({ store }) {
  const theme = THEMES[(THEMES.indexOf(store.state.theme) + 1) % THEMES.length];
  document.documentElement.dataset.theme = theme;
  store.set({ theme, announce: `Theme: ${theme}` });
  save("local", "theme", theme);
}

/**
 * Switches the presentation mode: large type, thick lines, folded panels.
 * @param {Context} context
 */
export function togglePresent({ store, loop }) {
  const present = !store.state.present;
  document.documentElement.toggleAttribute("data-present", present);
  for (const { name } of SIDES)
    foldPanel(name, present || load("local", `fold-${name}`) === "true");
  store.set({
    present,
    announce: present ? "Presentation mode is on" : "Presentation mode is off",
  });
  loop.requestDraw();
}

/**
 * Messages at the bottom of the window: a lost connection, errors that belong to no field.
 * @param {Context} context
 */
function mountBanner({ store }) {
  const banner = /** @type {HTMLElement} */ (document.getElementById("banner"));
  const lines = h("div", { class: "lines" });
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": "Dismiss" },
    icon("close"),
  );
  close.onclick = () => store.set({ errors: store.state.errors.filter(belongsToField) });
  banner.append(icon("warning"), lines, close);
  const show = () => {
    const { connection, errors } = store.state;
    const loose = errors.filter((problem) => !belongsToField(problem));
    const texts = loose.map((problem) => problem.message);
    if (connection === "lost") {
      texts.unshift("Connection lost. Reconnecting…");
    } else if (connection === "refused") {
      texts.unshift("The server refused the connection. Reload the page to try again.");
    } else if (connection === "done") {
      texts.unshift(
        "Done: Python has the machine back in the state shown here. You can close this page.",
      );
    }
    lines.replaceChildren(...texts.map((text) => h("p", {}, text)));
    close.hidden = loose.length === 0;
    banner.classList.toggle("open", texts.length > 0);
    setIcon(banner, BANNER_ICONS[connection] ?? "offline");
    for (const id of ["transport", "workspace", "tabs"])
      document.getElementById(id)?.toggleAttribute("inert", connection === "done");
  };
  store.on(["connection", "errors"], show);
}

/** @param {import("../state/types.js").Problem} problem */
function belongsToField(problem) {
  return /^(data|layers|loss|optimizer|batch_size|shuffle|dtype|seed)\b/.test(problem.field);
}

/**
 * Mounts everything around the panels.
 * @param {Context} context
 */
export function mount(context) {
  const { store } = context;
  mountTheme(context);
  mountFolds();
  mountTabs();
  showExplanations(context);
  mountBanner(context);
  const live = /** @type {HTMLElement} */ (document.getElementById("live"));
  store.on(["announce"], (state) => {
    live.textContent = state.announce;
  });
}
