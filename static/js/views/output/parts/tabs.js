// @ts-check
// The choice between the pictures of a network's outputs.

import { h, tip } from "../../../controls/dom.js";

/** @typedef {{title: string, about: string}} Choice */

export class Tabs {
  /** @param {(index: number) => void} choose */
  constructor(choose) {
    this.choose = choose;
    /** @type {HTMLButtonElement[]} */
    this.buttons = [];
    const props = {
      class: "out-choice",
      role: "radiogroup",
      "aria-label": "Picture of the output",
    };
    this.element = h("div", { ...props, onkeydown: (/** @type {any} */ e) => this.key(e) });
  }

  /**
   * A single picture has no tab.
   * @param {Choice[]} choices
   * @param {number} chosen
   */
  show(choices, chosen) {
    this.element.hidden = choices.length < 2;
    this.buttons = choices.map(({ title, about }, i) => {
      const props = { type: "button", role: "radio", "aria-checked": String(i === chosen) };
      const tabindex = i === chosen ? 0 : -1;
      return tip(h("button", { ...props, tabindex, onclick: () => this.choose(i) }, title), about);
    });
    const focused = this.element.contains(document.activeElement);
    this.element.replaceChildren(...this.buttons);
    if (focused) this.buttons[chosen].focus();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const step = /** @type {any} */ (steps)[event.key];
    if (!step) return;
    event.preventDefault();
    const now = this.buttons.indexOf(/** @type {any} */ (document.activeElement));
    this.choose((now + step + this.buttons.length) % this.buttons.length);
  }
}
