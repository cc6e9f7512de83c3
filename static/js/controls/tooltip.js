// @ts-check
// One tooltip for the page. Its text is in `data-tip` and `data-key` of the control.

import { h } from "./dom.js";

const DELAY = 450; // milliseconds of resting before it shows
const GAP = 8;

/** Shows the tooltips of everything that has one, on hover and on focus by keyboard. */
export function mountTooltips() {
  const keys = h("kbd");
  const text = h("span");
  const tooltip = h(
    "div",
    { class: "tooltip", popover: "manual", "aria-hidden": "true" },
    text,
    keys,
  );
  document.body.append(tooltip);
  let timer = 0;
  /** @type {Element | null} */
  let at = null;

  function show() {
    if (!at?.isConnected) return;
    text.textContent = at.getAttribute("data-tip");
    keys.textContent = at.getAttribute("data-key");
    keys.hidden = !at.hasAttribute("data-key");
    // The element shown last is on top, so a menu or dialog opened since would cover the tooltip.
    if (tooltip.matches(":popover-open")) tooltip.hidePopover();
    tooltip.showPopover();
    place(tooltip, at.getBoundingClientRect());
  }
  function hide() {
    clearTimeout(timer);
    at = null;
    if (tooltip.matches(":popover-open")) tooltip.hidePopover();
  }
  /** @param {Event} event @param {number} delay */
  function consider(event, delay) {
    const target = /** @type {Element} */ (event.target).closest?.("[data-tip]") ?? null;
    if (target === at) return;
    hide();
    at = target;
    if (target) timer = window.setTimeout(show, delay);
  }

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "mouse") consider(event, DELAY);
  });
  document.addEventListener("focusin", (event) => {
    if (/** @type {Element} */ (event.target).matches(":focus-visible")) consider(event, DELAY);
  });
  for (const type of ["focusout", "pointerdown", "keydown", "scroll"]) {
    document.addEventListener(type, hide, { capture: true, passive: true });
  }
}

/**
 * Below its control if there is room, else above; inside the window.
 * @param {HTMLElement} tooltip
 * @param {DOMRect} box
 */
function place(tooltip, box) {
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const below = box.bottom + GAP + height < innerHeight;
  const left = box.left + box.width / 2 - width / 2;
  tooltip.style.left = `${Math.max(GAP, Math.min(innerWidth - width - GAP, left))}px`;
  tooltip.style.top = `${below ? box.bottom + GAP : box.top - GAP - height}px`;
}
