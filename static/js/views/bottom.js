// @ts-check
// The bottom panel: one tab each for the program, breakpoints, watches, diagnostics and charts. All
// but the first are loaded when they are opened, which keeps the first load light.

import { h, setText } from "../controls/dom.js";
import { styled } from "../controls/styles.js";
import * as listing from "./listing.js";
import { stackOf } from "./stack.js";

/** @import { State } from "../state/store.js" */
/** @import { Context } from "../state/types.js" */

/** @typedef {{mount: (element: HTMLElement, context: Context) => unknown}} View */

/**
 * A tab: a module that fills its panel, and how many things are in it.
 * @typedef {object} Tab
 * @property {string} name
 * @property {string} title
 * @property {string} [more] the rest of it, where there is room
 * @property {() => Promise<View>} view
 * @property {(state: State) => number} [count]
 */

/** @type {Tab[]} */
const TABS = [
  { name: "program", title: "Program", view: async () => listing },
  {
    name: "breakpoints",
    title: "Breakpoints",
    view: () => styled("breakpoints", styled("expression", import("./breakpoints.js"))),
    count: ({ breakpoints }) => breakpoints.length,
  },
  {
    name: "watch",
    title: "Watch",
    more: " and log",
    view: () => styled("watch", styled("expression", import("./watch.js"))),
    count: ({ watches }) => watches.length,
  },
  {
    name: "diagnostics",
    title: "Diagnostics",
    view: () => styled("diagnostics", import("./diagnostics.js")),
    count: ({ findings }) => findings.length,
  },
  {
    name: "charts",
    title: "Charts",
    view: () => styled("layer_charts", import("./layer_charts.js")),
  },
];

/**
 * Fills the region.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  const { store } = context;
  const tabs = TABS.map((tab) => makeTab(tab, context));
  const list = h("div", { class: "bottom-tabs", role: "tablist", "aria-label": "Bottom panel" });
  list.append(...tabs.map(({ button }) => button));
  list.onkeydown = (event) => move(event, tabs);
  element.classList.add("bottom");
  element.append(
    h("div", { class: "bottom-bar" }, list, stackOf(context)),
    ...tabs.map(({ panel }) => panel),
  );
  /** @type {Set<string>} */
  const mounted = new Set();
  /** @param {Tab} tab @param {HTMLElement} panel */
  const fill = async (tab, panel) => {
    if (mounted.has(tab.name)) return;
    mounted.add(tab.name);
    (await tab.view()).mount(panel, context);
    context.loop.requestDraw(); // views draw in a frame, and none may be due where all is at rest
  };
  const show = () => {
    for (const { tab, button, panel } of tabs) {
      const open = tab.name === store.state.tab;
      if (open) fill(tab, panel);
      panel.hidden = !open;
      button.setAttribute("aria-selected", String(open));
      button.tabIndex = open ? 0 : -1;
      if (open) button.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  };
  store.on(["tab"], show);
  show();
}

/**
 * @param {Tab} tab
 * @param {Context} context
 */
function makeTab(tab, { store }) {
  const { name, title, more = "", count } = tab;
  const number = h("span", { class: "bottom-count" });
  const button = h(
    "button",
    { type: "button", role: "tab", id: `bottom-${name}`, "aria-controls": `bottom-panel-${name}` },
    h("span", {}, title, h("span", { class: "bottom-more" }, more)),
    number,
  );
  button.onclick = () => store.set({ tab: name });
  const panel = h("div", { class: "bottom-panel", role: "tabpanel", id: `bottom-panel-${name}` });
  panel.setAttribute("aria-labelledby", button.id);
  const show = () => setText(number, String(count?.(store.state) || ""));
  store.on(["breakpoints", "watches", "findings"], show);
  show();
  return { tab, button, panel };
}

/**
 * The arrow keys open the neighbouring tab, Home and End the first and the last.
 * @param {KeyboardEvent} event
 * @param {ReturnType<typeof makeTab>[]} tabs
 */
function move(event, tabs) {
  const at = tabs.findIndex(({ button }) => button === document.activeElement);
  const last = tabs.length - 1;
  /** @type {{[key: string]: number}} */
  const targets = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: last };
  const target = targets[event.key];
  if (target === undefined || at < 0) return;
  const { button } = tabs[(target + tabs.length) % tabs.length];
  button.click();
  button.focus();
  event.preventDefault();
}
