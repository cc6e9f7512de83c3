// @ts-check
// Menus: moving within one by keys, and opening one at a position on the page.

import { h } from "./dom.js";

/**
 * A menu item; `checked` makes it a checkbox, `hint` says more about it.
 * @typedef {{text: string, hint?: string, key?: string, checked?: boolean, run: () => void}} Item
 */

const GAP = 4; // px

/**
 * Moves the focus with the arrow keys, Home and End.
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} items
 */
export function moveInMenu(event, items) {
  const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const last = items.length - 1;
  /** @type {{[key: string]: number}} */
  const targets = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: last };
  const target = targets[event.key];
  if (target === undefined) return;
  event.preventDefault();
  items[(target + items.length) % items.length].focus();
}

/**
 * Opens a menu of groups of items; the focus returns where it was when it is closed.
 * @param {string} label
 * @param {Item[][]} groups
 * @param {DOMRect} box what it belongs to, on the screen
 */
export function openMenu(label, groups, box) {
  const menu = h("div", { class: "menu", role: "menu", popover: "auto", "aria-label": label });
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  /** @type {Item | null} */
  let chosen = null;
  const button = (/** @type {Item} */ item) => {
    const ticked = item.checked !== undefined;
    const props = {
      type: "button",
      role: ticked ? "menuitemcheckbox" : "menuitem",
      tabindex: -1,
      "aria-checked": ticked ? String(item.checked) : null,
      "aria-keyshortcuts": item.key ?? null,
    };
    const button = h("button", props, h("span", {}, item.text));
    if (item.hint) button.append(h("small", {}, item.hint));
    if (item.key) button.append(h("kbd", { "aria-hidden": "true" }, item.key));
    button.onclick = () => {
      chosen = item;
      menu.hidePopover();
    };
    return button;
  };
  const filled = groups.filter((group) => group.length > 0);
  menu.append(...filled.map((group) => h("div", { role: "group" }, ...group.map(button))));
  menu.onkeydown = (event) => moveInMenu(event, [...menu.querySelectorAll("button")]);
  menu.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") return;
    menu.remove();
    before?.focus({ preventScroll: true });
    chosen?.run();
  });
  document.body.append(menu);
  menu.showPopover();
  placeAt(menu, box);
  menu.querySelector("button")?.focus();
}

/**
 * Puts something in the top layer below a box if there is room, else above; inside the window.
 * @param {HTMLElement} element
 * @param {DOMRect} box
 */
export function placeAt(element, box) {
  const { offsetWidth: width, offsetHeight: height } = element;
  const below = box.bottom + GAP + height <= innerHeight - GAP;
  const top = below ? box.bottom + GAP : Math.max(GAP, box.top - GAP - height);
  element.style.left = `${Math.max(GAP, Math.min(innerWidth - width - GAP, box.left))}px`;
  element.style.top = `${Math.min(top, Math.max(GAP, innerHeight - height - GAP))}px`;
}
