// @ts-check
// Expressions that are watched, and what logpoints have written.

import { h } from "../controls/dom.js";
import { WatchList } from "./watch/list.js";
import { LogList } from "./watch/log.js";

/** @import { Context } from "../state/types.js" */

/**
 * Fills the region.
 * @param {HTMLElement} element
 * @param {Context} context
 */
export function mount(element, context) {
  const list = new WatchList(context);
  const log = new LogList(context);
  element.classList.add("watch");
  element.append(
    h("section", { class: "watch-side", "aria-label": "Watch list" }, ...list.parts),
    h("section", { class: "watch-side", "aria-label": "Log" }, ...log.parts),
  );
}
