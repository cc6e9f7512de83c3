// @ts-check
// The most probable tokens, as bars; the true token is outlined.

import { h, setText } from "../../../controls/dom.js";
import { fixed } from "./probabilities.js";
import { visible } from "./tokens.js";

const MAX_LISTED = 8;

export class Ranking {
  constructor() {
    this.rows = Array.from({ length: MAX_LISTED }, () => {
      const name = h("span", { class: "out-name live-token" });
      const track = h("span", { class: "out-track" }, h("i", {}));
      const value = h("span", { class: "out-value" });
      const mark = h("span", { class: "unseen" });
      return { row: h("li", {}, name, track, value, mark), name, track, value, mark };
    });
    const rows = this.rows.map(({ row }) => row);
    const label = { "aria-label": "Most probable next tokens" };
    this.element = h("ul", { class: "out-bars live-ranking", ...label }, ...rows);
  }

  /**
   * @param {string[]} names
   * @param {(index: number) => number} at probability of each
   * @param {number} truth index of the true token
   */
  show(names, at, truth) {
    const order = largest(names.length, at, MAX_LISTED);
    this.rows.forEach(({ row, name, track, value, mark }, i) => {
      const index = order[i];
      row.hidden = index === undefined;
      if (index === undefined) return;
      const share = at(index);
      setText(name, visible(names[index]));
      setText(value, fixed(share));
      track.style.setProperty("--share", (share || 0).toFixed(3));
      row.classList.toggle("true", index === truth);
      row.classList.toggle("answer", i === 0);
      setText(mark, index === truth ? "true token" : "");
    });
  }
}

/**
 * The indices of the largest numbers, the largest first.
 * @param {number} count
 * @param {(index: number) => number} at
 * @param {number} wanted
 */
function largest(count, at, wanted) {
  /** @type {number[]} */
  const found = [];
  for (let i = 0; i < count; i += 1) {
    if (found.length === wanted && !(at(i) > at(found[wanted - 1]))) continue;
    const rank = found.findIndex((j) => at(i) > at(j));
    found.splice(rank < 0 ? found.length : rank, 0, i);
    found.length = Math.min(found.length, wanted);
  }
  return found;
}
