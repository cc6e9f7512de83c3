// @ts-check
// Tokens as running text: the darker the background, the more probable the token was.

import { h, setText } from "../../../controls/dom.js";

/**
 * A piece of text; `share` is its probability, null if nothing was predicted there.
 * @typedef {{text: string, share: number | null}} Token
 */

export class Tokens {
  /** @param {string} label accessible name */
  constructor(label) {
    /** @type {HTMLElement[]} made once and used again */
    this.spans = [];
    this.element = h("p", { class: "live-text", role: "group", "aria-label": label });
  }

  /** @param {Token[]} tokens */
  show(tokens) {
    while (this.spans.length < tokens.length) this.spans.push(h("span", {}));
    tokens.forEach(({ text, share }, i) => {
      const span = this.spans[i];
      setText(span, text);
      span.classList.toggle("given", share === null);
      span.classList.toggle("nonfinite", Number.isNaN(share));
      span.style.setProperty("--share", (share || 0).toFixed(3));
    });
    if (this.element.childElementCount === tokens.length) return;
    this.element.replaceChildren(...this.spans.slice(0, tokens.length));
  }
}

/**
 * The text of a single token with its blanks made visible.
 * @param {string} token
 */
export function visible(token) {
  if (token === "\ufffd") return "unknown";
  return token.replaceAll("\n", "↵").replaceAll(" ", "␣");
}
