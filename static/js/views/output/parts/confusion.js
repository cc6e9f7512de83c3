// @ts-check
// The confusion matrix of the test set: rows are the true classes, columns the predicted ones.

import { h, setText } from "../../../controls/dom.js";
import { count as wholeNumber } from "../../../format.js";

/** @import { Entry } from "../../../state/types.js" */

/** Up to this many classes their names fit; beyond, only names of a letter or two do. */
export const MAX_NAMED = 4;

/**
 * Whether the classes are shown by number, as there is no room for their names.
 * @param {string[]} names
 */
export function areNumbered(names) {
  return names.length > MAX_NAMED && names.some((name) => name.length > 2);
}

export class Confusion {
  /** @param {string[]} names of the classes */
  constructor(names) {
    this.names = names;
    /** @type {Entry | null} what is shown */
    this.known = null;
    const numbered = areNumbered(names);
    const heads = names.map((name, i) => (numbered ? String(i) : name));
    const head = h(
      "tr",
      {},
      h("td", {}),
      ...heads.map((head, i) => h("th", { scope: "col", title: `predicted ${names[i]}` }, head)),
    );
    this.cells = names.map(() => names.map(() => h("td", {})));
    const rows = heads.map((head, i) =>
      h("tr", {}, h("th", { scope: "row", title: `true ${names[i]}` }, head), ...this.cells[i]),
    );
    this.right = h("span", {});
    const meaning = h("small", {}, "rows true, columns predicted");
    const caption = h("caption", {}, h("b", {}, "Test set"), this.right, meaning);
    this.element = h(
      "table",
      { class: `out-confusion${names.length > MAX_NAMED ? " dense" : ""}` },
      caption,
      h("thead", {}, head),
      h("tbody", {}, ...rows),
    );
    this.cells.forEach((row, truth) => {
      row.forEach((cell, prediction) => {
        cell.classList.toggle("right", truth === prediction);
        cell.title = `true ${names[truth]}, predicted ${names[prediction]}`;
      });
    });
  }

  /** @param {Entry} counts (truth, prediction) */
  show(counts) {
    const n = this.names.length;
    if (this.known && counts.data.every((count, i) => count === this.known?.data[i])) return;
    this.known = counts;
    let right = 0;
    let all = 0;
    for (let truth = 0; truth < n; truth += 1) {
      let samples = 0;
      for (let prediction = 0; prediction < n; prediction += 1)
        samples += counts.at(truth * n + prediction);
      right += counts.at(truth * n + truth);
      all += samples;
      this.cells[truth].forEach((cell, prediction) => {
        const count = counts.at(truth * n + prediction);
        setText(cell, count === 0 ? "·" : String(count));
        cell.setAttribute("aria-label", String(count));
        cell.classList.toggle("none", count === 0);
        // The root, so that a few mistakes among many right predictions can be seen.
        cell.style.setProperty("--share", Math.sqrt(count / (samples || 1)).toFixed(2));
        cell.classList.toggle("strong", count > 0.64 * samples);
      });
    }
    setText(this.right, `${wholeNumber(right)} of ${wholeNumber(all)} right`);
  }
}
