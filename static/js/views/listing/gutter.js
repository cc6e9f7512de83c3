// @ts-check
// The discs of breakpoints: in place of an instruction's number, and beside the headings of layers
// and phases.

import { byInstruction, describe, isAt } from "../../state/breakpoints.js";
import { markOf } from "../breakpoints/mark.js";

/** @import { Place } from "../../state/breakpoints.js" */
/** @import { Point } from "../../state/types.js" */

export class Gutter {
  constructor() {
    /** @type {HTMLElement[]} */
    this.rows = [];
    /** @type {{element: HTMLElement, place: Place}[]} */
    this.headings = [];
    /** @type {Map<number, Point[]>} what stands at the rows */
    this.standing = new Map();
  }

  /**
   * A new program.
   * @param {HTMLElement} list
   * @param {HTMLElement[]} rows
   */
  setProgram(list, rows) {
    this.rows = rows;
    this.standing = new Map();
    const found = /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-phase]"));
    this.headings = [...found].map((element) => ({ element, place: placeOf(element) }));
  }

  /** @param {Point[]} points */
  paint(points) {
    const { headings, rows } = this;
    for (const { element, place } of headings) {
      setMark(
        element,
        points.filter((point) => isAt(point, place)),
      );
    }
    this.standing = byInstruction(
      points,
      headings.map(({ place }) => place),
    );
    for (const [i, row] of rows.entries()) setMark(row, this.standing.get(i) ?? []);
  }

  /** What stands at a row, in words; "" for nothing. @param {number} index */
  words(index) {
    return (this.standing.get(index) ?? []).map(describe).join(". ");
  }

  /**
   * The heading that an event happened on, or null.
   * @param {Event} event
   * @returns {Place | null}
   */
  headingOf(event) {
    const element = /** @type {Element} */ (event.target).closest("[data-phase]");
    return element instanceof HTMLElement ? placeOf(element) : null;
  }
}

/** @param {HTMLElement} heading @returns {Place} */
function placeOf({ dataset }) {
  return { instruction: null, scope: dataset.scope ?? null, phase: dataset.phase ?? null };
}

/**
 * @param {HTMLElement} element
 * @param {Point[]} points
 */
function setMark(element, points) {
  const mark = markOf(points);
  if ((element.dataset.stop ?? "") === mark) return;
  if (mark === "") delete element.dataset.stop;
  else element.dataset.stop = mark;
}
