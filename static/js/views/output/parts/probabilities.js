// @ts-check
// The probability of each class, as bars; the true class is outlined.

import { h, setText } from "../../../controls/dom.js";
import { told } from "../../../format.js";
import { areNumbered, MAX_NAMED } from "./confusion.js";

export class Probabilities {
  /** @param {string[]} names of the classes */
  constructor(names) {
    const numbered = areNumbered(names);
    this.bars = names.map((name, i) => {
      const value = h("span", { class: "out-value" });
      const track = h("span", { class: "out-track" }, h("i", {}));
      const label = h("span", { class: "out-name", title: name }, numbered ? `${i} ${name}` : name);
      const mark = h("span", { class: "unseen" });
      return { row: h("li", {}, label, track, value, mark), track, value, mark };
    });
    const rows = this.bars.map(({ row }) => row);
    const kind = names.length > MAX_NAMED ? "out-bars dense" : "out-bars";
    this.element = h("ul", { class: kind, "aria-label": "Outputs by class" }, ...rows);
  }

  /**
   * @param {number[]} shares of each class
   * @param {number} truth
   * @param {number} prediction
   */
  show(shares, truth, prediction) {
    this.bars.forEach(({ row, track, value, mark }, i) => {
      const share = shares[i];
      const length = Number.isFinite(share) ? Math.max(0, Math.min(1, share)) : 0;
      track.style.setProperty("--share", length.toFixed(3));
      setText(value, fixed(share));
      row.classList.toggle("true", i === truth);
      row.classList.toggle("answer", i === prediction);
      const words = [i === truth ? "true class" : "", i === prediction ? "prediction" : ""];
      setText(mark, words.filter(Boolean).join(", "));
    });
  }

  /** Shows no probabilities. */
  clear() {
    for (const { row, track, value, mark } of this.bars) {
      track.style.setProperty("--share", "0");
      row.classList.remove("true", "answer");
      setText(value, "–");
      setText(mark, "");
    }
  }
}

/**
 * Three decimals for probabilities, so that the column does not move; other outputs as they are.
 * @param {number} share
 */
export function fixed(share) {
  return share >= 0 && share <= 1 ? share.toFixed(3) : told(share);
}
