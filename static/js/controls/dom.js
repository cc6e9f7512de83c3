// @ts-check
// Making elements. No inline styles or handlers in markup: the page's security policy forbids them.

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {{[name: string]: any}} Props */

/**
 * Makes an element. Functions and `value`, `checked`, `disabled`, `hidden` are set as properties, the rest as
 * attributes; null, undefined and false leave an attribute out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    const property = typeof value === "function" || /^(value|checked|disabled|hidden)$/.test(name);
    if (property) /** @type {any} */ (element)[name] = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, String(value));
    }
  }
  element.append(.../** @type {(Node | string)[]} */ (children.filter((c) => c !== null)));
  return element;
}

/**
 * An icon of the page's sprite (templates/icons.svg), hidden from screen readers.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/**
 * Changes an icon made by `icon`.
 * @param {Element} parent the icon's parent
 * @param {string} name
 */
export function setIcon(parent, name) {
  parent.querySelector("use")?.setAttribute("href", `#icon-${name}`);
}

/**
 * Gives a control its tooltip: what it does, and its key. Screen readers get both too.
 * @template {Element} E
 * @param {E} element
 * @param {string} text
 * @param {string} [key] as shown, such as "Space" or "Shift R"
 * @returns {E}
 */
export function tip(element, text, key = "") {
  element.setAttribute("data-tip", text);
  element.setAttribute("aria-description", text);
  if (key) {
    element.setAttribute("data-key", key);
    element.setAttribute("aria-keyshortcuts", key.replace(" ", "+"));
  }
  return element;
}

/**
 * A button with an icon only.
 * @param {string} name of the icon
 * @param {string} label accessible name
 * @param {string} text of the tooltip
 * @param {string} key
 * @param {(event: MouseEvent) => void} onclick
 */
export function iconButton(name, label, text, key, onclick) {
  const props = { type: "button", class: "icon-button", "aria-label": label, onclick };
  return tip(h("button", props, icon(name)), text, key);
}

/**
 * Sets an element's text only if it differs: writing the same text again would cost a layout.
 * @param {Node} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
